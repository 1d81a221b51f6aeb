"""Something happens, or the process dies, just before one of the next commits of a test's retailer."""

from __future__ import annotations

from typing import Any

from tests.order_doors import Doors


class Died(BaseException):
    pass


def die_at_commit(doors: Doors, number: int) -> None:
    """The process dies before its n-th commit from now on."""
    seen = [0]

    def around(name: str, act: Any) -> Any:
        if name == "commit":
            seen[0] += 1
            if seen[0] == number:
                raise Died
        return act()

    doors.world.database.around = around


def before_commit(doors: Doors, number: int, do: Any) -> None:
    """Something happens just before the n-th commit from now on."""
    seen = [0]

    def around(name: str, act: Any) -> Any:
        if name == "commit":
            seen[0] += 1
            if seen[0] == number:
                do()
        return act()

    doors.world.database.around = around


def calm(doors: Doors) -> None:
    doors.world.database.around = lambda name, act: act()
