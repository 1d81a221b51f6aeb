"""The routes of papers, for the function that serves them."""

from __future__ import annotations

from collections.abc import Callable

from oms.papers.printing import Printed, Printer, print_of_wave, print_of_work
from oms.papers.requests import PaperQuery, WorkPaperQuery, paper_kind
from oms.platform.commands import Runtime
from oms.platform.http import Api, File, caller, file, header, read_query

_PDF = "application/pdf"


def serve(app: Api, runtime: Callable[[], Runtime], printer: Printer) -> None:
    """Give a function the routes by which a node prints the papers of its work and of its waves."""

    @app.get("/v1/fulfillment-orders/<fulfillment_order_id>/papers/<paper>")
    def print_paper(fulfillment_order_id: str, paper: str) -> File:
        principal, kind = caller(app, "fulfillment.read", "ORDER#"), paper_kind(paper)
        query, accepts = read_query(app, WorkPaperQuery), header(app, "accept-language")
        return _sent(print_of_work(runtime(), printer, principal, fulfillment_order_id, kind, query, accepts))

    @app.get("/v1/nodes/<node_id>/waves/<wave_id>/papers/pick-sheet")
    def print_wave(node_id: str, wave_id: str) -> File:
        principal = caller(app, "fulfillment.read", "WAVE#")
        query, accepts = read_query(app, PaperQuery), header(app, "accept-language")
        return _sent(print_of_wave(runtime(), printer, principal, node_id, wave_id, query, accepts))


def _sent(printed: Printed) -> File:
    return file(printed.pdf, _PDF, printed.name, printed.language)
