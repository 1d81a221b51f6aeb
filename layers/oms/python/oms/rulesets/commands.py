"""The verbs of a rule set: put a draft, promote a version, roll the last promotion back. One transaction each."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.events import EventDraft
from oms.platform.ids import derived_id
from oms.platform.problems import FieldError, InvalidRequest, NotFound, StaleVersion, TooLarge
from oms.rulesets.events import RuleSetDrafted, RuleSetPromoted, RuleSetRolledBack
from oms.rulesets.model import RuleSet, RuleVersion, drafted, promoted, rolled_back
from oms.rulesets.store import load_rule_set, load_versions, rule_set_writes
from oms.rulesets.views import rule_set_document

# A stored item may have 400 KB.
MOST_BYTES = 300_000
_Told = RuleSetDrafted | RuleSetPromoted | RuleSetRolledBack


def put_rule_set(runtime: Runtime, call: Call, kind: str, set_id: str, content: BaseModel) -> Outcome:
    """Keep a content as a new draft of a rule set; the same as its newest version changes nothing.

    Raises StaleVersion when the set was changed since it was read, InvalidRequest without If-Match on one that exists.
    """

    def decide() -> Decision:
        before = _held_to_version(runtime, call, kind, set_id)
        rules = drafted(before or RuleSet(kind=kind, id=set_id))
        put: dict[str, Any] = content.model_dump(mode="json", by_alias=True)
        _refuse_size(put)
        if before is not None:
            newest = load_versions(runtime.database, call.tenant, kind, [(set_id, before.newest)])
            if newest[set_id, before.newest].content == put:
                return Decision([], body=rule_set_document(before))
        version = RuleVersion(
            number=rules.newest,
            content=put,
            created_at=format_instant(runtime.clock.now()),
            created_by=call.principal.actor,
        )
        told = RuleSetDrafted(kind=kind, rule_set_id=set_id, number=rules.newest)
        return _changed(call, rules, before, told, version)

    return execute(runtime, call, decide)


def promote_rule_set(runtime: Runtime, call: Call, kind: str, set_id: str, number: int) -> Outcome:
    """Let a version hold from now on. Raises NotFound for one that does not exist, ActionNotAvailable if it is live."""

    def decide() -> Decision:
        before = _existing(runtime, call, kind, set_id)
        after = promoted(before, number)
        told = RuleSetPromoted(kind=kind, rule_set_id=set_id, number=number, before=before.live)
        return _changed(call, after, before, told)

    return execute(runtime, call, decide)


def roll_back_rule_set(runtime: Runtime, call: Call, kind: str, set_id: str) -> Outcome:
    """Let the version hold again that held before the last promotion; raises ActionNotAvailable where none did."""

    def decide() -> Decision:
        before = _existing(runtime, call, kind, set_id)
        after = rolled_back(before)
        assert after.live is not None
        told = RuleSetRolledBack(kind=kind, rule_set_id=set_id, number=after.live, before=before.live)
        return _changed(call, after, before, told)

    return execute(runtime, call, decide)


def _changed(
    call: Call, after: RuleSet, before: RuleSet | None, told: _Told, version: RuleVersion | None = None
) -> Decision:
    # The event's number is the set's version, and its entity bears no character of a key that the id might hold.
    event = EventDraft(f"RULE_SET#{derived_id('rls', call.tenant, f'{after.kind}#{after.id}')}", after.version, told)
    writes = rule_set_writes(call.tenant, after, before, version)
    return Decision(writes, [event], status=200 if before else 201, body=rule_set_document(after))


def _refuse_size(content: dict[str, Any]) -> None:
    size = len(json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode())
    if size > MOST_BYTES:
        raise TooLarge(f"The rules take {size} bytes with all that they leave out; the limit is {MOST_BYTES}.")


def _existing(runtime: Runtime, call: Call, kind: str, set_id: str) -> RuleSet:
    found = _held_to_version(runtime, call, kind, set_id)
    if found is None:
        raise NotFound()
    return found


def _held_to_version(runtime: Runtime, call: Call, kind: str, set_id: str) -> RuleSet | None:
    """The set as it is, held to the version that its caller has read; 0 stands for one that does not exist."""
    found = load_rule_set(runtime.database, call.tenant, kind, set_id)
    current = found.version if found else 0
    if call.expected_version is None and found is not None:
        detail = f"the rule set exists; send If-Match with its version, {current}"
        raise InvalidRequest(errors=[FieldError("/header/If-Match", "required", detail)])
    if call.expected_version is not None and call.expected_version != current:
        raise StaleVersion(f"If-Match names version {call.expected_version}; the rule set is at version {current}.")
    return found
