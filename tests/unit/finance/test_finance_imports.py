"""Only the export function carries the file writer's layer; the other finance functions must start without it."""

import subprocess
import sys

import pytest

from tests.template import ROOT


@pytest.mark.parametrize("function", ["finance", "post_ledger"])
def test_the_function_starts_without_the_export_layer(function: str) -> None:
    code = f"import sys; sys.modules['duckdb'] = None; import functions.{function}.handler"
    paths = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'layers/oms/python')!r}]; "
    done = subprocess.run([sys.executable, "-c", paths + code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
