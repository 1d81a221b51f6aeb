"""How much goodwill who may grant, by role, by order, and by customer and actor over time. Pure.

Limits are stated in whole units of a currency and hold in its minor units.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from oms.appeasements.model import Evaluation, PendingReason, Role, Seen
from oms.appeasements.refusals import OrderCap, OverRefund, RoleLimit
from oms.platform.fields import Instant
from oms.platform.money import exponent

# Nobody grants more than this share of an order's goods.
ORDER_CAP_PERCENT = 25


def _minor(whole_units: int, currency: str) -> int:
    """Whole units of a currency in its minor units."""
    return whole_units * int(10 ** exponent(currency))


@dataclass(frozen=True, slots=True)
class Limit:
    """An amount in whole units, and a percentage of the order's goods; both hold for all grants on the order."""

    whole_units: int
    percent: int

    def amount(self, currency: str) -> int:
        """The amount in minor units."""
        return _minor(self.whole_units, currency)

    def allows(self, granted: int, goods: int, currency: str) -> bool:
        return granted <= self.amount(currency) and granted * 100 <= self.percent * goods


LIMITS: Mapping[Role, Limit] = {
    Role.ASSOCIATE: Limit(5, 10),
    Role.AGENT: Limit(10, 15),
    Role.SUPERVISOR: Limit(50, 25),
    Role.MANAGER: Limit(200, 25),
}
_ROLES = tuple(Role)


@dataclass(frozen=True, slots=True)
class Pace:
    """How many grants, and how much in whole units, are usual within a time; beyond that somebody else approves."""

    grants: int
    whole_units: int

    def amount(self, currency: str) -> int:
        """The amount in minor units."""
        return _minor(self.whole_units, currency)


CUSTOMER_PACE, ACTOR_PACE = Pace(3, 75), Pace(10, 100)
CUSTOMER_WINDOW = timedelta(days=90)
CUSTOMER, ACTOR = "customer", "actor"


class Grant(BaseModel):
    """Goodwill that was granted, as a counter remembers it; `amount` without tax in minor units.

    `rule` is that of the retailer by which it was granted without a call.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    appeasement_id: str
    amount: int
    currency: str
    granted_at: Instant
    rule: str | None = None


class Counter(BaseModel):
    """The grants of a customer within the window, or of an actor on a business date.

    `alerts` counts how often somebody was told that they are many, `alerted_on` is the business date of the last time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    of: str
    name: str
    grants: tuple[Grant, ...] = ()
    alerts: int = 0
    alerted_on: str | None = None
    version: int = 0

    def now(self, instant: datetime) -> Counter:
        """The counter without what is older than the window; that of an actor is of one day anyway."""
        if self.of == ACTOR:
            return self
        kept = tuple(one for one in self.grants if instant - one.granted_at < CUSTOMER_WINDOW)
        return self.model_copy(update={"grants": kept})

    def plus(self, grant: Grant) -> Counter:
        return self.model_copy(update={"grants": (*self.grants, grant), "version": self.version + 1})

    def spent(self, currency: str) -> int:
        """What was granted in a currency."""
        return sum(one.amount for one in self.grants if one.currency == currency)

    def alerted(self, day: str) -> Counter:
        """The counter when somebody was told on a business date."""
        return self.model_copy(update={"alerts": self.alerts + 1, "alerted_on": day})

    @property
    def pace(self) -> Pace:
        """What is usual of it."""
        return ACTOR_PACE if self.of == ACTOR else CUSTOMER_PACE

    def seen(self, amount: int, currency: str) -> Seen:
        """What was counted before, and whether an amount more goes beyond what is usual.

        Grants are counted in every currency; an amount is compared with those in its own.
        """
        pace, spent = self.pace, self.spent(currency)
        most = pace.amount(currency)
        beyond = len(self.grants) + 1 > pace.grants or spent + amount > most
        return Seen(of=self.of, name=self.name, grants=len(self.grants), amount=spent, beyond=beyond)


@dataclass(frozen=True, slots=True)
class Standing:
    """What an order's goodwill is measured by; amounts in minor units of `currency`."""

    currency: str
    goods: int
    granted_before: int
    refundable: int


def role_of(names: Iterable[str]) -> Role | None:
    """The highest role that a caller has; None without one."""
    known = [role for role in _ROLES if role.value in set(names)]
    return known[-1] if known else None


def order_cap(goods: int) -> int:
    """The most that all goodwill on an order may come to, in minor units."""
    return goods * ORDER_CAP_PERCENT // 100


def judge(role: Role, net: int, total: int, standing: Standing, counters: Sequence[Counter]) -> Evaluation:
    """Whether a role may grant an amount, or who must approve it.

    Raises OrderCap and OverRefund, whoever asks, and RoleLimit where no role at all could approve it.
    """
    require_within_order(net, total, standing)
    seen = tuple(counter.seen(net, standing.currency) for counter in counters)
    pending = []
    if not _allows(role, net, standing):
        pending.append(PendingReason.ROLE_LIMIT)
    if any(one.beyond for one in seen):
        pending.append(PendingReason.VELOCITY)
    needs = _who_approves(role, net, standing) if pending else None
    return _evaluation(role, standing, seen, tuple(pending), needs)


def judge_approval(
    role: Role | None, needs: Role | None, net: int, total: int, standing: Standing, counters: Sequence[Counter]
) -> Evaluation:
    """What an approval is measured by; raises RoleLimit where the approver's role is not enough for it."""
    require_within_order(net, total, standing)
    if role is None or (needs is not None and _rank(role) < _rank(needs)) or not _allows(role, net, standing):
        raise RoleLimit(f"It takes the role {needs.value if needs else Role.MANAGER.value}.")
    return _evaluation(role, standing, tuple(counter.seen(net, standing.currency) for counter in counters), (), None)


def require_within_order(net: int, total: int, standing: Standing) -> None:
    """Refuse what nobody may grant on the order."""
    cap = order_cap(standing.goods)
    if standing.granted_before + net > cap:
        raise OrderCap(f"The cap is {cap}, and {standing.granted_before} was granted before.", pointer="/amount")
    if total > standing.refundable:
        raise OverRefund(f"{total} with tax is more than the {standing.refundable} that is left.", pointer="/amount")


def _allows(role: Role, net: int, standing: Standing) -> bool:
    return LIMITS[role].allows(standing.granted_before + net, standing.goods, standing.currency)


def _who_approves(role: Role, net: int, standing: Standing) -> Role:
    """The next role that may; of managers, another one."""
    higher = _ROLES[_rank(role) + 1 :] or (Role.MANAGER,)
    able = [one for one in higher if _allows(one, net, standing)]
    if not able:
        raise RoleLimit("It is more than any role may grant.", pointer="/amount")
    return able[0]


def _rank(role: Role) -> int:
    return _ROLES.index(role)


def _evaluation(
    role: Role,
    standing: Standing,
    seen: tuple[Seen, ...],
    pending: tuple[PendingReason, ...],
    needs: Role | None,
) -> Evaluation:
    limit = LIMITS[role]
    return Evaluation(
        role=role,
        goods=standing.goods,
        granted_before=standing.granted_before,
        order_cap=order_cap(standing.goods),
        role_amount=limit.amount(standing.currency),
        role_percent=limit.percent,
        refundable=standing.refundable,
        seen=seen,
        pending=pending,
        needs_role=needs,
    )
