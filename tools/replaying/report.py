"""What a person reads at the end: what was done, what was not and why, the sums, and whether all invariants hold."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal

from tools.replaying.checks import Check, money_of
from tools.replaying.outcome import Outcome
from tools.replaying.plan import Plan
from tools.replaying.rules import Reason, from_minor

LABEL = 44


def report(plan: Plan, outcome: Outcome, checks: Sequence[Check], seconds: float) -> str:
    """Return the whole report; amounts in GBP."""
    parts = [_documents(plan, outcome), _not_done(outcome), _sums(plan, outcome), _checks(checks)]
    orders, rate = len(outcome.placed), len(outcome.placed) / max(0.001, seconds)
    parts.append([f"{orders} orders from post to captured in {seconds:.1f} s: {rate:.1f} orders per second"])
    return "\n\n".join("\n".join(part) for part in parts)


def _documents(plan: Plan, outcome: Outcome) -> list[str]:
    first, last = plan.steps[0].document.local_time, plan.steps[-1].document.local_time
    placed = list(outcome.placed.values())
    anonymous = sum(not p.sale.document.customer for p in placed)
    services = sum(p.sale.is_service_only for p in placed)
    parcels = sum(p.state.parcels for p in placed if p.state)
    lines = [
        _row("Documents read", f"{len(plan.steps):,}", f"{plan.line_count:,} lines, {first} to {last}"),
        _row(
            "Orders accepted",
            f"{len(placed):,}",
            f"{sum(len(p.sale.lines) for p in placed):,} lines, {parcels:,} parcels; "
            f"{anonymous} anonymous, {services} of services only",
        ),
    ]
    calls = outcome.cancellations
    lines.append(
        _row(
            "Cancellations done",
            f"{len(calls):,}",
            f"{sum(sum(c.units.values()) for c in calls):,} units of {len({id(c.sale) for c in calls})} orders",
        )
    )
    found = sum(max(0, change.quantity) for change in outcome.stock_changes)
    lost = sum(max(0, -change.quantity) for change in outcome.stock_changes)
    changes = len(outcome.stock_changes)
    lines.append(_row("Stock changes done", f"{changes:,}", f"{found:,} units found, {lost:,} written off"))
    return lines


def _row(label: str, figure: str, rest: str) -> str:
    return f"{label:<20} {figure:>8}   {rest}"


def _not_done(outcome: Outcome) -> list[str]:
    by_reason: dict[Reason, list[Decimal]] = defaultdict(list)
    for reject in outcome.rejects:
        by_reason[reject.reason].append(reject.value)
    if not by_reason:
        return ["Everything in the file was done."]
    lines = [f"{'Not done':<20} {len(outcome.rejects):>8}   lines, by reason with their value in GBP"]
    for reason, values in sorted(by_reason.items(), key=lambda entry: -len(entry[1])):
        lines.append(f"  {len(values):>6} {_amount(sum(values, Decimal(0))):>16}   {reason.value}")
    return lines


def _sums(plan: Plan, outcome: Outcome) -> list[str]:
    money = money_of(outcome)
    rejected = sum((reject.value for reject in outcome.rejects), Decimal(0))
    accepted, cancelled = from_minor(money.accepted), from_minor(money.cancelled)
    whole = accepted - cancelled + rejected + outcome.rounding
    return [
        "Sums in GBP",
        *_table(
            [
                ("orders accepted", accepted),
                ("- cancelled", -cancelled),
                ("+ not done", rejected),
                ("+ stock found and written off (no price)", Decimal(0)),
                ("+ rounding (file less whole pennies)", outcome.rounding),
                ("= net of the file by its parts", whole),
                ("net of the file by its lines", plan.file_value),
            ]
        ),
        *_table(
            [
                ("orders accepted - cancelled", accepted - cancelled),
                ("- postage and services of cancelled orders", -from_minor(money.gone)),
                ("= shipped", from_minor(money.shipped_total)),
                ("captured, as the orders say", from_minor(money.captured)),
                ("captured at the payment provider", from_minor(money.taken)),
            ]
        ),
    ]


def _table(rows: Sequence[tuple[str, Decimal]]) -> Iterator[str]:
    for label, amount in rows:
        yield f"  {label:<{LABEL}} {_amount(amount):>18}"


def _amount(value: Decimal) -> str:
    """Two decimals, or more where the file has them."""
    exact = value.normalize()
    places = max(2, -int(exact.as_tuple().exponent))
    return f"{value:,.{places}f}"


def _checks(checks: Sequence[Check]) -> list[str]:
    lines = ["Invariants"]
    for check in checks:
        lines.append(f"  {'ok  ' if check.holds else 'FAIL'} {check.name}: {check.shown}")
        lines += [f"         {fault}" for fault in check.faults]
    return lines
