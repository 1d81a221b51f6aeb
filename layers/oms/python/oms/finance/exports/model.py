"""Batches of the export: what a batch covers, what its manifest says, and where its files lie.

A date has any number of interim batches and then one that closes it. The batches of an entity form a chain over all
dates: each manifest names the one before it and begins with the balances at which that one ended.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict

from oms.finance.lanes import Day, Lane
from oms.finance.model import Moment

SCHEMA_VERSION = 1
ROOT = "finance/v1"


class Kind(StrEnum):
    """Whether a batch leaves its date open or is the last one."""

    INTERIM = "interim"
    CLOSE = "close"


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True)


class LaneRange(_Document):
    """The positions of a lane that a batch covers: those after one and up to another; none where they are equal."""

    store: str
    lane: int
    after: int
    through: int


class Plan(_Document):
    """A batch as it was decided: from here on its content is fixed, however often it is written.

    `number` counts the batches of the entity, `batch` those of the date. `previous_close` is the snapshot of the date
    that was closed before this one, from which a close batch goes on.
    """

    export_id: str
    tenant: str
    entity: str
    business_date: date
    number: int
    batch: int
    kind: Kind
    planned_at: Moment
    ranges: tuple[LaneRange, ...]
    previous_manifest: str | None = None
    previous_sha256: str | None = None
    previous_close: str | None = None

    @property
    def day(self) -> Day:
        return Day(self.tenant, self.entity, self.business_date)

    def lane(self, covered: LaneRange) -> Lane:
        return Lane(self.day, covered.store, covered.lane)

    @property
    def manifest_key(self) -> str:
        return f"{manifests_prefix(self.tenant, self.entity, self.business_date)}batch={self.batch:04d}.json"

    @property
    def snapshot_key(self) -> str:
        folder = f"{ROOT}/tenant={quote(self.tenant, safe='')}/snapshots/entity={quote(self.entity, safe='')}"
        return f"{folder}/business_date={self.business_date.isoformat()}/batch={self.batch:04d}.json"

    def orders_key(self, number: int) -> str:
        """Where a part of the orders of a close batch is kept, where there are too many to read at once."""
        return f"{self.snapshot_key.removesuffix('.json')}/orders-{number:05d}.json"

    def part_key(self, dataset: str, suffix: str) -> str:
        folder = f"{ROOT}/tenant={quote(self.tenant, safe='')}/dataset={dataset}/entity={quote(self.entity, safe='')}"
        date_and_batch = f"business_date={self.business_date.isoformat()}/batch={self.batch:04d}"
        return f"{folder}/{date_and_batch}/part-00000.{suffix}"

    def link_key(self, dataset: str) -> str:
        """Where the address of a dataset's Parquet file is kept for programs that query the bucket."""
        folder = f"{ROOT}/tenant={quote(self.tenant, safe='')}/links/dataset={dataset}"
        date_folder = f"entity={quote(self.entity, safe='')}/business_date={self.business_date.isoformat()}"
        return f"{folder}/{date_folder}/batch-{self.batch:04d}.txt"


class FileRecord(_Document):
    """One file of a batch; a reader takes no file that a manifest does not list."""

    dataset: str
    format: str
    key: str
    bytes: int
    rows: int
    sha256: str


class AccountTotal(_Document):
    """An account over the chain: where it stood before the batch, what the batch added, where it stands now."""

    account: str
    currency: str
    opening_minor: int
    debit_minor: int
    credit_minor: int
    closing_minor: int


class CurrencyTotal(_Document):
    currency: str
    debit_minor: int
    credit_minor: int


class ControlTotals(_Document):
    """What a reader recomputes from the files: the general ledger's lines and, apart, those of the memorandum pair."""

    entries: int
    lines: int
    memo_lines: int
    currencies: tuple[CurrencyTotal, ...]
    memo_currencies: tuple[CurrencyTotal, ...]
    accounts: tuple[AccountTotal, ...]


class SequenceRange(_Document):
    """The entries of one lane in a batch, by their first and last sequence number."""

    store: str
    lane: int
    first_posted_seq: int
    last_posted_seq: int


class Previous(_Document):
    """The manifest before, by its key and its SHA-256."""

    key: str
    sha256: str


class Manifest(_Document):
    """The commit of a batch: written last, and only once."""

    schema_version: int = SCHEMA_VERSION
    tenant: str
    entity: str
    business_date: date
    batch: int
    number: int
    kind: Kind
    planned_at: Moment
    files: tuple[FileRecord, ...]
    control_totals: ControlTotals
    sequences: tuple[SequenceRange, ...]
    previous: Previous | None

    def to_bytes(self) -> bytes:
        """The bytes that are stored and hashed: JSON with sorted names, one line."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return f"{text}\n".encode()


def manifests_prefix(tenant: str, entity: str | None = None, on: date | None = None) -> str:
    """Where manifests lie: of a tenant, of one of its entities, or of one date of that entity."""
    prefix = f"{ROOT}/tenant={quote(tenant, safe='')}/manifests/"
    if entity is not None:
        prefix += f"entity={quote(entity, safe='')}/"
        if on is not None:
            prefix += f"business_date={on.isoformat()}/"
    return prefix


def sequences(plan: Plan) -> tuple[SequenceRange, ...]:
    """The sequence numbers that a plan covers, lane by lane."""
    return tuple(
        SequenceRange(
            store=covered.store,
            lane=covered.lane,
            first_posted_seq=plan.lane(covered).sequence(covered.after + 1),
            last_posted_seq=plan.lane(covered).sequence(covered.through),
        )
        for covered in plan.ranges
        if covered.through > covered.after
    )


def next_ranges(ends: Mapping[Lane, int], covered_before: tuple[LaneRange, ...]) -> tuple[LaneRange, ...]:
    """Where the next batch of a date goes on in each lane, given each lane's last position now."""
    covered = {(before.store, before.lane): before.through for before in covered_before}
    return tuple(
        LaneRange(
            store=lane.store, lane=lane.number, after=covered.get((lane.store, lane.number), 0), through=ends[lane]
        )
        for lane in sorted(ends, key=lambda lane: (lane.store, lane.number))
    )
