"""The store bus: what stores, warehouses and suppliers say, as the same commands as over HTTP."""

from __future__ import annotations

from typing import Any

from oms.capacity.messages import CAPACITY_MESSAGES, take_capacity_message
from oms.drawers.messages import DRAWER_MESSAGES, take_drawer_message
from oms.fulfillment.commands import KnownOrders
from oms.fulfillment.messages import take_message
from oms.fulfillment.protocol import ActionNotAvailable
from oms.inventory.messages import STOCK_MESSAGES, take_stock_message
from oms.inventory.supply.messages import SUPPLY_MESSAGES, take_supply_message
from oms.platform.commands import Runtime
from oms.platform.consumers import Event, Patience, consume_queue
from oms.pos.foreign import RECORD_FOREIGN_TRANSACTIONS, take_foreign_transactions
from oms.pos.messages import POS_MESSAGES, take_pos_message

runtime = Runtime()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    known: KnownOrders = {}

    def take(message: Event) -> None:
        if message.type in STOCK_MESSAGES:
            take_stock_message(runtime, message)
        elif message.type in SUPPLY_MESSAGES:
            take_supply_message(runtime, message)
        elif message.type in CAPACITY_MESSAGES:
            take_capacity_message(runtime, message)
        elif message.type in DRAWER_MESSAGES:
            take_drawer_message(runtime, message)
        elif message.type in POS_MESSAGES:
            take_pos_message(runtime, message)
        elif message.type == RECORD_FOREIGN_TRANSACTIONS:
            take_foreign_transactions(runtime, message)
        elif message.type == "CompleteTask":
            # Loaded for such messages only, which are few.
            from oms.tasks.messages import take_task_message

            take_task_message(runtime, message)
        elif message.type == "TakeDeviceActions":
            # Loaded for devices that come back to the network only.
            from oms.fulfillment.device_messages import take_device_message

            take_device_message(runtime, message)
        elif message.type in ("CreateWave", "CloseWave"):
            # Loaded for those who pick in waves only.
            from oms.waves.messages import take_wave_message

            take_wave_message(runtime, message)
        else:
            take_message(runtime, message, known)

    return consume_queue(event, take, Patience(ActionNotAvailable, runtime.pause))
