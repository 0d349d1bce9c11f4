"""Items: the catalogue."""

from typing import Any

from flask import Response

from inventory.access import requires
from inventory.api import paging
from inventory.api.base import bp, done, me, read, told
from inventory.api.fields import Code, Flag, Many, Number, One, Schema, Text, Whole, Word, optional
from inventory.api.shapes import change_of, same_code
from inventory.models.words import Temperature
from inventory.queries import catalogue as reading
from inventory.services import catalogue
from inventory.services.catalogue import Pack

TAG = ["Reference"]


class Gtin(Schema):
    """A barcode number and what its pack holds, in base units."""

    gtin = Text(required=True, most=20)
    quantity = Whole(required=True, least=1)


class NewItem(Schema):
    """An item of the catalogue."""

    code = Code(required=True)
    name = Text(required=True)
    name_fr = optional(Text)
    inn = optional(Text)
    strength = optional(Text)
    dosage_form = optional(Text)
    atc = optional(Text)
    base_unit = Text(required=True)
    category = Text(required=True)
    tracks_expiry = optional(Flag)
    serialised = optional(Flag)
    temperature = optional(Word, Temperature)
    freeze_sensitive = optional(Flag)
    controlled = optional(Flag)
    dangerous = optional(Flag)
    un_number = optional(Text)
    ven = optional(Word, "VEN")
    unit_weight_kg = optional(Number)
    unit_volume_m3 = optional(Number)
    gtins = optional(Many, One(Gtin), most=100)


ItemChange = change_of(NewItem, "ItemChange")


class ItemTold(Schema):
    """An item as it is told."""

    code = Code(required=True)
    name = Text(required=True)
    name_fr = optional(Text)
    inn = optional(Text)
    strength = optional(Text)
    dosage_form = optional(Text)
    atc = optional(Text)
    base_unit = Text(required=True)
    category = Text(required=True)
    tracks_expiry = Flag(required=True)
    serialised = Flag(required=True)
    temperature = Word(Temperature, required=True)
    freeze_sensitive = Flag(required=True)
    controlled = Flag(required=True)
    dangerous = Flag(required=True)
    un_number = optional(Text)
    ven = optional(Word, "VEN")
    unit_weight_kg = optional(Number)
    unit_volume_m3 = optional(Number)
    gtins = Many(One(Gtin), required=True)


class ItemsWanted(paging.Paged):
    """Which items."""

    q = Text(most=200, load_default=None)


def _fields(body: dict[str, Any]) -> dict[str, Any]:
    fields = dict(body)
    if fields.get("gtins") is not None:
        fields["gtins"] = [Pack(each["gtin"], each["quantity"]) for each in fields["gtins"]]
    return fields


@bp.route("/items", methods=["POST"], tags=TAG)
@requires("items.write")
@bp.arguments(NewItem)
@bp.response(201, ItemTold)
def add_item(body: dict[str, Any]) -> Response:
    """Add an item."""
    return done(ItemTold, lambda s: catalogue.add_item(s, me(), _fields(body)), 201)


@bp.route("/items", methods=["GET"], tags=TAG)
@requires("items.see")
@bp.arguments(ItemsWanted, location="query")
@bp.response(200, paging.page_of(ItemTold))
def list_items(wanted: dict[str, Any]) -> Response:
    """List items, or search them by code, barcode or name whatever the spelling (`q`)."""
    after = paging.key_of(wanted["cursor"], [int])
    return paging.page(ItemTold, reading.items_slice(read(), wanted["q"], after, wanted["limit"]))


@bp.route("/items/<code>", methods=["GET"], tags=TAG)
@requires("items.see")
@bp.response(200, ItemTold)
def get_item(code: str) -> Response:
    """Tell an item."""
    return told(ItemTold, catalogue.get_item(read(), code))


@bp.route("/items/<code>", methods=["PATCH"], tags=TAG)
@requires("items.write")
@bp.arguments(ItemChange)
@bp.response(200, ItemTold)
def change_item(body: dict[str, Any], code: str) -> Response:
    """Change the given fields of an item."""
    fields = same_code(_fields(body), code)
    return done(ItemTold, lambda s: catalogue.change_item(s, me(), code, fields))
