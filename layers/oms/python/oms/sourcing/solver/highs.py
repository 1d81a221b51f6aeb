"""Linear and whole-number programs by the library HiGHS, where it is installed; never needed for single orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class Program:
    """Costs are minimised; each column goes from 0 to its `upper`, each row from its lower to its upper limit.

    The first `whole` columns take whole numbers only. `known` is an answer to begin with, if any: a value per column.
    """

    costs: Sequence[float]
    upper: Sequence[float]
    limits: Sequence[tuple[float, float]]
    rows: Sequence[Mapping[int, float]]
    whole: int = 0
    known: Sequence[float] = ()


class Highs:
    """The library, once it is found."""

    def __init__(self, library: Any) -> None:
        self._library = library

    def solve(self, program: Program, seconds: float) -> tuple[list[float], list[float]]:
        """The value of each column and the price of each row; both empty where nothing valid was found in time."""
        library = self._library
        model = library.Highs()
        for name, value in (("output_flag", False), ("threads", 1), ("time_limit", seconds), ("mip_rel_gap", 1e-5)):
            model.setOptionValue(name, value)
        columns = len(program.costs)
        lp = library.HighsLp()
        lp.num_col_, lp.num_row_ = columns, len(program.rows)
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = list(program.costs), [0.0] * columns, list(program.upper)
        lp.row_lower_ = [low for low, _ in program.limits]
        lp.row_upper_ = [high for _, high in program.limits]
        starts = [0]
        places: list[int] = []
        values: list[float] = []
        for row in program.rows:
            places += row.keys()
            values += row.values()
            starts.append(len(places))
        lp.a_matrix_.format_ = library.MatrixFormat.kRowwise
        lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = columns, len(program.rows)
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = starts, places, values
        if program.whole:
            kinds = library.HighsVarType
            lp.integrality_ = [kinds.kInteger if n < program.whole else kinds.kContinuous for n in range(columns)]
        model.passModel(lp)
        if program.known:
            begin = library.HighsSolution()
            begin.col_value = list(program.known)
            model.setSolution(begin)
        model.run()
        solution = model.getSolution()
        if not solution.value_valid:
            return [], []
        return list(solution.col_value), list(solution.row_dual)


def highs() -> Highs | None:
    """The library, or None where it is not installed."""
    try:
        return Highs(import_module("highspy"))
    except ImportError:
        return None
