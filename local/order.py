"""Place one real order through the public API and follow it to its ledger lines and its export file.

The order is the first invoice of the seed file. Its key never changes, so following it again on the same system shows
the same order.
"""

import csv
import json
import re
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import quote

from local.deploy import PSP_PROVIDER
from local.progress import Failed, Progress, function_lines
from local.seed.seed import DATA, LEGAL_ENTITY, TENANT
from local.state import ROOT, Answer, Running

INVOICE = "536365"
CHANNEL = "web"
CLIENT = f"{TENANT}-{CHANNEL}"
FINANCE = f"{TENANT}-finance"
SELLING_NODE = "web"
# The file names a country only; the parcel goes to an address on the nodes' side of the ocean.
SHIP_TO = {
    "name": "Customer 17850",
    "street": "1600 Arch Street",
    "city": "Philadelphia",
    "region": "PA",
    "postal_code": "19103",
    "country": "US",
}
ENDS_WITHIN_SECONDS = 90.0
PAUSE_SECONDS = 0.2
ERRORS_SHOWN = 5
ERROR_WIDTH = 2000
CONTEXTS = ROOT / "layers" / "oms" / "python" / "oms"

T = TypeVar("T")


def show_first_order(running: Running, progress: Progress) -> None:
    """Place the order, wait until its money and its file are where they belong, and print each step.

    Raises Failed when a step is refused or does not come about in time.
    """
    with progress.step(f"order: invoice {INVOICE} of the seed file, followed to its export file"):
        order_id, is_new = place(running)
        try:
            order = _wait("the order was not completed", lambda: _completed(running, order_id))
            entries = _wait("its ledger lines did not appear", lambda: _posted(running, order))
            exports = _wait("its export file did not appear", lambda: _exported(running, entries))
        except Failed:
            _print_how_far(running, order_id)
            raise
        timeline = _timeline(running, order_id)
    print(f"\nOrder {order_id} ({order['status']}), {_money(order['total'], order['currency'])}\n")
    if not is_new:
        print(f"An earlier run placed it, at {order['placed_at']}; the line numbers are those of today's files.")
    print("Its timeline, with the file that did each step:")
    _print_timeline(timeline)
    _print_ledger(entries)
    _print_export(running, exports)


