"""What is refused of an item, and of a kit by what is known of the items that it is to be made of. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from oms.platform.problems import FieldError, InvalidRequest
from oms.registry.model import Item, ItemKind, PutItem


def refuse_kit(put: PutItem, known: Mapping[str, Item], *, where: str = "") -> None:
    """Raise InvalidRequest for a kit that cannot be, and for components of what is none.

    `known` are the stored items among the item itself and its components; `where` is what pointers begin with.
    """
    errors = list(_errors(put, known, where))
    if errors:
        raise InvalidRequest(errors=errors)


def _errors(put: PutItem, known: Mapping[str, Item], where: str) -> Iterator[FieldError]:
    is_kit, stored = put.kind is ItemKind.KIT, known.get(put.sku)
    if stored is not None and (stored.kind is ItemKind.KIT) != is_kit:
        # There may be stock of it and kits with it, or orders that were sold it as a kit.
        detail = f"{put.sku} is of kind {stored.kind.value}; give the kit a SKU of its own"
        yield FieldError(f"{where}/kind", "fixed", detail)
    if put.preorder is not None and put.kind is not ItemKind.STOCK:
        yield FieldError(f"{where}/preorder", "not_allowed", "only an item of stock is sold before its street date")
    if put.activation is not None and put.kind is not ItemKind.DIGITAL:
        yield FieldError(f"{where}/activation", "not_allowed", "only a digital item is activated")
    if not is_kit:
        for name, given in (("components", put.components), ("when_short", put.when_short)):
            if given:
                yield FieldError(f"{where}/{name}", "not_allowed", "only an item of kind kit has components")
        return
    if not put.components:
        yield FieldError(f"{where}/components", "required", "a kit is made of one component or more")
    if put.when_short is None:
        yield FieldError(f"{where}/when_short", "required", "say reject or split")
    seen = set[str]()
    for number, one in enumerate(put.components):
        pointer = f"{where}/components/{number}/sku"
        if one.sku == put.sku:
            yield FieldError(pointer, "not_itself", "a kit cannot be a component of itself")
        elif one.sku in seen:
            yield FieldError(pointer, "repeated", "this component stands in the kit twice; add up its quantity")
        elif one.sku not in known:
            yield FieldError(pointer, "unknown_sku", f"there is no item {one.sku}; put it first")
        elif known[one.sku].kind is not ItemKind.STOCK:
            kind = known[one.sku].kind.value
            yield FieldError(pointer, "not_stocked", f"{one.sku} is of kind {kind}; only items of stock are components")
        seen.add(one.sku)
