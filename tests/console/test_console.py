"""The console in a real browser: an operator finds an order and sees its units, money and history."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.journeys.shop import Shop, line, order
from tests.programs import require_program

# The page must need nothing from outside: no background service of the browser is let out.
_QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    program = require_program("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_QUIET)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        yield page
        browser.close()


def test_an_operator_finds_an_order_and_sees_where_everything_is(shop: Shop, browser_page: Page) -> None:
    page, faults = browser_page, []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    sku = shop.new_item({"dc-columbus": 5})
    document = order(line(sku, 3, 123456))
    shop.settled(shop.place(document))

    page.goto(f"{shop.running.api_url.rstrip('/')}/console")
    expect(page.locator("#message")).to_have_text("Sign in with an access token to see orders.")
    page.fill("#token", shop.running.token("acme-web"))
    page.click("#sign-in button")
    expect(page.locator("#orders tr").first).to_be_visible()
    page.fill("#query", document["external_id"])
    page.click("#search button")

    expect(page.locator("#order h2")).to_have_text(f"Order {document['external_id']}")
    expect(page.locator("#order-total")).to_have_text("3,703.68 USD")
    expect(page.locator('[data-line="1"] .units')).to_have_text("3 shipped")
    expect(page.locator(".timeline li strong").first).to_have_text("OrderPlaced")
    expect(page.locator(".timeline li strong").last).to_have_text("PaymentCaptured")
    assert faults == []


def test_an_operator_sees_what_was_given_back_and_why(shop: Shop, browser_page: Page) -> None:
    page = browser_page
    document = order(line(shop.new_item({"dc-columbus": 2}), 2, 1295))
    order_id = shop.place(document)
    shop.settled(order_id)
    back = {"node_id": "seattle", "reason": "changed_mind", "lines": [{"line_no": 1, "quantity": 1}]}
    accepted = shop.post(f"/v1/orders/{order_id}/returns", back, client="acme-operator")
    assert accepted.status == 201, accepted.body
    shop.settled(order_id, "PARTIALLY_REFUNDED")

    page.fill("#query", document["external_id"])
    page.click("#search button")

    expect(page.locator("#order h2")).to_have_text(f"Order {document['external_id']}")
    expect(page.locator('[data-of="Money"] td.number')).to_have_text(
        ["25.90 USD", "25.90 USD", "25.90 USD", "0.00 USD", "12.95 USD"]
    )
    expect(page.locator("[data-refund] td.number")).to_have_text(["12.95 USD", "12.95 USD"])
    expect(page.locator("[data-refund] small")).to_have_text(accepted.json()["id"])


def test_a_wrong_token_and_an_unknown_order_are_said_plainly(shop: Shop, browser_page: Page) -> None:
    page = browser_page
    page.fill("#query", "no-such-order")
    page.click("#search button")
    expect(page.locator("#message")).to_have_text("web has placed no order no-such-order.")
    page.click("#sign-out")
    page.fill("#token", "nonsense")
    page.click("#sign-in button")
    expect(page.locator("#sign-in")).to_be_visible()
