"""The other ways in which the facts of a scenario may reach the ledger; each must come to the same net change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from random import Random

from tests.finance_scenarios.judge import net_is_wrong
from tests.finance_scenarios.ledger import Ledger
from tests.finance_scenarios.lines import Sums, net, posted_sums
from tests.finance_scenarios.play import Fact, Play, Sealed

_IN_THEIR_ORDER = ("Drawer",)
_SHUFFLES = 2
_BATCHES = 2


def judge_variants(play: Play) -> Iterator[str]:
    """What is wrong with any of the variants."""
    tape = [one for one in play.tape if isinstance(one, Sealed) or one.row is not None]
    for how, variant in _variants(play, tape):
        wrong = net_is_wrong(play.scenario, variant(), f" {how}")
        if wrong:
            yield wrong
            return
    yield from _exported(play, tape)


def _variants(play: Play, tape: Sequence[Fact | Sealed]) -> Iterator[tuple[str, Callable[[], Sums]]]:
    yield "with every event twice", lambda: _posted(play, tape, times=2)
    if not any(isinstance(one, Sealed) for one in tape):
        for seed in range(_SHUFFLES):
            yield f"shuffled ({seed})", lambda seed=seed: _posted(play, _shuffled(tape, seed))


def _shuffled(tape: Sequence[Fact | Sealed], seed: int) -> list[Fact | Sealed]:
    """The facts in another order; those of drawers keep theirs."""
    mixed = list(tape)
    Random(seed).shuffle(mixed)
    kept = iter([one for one in tape if _keeps(one)])
    return [next(kept) if _keeps(one) else one for one in mixed]


def _keeps(one: Fact | Sealed) -> bool:
    return isinstance(one, Fact) and one.told.type.startswith(_IN_THEIR_ORDER)


def _tell(ledger: Ledger, one: Fact | Sealed, times: int = 1) -> None:
    ledger.clock.instant = one.at if isinstance(one, Sealed) else one.told.at
    if isinstance(one, Sealed):
        ledger.export("close", (one.entity, one.on))
    else:
        for _ in range(times):
            ledger.post(one.told)


def _posted(play: Play, tape: Sequence[Fact | Sealed], times: int = 1) -> Sums:
    ledger = play.ledger.beside()
    for one in tape:
        _tell(ledger, one, times)
    return net(posted_sums(ledger.news()))


def _exported(play: Play, tape: Sequence[Fact | Sealed]) -> Iterator[str]:
    """The lines that the exported files hold, over several batches: those of the ledger, in both formats."""
    ledger = play.ledger.beside()
    every = max(1, -(-len(tape) // _BATCHES))
    failed: list[str] = []
    for number, one in enumerate(tape, start=1):
        _tell(ledger, one)
        if number % every == 0 or number == len(tape):
            failed += ledger.export()
    if failed:
        yield f"{play.scenario.name}= exported, {failed[0]}"
        return
    wanted = {f.told.id: posted_sums(f.entries) for f in tape if isinstance(f, Fact) and f.entries}
    for format in ("parquet", "csv"):
        found = ledger.exported(format)
        total: Counter[tuple[str, str, str, str]] = Counter()
        for sums in found.values():
            total.update(sums)
        wrong = net_is_wrong(play.scenario, net(total), f" read from {format}")
        if wrong is None and found != wanted:
            wrong = f"{play.scenario.name}= read from {format}, expected the lines of the ledger, got others"
        if wrong:
            yield wrong
            return
