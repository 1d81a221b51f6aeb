"""A small day of the ledger, as the bench measures a large one: through the real functions, each in a process."""

from __future__ import annotations

from bench.ledger_day import balance, run


def test_a_date_is_posted_sealed_and_exported_by_the_real_functions():
    day = run(500)
    assert (day.lines, day.orders) == (500, 100)
    assert day.posting.calls["TransactWriteItems"] == 20
    # An order and its journal are one read each; whether there is goodwill on them is one for a hundred.
    assert day.closing.calls["Query"] < 2 * day.orders + 40
    assert balance(day.objects, 1_000)[0] >= 1_000
