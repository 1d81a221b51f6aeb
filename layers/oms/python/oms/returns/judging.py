"""Whether units may come back by the rules that hold, and what the rules keep back of them.

What they do not allow is refused, or let through by somebody who may and says why; then that is kept with the return.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from oms.orders.amounts import line_amounts
from oms.orders.kits import Counted
from oms.orders.model import Line, Order
from oms.platform.commands import Runtime
from oms.platform.money import MILLION, share_up_to
from oms.platform.principal import Principal, may
from oms.platform.problems import FieldError, Problem, ScopeMissing
from oms.registry.reads import known_items
from oms.returns.eligibility import BY_RULE, WINDOW_CLOSED, Policy, Returnable, returnable
from oms.returns.model import Fee, FeeTerm, Override, Terms
from oms.returns.rules import KIND, ORIGINAL, Back, ReturnRules
from oms.rulesets.reads import live_rules

OVERRIDE = "returns.override"
FEE_BY_RULE, TENDER_BY_RULE = "fee_by_rule", "tender_by_rule"
# What somebody keeps back who says only how much.
_STATED = "stated"


class NotReturnable(Problem):
    status = 409
    code = "not_returnable"
    title = "The rules of returns do not allow this."
    remedy = (
        "Return what GET /v1/orders/{id}/returnable shows, or let somebody who may (returns.override) say why it is "
        "accepted all the same (override_reason)."
    )


class Asked(Protocol):
    """Units of a line that are to come back."""

    @property
    def line_no(self) -> int: ...
    @property
    def quantity(self) -> int: ...
    @property
    def condition(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody says about a return: what is kept back and given back of charges (None: as the rules say)."""

    reason: str
    fee: int | None = None
    shipping: int | None = None
    to: str | None = None
    override_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What is kept back and given back of charges, in minor units, and what it went against where it did."""

    fee: int
    shipping: int
    fees: tuple[Fee, ...] = ()
    kept: tuple[Fee, ...] = ()
    override: Override | None = None


def policy_for(runtime: Runtime, tenant: str, lines: Iterable[Line]) -> Policy:
    """The rules that hold now, with what the registry knows of these lines' items."""
    sets = [one.content for one in live_rules(runtime.database, tenant, KIND, ReturnRules)]
    if not sets:
        return Policy((), {})
    skus = dict.fromkeys(line.agreed.sku for line in lines)
    return Policy(sets, known_items(runtime.database, tenant, skus, runtime.clock.now()))


def found_by_rules(
    runtime: Runtime, tenant: str, order: Order, asked: Sequence[Asked], reason: str
) -> list[Returnable]:
    """What the rules that hold say of each of some units."""
    policy, now = policy_for(runtime, tenant, (order.line(one.line_no) for one in asked)), runtime.clock.now()
    return [returnable(order, order.line(one.line_no), policy, now, one.condition, reason) for one in asked]


def judge(
    runtime: Runtime,
    principal: Principal,
    order: Order,
    asked: Sequence[Asked],
    wish: Wish,
    found: Sequence[Returnable] | None = None,
) -> Judged:
    """What the rules that hold, or what was `found` by them, make of units that come back.

    Raises NotReturnable for what they do not allow, ScopeMissing where the caller may not override them.
    """
    found = found_by_rules(runtime, principal.tenant, order, asked, wish.reason) if found is None else found
    against = [*_units_against(asked, found), *_tender_against(found, wish.to)]
    fees, shipping, kept = _by_rule(order, asked, [one.rule.terms for one in found])
    by_rule = sum(one.amount for one in fees)
    stated = wish.fee is not None and wish.fee != by_rule
    if stated and any(one.rule.fees for one in found):
        against.append(FieldError("/fee", FEE_BY_RULE, f"{by_rule} is kept back by the rules"))
    override = _overridden(principal, wish, against)
    if wish.fee is not None and stated:
        fees = (Fee(kind=_STATED, amount=wish.fee),) if wish.fee else ()
    given = shipping if wish.shipping is None else wish.shipping
    return Judged(
        fee=sum(one.amount for one in fees),
        shipping=given,
        fees=fees,
        kept=kept if wish.shipping is None else (),
        override=override,
    )


def by_terms(order: Order, asked: Sequence[Counted], terms: Sequence[Terms], override: Override | None) -> Judged:
    """What the terms of a return by post make of some of its units."""
    fees, shipping, kept = _by_rule(order, asked, terms)
    return Judged(sum(one.amount for one in fees), shipping, fees, kept, override)