def order_document(invoice: str) -> dict[str, Any]:
    """Return the order that an invoice of the seed file makes, as a channel sends it. Amounts in pence."""
    with (DATA / "documents.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["InvoiceNo"] == invoice]
    order_lines = []
    for row in rows:
        quantity, price = int(row["Quantity"]), int(Decimal(row["UnitPrice"]) * 100)
        order_lines.append(
            {
                "sku": row["StockCode"].upper(),
                "description": row["Description"],
                "quantity": quantity,
                "unit_price": price,
                "total": quantity * price,
                "method": "ship",
            }
        )
    goods = sum(line["total"] for line in order_lines)
    return {
        "channel": CHANNEL,
        "external_id": invoice,
        "selling_node": SELLING_NODE,
        "taken_by": "web shop",
        "currency": "GBP",
        "locale": "en-GB",
        "customer": {"reference": rows[0]["CustomerID"]},
        "ship_to": SHIP_TO,
        "lines": order_lines,
        "totals": {"goods": goods, "total": goods},
        "payments": [{"tender": "card", "provider": PSP_PROVIDER, "token": "tok_visa", "amount": goods}],
        "attributes": {"invoice_date": rows[0]["InvoiceDate"], "country": rows[0]["Country"]},
    }


def place(running: Running) -> tuple[str, bool]:
    """Place the order; return its id and whether it is new. The second time it is the same order."""
    answer = running.call(CLIENT, "POST", "/v1/orders", order_document(INVOICE), key=f"first-order-{INVOICE}")
    return str(_accepted(answer)["id"]), answer.headers.get("idempotency-replayed") != "true"


def _completed(running: Running, order_id: str) -> dict[str, Any] | None:
    order = _get(running, CLIENT, f"/v1/orders/{order_id}")
    if order["status"] in ("CANCELLED", "PENDING_REVIEW"):
        raise Failed(f"the first order is {order['status']}: {json.dumps(order['validations'])}")
    return order if order["status"] == "COMPLETED" else None


def _posted(running: Running, order: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Return the journal entries of an order once they hold its authorisations, its captures and its shipments."""
    entries = _get(running, FINANCE, f"/v1/finance/journal?order_id={quote(order['id'])}")["entries"]
    posted = [entry["rule"] for entry in entries]
    captures = sum(len(shipment["captures"]) for shipment in order["shipments"])
    whole = (
        posted.count("payment_authorized") >= len(order["payments"])
        and posted.count("payment_captured") >= captures
        and posted.count("goods_transferred") >= len(order["shipments"])
    )
    return entries if whole else None


def _exported(running: Running, entries: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """Ask for the export of the entries' business date, once, and return its manifests when they are there."""
    day = max(entry["business_date"] for entry in entries)
    wish = {"entity": LEGAL_ENTITY, "business_date": day, "kind": "interim"}
    _accepted(running.call(FINANCE, "POST", "/v1/finance/exports", wish, key=f"first-export-{INVOICE}-{day}"))
    path = f"/v1/finance/exports?business_date={day}&entity={LEGAL_ENTITY}"
    return _get(running, FINANCE, path)["exports"] or None


def _timeline(running: Running, order_id: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = _get(running, CLIENT, f"/v1/orders/{order_id}/timeline")["events"]
    return events


def _print_how_far(running: Running, order_id: str) -> None:
    """Print what is known of an order that went wrong; the system is about to be ended."""
    print(f"\nOrder {order_id} came so far:")
    _print_timeline(_timeline(running, order_id))
    errors = [line for line in function_lines(running) if '"level":"ERROR"' in line]
    print("\nWhat the functions said:" if errors else "\nNo function reported an error.")
    for line in errors[-ERRORS_SHOWN:]:
        print(f"  {line[:ERROR_WIDTH]}")


def _print_timeline(events: list[dict[str, Any]]) -> None:
    for event in events:
        at = event["occurred_at"][11:23]
        print(f"  {at}  {event['event']:<26} {event['command']:<28} {file_of(event['command'])}")


def file_of(command: str) -> str:
    """Return the file of this clone in which a command is defined, as path:line."""
    definition = re.compile(rf"^def {re.escape(command)}\(", re.MULTILINE)
    for path in sorted(CONTEXTS.glob("*/**/*.py")):
        text = path.read_text(encoding="utf-8")
        found = definition.search(text)
        if found:
            return f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, found.start()) + 1}"
    handler = ROOT / "functions" / command / "handler.py"
    return str(handler.relative_to(ROOT)) if handler.exists() else ""


def _print_ledger(entries: list[dict[str, Any]]) -> None:
    print("\nIts ledger lines (layers/oms/python/oms/finance/rules):")
    for entry in entries:
        for line in entry["lines"]:
            side = "debit " if line["debit"] else "credit"
            amount = _money(line["debit"] or line["credit"], line["currency"])
            print(f"  {entry['rule']:<20} {side} {line['account']} {line['account_name']:<28} {amount:>14}")


def _print_export(running: Running, exports: list[dict[str, Any]]) -> None:
    manifest = exports[-1]["manifest"]
    bucket = running.outputs["ExportBucketName"]
    stored = json.loads(running.aws("s3").get_object(Bucket=bucket, Key=manifest)["Body"].read())
    print(f"\nIts export in s3://{bucket}/")
    for file in stored["files"]:
        print(f"  {file['key']}  {file['rows']} rows, {file['bytes']} bytes")
    print(f"  {manifest}  (the manifest)")


def show_urls(running: Running, progress: Progress) -> None:
    """Print where to go from here."""
    state = running.state_dir.relative_to(ROOT) if running.state_dir.is_relative_to(ROOT) else running.state_dir
    address = running.api_url.replace("$", "%24")  # safe to paste into a shell
    print(f"\n  API        {address}   (paths begin with /v1)")
    print(f"  Console    {address}/console")
    print(f"  Engine     {running.endpoint}   (any AWS client: endpoint, region us-east-1, keys test/test)")
    print(f"  PSP        {running.psp_url}")
    print(f"  Clients    {state / 'clients.json'}   (client credentials at {running.endpoint}/oauth2/token)")
    print(
        f"  Mail       s3://{running.outputs['IntakeBucketName']}/notices/   (what customers were told, one .eml each)"
    )
    suffix = "" if str(state) == ".local/state" else f" STATE={state}"
    print(f"\n`make stop{suffix}` ends it, `make logs{suffix}` shows what it says.")
    progress.say("the system is up")


def _wait(late: str, attempt: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + ENDS_WITHIN_SECONDS
    while time.monotonic() < deadline:
        found = attempt()
        if found is not None:
            return found
        time.sleep(PAUSE_SECONDS)
    raise Failed(f"{late} within {ENDS_WITHIN_SECONDS:.0f} s")


def _get(running: Running, client: str, path: str) -> Any:
    return _accepted(running.call(client, "GET", path))


def _accepted(answer: Answer) -> Any:
    if not answer.ok:
        raise Failed(f"the system answered {answer.status}: {answer.body.decode(errors='replace')[:500]}")
    return answer.json()


def _money(minor: int, currency: str) -> str:
    """Return an amount as people write it; GBP, the only currency of the seed file, has two decimals."""
    return f"{currency} {minor // 100}.{minor % 100:02d}"
