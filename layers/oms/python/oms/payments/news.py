"""What a provider tells of disputes and payouts: recorded once, under the provider's own id of the message.

A payment is looked up when a message speaks of it; disputes and payouts are facts of their own, which settlement takes
in when it hears of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from oms.payments.commands import Providers
from oms.payments.events import DisputeReported, PayoutReported
from oms.payments.hints import Hint, take_hint
from oms.platform.commands import Call, Decision, Runtime, execute, input_hash
from oms.platform.events import EventDraft
from oms.platform.observability import logger
from oms.platform.principal import system_principal
from oms.platform.problems import Problem

RECORDED = "recorded"
News = DisputeReported | PayoutReported


class MessageUnreadable(Problem):
    code = "provider_message_unreadable"
    title = "A message about a dispute or a payout lacks what is needed to take it in."
    remedy = "Look at the message at the provider, and take the dispute or payout in by hand."


@dataclass(frozen=True, slots=True)
class Told:
    """News for a tenant."""

    tenant: str
    news: News


def news_for(account: Mapping[str, Any], kind: str, read: Callable[[str], News | None]) -> tuple[Told, ...]:
    """The news of a message for whoever the account settles for; nothing where it settles for nobody.

    The settings of a provider name the tenant and the legal entity under `settlement`. Where they do not, disputes and
    payouts are taken in over HTTP only. `kind` goes to the log, `read` is told the legal entity.
    """
    whose = account.get("settlement")
    if not isinstance(whose, Mapping):
        logger().warning("a message of an account that settles for nobody was not taken in", kind=kind)
        return ()
    news = read(str(whose["legal_entity"]))
    return () if news is None else (Told(str(whose["tenant"]), news),)


def take_told(runtime: Runtime, providers: Providers, told: Iterable[Hint | Told]) -> str:
    """Take what a message says, each by itself; answers what was done with the last of it, else `nothing`."""
    done = "nothing"
    for one in told:
        done = take_hint(runtime, providers, one) if isinstance(one, Hint) else record_news(runtime, one)
    return done


def record_news(runtime: Runtime, told: Told) -> str:
    """Record what a provider told, each message once; answers `recorded`, however often it is told."""
    news = told.news
    call = Call(
        command="record_provider_news",
        principal=system_principal(told.tenant, f"provider:{news.provider}"),
        key=f"{news.provider}:{news.message_id}",
        input_hash=input_hash([news.provider, news.message_id]),
        correlation_id=None,
        causation_id=news.message_id,
    )
    entity = f"MESSAGE#{news.provider}:{news.message_id}"
    draft = EventDraft(entity, 1, news, legal_entity=news.legal_entity)
    execute(runtime, call, lambda: Decision([], [draft], body={"done": RECORDED}))
    return RECORDED
