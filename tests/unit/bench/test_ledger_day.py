"""The arithmetic of a day of the ledger, as the bench measures it."""

from collections import Counter

import pytest

from bench.apart import Used
from bench.ledger_day import _renamed, on_aws
from infra.functions import FUNCTIONS

ORDER = "ord_01M847VV78TAYAYY5HN8364QNC"


def test_a_copy_has_names_of_its_own():
    text = f'"pay_{ORDER[4:]}_1 of {ORDER}", "pay_sim_000001", "albany:T1:2026-11-23:1", "dc-newark"'
    assert _renamed(text, 42) == (
        '"pay_01M847VV78TAYAYY5HN0000042_1 of ord_01M847VV78TAYAYY5HN0000042", "pay_sim_0000010000042",'
        ' "albany:T1:2026-11-23:10000042", "dc-newark"'
    )


def test_a_function_with_less_than_a_processor_is_slower_and_waits_alike():
    used = Used(processor=1_000.0, calls=Counter({"Query": 100, "PutObject": 10}))
    for name in ("finance_export", "post_ledger"):
        # A second of a whole processor, which is that of 1,769 MB; 100 times 4 ms and 10 times 40 ms of waiting.
        assert on_aws(used, FUNCTIONS[name]) == pytest.approx(1_769 / FUNCTIONS[name].memory + 0.8)
