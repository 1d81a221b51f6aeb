"""Papers for callers: who may have them, in which locale they are, and how large they may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from oms.fulfillment.finding import READ, find_work, require_own_node
from oms.fulfillment.model import FulfillmentOrder
from oms.orders.model import Order
from oms.papers.customs import customs_form
from oms.papers.model import Paper, PaperKind
from oms.papers.requests import PaperQuery, WorkPaperQuery, accepted_locale
from oms.papers.rules import KIND, PaperRules, chosen, languages, rules_of
from oms.papers.scene import Scene
from oms.papers.sheets import pick_sheet, wave_pick_sheet
from oms.papers.slips import gift_receipt, packing_slip, return_label
from oms.platform.commands import Runtime
from oms.platform.principal import Principal
from oms.platform.problems import ActionNotAvailable, NotFound
from oms.registry.reads import known_nodes, sold_items
from oms.rulesets.reads import live_rules
from oms.waves.views import see_wave

# The gateway takes 6 MB of an answer, in base64, which needs four bytes for three.
MOST_BYTES = 4_400_000
Printer = Callable[[Paper], bytes]


class PaperTooLarge(ActionNotAvailable):
    """The paper is larger than an answer may be."""

    code = "paper_too_large"
    title = "The paper is too large to be sent."
    remedy = "Print it in parts: by carton, or of smaller waves."


@dataclass(frozen=True, slots=True)
class Printed:
    """A paper as a PDF, with the name of its file and the language of its texts."""

    pdf: bytes
    name: str
    language: str


def print_of_work(
    runtime: Runtime,
    printer: Printer,
    principal: Principal,
    fulfillment_order_id: str,
    kind: PaperKind,
    query: WorkPaperQuery,
    accepts: str | None,
) -> Printed:
    """A paper about work of the caller's node; unknown or somebody else's raises NotFound.

    NothingToPrint, NoGiftReceipt, NoBorder and CustomsDataMissing say why there is no such paper.
    """
    order, work = find_work(runtime, principal, READ, fulfillment_order_id)
    require_own_node(principal, work)
    scene = _scene(runtime, principal.tenant, order, work, kind, query, accepts)
    return _printed(printer, _of_work(scene, kind, query))


def print_of_wave(
    runtime: Runtime,
    printer: Printer,
    principal: Principal,
    node_id: str,
    wave_id: str,
    query: PaperQuery,
    accepts: str | None,
) -> Printed:
    """The pick sheet of a wave of the caller's node; unknown or somebody else's raises NotFound."""
    wave = see_wave(runtime, principal, node_id, wave_id)
    node = known_nodes(runtime.database, principal.tenant, runtime.clock.now(), named=[node_id])[node_id]
    rules = _rules(runtime, principal.tenant, "", node_id)
    locale = query.locale or accepted_locale(accepts, languages(rules)) or rules.default_locale
    said = chosen(rules, PaperKind.PICK_SHEET, locale)
    return _printed(printer, wave_pick_sheet(wave.id, node, wave.pick_sheet, wave.work, rules, said))


def _of_work(scene: Scene, kind: PaperKind, query: WorkPaperQuery) -> Paper:
    match kind:
        case PaperKind.PICK_SHEET:
            return pick_sheet(scene)
        case PaperKind.PACKING_SLIP:
            return packing_slip(scene, query.carton)
        case PaperKind.GIFT_RECEIPT:
            return gift_receipt(scene)
        case PaperKind.CUSTOMS_FORM:
            return customs_form(scene, incomplete=query.incomplete == "true")
        case PaperKind.RETURN_LABEL:
            return return_label(scene)


def _scene(
    runtime: Runtime,
    tenant: str,
    order: Order,
    work: FulfillmentOrder,
    kind: PaperKind,
    query: WorkPaperQuery,
    accepts: str | None,
) -> Scene:
    now, header = runtime.clock.now(), order.header
    named = [work.node_id, *([work.destination_node] if work.destination_node else [])]
    nodes = known_nodes(runtime.database, tenant, now, named=named)
    if work.node_id not in nodes:
        raise NotFound(f"There is no node {work.node_id}.")
    skus = {sku for line in work.lines for sku in (line.sku, *(one.sku for one in line.components))}
    rules = _rules(runtime, tenant, header.channel, header.selling_node)
    locale = query.locale or accepted_locale(accepts, languages(rules)) or header.locale
    return Scene(
        order=order,
        work=work,
        node=nodes[work.node_id],
        seller=nodes.get(header.selling_node),
        destination=nodes.get(work.destination_node) if work.destination_node else None,
        items=sold_items(runtime.database, tenant, sorted(skus), now),
        rules=rules,
        said=chosen(rules, kind, locale),
        locale=locale,
    )


def _rules(runtime: Runtime, tenant: str, channel: str, selling_node: str) -> PaperRules:
    sets = live_rules(runtime.database, tenant, KIND, PaperRules)
    return rules_of((one.content for one in sets), channel, selling_node)


def _printed(printer: Printer, paper: Paper) -> Printed:
    pdf = printer(paper)
    if len(pdf) > MOST_BYTES:
        raise PaperTooLarge(f"The paper has {len(pdf)} bytes; an answer may have {MOST_BYTES}.")
    return Printed(pdf, f"{paper.kind.value}-{paper.code}.pdf", paper.language)
