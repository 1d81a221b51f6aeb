"""Whatever the file says, every penny of it is in an order, in a cancellation, among what is refused, or rounded."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from local.seed.seed import DATA
from tests.unit.replay.samples import document, line
from tools.replaying.documents import Document, read_documents
from tools.replaying.plan import Plan, make_plan
from tools.replaying.rules import from_minor

CODES = ["A", "B1", "POST", "M", "D", "PADS", "GIFT_0001_10"]
LINES = st.builds(
    line,
    st.sampled_from(CODES),
    st.integers(-4, 4),
    st.sampled_from(["0.0", "0.001", "0.125", "1.00", "2.55", "-1.00"]),
)
FILES = st.lists(
    st.tuples(
        st.sampled_from(["", "", "C", "C", "A"]),
        st.lists(LINES, min_size=1, max_size=4),
        st.sampled_from(["", "1", "2"]),
        st.integers(0, 9 * 24 * 60),
    ),
    max_size=12,
)


def parts_of(plan: Plan) -> Decimal:
    """The net of a plan by its parts, rounding taken from prices and not from the file's sum."""
    net = Decimal(0)
    for step in plan.steps:
        net += sum((reject.value for reject in step.rejects), Decimal(0))
        if step.sale is not None:
            net += from_minor(step.sale.total) + (step.sale.value - from_minor(step.sale.total))
        for call in step.cancellations:
            net -= from_minor(call.amount) + (call.value - from_minor(call.amount))
    return net


@given(FILES)
def test_every_penny_of_a_file_is_somewhere(file: list[tuple[str, list, str, int]]) -> None:
    documents = [
        document(f"{kind}{number}", *lines, minutes=minutes, customer=customer)
        for number, (kind, lines, customer, minutes) in enumerate(sorted(file, key=lambda entry: entry[3]))
    ]
    plan = make_plan(documents)
    assert parts_of(plan) == plan.file_value
    for step in plan.steps:
        if step.sale is not None:
            assert step.sale.total >= 0
            assert all(0 <= left <= sold.quantity for left, sold in zip(step.sale.left, step.sale.lines, strict=True))
            assert abs(step.sale.value - from_minor(step.sale.total)) <= Decimal("0.005") * len(step.document.lines)


def test_the_stock_that_is_needed_covers_sales_and_write_offs() -> None:
    plan = make_plan(
        [
            document("1", line("A", 5, "2.00", "A BOX"), line("M", 1, "1.00")),
            document("2", line("A", 3, "2.00", "A BOX"), line("B1", 1, "0.0"), minutes=1),
            document("3", line("A", -4, "0.0", "damages"), minutes=2, customer=""),
            document("4", line("C1", 7, "0.0", "found"), minutes=3, customer=""),
            document("C5", line("A", -5, "2.00"), minutes=4),
        ]
    )
    assert plan.skus == ["A", "B1", "C1"]
    assert dict(plan.sold) == {"A": 8, "B1": 1}
    assert plan.written_off["A"] == 4
    assert plan.descriptions == {"A": "A BOX", "B1": "THING", "C1": ""}


def test_the_committed_extract_comes_to_what_its_lines_say() -> None:
    documents: list[Document] = read_documents(DATA / "documents.csv")
    plan = make_plan(documents)
    assert len(plan.steps) == len(documents) > 0
    assert parts_of(plan) == plan.file_value
    assert sum(step.sale is not None for step in plan.steps) + sum(bool(step.rejects) for step in plan.steps) >= len(
        documents
    )
