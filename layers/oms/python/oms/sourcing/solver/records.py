"""Named tuples that cost a third of `typing.NamedTuple` when a function starts.

That one compiles the annotation of every field, and imports more than the whole optimiser. A type checker sees it all
the same: a `Record` is a named tuple with typed fields, defaults and methods.
"""

from __future__ import annotations

from collections import namedtuple

__all__ = ["Record"]

# The name that type checkers take for true. The one of `typing` would bring that module.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import NamedTuple as Record
else:
    _KEPT = frozenset({"__annotations__", "__module__", "__qualname__"})

    class _Maker(type):
        def __new__(cls, name, bases, members):
            if not bases:
                return super().__new__(cls, name, bases, members)
            fields = tuple(members.get("__annotations__", ()))
            defaults = tuple(members[field] for field in fields if field in members)
            made = namedtuple(name, fields, defaults=defaults, module=members["__module__"])
            for key, value in members.items():
                if key not in fields and key not in _KEPT:
                    setattr(made, key, value)
            return made

    class Record(metaclass=_Maker):
        """The base of all records; it is gone from what is made of it."""
