"""The sources as the architecture tests see them: files, their syntax, and which module imports which at its top."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "layers" / "oms" / "python"
ROOMS = ("layers", "functions", "infra", "local", "tools", "tests", "bench")


@dataclass(frozen=True, slots=True)
class Import:
    """One module that a file imports; `at_top` when it is loaded with the file, not within a function or for types."""

    module: str
    line: int
    at_top: bool


def python_files(*rooms: str) -> list[Path]:
    """Every Python file of some rooms."""
    return sorted(
        path
        for room in rooms
        for path in (ROOT / room).rglob("*.py")
        if "__pycache__" not in path.parts and not path.is_symlink()
    )


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> tuple[Import, ...]:
    """Everything that a file imports. `from package import module` counts as the module."""
    return tuple(_imports(tree(path), at_top=True))


def _imports(node: ast.AST, *, at_top: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, child.lineno, at_top) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, "imports are written out"
            for alias in child.names:
                whole = f"{child.module}.{alias.name}"
                yield Import(whole if _is_module(whole) else str(child.module), child.lineno, at_top)
        else:
            inner = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or _is_for_types(child)
            yield from _imports(child, at_top=at_top and not inner)


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _is_module(name: str) -> bool:
    for root in (PACKAGE, ROOT):
        place = root.joinpath(*name.split("."))
        if place.with_suffix(".py").exists() or (place / "__init__.py").exists():
            return True
    return False


def module_name(path: Path) -> str:
    """`oms.orders.model` of a file of the product."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


@cache
def product() -> Mapping[str, Path]:
    """Every module of the product and its file."""
    return {module_name(path): path for path in python_files("layers")}


@cache
def loaded_with(path: Path) -> frozenset[str]:
    """Every module that is loaded when a file is: the product's with all that they load, others by name."""
    found: set[str] = set()
    waiting = [path]
    while waiting:
        for one in imports(waiting.pop()):
            if one.at_top and one.module not in found:
                found.add(one.module)
                if one.module in product():
                    waiting.append(product()[one.module])
    return frozenset(found)


def top(module: str) -> str:
    """`boto3` of `boto3.session`."""
    return module.split(".", 1)[0]
