"""The customs form: what crosses a border, by description, quantity, weight, value, HS code and origin. Pure.

HS code and country of origin are attributes of the item, `hs_code` and `country_of_origin`. Values are what the
customer pays for the goods, net of discounts and without taxes, in minor units of the order's currency.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from oms.fulfillment.model import WorkLine
from oms.notifications.locales import written_money
from oms.orders.amounts import line_amounts
from oms.orders.kits import worth_of_parts
from oms.papers.model import Block, Column, Paper, PaperKind, Table
from oms.papers.scene import NothingToPrint, Scene, node_rows, paper, recipient, required, weight
from oms.papers.words import Word
from oms.platform.money import share_up_to
from oms.platform.problems import ActionNotAvailable, FieldError
from oms.registry.model import weights_of

HS_CODE, ORIGIN = "hs_code", "country_of_origin"
_FORMS = {HS_CODE: re.compile(r"[0-9]{4}(\.?[0-9]{2}){1,3}"), ORIGIN: re.compile(r"[A-Z]{2}")}
_SAID = {HS_CODE: "an HS code of 6 to 10 digits", ORIGIN: "a country of ISO 3166-1 alpha-2"}


class NoBorder(NothingToPrint):
    """The goods stay in the country of their node, or a customer collects them."""

    code = "no_border"
    title = "These goods do not leave the country of their node."
    remedy = "Print no customs form; a packing slip says what is in the parcel."


class CustomsDataMissing(ActionNotAvailable):
    """Something that customs ask for is not known."""

    code = "customs_data_missing"
    title = "What customs ask for is not known of all goods."
    remedy = (
        "Put the missing attributes and weights of the items, or ask with incomplete=true for a form that shows the "
        "gaps and is completed by hand."
    )


@dataclass(frozen=True, slots=True)
class _Declared:
    line: WorkLine
    hs_code: str | None
    origin: str | None
    grams: int | None
    value: int


def customs_form(scene: Scene, *, incomplete: bool = False) -> Paper:
    """The form for what some work sends abroad; `incomplete` shows where something is missing.

    Raises NoBorder where nothing leaves the country, NothingToPrint where its node holds no units, and
    CustomsDataMissing with each gap, unless the form may be incomplete.
    """
    _require_border(required(scene))
    declared = [_declared(scene, line) for line in scene.lines]
    gaps = [*_gaps_of_address(scene), *(gap for one in declared for gap in _gaps(one, scene))]
    if gaps and not incomplete:
        raise CustomsDataMissing(errors=gaps)
    word, currency = scene.word, scene.order.header.currency
    gross = _gross(scene)
    facts = (
        (word(Word.CATEGORY), word(Word.SALE_OF_GOODS)),
        (word(Word.ORDER), scene.order.header.external_id),
        (word(Word.WORK), scene.work.id),
        (word(Word.GROSS_WEIGHT), weight(gross, scene.locale) if gross is not None else ""),
    )
    places = (Block(word(Word.SENDER), node_rows(scene.node)), recipient(scene))
    columns = (
        Column(word(Word.ITEM), 32),
        Column(word(Word.HS_CODE), 15),
        Column(word(Word.ORIGIN), 11),
        Column(word(Word.QUANTITY), 10, right=True),
        Column(word(Word.NET_WEIGHT), 15, right=True),
        Column(f"{word(Word.VALUE)} ({currency})", 17, right=True),
    )
    missing = word(Word.MISSING)
    rows = tuple(
        (
            scene.goods(one.line),
            one.hs_code or missing,
            one.origin or missing,
            str(one.line.held),
            missing if one.grams is None else weight(one.grams, scene.locale),
            written_money(one.value, currency, scene.locale),
        )
        for one in declared
    )
    known = [one.grams for one in declared if one.grams is not None]
    total = (
        *(word(Word.TOTAL), "", ""),
        str(sum(one.line.held for one in declared)),
        weight(sum(known), scene.locale) if len(known) == len(declared) else missing,
        written_money(sum(one.value for one in declared), currency, scene.locale),
    )
    return paper(PaperKind.CUSTOMS_FORM, scene, facts, places, (Table(columns, rows, total=total),))


def _gross(scene: Scene) -> int | None:
    """What all of it weighs with its cartons; None where not all is in cartons that were weighed."""
    cartons = scene.work.cartons
    inside = sum(one.quantity for carton in cartons for one in carton.lines)
    weighed = [carton.weight_grams for carton in cartons if carton.weight_grams is not None]
    whole = inside == sum(line.held for line in scene.lines) and len(weighed) == len(cartons)
    return sum(weighed) if whole else None


def _require_border(scene: Scene) -> None:
    here, there = scene.node.address.country, _country(scene)
    if there is None:
        raise NoBorder("These goods are collected, and nobody sends them.")
    if here == there:
        raise NoBorder(f"These goods go from {here} to {there}.")


def _country(scene: Scene) -> str | None:
    if scene.destination is not None:
        return scene.destination.address.country
    return scene.group.ship_to.country if scene.group and scene.group.ship_to else None


def _declared(scene: Scene, line: WorkLine) -> _Declared:
    each = weights_of({sku: scene.items[sku] for sku in _of_weight(scene, line)}).get(line.sku) or None
    return _Declared(
        line,
        _attribute(scene, line, HS_CODE),
        _attribute(scene, line, ORIGIN),
        None if each is None else each * line.held,
        _value(scene, line),
    )


def _of_weight(scene: Scene, line: WorkLine) -> list[str]:
    """What a unit's weight is made of; nothing where that is not known of all of it."""
    item = scene.items.get(line.sku)
    if item is None:
        return []
    if item.weight_grams is not None or not item.components:
        return [line.sku]
    parts = [one.sku for one in item.components]
    known = all((part := scene.items.get(sku)) is not None and part.weight_grams is not None for sku in parts)
    return [line.sku, *parts] if known else []


