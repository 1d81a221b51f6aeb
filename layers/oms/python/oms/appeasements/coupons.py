"""The code of a coupon: whoever has it has its value, so nobody can guess it. Pure."""

from __future__ import annotations

from oms.platform.ids import Ids

# The part of an identifier that is chance: 80 bits, in an alphabet without letters that look like digits.
_LENGTH = 16


def new_code(ids: Ids) -> str:
    """A code that no coupon has had, as a person can type it."""
    return ids.new("cpn")[-_LENGTH:].upper()
