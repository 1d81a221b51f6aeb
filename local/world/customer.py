"""Plays the customers who collect: hears over the domain bus what a message to them would say, and goes to the counter.

A shop sends these messages itself; here a customer reads the event that such a message is made of.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from local.world.bus_bot import MOST_MESSAGES, listen

NAME = "Customers"
HEARD = ("FulfillmentOrderReady", "FulfillmentOrderCollectionDue", "FulfillmentOrderNotCollected")


class Customers:
    """All customers; what each of them was told last, by event and fulfilment order."""

    def __init__(self, sqs: Any, events: Any, bus: str) -> None:
        self._sqs = sqs
        self._queue_url = listen(sqs, events, bus, NAME, HEARD)
        self._told: dict[tuple[str, str], Mapping[str, Any]] = {}

    def told(self, event: str, fulfillment_order_id: str) -> Mapping[str, Any] | None:
        """The data of the last such event about some work, as soon as it has come."""
        answer = self._sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=MOST_MESSAGES)
        for message in answer.get("Messages", []):
            heard = json.loads(message["Body"])
            data = heard["detail"]["data"]
            self._told[heard["detail-type"], str(data["fulfillment_order_id"])] = data
            self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])
        return self._told.get((event, fulfillment_order_id))

    def proof(self, fulfillment_order_id: str, name: str) -> dict[str, Any] | None:
        """What a customer says and shows at the counter: their name and the code that they were sent."""
        ready = self.told("FulfillmentOrderReady", fulfillment_order_id)
        return None if ready is None else {"collector": name, "proof": {"code": ready["pickup_code"]}}
