"""INV1 of kits: an order asks for exactly the components that make up its kits, and so does its work."""

from __future__ import annotations

from tests.simulation.checker.evidence import Report
from tests.simulation.checker.picture import Line, OrderView, Picture, parsed


def check_kits(picture: Picture, report: Report) -> None:
    """Each line of a kit against the registry, whose kits nobody changes in a run, and its components against it."""
    for order in picture.orders():
        for line in order.lines.values():
            where = f"{order.pk} line {line.line_no}"
            made_of, rule = _kit(order, line, picture)
            if line.components != made_of:
                report.note("INV1", where, f"{line.sku} is made of {made_of}, and was sold as {line.components}")
            own = [(part.sku, part.each) for part in line.parts]
            if own != (made_of if rule == "split" else []):
                report.note("INV1", where, f"{line.sku} goes in the parts {own}")
        for work in order.works.values():
            for part in work["lines"]:
                line = order.lines[part["line_no"]]
                told = [(one["sku"], one["quantity"]) for one in part.get("components", ())]
                if line.parts or (part["sku"], told) != (line.sku, line.components):
                    report.note("INV1", f"{order.pk} {work['id']}", f"is given {part['sku']} of {told}")


def _kit(order: OrderView, line: Line, picture: Picture) -> tuple[list[tuple[str, int]], str | None]:
    """What the item of a line is made of, and what becomes of it when a component is short."""
    row = picture.items("registry", f"T#{order.tenant}#ITEM#{line.sku}").get("ITEM")
    item = parsed(row["body"]) if row is not None else {}
    return [(one["sku"], one["quantity"]) for one in item.get("components", ())], item.get("when_short")
