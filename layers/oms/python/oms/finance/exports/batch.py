"""Writing a planned batch: its parts, then its manifest, each once and each proved by reading it back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from oms.finance import store
from oms.finance.adapters.export_bucket import ExportBucket
from oms.finance.adapters.journal_files import BALANCE_COLUMNS, JournalFiles, LocalFile, Movement
from oms.finance.chart import CHART
from oms.finance.exports.datasets import rows_of
from oms.finance.exports.model import (
    AccountTotal,
    ControlTotals,
    CurrencyTotal,
    FileRecord,
    Kind,
    Manifest,
    Plan,
    Previous,
    sequences,
)
from oms.finance.exports.snapshots import Snapshot
from oms.finance.exports.standing import snapshot_of
from oms.finance.model import PostedEntry, Unbalanced
from oms.platform.commands import Runtime
from oms.platform.dynamodb import Database
from oms.platform.money import exponent
from oms.platform.objects import ObjectDiffers, sha256_of

_CONTENT_TYPES = {"parquet": "application/vnd.apache.parquet", "csv": "application/gzip"}


def write_batch(runtime: Runtime, bucket: ExportBucket, plan: Plan) -> str:
    """Write a batch and return its manifest's SHA-256; writing it again finds the same bytes in place.

    Raises Unbalanced when the ledger does not balance, and ObjectDiffers when the bucket holds other bytes; then no
    manifest is written.
    """
    opening = _opening(bucket, plan)
    snapshot = snapshot_of(runtime, bucket, plan) if plan.kind is Kind.CLOSE else None
    with TemporaryDirectory(prefix="export-") as folder:
        journal = JournalFiles(Path(folder), _entries(runtime.database, plan))
        try:
            manifest = _write_parts(bucket, plan, journal, opening, snapshot)
        finally:
            journal.close()
    return bucket.write_once(plan.manifest_key, manifest.to_bytes(), "application/json")


def write_links(bucket: ExportBucket, plan: Plan) -> None:
    """Make a committed batch known to programs that query the bucket: a link to each Parquet file of its manifest."""
    manifest = Manifest.model_validate_json(bucket.read(plan.manifest_key))
    for file in manifest.files:
        if file.format == "parquet":
            address = f"s3://{bucket.name}/{file.key}\n"
            bucket.write_once(plan.link_key(file.dataset), address.encode(), "text/plain")


def _write_parts(
    bucket: ExportBucket,
    plan: Plan,
    journal: JournalFiles,
    opening: Sequence[AccountTotal],
    snapshot: Snapshot | None,
) -> Manifest:
    if journal.unbalanced_entries():
        raise Unbalanced(f"{journal.unbalanced_entries()} entries of {plan.manifest_key} do not balance")
    movements = journal.movements()
    accounts = _account_totals(opening, movements)
    files = journal.write_lines() + journal.write_rows(
        "trial_balance", BALANCE_COLUMNS, _trial_balance(plan, accounts, movements)
    )
    if snapshot is not None:
        for dataset, rows in rows_of(plan, snapshot):
            files += journal.write_rows(dataset.name, dataset.columns, rows)
    return Manifest(
        tenant=plan.tenant,
        entity=plan.entity,
        business_date=plan.business_date,
        batch=plan.batch,
        number=plan.number,
        kind=plan.kind,
        planned_at=plan.planned_at,
        files=tuple(_write_part(bucket, plan, file) for file in files),
        control_totals=ControlTotals(
            entries=journal.entry_count(),
            lines=journal.line_count(memorandum=False),
            memo_lines=journal.line_count(memorandum=True),
            currencies=_currency_totals(movements, memorandum=False),
            memo_currencies=_currency_totals(movements, memorandum=True),
            accounts=accounts,
        ),
        sequences=sequences(plan),
        previous=None
        if plan.previous_manifest is None or plan.previous_sha256 is None
        else Previous(key=plan.previous_manifest, sha256=plan.previous_sha256),
    )


def _write_part(bucket: ExportBucket, plan: Plan, file: LocalFile) -> FileRecord:
    key = plan.part_key(file.dataset, file.suffix)
    return FileRecord(
        dataset=file.dataset,
        format=file.format,
        key=key,
        bytes=file.path.stat().st_size,
        rows=file.rows,
        sha256=bucket.write_once(key, file.path, _CONTENT_TYPES[file.format]),
    )


def _opening(bucket: ExportBucket, plan: Plan) -> tuple[AccountTotal, ...]:
    """The balances with which the chain's last manifest ended; that manifest must be the one the plan names."""
    if plan.previous_manifest is None:
        return ()
    content = bucket.read(plan.previous_manifest)
    found = sha256_of(content)
    if found != plan.previous_sha256:
        raise ObjectDiffers(f"{plan.previous_manifest} holds {found}, not {plan.previous_sha256}")
    return Manifest.model_validate_json(content).control_totals.accounts


def _entries(database: Database, plan: Plan) -> Iterator[tuple[int, PostedEntry]]:
    for covered in plan.ranges:
        if covered.through > covered.after:
            yield from store.entries_of_lane(database, plan.lane(covered), covered.after, covered.through)


def _account_totals(opening: Iterable[AccountTotal], movements: Iterable[Movement]) -> tuple[AccountTotal, ...]:
    """Every account that has ever moved in the chain, so that the next batch finds its opening balance here."""
    before = {(total.account, total.currency): total.closing_minor for total in opening}
    debits: dict[tuple[str, str], int] = defaultdict(int)
    credits: dict[tuple[str, str], int] = defaultdict(int)
    for movement in movements:
        debits[(movement.account, movement.currency)] += movement.debit
        credits[(movement.account, movement.currency)] += movement.credit
    return tuple(
        AccountTotal(
            account=account,
            currency=currency,
            opening_minor=before.get((account, currency), 0),
            debit_minor=debits[(account, currency)],
            credit_minor=credits[(account, currency)],
            closing_minor=before.get((account, currency), 0)
            + debits[(account, currency)]
            - credits[(account, currency)],
        )
        for account, currency in sorted(before.keys() | debits.keys())
    )


def _currency_totals(movements: Iterable[Movement], *, memorandum: bool) -> tuple[CurrencyTotal, ...]:
    debits: dict[str, int] = defaultdict(int)
    credits: dict[str, int] = defaultdict(int)
    for movement in movements:
        if CHART[movement.account].is_memorandum is memorandum:
            debits[movement.currency] += movement.debit
            credits[movement.currency] += movement.credit
    return tuple(
        CurrencyTotal(currency=currency, debit_minor=debits[currency], credit_minor=credits[currency])
        for currency in sorted(debits)
    )


def _trial_balance(
    plan: Plan, accounts: Iterable[AccountTotal], movements: Iterable[Movement]
) -> Iterator[Sequence[object]]:
    """The batch by posting date with opening and closing balances, then its movements by original date."""
    for total in accounts:
        yield (
            "posting_date",
            plan.entity,
            plan.business_date.isoformat(),
            total.account,
            CHART[total.account].name,
            total.currency,
            exponent(total.currency),
            total.opening_minor,
            total.debit_minor,
            total.credit_minor,
            total.closing_minor,
        )
    for movement in sorted(movements, key=lambda m: (m.original_business_date, m.account, m.currency)):
        yield (
            "original_date",
            plan.entity,
            movement.original_business_date,
            movement.account,
            CHART[movement.account].name,
            movement.currency,
            exponent(movement.currency),
            None,
            movement.debit,
            movement.credit,
            None,
        )
