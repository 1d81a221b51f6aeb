"""Files of orders that are dropped into the intake bucket: what their rows mean. `dropped_files` does the rest.

A row is placed as over HTTP, or imported where it tells of the past. What became of it is recorded under the key of
that command, a refusal too, so however often and by however many a row is taken in it comes to one thing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from oms.orders import file_rows
from oms.orders.commands import place_order
from oms.orders.events import OrderFileLoaded
from oms.orders.importing import IMPORT, import_order
from oms.orders.request import OrderRequest
from oms.orders.states import HistoryOrder
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute, find_outcome, input_hash
from oms.platform.dropped_files import DroppedFile, patiently
from oms.platform.events import EventData
from oms.platform.file_lines import REFUSED, Form, Line, Result
from oms.platform.principal import Principal, file_principal
from oms.platform.problems import Problem


class OrderFiles:
    """The kind of file below `orders/`: orders to be placed, and orders of the past."""

    name = "order_file"
    prefix = "orders"
    endings = (file_rows.JSON_LINES, file_rows.CSV)
    id_prefix = "orf"
    outcomes = (file_rows.PLACED, file_rows.IMPORTED)
    made = ("order_id",)

    def principal(self, tenant: str) -> Principal:
        """Whoever drops files of orders into the intake bucket of a tenant."""
        return file_principal(tenant, "order_files", "orders.write", IMPORT)

    def results(self, file: DroppedFile) -> str:
        """Below which prefix what became of a file is written."""
        return f"results/{file.tenant}/orders/{file.name}.{file.ending}/{file.object_version}"

    def form(self, file: DroppedFile) -> Form:
        """How the lines of a file look."""
        return file_rows.form_of(file.ending)

    def most_rows(self) -> int:
        """How many rows a part has at most."""
        return file_rows.MOST_ROWS_OF_PART

    def way(self) -> list[int]:
        """What the parts of a file follow from."""
        return [file_rows.MOST_ROWS_OF_PART]

    def load(
        self, runtime: Runtime, file: DroppedFile, number: int, lines: Sequence[Line], header: Callable[[], bytes]
    ) -> list[Result]:
        """The results of all rows of a part, one after the other."""
        columns = header() if file.ending == file_rows.CSV else None
        return [_result(runtime, file, line, columns) for line in lines]

    def loaded(self, file: DroppedFile, counts: Mapping[str, int]) -> EventData:
        """The fact that a file was taken in."""
        return OrderFileLoaded(file=file.key, object_version=file.object_version, manifest=file.manifest_key, **counts)


def _result(runtime: Runtime, file: DroppedFile, line: Line, columns: bytes | None) -> Result:
    try:
        request = file_rows.read_row(line.text, columns)
    except Problem as problem:
        # It is refused the same way whenever it is read.
        return file_rows.refused(line.row, problem)
    outcome = patiently(runtime, partial(_taken_in, runtime, file, line.row, request))
    if outcome.status >= 400:
        return Result(line.row, REFUSED, str(outcome.body["code"]), str(outcome.body["detail"]))
    made = file_rows.IMPORTED if isinstance(request, HistoryOrder) else file_rows.PLACED
    return Result(line.row, made, made=str(outcome.body["id"]))


def _taken_in(runtime: Runtime, file: DroppedFile, row: int, request: OrderRequest) -> Outcome:
    """What a row comes to, once: its order, or why it was refused."""
    # The hash is that of the same body over HTTP, so an order that came that way before is the same order.
    content = input_hash(["", request.model_dump(mode="json")])
    call = file.call_of("import_order" if isinstance(request, HistoryOrder) else "place_order", f"#{row}", content)
    done = find_outcome(runtime, call)
    if done is not None:
        return done
    try:
        if isinstance(request, HistoryOrder):
            return import_order(runtime, call, request)
        return place_order(runtime, call, request)
    except Problem as problem:
        if problem.retry_after_seconds is not None:
            raise
        return _refuse(runtime, call, file_rows.refused(row, problem))


def _refuse(runtime: Runtime, call: Call, result: Result) -> Outcome:
    """Record that a row was refused; where another run of it was faster, what that came to."""
    body = {"code": result.code, "detail": result.detail}
    return execute(runtime, call, lambda: Decision((), status=422, body=body))
