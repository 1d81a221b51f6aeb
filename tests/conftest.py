"""What every test room shares: the capability report, closed sockets in unit tests, one running system."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from local.state import ROOT, Running

# The same examples in every run, and no limit on time; `--hypothesis-profile=explore` looks for others, and for longer.
settings.register_profile("spine", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=2_000)
settings.load_profile("spine")

pytest_plugins = ("tests.capability_report",)

# One folder and a few ports for each test run, so that two runs in one clone do not meet.
TEST_STATES = ROOT / ".local" / "test-state"
FIRST_TEST_PORT = 24566 + os.getpid() % 500 * 4


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Close the network to unit tests: what needs it belongs in another room. Keep the simulation by itself."""
    simulated = [item.nodeid.startswith("tests/simulation/") for item in items]
    if any(simulated) and not all(simulated):
        raise pytest.UsageError(
            "Run tests/simulation by itself: it replaces the product's clock and its calls for the whole process."
        )
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
    from local.run import bring_up
    from local.stop import clear, end, nothing_left_behind, running_processes

    _sweep()
    state = TEST_STATES / str(os.getpid())
    terminal = request.config.pluginmanager.getplugin("capturemanager")
    try:
        with terminal.global_and_fixture_disabled(), nothing_left_behind(state) as started:
            print()
            running = bring_up(state, next_free_pair(FIRST_TEST_PORT), Progress(), started)
    except Failed as failure:
        explain(failure)
        pytest.fail(f"the system did not come up: {failure}", pytrace=False)
    try:
        yield running
    finally:
        end(running_processes(state), state)
        clear(state)


def _sweep() -> None:
    """End and remove what earlier test runs left: the logs of one that ended, all of one that was killed."""
    from local.stop import end, running_processes

    for state in TEST_STATES.glob("*"):
        if not _lives(int(state.name)):
            end(running_processes(state), state)
            shutil.rmtree(state, ignore_errors=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
