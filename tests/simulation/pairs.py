"""`python -m tests.simulation.pairs [--all] [NAME …]`: conflicting commands on one order, in every interleaving.

For each pair every order of their calls to AWS and the provider is run, with at most one trouble at any call: a crash
before it, a crash after it, or the side is held up so long that all that follows from the other one happens in between.
A side that crashed is repeated at once, as its client, queue or workflow would; all deliveries follow, to quiet.

Without --all the longest pairs (`is_long`) switch at most twice and have no trouble; with it they are searched as all
others, which takes long. --seconds ends a search that takes too long, and then it is said how much was left untried.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.simulation.branching import in_a_copy
from tests.simulation.exhaustive import Play, Searched, search
from tests.simulation.interleavings import Bound, Stage
from tests.simulation.machine.seams import install
from tests.simulation.money_scenes import (
    CHARGE_ONLY,
    authorise,
    bring_back,
    card_for_site_and_till,
    close_drawer,
    counted_drawer,
    drawer_pays,
    exchange,
    goodwill,
    one_card_for_two,
    one_paid_one_to_come,
    open_drawer_and_cash_owed,
    over_and_not_posted,
    owed,
    pay_back,
    payout,
    ready_and_not_paid,
    seal,
    sold_and_paid,
    spent_and_owed,
    till_sells,
    till_spends,
)
from tests.simulation.pair_scenes import (
    abandoned_saga,
    accepted_and_asked,
    authorised,
    cancel,
    charged_and_crashed,
    damaged,
    event_of,
    export,
    export_wished,
    feed,
    first_parcel,
    in_review,
    nothing,
    over_with_a_rest,
    place,
    place_again,
    place_in_parts,
    placed,
    recover,
    rejected,
    released,
    reroute,
    review,
    sourced,
    step,
    task,
    wait_with_token,
    webhook,
)
from tests.simulation.planted import planted, small_sagas
from tests.simulation.sides import Side
from tests.simulation.stillness import Stillness
from tests.simulation.waiting_scenes import (
    accept_at,
    broker,
    could_be_served_from_nearer,
    offered,
    on_its_way,
    receive,
    reoptimize,
    waits,
    waits_for_what_came,
)
from tests.simulation.world import simulated

Before = Callable[[Side], Any]
UNBOUND: Bound = (None, True)
SHORT: Bound = (2, False)
# With so many calls before the two begin, to repeat them takes longer than to copy the process.
WORTH_A_COPY = 45


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sides, and what is there before they begin; what `before` answers is given to both."""

    name: str
    before: Before
    first: Callable[[Any, Side], object]
    second: Callable[[Any, Side], object]
    small: bool = False
    # Too many calls for all orders of them in a short time.
    is_long: bool = False

    def search(
        self,
        *,
        bound: Bound | None = None,
        most_runs: int | None = None,
        most_seconds: float | None = None,
        stop: bool = False,
    ) -> Searched:
        """A long pair is searched within SHORT where nothing else is said."""
        install()
        with contextlib.ExitStack() as stack:
            for patch in small_sagas() if self.small else ():
                stack.enter_context(patch)
            return search(self._player(bound), most_runs=most_runs, most_seconds=most_seconds, stop=stop)

    def _player(self, bound: Bound | None) -> Play:
        """What makes a run: from the very beginning, or by a copy where that is cheaper."""

        def staged() -> tuple[Stage, Play]:
            stage = Stage(simulated(0, [], faults=False), bound or (SHORT if self.is_long else UNBOUND))
            made = stage.prepare(self.before)
            return stage, partial(stage.play, partial(self.first, made), partial(self.second, made))

        stage, play = staged()
        if sum(stage.simulation.faults.calls.values()) < WORTH_A_COPY:
            return lambda *given: staged()[1](*given)
        # Once for nothing: what is loaded when it is first needed is then there for every copy.
        play([], set(), Stillness())
        _, play = staged()
        return lambda *given: in_a_copy(lambda: play(*given))


