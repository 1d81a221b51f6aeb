"""Messages of nodes about transactions of their own tills on the store bus: the same command as over HTTP."""

from __future__ import annotations

from contextlib import suppress

from oms.platform.commands import Runtime
from oms.platform.consumers import Event, call_of_node, without_card_numbers
from oms.platform.intake import validate
from oms.pos.checks import TransactionTaken
from oms.pos.requests import RecordTransaction, TransactionMessage

RECORD_POS_TRANSACTION = "RecordPosTransaction"
POS_MESSAGES = frozenset({RECORD_POS_TRANSACTION})


def take_pos_message(runtime: Runtime, event: Event) -> None:
    """Take in a transaction of a till of the node that speaks, once.

    What disagrees with a transaction that has come is kept beside it for a person, and so dealt with. Any other refusal
    is raised, so that the queue delivers again and at last parks the message.
    """
    if not without_card_numbers(event):
        return
    # Loaded with the first transaction: it may become an order, and most messages of nodes are about other things.
    from oms.pos.commands import record_transaction

    told = validate(TransactionMessage, dict(event.data))
    call, node_id = call_of_node(event, "record_pos_transaction")
    with suppress(TransactionTaken):
        record_transaction(runtime, call, RecordTransaction(node_id=node_id, **dict(told)))
