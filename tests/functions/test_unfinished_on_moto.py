"""The sweeper on the tables of the template: its entries in the index, its conditions and where its search goes on."""

from __future__ import annotations

import pytest

from tests.moto_doors import MotoDoors, deployed, moto_doors
from tests.order_doors import message
from tests.order_world import TENANT, document, line

__all__ = ["deployed", "moto_doors"]

WISH = message("spine.schedule", "SagaRecoveryRequested", "1")


def looked_after(doors: MotoDoors) -> list[str]:
    doors.enter("recover_sagas")
    page = doors.world.runtime.database.query_index("orders", "by_status", f"T#{TENANT}#OPEN")
    return [str(item["gsi1sk"]).split("#", 1)[1] for item in page.items]


@pytest.mark.capability("K1", "K11")
def test_what_is_unfinished_is_listed_finished_and_forgotten(
    moto_doors: MotoDoors, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []

    def round_of_the_schedule() -> None:
        moto_doors.world.clock.advance(minutes=5)
        monkeypatch.setattr(
            moto_doors.module("recover_sagas"),
            "run_order_workflow",
            lambda tenant, order_id, cause: ran.append(order_id),
        )
        assert moto_doors.queue("recover_sagas", WISH) == []

    forgotten = moto_doors.place(document(line("A", 1), external_id="forgotten"))
    cancelled = moto_doors.place(document(line("B", 1), external_id="cancelled"))
    moto_doors.run_order_workflow(cancelled)
    assert looked_after(moto_doors) == []
    moto_doors.api("change_orders").post(f"/v1/orders/{cancelled}/cancellations", {"reason": "x"})
    assert looked_after(moto_doors) == [cancelled]
    for _ in range(3):
        round_of_the_schedule()
    assert set(ran) == {forgotten}
    assert moto_doors.world.provider.effects == [("authorize", "psp_1", 1000), ("void", "psp_1", 1000)]
    moto_doors.run_order_workflow(forgotten)
    for _ in range(4):
        round_of_the_schedule()
    assert looked_after(moto_doors) == []
    searched = next(row for (table, key), row in moto_doors.world.database.rows.items() if key.pk.endswith("#SWEEP"))
    assert str(searched["day"]) == "2026-11-23"
    # The search goes on from the last order that it has seen.
    later = moto_doors.place(document(line("A", 1), external_id="later"))
    for _ in range(3):
        round_of_the_schedule()
    assert ran[-1] == later
