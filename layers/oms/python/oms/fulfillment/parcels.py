"""Which cartons leave, and the packages that they are then. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from oms.fulfillment.model import Carton, FulfillmentOrder, Package, Shipment
from oms.fulfillment.packing import contents, open_cartons, require_all_in_cartons
from oms.fulfillment.protocol import Action, require
from oms.fulfillment.request import ActionLine, ActionRequest, PackageRequest, units_of
from oms.fulfillment.step import Step
from oms.platform.problems import FieldError, InvalidRequest


def leave_in_cartons(
    work: FulfillmentOrder, request: ActionRequest, action: Action, leave: Callable[[ActionRequest], Step]
) -> Step:
    """What leaving changes where its node packs by cartons: those that leave are the packages of the shipment."""
    require(work, action)
    request, gone = leaving(work, request, action)
    step = leave(request)
    shipments = [as_packed(one, gone) for one in step.shipments] if gone else step.shipments
    return replace(step, work=left_with(step.work, gone), shipments=shipments)


def leaving(work: FulfillmentOrder, request: ActionRequest, action: Action) -> tuple[ActionRequest, list[Carton]]:
    """A request to leave that says for each carton what is in it, and these cartons.

    By its packages a request names cartons by their numbers; without any, all leave. Raises InvalidRequest for a
    package that is no carton or has other contents, NotInACarton where units in no carton would leave.
    """
    there = {one.carton_no: one for one in open_cartons(work)}
    if not there:
        return request, []
    asked = request.shipment.packages
    if action is Action.HAND_OVER and not asked:
        leaving_units = request.quantities or {line.line_no: line.remaining for line in work.lines if line.remaining}
        if dict(leaving_units) != contents(list(there.values())):
            # The customer takes a part out of the boxes.
            return request, []
    if not asked and request.lines is None:
        require_all_in_cartons(work)
    going = _named(asked, there) if asked else list(there.values())
    units = contents(going)
    if request.quantities is not None and {n: u for n, u in request.quantities.items() if u} != units:
        detail = "the cartons hold other units than those that leave"
        raise InvalidRequest(errors=[FieldError("/lines", "sum_mismatch", detail)])
    said = {one.package_no: one for one in asked}
    packages = tuple(_package(one, said.get(one.carton_no)) for one in going)
    return request.model_copy(
        update={
            "lines": tuple(ActionLine(line_no=n, quantity=u) for n, u in sorted(units.items())),
            "shipment": request.shipment.model_copy(update={"packages": packages}),
        }
    ), going


def left_with(work: FulfillmentOrder, gone: Sequence[Carton]) -> FulfillmentOrder:
    """The work of which these cartons have left."""
    numbers = {one.carton_no for one in gone}
    marked = (one.model_copy(update={"left": True}) if one.carton_no in numbers else one for one in work.cartons)
    return work.model_copy(update={"cartons": tuple(marked)})


def as_packed(shipment: Shipment, gone: Sequence[Carton]) -> Shipment:
    """The shipment whose packages have the packaging and dimensions of their cartons."""
    by_number = {one.carton_no: one for one in gone}
    packages: list[Package] = []
    for package in shipment.packages:
        carton = by_number[package.package_no]
        details = carton.model_dump(include={"packaging", "length_mm", "width_mm", "height_mm"})
        packages.append(package.model_copy(update=details))
    return shipment.model_copy(update={"packages": tuple(packages)})


def _named(asked: Sequence[PackageRequest], there: dict[int, Carton]) -> list[Carton]:
    errors = []
    for number, one in enumerate(asked):
        pointer = f"/shipment/packages/{number}"
        carton = there.get(one.package_no)
        if carton is None:
            detail = f"there is no carton {one.package_no} that has not left"
            errors.append(FieldError(f"{pointer}/package_no", "unknown_carton", detail))
        elif one.lines is not None and units_of(one.lines) != contents([carton]):
            detail = f"carton {one.package_no} was packed with other units"
            errors.append(FieldError(f"{pointer}/lines", "sum_mismatch", detail))
    if len({one.package_no for one in asked}) != len(asked):
        errors.append(FieldError("/shipment/packages", "repeated", "two packages have the same number"))
    if errors:
        raise InvalidRequest(errors=errors)
    return [there[one.package_no] for one in asked]


def _package(carton: Carton, said: PackageRequest | None) -> PackageRequest:
    lines = tuple(ActionLine(line_no=one.line_no, quantity=one.quantity) for one in carton.lines)
    weight = said.weight_grams if said and said.weight_grams is not None else carton.weight_grams
    tracking = said.tracking_number if said else None
    return PackageRequest(package_no=carton.carton_no, weight_grams=weight, tracking_number=tracking, lines=lines)
