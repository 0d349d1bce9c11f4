"""Shapes that several rooms share."""

import copy
from typing import Any

from inventory.api.fields import Code, Schema, Text, Whole
from inventory.errors import Invalid, msg


class Asked(Schema):
    """So many base units of an item."""

    item = Code(required=True)
    quantity = Whole(required=True)


class LotQuantity(Asked):
    """So many base units of a lot."""

    lot = Text(required=True, most=80)


def change_of(new: type[Schema], name: str) -> type[Schema]:
    """The same schema with nothing required: what a PATCH takes."""
    fields = {key: copy.deepcopy(field) for key, field in new._declared_fields.items()}
    for field in fields.values():
        field.required = False
    return Schema.from_dict(fields, name=name)  # type: ignore[return-value]


def same_code(fields: dict[str, Any], code: str) -> dict[str, Any]:
    """The fields without their code, which may be told again but not changed."""
    if fields.pop("code", code) != code:
        raise Invalid.at("/code", msg("A code cannot be changed."))
    return fields
