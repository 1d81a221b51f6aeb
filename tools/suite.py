"""`python -m tools.suite [ARGS for pytest]`: the whole test suite, in as little time as two processors allow.

The simulation replaces the product's clock for a whole process, and takes about as long as all other rooms that need no
running system. So these run side by side, and what the simulation says is printed when the others are done. Journeys
and the console come last and alone: they have a whole system to run.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence

PYTEST = (sys.executable, "-m", "pytest")
ALONE = ("tests/journeys", "tests/console")
SIMULATION = "tests/simulation"
OTHERS = ("tests", *(f"--ignore={room}" for room in (*ALONE, SIMULATION)))
# What pytest says where its arguments have chosen no test.
NONE_CHOSEN = 5
# Both ask for the template; made beforehand, it is made once.
TEMPLATES = "from tests.template import assembly; assembly('aws'); assembly('local')"


def main(arguments: Sequence[str]) -> int:
    """Run all rooms; 0 where every test has passed."""
    subprocess.run([sys.executable, "-c", TEMPLATES], check=True)
    with tempfile.TemporaryFile() as said:
        beside = subprocess.Popen(
            [*PYTEST, SIMULATION, *arguments], stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
        )
        try:
            others = subprocess.call([*PYTEST, *OTHERS, *arguments])
            simulation = beside.wait()
        finally:
            if beside.poll() is None:
                beside.terminate()
                beside.wait()
        said.seek(0)
        sys.stdout.flush()
        sys.stdout.buffer.write(said.read())
        sys.stdout.flush()
    failed = [code for code in (others, simulation) if code not in (0, NONE_CHOSEN)]
    if failed:
        return failed[0]
    alone = subprocess.call([*PYTEST, *ALONE, *arguments])
    # Arguments may choose tests of some rooms only, but not of none.
    return 0 if alone == NONE_CHOSEN and 0 in (others, simulation) else alone


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
