"""Checked bodies (`exchange/bodies.py`) as commands."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from inventory.services.adjustments import Adjustment, AdjustmentLine
from inventory.services.consumption import Consumption, ConsumptionLine
from inventory.services.counts import Count, CountedLine
from inventory.services.receipts import LineException, NewReceipt, NewReceiptLine, NotFoundLine
from inventory.services.requisitions import AskedLine, NewRequisition

Body = Mapping[str, Any]


def given(body: Body, *left_out: str) -> dict[str, Any]:
    """The fields of a body that say something: null is as good as absent.

    The `witness` is no part of a command: whoever posts it takes the name along (`second_person`).
    """
    out = {*left_out, "witness"}
    return {name: value for name, value in body.items() if value is not None and name not in out}


def consumption(body: Body, at: datetime | None = None, uuid: UUID | None = None) -> Consumption:
    """What was dispensed."""
    lines = [ConsumptionLine(**given(line)) for line in body["lines"]]
    return Consumption(**given(body, "lines"), lines=lines, occurred_at=at, uuid=uuid or uuid4())


def count(body: Body, at: datetime | None = None, uuid: UUID | None = None) -> Count:
    """What was counted."""
    lines = [CountedLine(**line) for line in body["lines"]]
    return Count(**given(body, "lines"), lines=lines, counted_at=at, uuid=uuid or uuid4())


def adjustment(body: Body, at: datetime | None = None, uuid: UUID | None = None) -> Adjustment:
    """What was put right."""
    lines = [AdjustmentLine(**line) for line in body["lines"]]
    return Adjustment(**given(body, "lines"), lines=lines, occurred_at=at, uuid=uuid or uuid4())


def receipt(body: Body, at: datetime | None = None, uuid: UUID | None = None) -> NewReceipt:
    """What came."""
    lines = [
        NewReceiptLine(
            item=line["item"],
            lot=line.get("lot"),
            quantity=line["quantity"],
            exceptions=[LineException(**each) for each in line.get("exceptions") or []],
            **given(line, "item", "lot", "quantity", "exceptions"),
        )
        for line in body["lines"]
    ]
    return NewReceipt(
        **given(body, "lines", "not_found"),
        lines=lines,
        not_found=[NotFoundLine(**given(each)) for each in body.get("not_found") or []],
        occurred_at=at,
        uuid=uuid or uuid4(),
    )


def requisition(body: Body) -> NewRequisition:
    """What a site asks for."""
    lines = [AskedLine(**line) for line in body["lines"]]
    return NewRequisition(**given(body, "lines"), lines=lines)
