"""Build the layers of third-party packages, without Docker, from the hash-pinned lock files.

    python -m tools.build_layer --target aws
    python -m tools.build_layer --target local --python .local/engine/bin/python

Each layer goes to build/layers/<target>/<layer>/python, with a stamp beside it that holds the fingerprint of what it
was made from. A layer whose stamp still matches is left alone. Every compiled file is checked for the Python and the
processor that it was built for, since one wrong platform tag can bring in something else without a word.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILT = ROOT / "build" / "layers"
_NAMES = {"deps": "layer", "export": "export", "broker": "broker", "papers": "papers"}
LOCKS = {layer: ROOT / "requirements" / f"{name}.lock" for layer, name in _NAMES.items()}
OWN_PACKAGE = ROOT / "layers" / "oms"
# Lambda refuses a function whose code and layers are larger than this when unpacked.
LARGEST_UNPACKED = 250 * 1024 * 1024

# The processor field of an ELF header.
ELF_MACHINES = {"aarch64": 183, "x86_64": 62}


class LayerError(Exception):
    """A layer could not be built, or holds something that would not run where it goes."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a layer will run: the version of Python, the processor, and the interpreter if it is on this machine."""

    name: str
    python: str
    machine: str
    interpreter: Path | None = None

    @property
    def pip_options(self) -> list[str]:
        """How pip is told to choose wheels for this target."""
        if self.interpreter:
            return []
        # Both tags: some projects publish under the one, some under the other, and pip takes each literally.
        tags = (f"manylinux2014_{self.machine}", f"manylinux_2_28_{self.machine}")
        platforms = [option for tag in tags for option in ("--platform", tag)]
        return [*platforms, "--implementation", "cp", "--python-version", self.python]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a built layer was made from and how large it is unpacked; times and paths are left out on purpose."""

    fingerprint: str
    target: str
    python: str
    machine: str
    bytes: int
    compiled_files: int


def target_named(name: str, python: Path | None) -> Target:
    """The target `aws` (Lambda: 3.13 on arm64) or `local` (the interpreter given, on this machine's processor)."""
    if name == "aws":
        return Target("aws", "3.13", "aarch64")
    # Not resolved: a virtual environment's interpreter is a link, and behind it is another environment.
    interpreter = Path(python or sys.executable).absolute()
    if not interpreter.exists():
        raise LayerError(f"there is no Python at {interpreter}")
    version = _run([interpreter, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).strip()
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine().lower(), platform.machine())
    return Target("local", version, machine, interpreter)


def build(layer: str, target: Target, built: Path = BUILT) -> tuple[Stamp, bool]:
    """Build one layer unless it is current; return its stamp and whether anything was built."""
    folder = built / target.name / layer
    stamp_file = folder.with_suffix(".json")
    fingerprint = _fingerprint(layer, target)
    current = _read_stamp(stamp_file)
    if current and current.fingerprint == fingerprint and (folder / "python").is_dir():
        return current, False
    unfinished = folder.with_name(f".{layer}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    _install(LOCKS[layer], target, unfinished / "python")
    compiled_files = check_compiled(unfinished, target)
    stamp = Stamp(fingerprint, target.name, target.python, target.machine, unpacked_size(unfinished), compiled_files)
    stamp_file.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
    stamp_file.write_text(json.dumps(asdict(stamp), indent=2) + "\n")
    return stamp, True


def check_compiled(folder: Path, target: Target) -> int:
    """Count the compiled files of a layer; one for another Python or processor raises LayerError and names it."""
    compiled = sorted(folder.rglob("*.so*"))
    for path in compiled:
        # Only Linux has ELF files; elsewhere the interpreter of this very machine chose the wheels.
        runs_on_linux = target.interpreter is None or platform.system() == "Linux"
        if runs_on_linux and _elf_machine(path) != ELF_MACHINES[target.machine]:
            raise LayerError(f"{path.name} is not built for {target.machine}")
        for tag in path.name.split(".")[1:]:
            if tag.startswith("cpython-") and tag.split("-")[1] != target.python.replace(".", ""):
                raise LayerError(f"{path.name} is not built for Python {target.python}")
    return len(compiled)


def _elf_machine(path: Path) -> int | None:
    """The processor in a file's ELF header; None for a file that has no such header."""
    with path.open("rb") as file:
        header = file.read(20)
    return int.from_bytes(header[18:20], "little") if header[:4] == b"\x7fELF" else None


def unpacked_size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in _files(folder))


def layer_sizes(target: str, built: Path = BUILT) -> dict[str, int]:
    """Unpacked bytes of every layer that is built for a target, and of the product's own package."""
    sizes = {name: unpacked_size(built / target / name) for name in LOCKS if (built / target / name).is_dir()}
    own = sum(path.stat().st_size for path in _files(OWN_PACKAGE) if path.suffix != ".pyc")
    return {**sizes, "oms": own}


def _install(lock: Path, target: Target, folder: Path) -> None:
    folder.mkdir(parents=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    if target.interpreter:
        pip += ["--python", str(target.interpreter)]
    options = ["--quiet", "--require-hashes", "--no-deps", "--no-compile", "--only-binary=:all:"]
    _run([*pip, "install", *options, *target.pip_options, "--target", folder, "-r", lock])
    # Commands of packages are of no use in a function.
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for cache in list(folder.rglob("__pycache__")):
        shutil.rmtree(cache)
    if target.interpreter:
        _compile(folder, target.interpreter)


def _compile(folder: Path, interpreter: Path) -> None:
    """Compile ahead, with files that Python trusts unread: a local worker starts without looking at a single source."""
    quiet = ["-q", "--invalidation-mode", "unchecked-hash"]
    # The path written into the compiled files is Lambda's, so that they do not depend on this machine's folders.
    _run([interpreter, "-m", "compileall", *quiet, "-s", folder, "-p", "/opt/python", folder])


def _fingerprint(layer: str, target: Target) -> str:
    parts = (LOCKS[layer].read_bytes(), Path(__file__).read_bytes())
    text = f"{layer} {target.name} {target.python} {target.machine}"
    return hashlib.sha256(b"\0".join((*parts, text.encode()))).hexdigest()


def _read_stamp(path: Path) -> Stamp | None:
    try:
        return Stamp(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _run(command: Sequence[str | Path]) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LayerError(f"{Path(command[0]).name} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def main(arguments: Sequence[str] | None = None) -> int:
    """Build every layer of a target and print the sizes."""
    parser = argparse.ArgumentParser(prog="build_layer", description="Build the layers of third-party packages.")
    parser.add_argument("--target", choices=("aws", "local"), required=True)
    parser.add_argument("--python", type=Path, help="for the local target: the interpreter that will run functions")
    chosen = parser.parse_args(arguments)
    try:
        target = target_named(chosen.target, chosen.python)
        for layer in LOCKS:
            stamp, was_built = build(layer, target)
            done = "built" if was_built else "current"
            print(f"{layer:<7} {stamp.bytes / 1e6:7.1f} MB  {done}, Python {stamp.python} {stamp.machine}")
        sizes = layer_sizes(target.name)
        print(f"{'oms':<7} {sizes['oms'] / 1e6:7.1f} MB  source")
        if sum(sizes.values()) > LARGEST_UNPACKED:
            raise LayerError(f"together {sum(sizes.values()) / 1e6:.0f} MB, more than Lambda takes")
    except LayerError as error:
        print(f"build_layer: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
