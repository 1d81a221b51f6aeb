"""Reads a whole file ahead and decides what becomes of each document, before anything is sent."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tools.replaying.cancellations import Sale, SaleCancellation, Sales
from tools.replaying.documents import Document
from tools.replaying.rules import Reject, StockChange, is_cancellation, read_sale


@dataclass(frozen=True, slots=True)
class Step:
    """What is done when the clock reaches a document."""

    document: Document
    sale: Sale | None = None
    cancellations: tuple[SaleCancellation, ...] = ()
    stock_changes: tuple[StockChange, ...] = ()
    rejects: tuple[Reject, ...] = ()


@dataclass(slots=True)
class Plan:
    """All steps in order of time. `sold` and `written_off` are units per SKU that must be on hand beforehand."""

    steps: list[Step] = field(default_factory=list)
    descriptions: dict[str, str] = field(default_factory=dict)
    sold: Counter[str] = field(default_factory=Counter)
    written_off: Counter[str] = field(default_factory=Counter)

    @property
    def skus(self) -> list[str]:
        return sorted(self.descriptions)

    @property
    def file_value(self) -> Decimal:
        """The net of the file: quantity times price of every line, exactly."""
        return sum((step.document.value for step in self.steps), Decimal(0))

    @property
    def line_count(self) -> int:
        return sum(len(step.document.lines) for step in self.steps)


def make_plan(documents: Sequence[Document]) -> Plan:
    """Decide every document in order of time: sales first become known, then cancelled."""
    plan = Plan()
    sales = Sales()
    for document in documents:
        if is_cancellation(document):
            cancellations, rejects = sales.cancel(document)
            plan.steps.append(Step(document, cancellations=tuple(cancellations), rejects=tuple(rejects)))
        else:
            _add_sale(plan, sales, document)
    return plan


def _add_sale(plan: Plan, sales: Sales, document: Document) -> None:
    reading = read_sale(document)
    sale = sales.remember(document, reading) if reading.lines else None
    plan.steps.append(Step(document, sale, (), reading.stock_changes, reading.rejects))
    for line in reading.lines:
        if line.is_stock:
            plan.sold[line.sku] += line.quantity
            _describe(plan, line.sku, line.description)
    for change in reading.stock_changes:
        plan.written_off[change.sku] += max(0, -change.quantity)
        # The note of a stock change, such as "damages", is no name for the goods.
        _describe(plan, change.sku, "")


def _describe(plan: Plan, sku: str, description: str) -> None:
    if not plan.descriptions.get(sku):
        plan.descriptions[sku] = description
