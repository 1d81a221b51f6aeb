"""What every test room shares: the capability report, closed sockets in unit tests, one running system for journeys."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.state import ROOT, Running

pytest_plugins = ("tests.capability_report",)

TEST_STATE = ROOT / ".local" / "test-state"
FIRST_TEST_PORT = 24566


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Close the network to unit tests: what needs it belongs in another room."""
    for item in items:
        if item.nodeid.startswith("tests/unit/"):
            item.add_marker(pytest.mark.disable_socket)


@pytest.fixture(scope="session")
def system(request: pytest.FixtureRequest) -> Iterator[Running]:
    """The whole system on a spare port, seeded, for the journeys and the console; ended after the last test.

    SPINE_STATE=<folder> uses a system that runs already and leaves it running, for quick work on one test.
    """
    if os.environ.get("SPINE_STATE"):
        yield Running(Path(os.environ["SPINE_STATE"]))
        return
    # Here, not at the top: other rooms run without these.
    from local.doctor import next_free_pair
    from local.progress import Failed, Progress, explain
    from local.run import bring_up, nothing_left_behind
    from local.stop import clear, end, running_processes

    end(running_processes(TEST_STATE), TEST_STATE)  # of a test run that was killed
    terminal = request.config.pluginmanager.getplugin("capturemanager")
    try:
        with terminal.global_and_fixture_disabled(), nothing_left_behind(TEST_STATE) as started:
            print()
            running = bring_up(TEST_STATE, next_free_pair(FIRST_TEST_PORT), Progress(), started)
    except Failed as failure:
        explain(failure)
        pytest.fail(f"the system did not come up: {failure}", pytrace=False)
    try:
        yield running
    finally:
        end(running_processes(TEST_STATE), TEST_STATE)
        clear(TEST_STATE)
