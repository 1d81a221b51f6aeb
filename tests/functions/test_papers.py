"""Papers over HTTP: what stands on each, in which language, for whom, and the same bytes for the same facts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.functions.test_rerouting import act
from tests.functions.test_waves import waiting, wave
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world
from tests.paper_doors import GDANSK, KINDS, abroad, printed, says
from tests.paper_text import pages, text

__all__ = ["doors", "world"]

# What stands on each paper in each language, row by row; <work> is the id of the work.
GOLDEN = json.loads(Path(__file__).with_name("papers.json").read_text(encoding="utf-8"))


@pytest.mark.capability("H7", whole=True)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("locale", ["en-GB", "de-AT", "fr"])
def test_each_paper_says_what_it_should_in_each_language(doors: Doors, kind: str, locale: str):
    work = abroad(doors)
    with doors.world.unchanged():
        answer = printed(doors, work, kind, f"?locale={locale}")
    assert [row.replace(work, "<work>") for row in says(answer)] == GOLDEN[f"{kind} {locale}"]
    assert answer.headers["Content-Language"] == locale[:2]
    assert answer.headers["Content-Disposition"] == f'inline; filename="{kind}-{work}.pdf"'
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.capability("H7")
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_facts_give_the_same_bytes_at_any_time(doors: Doors, kind: str):
    work = abroad(doors)
    first = printed(doors, work, kind).body
    doors.world.clock.advance(days=3)
    assert printed(doors, work, kind).body == first
    assert len(first) < 40_000


@pytest.mark.capability("H7")
def test_no_price_and_no_payment_stands_on_anything_but_a_customs_form(doors: Doors):
    work = abroad(doors)
    order = doors.world.order("ord_" + work.split("_")[1])
    (paid,) = order.payments
    for kind in KINDS:
        rows = " ".join(says(printed(doors, work, kind)))
        assert [amount in rows for amount in ("34,98", "12,50", "47,48")] == [kind == "customs-form"] * 3
        assert not {word for word in ("19,99", paid.token, paid.provider, paid.id) if str(word) in rows}, kind


@pytest.mark.capability("H7")
def test_what_the_font_lacks_is_seen_and_what_is_composed_stays(doors: Doors):
    work = abroad(doors, ship_to={**GDANSK, "name": "Jose\u0301 \u202eمحمد Łoś\u200b"})
    rows = says(printed(doors, work, "packing-slip"))
    assert "José ■■■■ Łoś" in rows
    assert "Becher „Blå“ – ■" in rows


@pytest.mark.capability("H7")
def test_the_language_is_that_of_the_query_then_of_the_caller_then_of_the_order(doors: Doors):
    work = abroad(doors, locale="fr-CH")

    def title(query: str = "", accepts: str | None = None) -> str:
        headers = {} if accepts is None else {"Accept-Language": accepts}
        return says(printed(doors, work, "packing-slip", query, headers=headers))[2]

    assert title() == "Bon de livraison"
    assert title(accepts="pl, de-de;q=0.5, en;q=0.9") == "Packing slip"
    assert title(accepts="de;q=0, nonsense;;, *, el-GR") == "Bon de livraison"
    assert title("?locale=de", accepts="en") == "Lieferschein"
    # A language that nobody has written texts in: the default of the rules.
    assert title("?locale=pl", accepts="de") == "Packing slip"
    refused = printed(doors, work, "packing-slip", "?locale=German")
    assert (refused.status, refused.pointers) == (422, ["/query/locale"])


@pytest.mark.capability("G5")
@pytest.mark.capability("H7")
def test_a_carton_has_a_slip_of_its_own_with_what_is_in_it(doors: Doors):
    work = abroad(doors)
    rows = says(printed(doors, work, "packing-slip", "?carton=2&locale=en"))
    assert "Carton 2 · 0.500 kg" in rows
    assert "Ζορμπάς" in rows
    assert "MUG" not in rows
    refused = printed(doors, work, "packing-slip", "?carton=3")
    assert (refused.status, refused.pointers) == (422, ["/query/carton"])
    assert refused.body["errors"][0]["code"] == "unknown_carton"
    act(doors, work, "unpack", cartons=[2])
    rows = says(printed(doors, work, "packing-slip", "?locale=en"))
    assert rows.index("Carton 1 · BOX-M · 0.900 kg") < rows.index("MUG") < rows.index("In no carton")


@pytest.mark.capability("H7")
def test_a_customs_form_names_what_is_missing_or_shows_the_gaps(doors: Doors):
    doors.world.add_item("TOY", {"DC1": 9}, attributes={"hs_code": "toy", "country_of_origin": "PT"})
    where = {**GDANSK, "street": None}
    order_id = doors.place(document(line("TOY", 2, 700), ship_to={k: v for k, v in where.items() if v}))
    (work,) = doors.run_order_workflow(order_id)
    with doors.world.unchanged():
        refused = printed(doors, work, "customs-form")
    assert (refused.status, refused.body["code"]) == (409, "customs_data_missing")
    assert refused.pointers == ["/ship_to/street", "/items/TOY/attributes/hs_code", "/items/TOY/weight_grams"]
    rows = says(printed(doors, work, "customs-form", "?incomplete=true&locale=en"))
    start = rows.index("TOY")
    assert rows[start : start + 12] == [
        *("TOY", "MISSING", "PT", "2", "MISSING", "$14.00"),
        *("Total", "2", "MISSING", "$14.00"),
        *rows[start + 10 : start + 12],
    ]


@pytest.mark.capability("H7")
def test_papers_that_say_nothing_are_refused_with_the_reason(doors: Doors):
    (work,) = doors.run_order_workflow(doors.place(document(line("A", 1))))
    with doors.world.unchanged():
        answers = {kind: printed(doors, work, kind) for kind in ("gift-receipt", "customs-form", "till-roll")}
    assert {kind: (one.status, one.body["code"]) for kind, one in answers.items()} == {
        "gift-receipt": (409, "no_gift_receipt"),
        "customs-form": (409, "no_border"),
        "till-roll": (404, "not_found"),
    }
    act(doors, work, "reject", reason="too_busy")
    with doors.world.unchanged():
        refused = [printed(doors, work, kind) for kind in KINDS]
    assert {(one.status, one.body["code"]) for one in refused} == {(409, "nothing_to_print")}


@pytest.mark.capability("H7")
def test_only_the_node_that_has_the_work_prints_its_papers(doors: Doors):
    work = abroad(doors)
    own = ("fulfillment.read", "node.DC1")
    assert printed(doors, work, "packing-slip", scopes=own).status == 200
    for scopes, tenant, status in (
        (("fulfillment.read", "node.S1"), "acme", 404),
        (("fulfillment.read",), "other", 404),
        (("orders.read",), "acme", 403),
    ):
        answer = printed(doors, work, "packing-slip", scopes=scopes, tenant=tenant)
        assert answer.status == status, scopes
    assert printed(doors, "ful_none_1", "packing-slip").status == 404


@pytest.mark.capability("H7")
def test_a_wave_has_one_pick_sheet_in_walking_order_with_its_totes(doors: Doors):
    doors.world.add_item("P", {"DC1": 9}, locations={"DC1": "A-10-2"}, barcodes=({"barcode": "96385074"},))
    doors.world.add_item("Q", {"DC1": 9}, locations={"DC1": "A-9-7"})
    first = waiting(doors, line("P", 1), number=1)
    second = waiting(doors, line("Q", 1), line("P", 2), number=2)
    made = wave(doors, kind="multi_order")
    path = f"/v1/nodes/DC1/waves/{made.body['id']}/papers/pick-sheet"
    with doors.world.unchanged():
        answer = doors.api("papers").get(path)
    assert says(answer) == [
        *("DC1", made.body["id"], "Pick sheet", "Wave", made.body["id"], "Node", "DC1"),
        *("Location", "Item", "Quantity", "Tote: units", "Barcode"),
        *("A-9-7", "Q", "1", "2: 1", "Q"),
        *("A-10-2", "P", "3", "1: 1, 2: 2", "96385074"),
        *("Tote", "Order", "Fulfilment order", "Quantity"),
        *("1", "o-1", first, "1", "2", "o-2", second, "3"),
        *("DC1", "Page 1/1"),
    ]
    assert says(doors.api("papers").get(path, headers={"accept-language": "fr"}))[2] == "Bon de prélèvement"
    assert doors.api("papers").get(path, scopes=("fulfillment.read", "node.S1")).status == 404
    assert doors.api("papers").get(path.replace("DC1", "S1")).status == 404
    for work in (first, second):
        act(doors, work, "reject", reason="too_busy")
    gone = doors.api("papers").get(path)
    assert (gone.status, gone.body["code"]) == (409, "nothing_to_print")


@pytest.mark.capability("H7")
def test_many_lines_go_on_over_pages_and_each_page_says_which_it_is(doors: Doors):
    skus = [f"SKU-{number:02}" for number in range(30)]
    for number, sku in enumerate(skus):
        doors.world.add_item(sku, {"DC1": 1}, locations={"DC1": f"R-{30 - number}"})
    (work,) = doors.run_order_workflow(doors.place(document(*(line(sku, 1) for sku in skus))))
    found = pages(printed(doors, work, "pick-sheet").body)
    assert [page[-1] for page in found] == [f"Page {number}/{len(found)}" for number in range(1, len(found) + 1)]
    assert len(found) > 1
    assert [page[0] for page in found[1:]] == [f"Pick sheet {work}"] * (len(found) - 1)
    rows = [row for page in found for row in page if row.startswith("R-")]
    assert rows == [f"R-{number}" for number in range(1, 31)]


def test_a_paper_that_no_answer_could_hold_is_refused(doors: Doors, monkeypatch: pytest.MonkeyPatch):
    work = abroad(doors)
    size = len(printed(doors, work, "packing-slip").body)
    monkeypatch.setattr("oms.papers.printing.MOST_BYTES", size)
    assert text(printed(doors, work, "packing-slip").body)
    monkeypatch.setattr("oms.papers.printing.MOST_BYTES", size - 1)
    refused = printed(doors, work, "packing-slip")
    assert (refused.status, refused.body["code"]) == (409, "paper_too_large")
