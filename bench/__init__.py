"""The bench: every performance figure that the project states, measured by one command."""

import sys
from pathlib import Path

# Figures of sourcing run the product's own optimiser, in this process.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "layers" / "oms" / "python"))
