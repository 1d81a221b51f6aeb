"""Pick sheets: what to take where, in walking order, for one piece of work or for a wave. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oms.notifications.templating import Value
from oms.papers.model import Column, Paper, PaperKind, Table
from oms.papers.rules import Chosen, PaperRules
from oms.papers.scene import NothingToPrint, Scene, framed, method_of, moment_of, paper, required
from oms.papers.words import Word
from oms.registry.model import Node
from oms.registry.segments import said as said_of
from oms.registry.segments import stock_name
from oms.waves.sheet import SheetStop, WaveWork, stops


def pick_sheet(scene: Scene) -> Paper:
    """The pick sheet of one piece of work; raises NothingToPrint where its node holds no units."""
    work, word = required(scene).work, scene.word
    facts = (
        (word(Word.WORK), work.id),
        (word(Word.ORDER), scene.order.header.external_id),
        (word(Word.NODE), scene.node.name),
        (word(Word.METHOD), method_of(scene)),
        (word(Word.SERVICE), work.service or ""),
        (word(Word.DUE), moment_of(work.due_at, scene.node, scene.locale)),
    )
    walk = stops(work.node_id, [(1, work)], scene.items, first=1)
    return paper(PaperKind.PICK_SHEET, scene, facts, (), (_walk(walk, scene.said.words, totes=False),))


def wave_pick_sheet(
    wave_id: str, node: Node, walk: Sequence[SheetStop], works: Sequence[WaveWork], rules: PaperRules, said: Chosen
) -> Paper:
    """The pick sheet of a wave with the totes of its work; raises NothingToPrint where nothing of it is in the wave."""
    if not walk:
        raise NothingToPrint(f"Nothing is picked with the wave {wave_id} any more.")
    values = {
        "shop": Value.plain(rules.logo or node.name),
        "node": Value.plain(node.name),
        "number": Value.plain(wave_id),
        "order": Value.plain(None),
    }
    facts = ((said.words[Word.WAVE], wave_id), (said.words[Word.NODE], node.name))
    columns = (
        Column(said.words[Word.TOTE], 10, right=True),
        Column(said.words[Word.ORDER], 30),
        Column(said.words[Word.WORK], 50),
        Column(said.words[Word.QUANTITY], 10, right=True),
    )
    rows = tuple(
        (str(one.tote), one.external_id, one.fulfillment_order_id, str(one.quantity)) for one in works if one.in_wave
    )
    tables = (_walk(walk, said.words, totes=True), Table(columns, rows))
    return framed(PaperKind.PICK_SHEET, rules, said, values, wave_id, facts, (), tables)


def _walk(walk: Sequence[SheetStop], words: Mapping[Word, str], *, totes: bool) -> Table:
    picked = any(stop.picked for stop in walk)
    columns = (
        Column(words[Word.LOCATION], 16),
        Column(words[Word.ITEM], 30),
        Column(words[Word.QUANTITY], 10, right=True),
        *([Column(words[Word.PICKED], 12, right=True)] if picked else []),
        *([Column(words[Word.UNITS_BY_TOTE], 16)] if totes else []),
        Column(words[Word.BARCODE], 28, barcode=True),
    )
    rows = tuple(
        (
            stop.location,
            "\n".join(dict.fromkeys((stop.description or stop.sku, said_of(stock_name(stop.sku, stop.segment))))),
            str(stop.quantity),
            *([str(stop.picked)] if picked else []),
            *([", ".join(f"{one.tote}: {one.quantity}" for one in stop.units)] if totes else []),
            stop.barcodes[0] if stop.barcodes else stop.sku,
        )
        for stop in walk
    )
    return Table(columns, rows)