def _attribute(scene: Scene, line: WorkLine, name: str) -> str | None:
    item = scene.items.get(line.sku)
    text = str(item.attributes.get(name, "")).strip() if item else ""
    return text if _FORMS[name].fullmatch(text) else None


def _value(scene: Scene, line: WorkLine) -> int:
    sold = scene.order.line(line.line_no)
    paid = sold
    if sold.part_of is not None:
        paid = scene.order.line(sold.part_of.line_no)
    amounts = line_amounts(paid.agreed)
    net = amounts.goods - amounts.discount
    if sold.part_of is not None:
        shares = worth_of_parts(net, [one.quantity for one in paid.components])
        net = next(share for one, share in zip(paid.components, shares, strict=True) if one.sku == sold.agreed.sku)
    return share_up_to(net, line.held, sold.quantity)


def _gaps(one: _Declared, scene: Scene) -> Iterator[FieldError]:
    sku = one.line.sku
    place = f"/items/{sku.replace('~', '~0').replace('/', '~1')}"
    for name, value in ((HS_CODE, one.hs_code), (ORIGIN, one.origin)):
        if value is None:
            yield FieldError(f"{place}/attributes/{name}", "missing", f"{sku} has no {name} that is {_SAID[name]}")
    if one.grams is None:
        yield FieldError(f"{place}/weight_grams", "missing", f"nobody says what a unit of {sku} weighs")


def _gaps_of_address(scene: Scene) -> Iterator[FieldError]:
    to = scene.group.ship_to if scene.group and scene.destination is None else None
    if to is None:
        return
    customer = scene.order.header.customer
    known = {"name": to.name or (customer.name if customer else None), "street": to.street, "city": to.city}
    for name, value in known.items():
        if not value:
            yield FieldError(f"/ship_to/{name}", "missing", f"the address of the recipient has no {name}")
