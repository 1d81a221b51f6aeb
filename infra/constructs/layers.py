"""Layers: the hash-pinned wheels, the product's own package, and what only the export or only the broker needs."""

from __future__ import annotations

import json
from pathlib import Path

from aws_cdk import AssetHashType
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.constructs.function import ARCHITECTURE, NOT_SHIPPED, RUNTIME
from infra.names import name_it, pascal
from infra.settings import ROOT

DESCRIPTIONS = {
    "deps": "Third-party packages of every function.",
    "oms": "The product's own package.",
    "broker": "HiGHS, for the brokering of orders only.",
    "papers": "reportlab and its font, for papers only.",
    "export": "DuckDB, for the finance export only.",
}


def layers(scope: Construct, built: Path, *more: str) -> dict[str, lambda_.LayerVersion]:
    """The layers of all functions and `more` of them, by name; `built` is where tools/build_layer.py has put wheels.

    Each stack has its own: a new version is another resource, and what one stack exports cannot change while another
    one uses it.
    """
    return {name: _layer(scope, name, _code(name, built), DESCRIPTIONS[name]) for name in ("deps", "oms", *more)}


def _code(name: str, built: Path) -> lambda_.Code:
    return _own_package() if name == "oms" else _wheels(built / name)


def _layer(scope: Construct, name: str, code: lambda_.Code, description: str) -> lambda_.LayerVersion:
    layer = lambda_.LayerVersion(
        scope,
        f"{pascal(name)}Layer",
        code=code,
        description=description,
        compatible_runtimes=[RUNTIME],
        compatible_architectures=[ARCHITECTURE],
    )
    name_it(layer, f"{pascal(name)}Layer")
    return layer


def _own_package() -> lambda_.Code:
    return lambda_.Code.from_asset(str(ROOT / "layers" / "oms"), exclude=NOT_SHIPPED)


def _wheels(folder: Path) -> lambda_.Code:
    stamp = folder.with_suffix(".json")
    if not (folder / "python").is_dir() or not stamp.is_file():
        raise FileNotFoundError(
            f"the layer {folder.parent.name}/{folder.name} is not built: "
            f"run tools/build_layer.py --target {folder.parent.name}"
        )
    # The stamp already fingerprints the lock file and the target, so megabytes of wheels need no second reading.
    fingerprint = json.loads(stamp.read_text())["fingerprint"]
    return lambda_.Code.from_asset(str(folder), asset_hash=fingerprint, asset_hash_type=AssetHashType.CUSTOM)
