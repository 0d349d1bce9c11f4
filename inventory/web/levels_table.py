"""The cells of the table of reorder levels: what they show, what was typed in them, and what it means.

A row's fields are named `cell.CODE`. Which levels the three cells in the middle hold follows from the method.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from inventory.errors import FieldError
from inventory.extensions import render
from inventory.ledger.levels import rule_of
from inventory.models import Policy
from inventory.queries.levels import LevelsRow
from inventory.rules import reorder
from inventory.rules.demand import rounded
from inventory.services.levels import POLICY_FIELDS, fingerprint
from inventory.web.forms import plain
from inventory.web.numerals import NotANumber, decimal_typed, whole_typed

CELLS = ("method", "emergency", "reorder", "maximum", "lead", "review", "service", "multiple", "buffer")

FIELDS: Mapping[str, Mapping[str, str]] = {
    "fixed": {"emergency": "emergency_point", "reorder": "reorder_point", "maximum": "maximum"},
    "months": {
        "emergency": "emergency_months",
        "reorder": "minimum_months",
        "maximum": "maximum_months",
    },
    "service": {
        "emergency": "emergency_days",
        "lead": "lead_time_days",
        "review": "review_period_days",
        "service": "service_level",
    },
}
"""method -> cell -> field of the command"""

COMMON = {"multiple": "order_multiple", "buffer": "expiry_buffer_days"}
OF_METHOD = ("emergency", "reorder", "maximum", "lead", "review", "service")


@dataclass(slots=True)
class Row:
    """A row as it is shown: `was` are the cells as they are stored, `typed` as they stand, `ghost` what holds by
    default, `advised` the cells that better levels would fill."""

    known: LevelsRow
    was: dict[str, str]
    typed: dict[str, str]
    ghost: dict[str, str]
    advised: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        return self.known.item.code

    @property
    def seen(self) -> str:
        return fingerprint(self.known.policy)

    @property
    def method(self) -> str:
        return self.typed.get("method", "")


def row_of(known: LevelsRow) -> Row:
    """A row as it is stored."""
    stored = known.policy
    was = cells_of(rule_of(stored)) if stored is not None else dict.fromkeys(CELLS, "")
    held = known.figures.policy
    ghost = cells_of(held) if stored is None and held is not None else {}
    found = known.figures.assessment
    if held is not None and held.method == "service":
        for cell, level in (("reorder", found.reorder_point), ("maximum", found.maximum)):
            ghost[cell] = "" if level is None else str(rounded(level, 0))
    return Row(known, was, dict(was), ghost, _advised(known))


def cells_of(policy: reorder.Policy) -> dict[str, str]:
    """The cells of a policy, as a person types them."""
    cells = dict.fromkeys(CELLS, "")
    cells["method"] = policy.method
    for cell, name in {**FIELDS[policy.method], **COMMON}.items():
        value = getattr(policy, name)
        if name == "service_level" and value is not None:
            value = value * 100
        cells[cell] = "" if value is None else plain(value) if isinstance(value, Decimal) else str(value)
    return cells


def _advised(known: LevelsRow) -> dict[str, str]:
    """The cells that take the advice over, in the method that the row has; `service` where it has none."""
    advice = known.advice
    if advice is None:
        return {}
    method = known.policy.method if known.policy is not None else "service"
    levels = advice.levels
    steps = (
        ("emergency", levels.emergency_point),
        ("reorder", levels.reorder_point),
        ("maximum", levels.maximum),
    )
    if method == "fixed":
        return {"method": method} | {cell: str(level) for cell, level in steps}
    if method == "months":
        return {"method": method} | {cell: plain(advice.in_months(level)) for cell, level in steps}
    days = "" if advice.emergency_days is None else str(advice.emergency_days)
    return {
        "method": method,
        "emergency": days,
        "lead": str(advice.lead_time_days),
        "review": str(advice.review_period_days),
        "service": plain(advice.service_level * 100),
    }


def put_typed(row: Row, sent: Mapping[str, str]) -> None:
    """Show what was typed in a row."""
    row.typed = {cell: sent.get(f"{cell}.{row.code}", "")[:100].strip() for cell in CELLS}


def take_advice(row: Row) -> None:
    """Fill the cells with the advice; nothing is saved by that."""
    if row.advised:
        kept = {cell: row.typed.get(cell, "") for cell in COMMON}
        row.typed = dict.fromkeys(CELLS, "") | kept | row.advised


UNCHANGED = object()


def command_of(row: Row) -> Any:
    """The fields that a row asks for, None to remove its levels, UNCHANGED where nothing was changed.

    What cannot be read is an error of its cell.
    """
    stored = row.known.policy
    method = row.method
    if not method:
        if stored is not None:
            return None
        if any(row.typed[cell] for cell in CELLS):
            row.errors["method"] = _("Choose how it is kept, or empty the row.")
        return UNCHANGED
    if method not in FIELDS:
        row.errors["method"] = _("Choose one of the list.")
        return UNCHANGED
    fields: dict[str, Any] = {"method": method}
    moved = stored is None or method != stored.method
    for cell, name in {**FIELDS[method], **COMMON}.items():
        text = row.typed[cell]
        # Levels of another method mean something else: months are not tablets.
        if moved and cell in OF_METHOD and stored is not None and text == row.was[cell]:
            text = row.typed[cell] = ""
        fields[name] = _read(row, cell, name, text)
    if stored is not None:
        if method == stored.method == "months":
            fields["lookback_months"] = stored.lookback_months
        if stored.demand_override is not None:
            fields["demand_override"] = {
                "quantity": stored.demand_override,
                "reason": stored.demand_override_reason,
            }
    if stored is not None and not moved and not row.errors and _same(fields, stored):
        return UNCHANGED
    return fields


def _read(row: Row, cell: str, name: str, text: str) -> Any:
    if not text:
        return {"order_multiple": 1, "expiry_buffer_days": 0}.get(name)
    try:
        if name == "service_level":
            share = decimal_typed(text.replace("%", ""))
            return share / 100 if share > 1 else share
        return decimal_typed(text) if name.endswith("_months") else whole_typed(text)
    except NotANumber as error:
        row.errors[cell] = render(error.message)
        return None


def judge(row: Row, fields: Mapping[str, Any] | None) -> None:
    """Say what is wrong with a row that can be read, where another cannot: all faults are told at once."""
    if fields is None:
        return
    named = {**FIELDS[fields["method"]], **COMMON}.values()
    policy = reorder.Policy(fields["method"], **{name: fields[name] for name in named})
    for name, message in reorder.check_policy(policy):
        row.errors[_cell(row.method, name)] = render(message)


def _same(fields: Mapping[str, Any], stored: Policy) -> bool:
    names = [*FIELDS[stored.method].values(), *COMMON.values()]
    return all(fields[name] == getattr(stored, name) for name in names)


def put_errors(rows: list[Row], errors: Iterable[FieldError]) -> list[str]:
    """Put the faults of `/rows/N/field` on the cells of the N-th row; what fits none is answered in words."""
    left: list[str] = []
    for error in errors:
        _empty, _list, index, name = [*error.pointer.split("/", 3), "", "", ""][:4]
        text = render(error.message)
        if not index.isdigit() or int(index) >= len(rows):
            left.append(text)
            continue
        row = rows[int(index)]
        cell = _cell(row.method, name)
        row.errors[cell] = " ".join(filter(None, (row.errors.get(cell), text)))
    return left


def _cell(method: str, name: str) -> str:
    named = {field: cell for cell, field in {**FIELDS.get(method, {}), **COMMON}.items()}
    return named.get(name, "method")


def methods() -> tuple[str, ...]:
    """The methods, in the order in which they are offered."""
    return tuple(POLICY_FIELDS)
