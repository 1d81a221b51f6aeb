"""Reading instances and writing solutions of the format `sourcing/1`, in which solvers are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oms.sourcing.solver.problem import (
    Answer,
    Key,
    Network,
    OrderLine,
    Rates,
    Service,
    ServiceKind,
    SourceNode,
    SourcingOrder,
    Stock,
)


def read_network(document: Mapping[str, Any]) -> Network:
    """Everything that the orders of an instance share; available is what is on hand, not reserved and not safety."""
    rates = document["rates"]
    services = tuple(
        Service(row["id"], ServiceKind(row["kind"]), tuple(row["base"]), tuple(row["step"]), tuple(row["days"]))
        for row in rates["services"]
    )
    names = SourceNode._fields
    return Network(
        keys=tuple(Key(key) for key in document["objective"]["keys"]),
        rates=Rates(rates["step_g"], services),
        nodes=tuple(SourceNode(**{name: row[name] for name in names}) for row in document["nodes"]),
        weights={sku: row["weight_g"] for sku, row in document["skus"].items()},
        stock={
            (row["node"], row["sku"]): Stock(
                max(0, row["on_hand"] - row["reserved"] - row["safety"]), row["inbound"], row["opp_cents"]
            )
            for row in document["stock"]
        },
        zones={zip3: tuple(row) for zip3, row in document["zones"].items()},
    )


def read_orders(document: Mapping[str, Any]) -> list[SourcingOrder]:
    """The orders of an instance."""
    return [_order(row) for row in document["orders"]]


def _order(row: Mapping[str, Any]) -> SourcingOrder:
    lines = tuple(
        OrderLine(
            id=line["id"],
            sku=line["sku"],
            quantity=line["qty"],
            dest=line["dest"],
            transfer_ok=line["transfer_ok"],
            split_ok=line["split_ok"],
            eligible_types=None if line["eligible_types"] is None else frozenset(line["eligible_types"]),
            exclude_nodes=frozenset(line["exclude_nodes"]),
            short_cents=line["short_cents"],
        )
        for line in row["lines"]
    )
    names = ("id", "zip3", "promise_day", "late_cents_per_day", "ship_complete", "max_shipments")
    return SourcingOrder(**{name: row[name] for name in names}, lines=lines)


def write_solution(instance_id: str, milliseconds: float, answers: Sequence[Answer]) -> dict[str, Any]:
    """The answers of an instance as a document; `milliseconds` is the solver's own time on the wall clock."""
    return {
        "id": instance_id,
        "time_ms": round(milliseconds, 3),
        "orders": [
            {
                "order": answer.order,
                "shipments": [
                    {
                        "node": shipment.node,
                        "dest": shipment.dest,
                        "service": shipment.service,
                        "wave": shipment.wave,
                        "picks": [
                            {"line": pick.line, "qty": pick.quantity, "pool": pick.pool} for pick in shipment.picks
                        ],
                    }
                    for shipment in answer.shipments
                ],
            }
            for answer in answers
        ],
    }
