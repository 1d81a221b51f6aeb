"""From a fact to its entries: the rule that knows its event makes lines, which must balance in each legal entity.

The rules lie in `finance/rules`, a file for each context that tells facts; a new fact is one more row there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from oms.finance.facts.base import Fact
from oms.finance.model import Entry, LedgerFault, Line, Posting, require_balanced
from oms.finance.rules import (
    appeasements,
    carriers,
    drawers,
    payments,
    pos,
    purchasing,
    refunds,
    settlement,
    stored_value,
)
from oms.finance.rules.rule import Rule, Share
from oms.platform.commands import input_hash
from oms.platform.ids import derived_id

_TABLES: tuple[tuple[Rule[Any], ...], ...] = (
    appeasements.RULES,
    carriers.RULES,
    drawers.RULES,
    payments.RULES,
    pos.RULES,
    purchasing.RULES,
    refunds.RULES,
    settlement.RULES,
    stored_value.RULES,
)
# The event type is the name of the shape that its rule reads.
RULES: Mapping[str, Rule[Any]] = {rule.reads.__name__: rule for table in _TABLES for rule in table}


def postings_of(event_type: str, data: Mapping[str, Any], source_event: str, occurred_at: datetime) -> list[Posting]:
    """The balanced entries that an event makes; none where no money moves, as for a free order.

    Raises LedgerFault when no rule knows the event, or when its payload does not have the agreed shape.
    """
    rule = RULES.get(event_type)
    if rule is None:
        raise LedgerFault(f"no posting rule for {event_type}")
    return _apply(rule, data, source_event, occurred_at)


def _apply(rule: Rule[Any], data: Mapping[str, Any], source_event: str, occurred_at: datetime) -> list[Posting]:
    try:
        fact = rule.reads.model_validate(data)
    except ValidationError as error:
        raise LedgerFault(f"{rule.name}: {error.error_count()} fields are wrong") from error
    # Defaults take no part in the hash, so a field that finance learns to read later does not change old facts.
    content_hash = input_hash(fact.model_dump(mode="json", exclude_defaults=True))
    identity = rule.identity(fact)
    own = (fact.legal_entity, fact.store, rule.lines(fact), identity)
    others = list(_elsewhere(rule.elsewhere(fact), identity))
    postings = []
    for entity, store, made, name in (own, *others):
        lines = tuple(line for line in made if line.debit or line.credit)
        require_balanced(lines)
        if lines:
            entry = _entry(rule, fact, entity, store, name, lines, source_event, occurred_at)
            postings.append(Posting(derived_id("pst", rule.name, *name), content_hash, entry, fact.business_date))
    return postings


def _elsewhere(
    shares: Sequence[Share], identity: tuple[str, ...]
) -> Iterator[tuple[str, str, Sequence[Line], tuple[str, ...]]]:
    """What a fact posts elsewhere, each with its name: the entity's, and of a further store of it that store's too."""
    named: set[str] = set()
    for one in shares:
        name = (*identity, one.entity, one.store) if one.entity in named else (*identity, one.entity)
        named.add(one.entity)
        yield one.entity, one.store, one.lines, name


def _entry(
    rule: Rule[Any],
    fact: Fact,
    entity: str,
    store: str,
    name: tuple[str, ...],
    lines: tuple[Line, ...],
    source_event: str,
    occurred_at: datetime,
) -> Entry:
    return Entry(
        entry_id=derived_id("ent", rule.name, str(rule.version), *name),
        rule=rule.name,
        rule_version=rule.version,
        entity=entity,
        store=store,
        channel=fact.channel,
        order_id=fact.order_id,
        payment_id=fact.payment_id,
        drawer_session=fact.session_id,
        psp=fact.provider,
        tender=fact.tender,
        occurred_at=occurred_at,
        source_event=source_event,
        reference=rule.identity(fact)[-1],
        lines=lines,
    )