late_entry = event_of("PaymentAuthorized", "post_ledger")
one_unit = [{"line_no": 1, "quantity": 1}]
PAIRS: dict[str, Pair] = {
    pair.name: pair
    for pair in (
        Pair("pay x cancel", sourced, task("authorize_payment"), cancel),
        Pair("source x cancel", placed, task("source_order"), cancel),
        Pair("hand to a node x cancel", authorised, wait_with_token, cancel),
        Pair("accept x cancel", released, step("accept"), cancel),
        Pair("reject x cancel", released, step("reject", reason="damaged"), cancel),
        Pair("ship x cancel", released, step("ship"), cancel),
        Pair("ship one x cancel", released, step("ship", lines=one_unit), cancel),
        Pair("capture x cancel", first_parcel, task("capture_payment"), cancel),
        Pair("let go x ship", accepted_and_asked, step("cancel-response", accepted=True), step("ship")),
        Pair("review x cancel", in_review, review("accept"), cancel),
        Pair("cancel one x cancel", released, partial(cancel, lines=one_unit), cancel),
        Pair("ship x ship", released, step("ship"), step("ship")),
        Pair("place x place, same key", nothing, place("k-1"), place("k-1")),
        Pair("place x place, same external id", nothing, place(), place()),
        Pair("place x place, last unit", nothing, place(None, "o-{}", "LAST"), place(None, "o-{}", "LAST")),
        Pair("webhook x pay", charged_and_crashed, webhook, task("authorize_payment")),
        Pair("capture x capture", first_parcel, task("capture_payment"), task("capture_payment")),
        Pair(
            "capture x release",
            over_with_a_rest,
            task("capture_payment"),
            event_of("OrderLinesCancelled", "release_payment"),
        ),
        Pair("rest x wait for it", first_parcel, step("ship"), wait_with_token),
        Pair("escalate x ship", released, task("escalate_fulfillment"), step("ship")),
        Pair("re-route x cancel", rejected, reroute("REJECTED"), cancel),
        Pair("re-route x re-route", rejected, reroute("REJECTED"), reroute("REJECTED")),
        Pair("re-route x accept", released, reroute("TIMED_OUT"), step("accept")),
        Pair("re-route x place", rejected, reroute("REJECTED"), place(None, "o-2", "MUG", 3)),
        Pair("workflow again x accept", released, event_of("OrderPlaced", "start_order_workflow"), step("accept")),
        Pair("receipt x place", waits, receive, place(None, "o-1", "LAST"), is_long=True),
        Pair("broker x place", waits_for_what_came, broker, place(None, "o-1", "LAST")),
        Pair("broker x cancel", waits_for_what_came, broker, cancel),
        Pair("broker x broker", waits_for_what_came, broker, broker),
        Pair("re-optimise x accept", could_be_served_from_nearer, reoptimize, step("accept")),
        Pair("re-optimise x cancel", could_be_served_from_nearer, reoptimize, cancel),
        Pair("offer: accept x accept", offered, accept_at("albany"), accept_at("pasadena")),
        Pair("offer: accept x first accept", offered, accept_at("albany"), step("accept")),
        Pair("offer: accept x time-out", offered, accept_at("albany"), reroute("TIMED_OUT")),
        Pair("offer: accept x cancel", offered, accept_at("albany"), cancel),
        Pair("leg: receive x cancel", on_its_way, step("receive"), cancel),
        Pair("leg: receive x receive", on_its_way, step("receive"), step("receive")),
        Pair("snapshot x place", nothing, feed("snapshot", 1, "LAST"), place(None, "o-1", "LAST")),
        Pair("feed x ship", released, feed("delta", 2), step("ship")),
        Pair("damage x place", nothing, damaged, place(None, "o-1", "LAST")),
        Pair("place x place, in chunks", nothing, place_in_parts, place_in_parts, small=True, is_long=True),
        Pair("recovery x saga", abandoned_saga, recover, place_again, small=True, is_long=True),
        Pair("post x post", authorised, late_entry, late_entry),
        Pair("return x return", sold_and_paid(), bring_back(), bring_back()),
        Pair("return x goodwill", sold_and_paid("LAST"), bring_back(), goodwill(2_000)),
        Pair("goodwill x goodwill", sold_and_paid("LAST"), goodwill(1_300), goodwill(1_300)),
        Pair("refund x refund", owed(), pay_back, pay_back),
        Pair("refund to a new balance x refund", owed("store_credit"), pay_back, pay_back),
        Pair("refund x goodwill", owed(sku="MUG", quantity=2), pay_back, goodwill(100)),
        Pair("capture of what is ready x cancel", ready_and_not_paid, task("capture_payment"), cancel),
        Pair("return x cancel", one_paid_one_to_come, bring_back(), cancel),
        Pair("gift card x gift card", one_card_for_two, authorise(0), authorise(1)),
        Pair("gift card x till", card_for_site_and_till, authorise(0), till_spends(400)),
        Pair("gift card at till x at till", card_for_site_and_till, till_spends(600), till_spends(600)),
        Pair("refund to gift card x gift card", spent_and_owed, pay_back, authorise(1)),
        Pair("close drawer x sale", counted_drawer, close_drawer, till_sells),
        Pair("cash refund x cash refund", open_drawer_and_cash_owed, drawer_pays, drawer_pays),
        Pair("exchange x cash refund", open_drawer_and_cash_owed, exchange, drawer_pays),
        Pair("payout x payout", nothing, *[payout(**CHARGE_ONLY)] * 2, is_long=True),
        Pair("payout x other payout", nothing, payout(), payout(**CHARGE_ONLY)),
        Pair("seal x late entry", over_and_not_posted, seal, late_entry, is_long=True),
        Pair("seal x seal", over_and_not_posted, seal, seal, is_long=True),
        Pair("export x late entry", export_wished, export, late_entry, is_long=True),
    )
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.pairs", description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="such as 'pay x cancel'; all without")
    parser.add_argument("--all", action="store_true", help="the longest pairs with any number of switches, too")
    parser.add_argument("--plant", help="with a known fault in the product")
    parser.add_argument("--most", type=int, help="the most runs of a pair")
    parser.add_argument("--seconds", type=float, help="the longest that a search may take")
    arguments = parser.parse_args()
    columns = f"{'calls':>5} {'runs':>6} {'rested':>8} {'interleavings':>14} {'found':>6} {'s':>6}"
    print(f"{'pair':<32} {'switches':<9} {columns}")
    found = 0
    with planted(arguments.plant) if arguments.plant else contextlib.nullcontext():
        for name in arguments.names or PAIRS:
            pair = PAIRS[name]
            bound = SHORT if pair.is_long and not arguments.all else UNBOUND
            begun = time.process_time()
            searched = pair.search(bound=bound, most_runs=arguments.most, most_seconds=arguments.seconds)
            show(name, bound, searched, time.process_time() - begun)
            found += len(searched.findings)
    return 1 if found else 0


def show(name: str, bound: Bound, searched: Searched, seconds: float) -> None:
    """One line for a search, and what was wrong or left out."""
    most_switches, troubled = bound
    within = f"{'any' if most_switches is None else most_switches}{'' if troubled else ', calm'}"
    runs = f"{searched.runs}{'' if searched.complete else '+'}"
    print(
        f"{name:<32} {within:<9} {len(searched.points):>5} {runs:>6} {searched.ended:>8} {searched.interleavings:>14}"
        f" {len(searched.findings):>6} {seconds:>6.1f}",
        flush=True,
    )
    if not searched.complete:
        print(f"    ended early: {searched.waiting} lists of choices were waiting to be tried", flush=True)
    for choices, trouble, what in searched.findings[:3]:
        print(f"    {''.join(map(str, choices))} ({trouble}): {what}"[:300])


if __name__ == "__main__":
    sys.exit(main())