def no_more_than(fees: tuple[Fee, ...], most: int) -> tuple[Fee, ...]:
    """Fees as far as there is something to keep them back of; the first ones whole."""
    left, found = most, list[Fee]()
    for one in fees:
        found.append(Fee(kind=one.kind, amount=min(one.amount, left)))
        left -= found[-1].amount
    return tuple(one for one in found if one.amount)


def _overridden(principal: Principal, wish: Wish, against: Sequence[FieldError]) -> Override | None:
    if not against:
        return None
    if wish.override_reason is None:
        raise NotReturnable(against[0].detail, errors=against)
    if not may(principal, OVERRIDE):
        detail = f"The scope {principal.tenant}/{OVERRIDE} is missing."
        raise ScopeMissing(detail, pointer="/override_reason")
    codes = tuple(dict.fromkeys(one.code for one in against))
    return Override(reason=wish.override_reason, by=principal.actor, against=codes)


def _units_against(asked: Sequence[Asked], found: Sequence[Returnable]) -> list[FieldError]:
    """The units that may not come back, or not any more; several entries of a line add up."""
    against: list[FieldError] = []
    wanted: dict[int, int] = {}
    for index, (one, may_come) in enumerate(zip(asked, found, strict=True)):
        wanted[one.line_no] = wanted.get(one.line_no, 0) + one.quantity
        if wanted[one.line_no] <= may_come.units:
            continue
        why = may_come.why_not or WINDOW_CLOSED
        said = "may not come back" if why == BY_RULE else f"may come back no more: {may_come.units} units may"
        detail = f"by the rule {may_come.rule.id} units of line {one.line_no} {said}"
        against.append(FieldError(f"/lines/{index}/quantity", why, detail))
    return against


def _tender_against(found: Sequence[Returnable], to: str | None) -> list[FieldError]:
    wanted = Back(to or ORIGINAL)
    allowed = [tender for tender in Back if all(tender in one.rule.tenders for one in found)]
    if wanted in allowed:
        return []
    ways = f"only {', '.join(allowed)}" if allowed else "no tender for all of these lines; return them one by one"
    return [FieldError("/to", TENDER_BY_RULE, f"the rules allow {ways}")]


def _by_rule(
    order: Order, asked: Sequence[Counted], terms: Sequence[Terms]
) -> tuple[tuple[Fee, ...], int, tuple[Fee, ...]]:
    """The fees, what is given back of the lines' charges, and what of these is kept."""
    fees: dict[str, int] = {}
    kept: dict[str, int] = {}
    given, seen = 0, dict[int, int]()
    for one, by in zip(asked, terms, strict=True):
        line = order.line(one.line_no)
        before = order.returned(line.line_no) + seen.get(line.line_no, 0)
        after = before + one.quantity
        seen[line.line_no] = seen.get(line.line_no, 0) + one.quantity
        whole = line_amounts(line.agreed)
        goods = [share_up_to(whole.goods - whole.discount, units, line.quantity) for units in (before, after)]
        for fee in by.fees:
            amount = _fee(fee, goods[0], goods[1], one.quantity, order.header.currency)
            fees[fee.kind] = fees.get(fee.kind, 0) + min(amount, goods[1] - goods[0])
        for charge in line.agreed.charges:
            amount = share_up_to(charge.amount, after, line.quantity) - share_up_to(
                charge.amount, before, line.quantity
            )
            if charge.kind in by.charges_back:
                given += amount
            else:
                kept[charge.kind] = kept.get(charge.kind, 0) + amount
    return _listed(fees), given, _listed(kept)


def _fee(fee: FeeTerm, before: int, after: int, units: int, currency: str) -> int:
    """The fee of units, the goods of a line up to them having cost `before` and with them `after`; minor units.

    So the fees of all units of a line sum to that of the line. In another currency than its own it is nothing.
    """
    if fee.ppm is not None:
        return share_up_to(after, fee.ppm, MILLION) - share_up_to(before, fee.ppm, MILLION)
    return (fee.each or 0) * units if currency == fee.currency else 0


def _listed(amounts: dict[str, int]) -> tuple[Fee, ...]:
    return tuple(Fee(kind=kind, amount=amount) for kind, amount in sorted(amounts.items()) if amount)
