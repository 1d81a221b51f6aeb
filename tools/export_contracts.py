"""Write the contracts that follow from the code: event schemas, their catalogue, and the API description.

    python -m tools.export_contracts           write what has changed
    python -m tools.export_contracts --check   write nothing; exit 1 if something would change

A schema that was exported before is never overwritten: raise the `version` of its class instead.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "layers" / "oms" / "python")]


class SchemaFrozen(Exception):
    """A schema that others may rely on would change."""


def contracts() -> dict[Path, str]:
    """Path -> content of every file that is generated; raises SchemaFrozen."""
    from tools import event_contracts as events
    from tools import openapi

    schemas, sums = events.schemas(), events.recorded_sums()
    refuse_changes(schemas, sums)
    sums |= {name: events.sha256(text) for name, text in schemas.items()}
    files = {events.SCHEMAS / name: text for name, text in schemas.items()}
    return {
        **files,
        events.SUMS: events.sums_text(sums),
        events.EVENTS / "README.md": events.catalogue(),
        openapi.OPENAPI: events.as_json(openapi.document()),
    }


def refuse_changes(schemas: Mapping[str, str], sums: Mapping[str, str]) -> None:
    """Raise SchemaFrozen for the first schema that differs from what was recorded under its name."""
    from tools.event_contracts import sha256

    for name, text in schemas.items():
        if sums.get(name, sha256(text)) != sha256(text):
            raise SchemaFrozen(
                f"events/schemas/{name} would change: raise the version of the class that it is made from"
            )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only say what would change")
    asked = parser.parse_args()
    from tools.event_contracts import SampleMissing

    try:
        files = contracts()
    except (SchemaFrozen, SampleMissing) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    changed = [path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in changed:
        print(path.relative_to(ROOT))
        if not asked.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], encoding="utf-8")
    return 1 if changed and asked.check else 0


if __name__ == "__main__":
    sys.exit(main())
