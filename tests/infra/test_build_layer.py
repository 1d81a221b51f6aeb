"""Layers: wheels for the wrong Python or processor are refused, and an unchanged layer is not built again."""

import json
from pathlib import Path

import pytest

from tools import build_layer
from tools.build_layer import ELF_MACHINES, LayerError, Target

LAMBDA = Target("aws", "3.13", "aarch64")


def _compiled(folder: Path, name: str, machine: str) -> None:
    header = bytearray(64)
    header[:4] = b"\x7fELF"
    header[18:20] = ELF_MACHINES[machine].to_bytes(2, "little")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(header)


def test_compiled_files_for_the_target_pass(tmp_path):
    _compiled(tmp_path, "core.cpython-313-aarch64-linux-gnu.so", "aarch64")
    _compiled(tmp_path, "engine.abi3.so", "aarch64")
    assert build_layer.check_compiled(tmp_path, LAMBDA) == 2


def test_another_processor_is_refused(tmp_path):
    _compiled(tmp_path, "core.cpython-313-aarch64-linux-gnu.so", "x86_64")
    with pytest.raises(LayerError, match="not built for aarch64"):
        build_layer.check_compiled(tmp_path, LAMBDA)


def test_another_python_is_refused(tmp_path):
    _compiled(tmp_path, "core.cpython-312-aarch64-linux-gnu.so", "aarch64")
    with pytest.raises(LayerError, match=r"not built for Python 3\.13"):
        build_layer.check_compiled(tmp_path, LAMBDA)


def test_something_that_is_no_compiled_file_at_all_is_refused(tmp_path):
    (tmp_path / "core.so").write_text("not a library")
    with pytest.raises(LayerError):
        build_layer.check_compiled(tmp_path, LAMBDA)


@pytest.fixture
def lock(tmp_path, monkeypatch):
    """A lock file of one layer, and pip replaced by something that writes one file."""
    path = tmp_path / "layer.lock"
    path.write_text("one==1\n")
    monkeypatch.setattr(build_layer, "LOCKS", {"deps": path})

    def install(_lock, _target, folder):
        folder.mkdir(parents=True)
        (folder / "one.py").write_text("x = 1\n")

    monkeypatch.setattr(build_layer, "_install", install)
    return path


def test_a_layer_is_built_once_for_each_lock_and_target(tmp_path, lock):
    built = tmp_path / "built"
    first, was_built = build_layer.build("deps", LAMBDA, built)
    assert was_built
    assert build_layer.build("deps", LAMBDA, built) == (first, False)
    lock.write_text("one==2\n")
    second, was_built = build_layer.build("deps", LAMBDA, built)
    assert was_built
    assert second.fingerprint != first.fingerprint
    other, _ = build_layer.build("deps", Target("aws", "3.14", "aarch64"), built)
    assert other.fingerprint != second.fingerprint


def test_the_stamp_beside_the_layer_is_what_the_app_reads(tmp_path, lock):
    stamp, _ = build_layer.build("deps", LAMBDA, tmp_path)
    assert json.loads((tmp_path / "aws" / "deps.json").read_text())["fingerprint"] == stamp.fingerprint
    assert build_layer.layer_sizes("aws", tmp_path)["deps"] == stamp.bytes == len("x = 1\n")


def test_a_failed_build_leaves_the_layer_before_it(tmp_path, lock, monkeypatch):
    first, _ = build_layer.build("deps", LAMBDA, tmp_path)
    lock.write_text("one==2\n")

    def fail(*_):
        raise LayerError("no such package")

    monkeypatch.setattr(build_layer, "_install", fail)
    with pytest.raises(LayerError):
        build_layer.build("deps", LAMBDA, tmp_path)
    assert (tmp_path / "aws" / "deps" / "python" / "one.py").exists()
    assert json.loads((tmp_path / "aws" / "deps.json").read_text())["fingerprint"] == first.fingerprint


def test_a_python_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(LayerError, match="no Python at"):
        build_layer.target_named("local", tmp_path / "python")
