"""Programs that come from the operating system, and what a test does when one is missing."""

import os
import shutil

import pytest


def require_program(*names: str) -> str:
    """Return the path of the first of these programs that is installed.

    Without any of them the test fails where `CI=true`, and is skipped elsewhere with the reason printed.
    """
    for name in names:
        found = shutil.which(name)
        if found:
            return found
    reason = f"{' or '.join(names)} is not installed on this machine"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; .ci/run installs it", pytrace=False)
    pytest.skip(reason)
