"""What goes with the goods: packing slips, also of one carton, gift receipts and return labels. Pure.

None of them shows a price or a payment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from oms.fulfillment.model import Carton
from oms.papers.model import Block, Column, Paper, PaperKind, Table
from oms.papers.scene import (
    NothingToPrint,
    Scene,
    customer_rows,
    day_of,
    method_of,
    node_rows,
    paper,
    recipient,
    required,
    weight,
)
from oms.papers.words import Word
from oms.platform.problems import FieldError, InvalidRequest

_MOST_ROWS = 12


class NoGiftReceipt(NothingToPrint):
    """Nothing in the work asks for a gift receipt."""

    code = "no_gift_receipt"
    title = "No line of this work asks for a gift receipt."
    remedy = "Print a packing slip; a gift receipt is of the lines whose gift asks for one."


def packing_slip(scene: Scene, carton_no: int | None = None) -> Paper:
    """The packing slip of some work by its cartons, or of one of them.

    Raises NothingToPrint where its node holds no units, InvalidRequest for a carton that it does not have.
    """
    work, word = required(scene).work, scene.word
    cartons = [one for one in work.cartons if carton_no in (None, one.carton_no)]
    if carton_no is not None and not cartons:
        detail = f"the fulfilment order has no carton {carton_no}"
        raise InvalidRequest(errors=[FieldError("/query/carton", "unknown_carton", detail)])
    facts = (
        (word(Word.ORDER), scene.order.header.external_id),
        (word(Word.ORDERED_ON), day_of(scene.order.header.ordered_at, scene.node, scene.locale)),
        (word(Word.METHOD), method_of(scene)),
        (word(Word.WORK), work.id),
    )
    tables = list(_packed(scene, cartons, whole=carton_no is None))
    places = (recipient(scene), Block(word(Word.SENDER), node_rows(scene.node)))
    return paper(PaperKind.PACKING_SLIP, scene, facts, places, tables)


def gift_receipt(scene: Scene) -> Paper:
    """The receipt of the lines that are gifts and ask for one, with their messages.

    Raises NothingToPrint where its node holds no units, NoGiftReceipt where no line does.
    """
    word = scene.word
    gifts = [(line, line.gift) for line in required(scene).lines if line.gift is not None and line.gift.receipt]
    if not gifts:
        raise NoGiftReceipt(f"No line of the fulfilment order {scene.work.id} asks for a gift receipt.")
    messages = dict.fromkeys(gift.message for _, gift in gifts if gift.message)
    columns = (Column(word(Word.ITEM), 80), Column(word(Word.QUANTITY), 20, right=True))
    rows = tuple((scene.goods(line), str(line.held)) for line, _ in gifts)
    facts = (
        (word(Word.ORDER), scene.order.header.external_id),
        (word(Word.ORDERED_ON), day_of(scene.order.header.ordered_at, scene.node, scene.locale)),
    )
    places = [Block(word(Word.MESSAGE), _lines(message)) for message in messages]
    return paper(PaperKind.GIFT_RECEIPT, scene, facts, places, (Table(columns, rows),))


def return_label(scene: Scene) -> Paper:
    """A label of our own for a parcel that comes back; it is not prepaid, since no carrier has sold it.

    Its barcode names the work, by which whoever takes the parcel in finds the order. Raises NothingToPrint where its
    node holds no units, or has them for another node.
    """
    required(scene)
    if scene.work.is_leg:
        raise NothingToPrint("A leg goes to another node; what its customer sends back goes with the work there.")
    group, customer = scene.group, scene.order.header.customer
    rows = customer_rows(group.ship_to if group else None, customer.name if customer else None)
    facts = ((scene.word(Word.ORDER), scene.order.header.external_id),)
    back = scene.rules.return_address or node_rows(scene.node)
    places = (Block(scene.word(Word.SENDER), rows), Block(scene.word(Word.RETURN_TO), back))
    return paper(PaperKind.RETURN_LABEL, scene, facts, places, ())


def _lines(message: str) -> tuple[str, ...]:
    """A message in its own rows, unless these are so many that they would fill the page."""
    rows = tuple(row for row in message.splitlines() if row.strip())
    return rows if len(rows) <= _MOST_ROWS else (" ".join(message.split()),)


def _packed(scene: Scene, cartons: Iterable[Carton], *, whole: bool) -> Iterator[Table]:
    inside: dict[int, int] = {}
    for carton in cartons:
        units = {one.line_no: one.quantity for one in carton.lines}
        for line_no, quantity in units.items():
            inside[line_no] = inside.get(line_no, 0) + quantity
        yield _table(scene, units, _about(scene, carton))
    loose = {line.line_no: line.held - inside.get(line.line_no, 0) for line in scene.lines}
    if whole and any(units > 0 for units in loose.values()):
        yield _table(scene, loose, scene.word(Word.IN_NO_CARTON) if inside else "")


def _table(scene: Scene, units: dict[int, int], heading: str) -> Table:
    columns = (
        Column(scene.word(Word.ITEM), 64),
        Column(scene.word(Word.ORDERED), 18, right=True),
        Column(scene.word(Word.QUANTITY), 18, right=True),
    )
    rows = tuple(
        (scene.goods(line), str(scene.order.line(line.line_no).quantity), str(units[line.line_no]))
        for line in scene.work.lines
        if units.get(line.line_no, 0) > 0
    )
    return Table(columns, rows, heading)


def _about(scene: Scene, carton: Carton) -> str:
    sides = (carton.length_mm, carton.width_mm, carton.height_mm)
    parts = (
        f"{scene.word(Word.CARTON)} {carton.carton_no}",
        carton.packaging or "",
        weight(carton.weight_grams, scene.locale) if carton.weight_grams is not None else "",
        " × ".join(str(side) for side in sides) + " mm" if all(side is not None for side in sides) else "",
    )
    return " · ".join(part for part in parts if part)
