"""What is claimed of a carrier, as a file for whoever claims it there: one for each claim, written once.

They lie below `finance/v1/tenant=<tenant>/carrier_claims/carrier=<carrier>/`; amounts are minor units of `currency`.
"""

from __future__ import annotations

import csv
from io import StringIO
from urllib.parse import quote

from oms.carriers.events import ParcelClaimed
from oms.platform.consumers import Event
from oms.platform.objects import Bucket

COLUMNS = (
    *("claim_id", "claimed_at", "carrier", "tracking_number", "node_id", "order_id", "shipment_id", "reason"),
    *("resolution", "line_no", "sku", "quantity", "value_minor", "currency"),
)


def write_claim(bucket: Bucket, event: Event) -> str:
    """Write the file of a claim, the same however often it is told; answers its key."""
    claim = ParcelClaimed.model_validate(event.data)
    folder = f"finance/v1/tenant={event.tenant}/carrier_claims/carrier={quote(claim.carrier or 'unknown', safe='')}"
    key = f"{folder}/{claim.claim_id}.csv"
    bucket.write_once(key, claim_file(claim), "text/csv")
    return key


def claim_file(claim: ParcelClaimed) -> bytes:
    """A row for each line that was claimed, in UTF-8; a text that a spreadsheet would take for a formula is quoted."""
    text = StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    own = claim.model_dump(mode="json")
    for line in own["lines"]:
        said = {**own, **line, "value_minor": line["value"]}
        rows.writerow([_cell(said[name]) for name in COLUMNS])
    return text.getvalue().encode()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
