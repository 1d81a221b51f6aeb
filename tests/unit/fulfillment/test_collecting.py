"""Goods at the counter: which rule holds, what proves what, and how codes are counted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from oms.fulfillment.collecting import (
    AgeCheckMissing,
    CollectorUnknown,
    ProofLocked,
    ProofMissing,
    ProofWrong,
    checked,
    code_hash,
    new_code,
    with_wrong_code,
)
from oms.fulfillment.collection_rules import CollectionRule
from oms.fulfillment.model import Collection, FulfillmentOrder, ProofKind, Status, WorkLine
from oms.fulfillment.request import HandOverRequest
from oms.platform.problems import InvalidRequest

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ALL = {1: 1}
DOCUMENT = {"kind": "passport", "last_digits": "12"}


def waiting(minimum_age: int | None = None, **kept: Any) -> FulfillmentOrder:
    line = WorkLine(line_no=1, sku="A", quantity=1, picked=1, packed=1, minimum_age=minimum_age)
    ids = {"id": "ful_1_1", "order_id": "ord_1", "node_id": "S1", "legal_entity": "100", "created_at": "x"}
    collection = Collection(code_hash=code_hash("ful_1_1", "12345678"), **kept)
    return FulfillmentOrder(
        **ids, group_no=1, method="pickup", status=Status.READY, lines=(line,), collection=collection
    )


def shown(work: FulfillmentOrder, **content: Any) -> Any:
    return checked(work, ALL, HandOverRequest.model_validate(content), "ann", NOW)


@pytest.mark.capability("F9")
@pytest.mark.parametrize(
    ("kept", "content", "refusal"),
    [
        ({"proofs": ("code",)}, {"collector": "Bob"}, ProofMissing),
        ({"proofs": ("code",)}, {"collector": "Bob", "proof": {"code": "12345679"}}, ProofWrong),
        ({"proofs": ("code",)}, {"collector": "Bob", "proof": {"id_document": DOCUMENT}}, ProofMissing),
        ({"proofs": ("code",)}, {"proof": {"code": "12345678"}}, InvalidRequest),
        ({"proofs": ("code",), "locked_until": "2026-11-23T12:00:01.000Z"}, {"proof": {"code": "1"}}, ProofLocked),
        (
            {"proofs": ("code",), "named_only": True, "may_collect": ("Ann",)},
            {"collector": "Bob", "proof": {"code": "12345678"}},
            CollectorUnknown,
        ),
        (
            {"proofs": ("code",)},
            {"collector": "Ace", "collected_by": "courier", "proof": {"code": "12345678"}},
            ProofMissing,
        ),
        ({"minimum_age": 18}, {"collector": "Bob", "proof": {"age_checked": 17}}, AgeCheckMissing),
        ({"minimum_age": 18}, {"collector": "Bob"}, AgeCheckMissing),
    ],
)
def test_what_proves_too_little_is_refused(kept: dict[str, Any], content: dict[str, Any], refusal: type[Exception]):
    with pytest.raises(refusal):
        shown(waiting(**kept), **content)


@pytest.mark.capability("F9", "G6")
def test_a_courier_signs_and_a_document_of_somebody_named_proves_more_than_a_name():
    signed = {"collector": "Ace", "collected_by": "courier", "proof": {"signature": "sig-1"}}
    proof = shown(waiting(proofs=("code",)), **signed)
    assert (proof.collected_by, proof.kinds, proof.signature) == ("courier", (ProofKind.SIGNATURE,), "sig-1")
    named = waiting(proofs=("code", "id_document"), may_collect=("Ann", "Bob"))
    proof = shown(named, collector="bob ", proof={"id_document": DOCUMENT})
    assert (proof.collected_by, proof.id_document.last_digits, proof.checked_by) == ("alternate", "12", "ann")
    assert shown(waiting()) is None


@pytest.mark.capability("F9")
def test_wrong_codes_lock_and_begin_anew():
    work, counted = waiting(most_attempts=2, lock_minutes=10), []
    for _ in range(3):
        work, attempts = with_wrong_code(work, NOW)
        counted.append((attempts, work.collection.attempts, work.collection.locked_until))
    until = "2026-11-23T12:10:00.000Z"
    assert counted == [(1, 1, None), (2, 0, until), (1, 1, until)]


@given(st.text(min_size=1))
def test_a_code_is_eight_digits_and_its_hash_belongs_to_the_work(chance: str):
    code = new_code(chance)
    assert (len(code), code.isdigit()) == (8, True)
    assert code_hash("ful_1", code) == code_hash("ful_1", f" {code[:4]}-{code[4:]}") != code_hash("ful_2", code)


@pytest.mark.capability("F8", "F9")
@pytest.mark.parametrize(
    "rule",
    [
        {"from_total": 100},
        {"remind_days": 1},
        {"remind_days": 3, "open_days": 3},
        {"proofs": ["face"]},
        {"late": "maybe"},
        {"attempts": 0},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rule: dict[str, Any]):
    with pytest.raises(ValidationError):
        CollectionRule.model_validate({"id": "r", **rule})
