"""What a paper about some work is made from, and the rows that several papers have. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from oms.fulfillment.model import FulfillmentOrder, WorkLine
from oms.notifications.locales import words_of, written_day, written_moment
from oms.notifications.templating import Value
from oms.orders.model import Group, Order
from oms.orders.request import Address as CustomerAddress
from oms.papers.model import Block, Paper, PaperKind, Table
from oms.papers.rules import Chosen, PaperRules
from oms.papers.words import Word
from oms.platform.clock import parse_instant
from oms.platform.problems import ActionNotAvailable
from oms.registry.model import Item, Node

_GRAMS = 1_000


class NothingToPrint(ActionNotAvailable):
    """There is nothing that could stand on the paper."""

    code = "nothing_to_print"
    title = "There is nothing to print on this paper."
    remedy = "Ask for another paper, or for that of work that still has units."


@dataclass(frozen=True, slots=True)
class Scene:
    """Some work with its order, its node, the node that sold it and the one that it goes to, and the items of both."""

    order: Order
    work: FulfillmentOrder
    node: Node
    seller: Node | None
    destination: Node | None
    items: Mapping[str, Item]
    rules: PaperRules
    said: Chosen
    locale: str

    @property
    def lines(self) -> list[WorkLine]:
        """The lines of which the node has units, whether they have left or not."""
        return [line for line in self.work.lines if line.held]

    @property
    def group(self) -> Group | None:
        """The way that its lines go."""
        return next((one for one in self.order.header.groups if one.group_no == self.work.group_no), None)

    def word(self, word: Word) -> str:
        """A word of its locale."""
        return self.said.words[word]

    def name_of(self, line: WorkLine) -> str:
        """How the customer knows an item: as the order calls it, else as the item is described, else by its SKU."""
        item = self.items.get(line.sku)
        return self.order.line(line.line_no).agreed.description or (item.description if item else line.sku)

    def goods(self, line: WorkLine) -> str:
        """A cell that tells an item: its name, its SKU below, and what a kit of it contains."""
        contents = ", ".join(f"{one.quantity} × {one.sku}" for one in line.components)
        rows = [self.name_of(line), line.sku, f"{self.word(Word.CONTAINS)}: {contents}" if contents else ""]
        return "\n".join(dict.fromkeys(row for row in rows if row))


def required(scene: Scene) -> Scene:
    """The same, where there is something to print: raises NothingToPrint where its node holds no units."""
    if not scene.lines:
        raise NothingToPrint(f"The fulfilment order {scene.work.id} is {scene.work.status.value} and holds no units.")
    return scene


def paper(
    kind: PaperKind,
    scene: Scene,
    facts: Iterable[tuple[str, str]],
    places: Iterable[Block],
    tables: Iterable[Table],
) -> Paper:
    """A paper about some work, with the texts of its brand around what is said of it."""
    customer = scene.order.header.customer
    shop = scene.rules.logo or (scene.seller.name if scene.seller else scene.order.header.selling_node)
    values = {
        "shop": Value.plain(shop),
        "node": Value.plain(scene.node.name),
        "number": Value.plain(scene.work.id),
        "order": Value.plain(scene.order.header.external_id),
        "name": Value.plain(customer.name if customer else None),
    }
    return framed(kind, scene.rules, scene.said, values, scene.work.id, facts, places, tables)


def framed(
    kind: PaperKind,
    rules: PaperRules,
    said: Chosen,
    values: Mapping[str, Value],
    code: str,
    facts: Iterable[tuple[str, str]],
    places: Iterable[Block],
    tables: Iterable[Table],
) -> Paper:
    """A paper with the texts of its brand; facts without a value are left out."""
    return Paper(
        kind=kind,
        page=rules.page,
        language=said.language,
        title=said.texts["title"].line(values),
        logo=values["shop"].text,
        sender=rules.address,
        code=code,
        page_word=said.words[Word.PAGE],
        facts=tuple((name, value) for name, value in facts if value),
        places=tuple(places),
        opening=said.texts["opening"].text(values),
        tables=tuple(tables),
        closing=said.texts["closing"].text(values),
        footer=said.texts["footer"].line(values),
    )


def node_rows(node: Node) -> tuple[str, ...]:
    """The address of a node."""
    own = node.address
    return _rows((node.name, *own.lines), own.postal_code, own.city, own.region, own.country)


def customer_rows(to: CustomerAddress | None, otherwise: str | None) -> tuple[str, ...]:
    """The address of a customer, whose name may stand with the order only; as much of it as is known."""
    name = (to.name if to else None) or otherwise
    if to is None:
        return (name,) if name else ()
    return _rows((name, to.street), to.postal_code, to.city, to.region, to.country)


def recipient(scene: Scene) -> Block:
    """To whom the goods of some work go: a leg's to its node, collected ones to where they wait, else the customer."""
    if scene.destination is not None:
        return Block(scene.word(Word.RECIPIENT), node_rows(scene.destination))
    group, customer = scene.group, scene.order.header.customer
    if group is not None and group.pickup_node is not None:
        return Block(scene.word(Word.COLLECT_AT), node_rows(scene.node))
    return Block(
        scene.word(Word.RECIPIENT),
        customer_rows(group.ship_to if group else None, customer.name if customer else None),
    )


def method_of(scene: Scene) -> str:
    """How the goods of some work reach the customer, in a word of its locale."""
    known = {word.value: word for word in (Word.SHIP, Word.PICKUP, Word.SHIP_TO_STORE, Word.DELIVERY, Word.TRANSFER)}
    return scene.word(known[scene.work.method]) if scene.work.method in known else scene.work.method


def day_of(instant: str, node: Node, locale: str) -> str:
    """The local date of an instant at a node."""
    return written_day(_local_date(instant, node), locale)


def moment_of(instant: str | None, node: Node, locale: str) -> str:
    """An instant by the wall clock of a node; nothing for none."""
    return written_moment(parse_instant(instant), node.time_zone, locale) if instant else ""


def weight(grams: int, locale: str) -> str:
    """A weight in kilograms, such as `0.350 kg`."""
    decimal = words_of(locale).decimal
    return f"{grams // _GRAMS}{decimal}{grams % _GRAMS:03d}\u00a0kg"


def _local_date(instant: str, node: Node) -> date:
    return parse_instant(instant).astimezone(ZoneInfo(node.time_zone)).date()


def _rows(
    first: Iterable[str | None], postal_code: str | None, city: str | None, region: str | None, country: str
) -> tuple[str, ...]:
    town = " ".join(part for part in (postal_code, city) if part)
    return tuple(row for row in (*first, town, region, country) if row)
