"""`python -m tests.finance_scenarios FILE`."""

from __future__ import annotations

import sys

from tests.finance_scenarios.run import main

sys.exit(main(sys.argv[1:]))
