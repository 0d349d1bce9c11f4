"""The forms of the import wizard: the file, its columns, its unknown items."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField
from wtforms.validators import InputRequired

from inventory.exchange import parsing
from inventory.exchange.fields import FIELDS, Kind
from inventory.exchange.guessing import FORMATS, date_forms
from inventory.exchange.measures import MEASURES, unit_in
from inventory.services.import_files import Look
from inventory.web.forms import BaseForm, Choice, Text
from inventory.web.import_words import field_name, form_words
from inventory.web.pages import my_sites, site_choices

AS_CONSTANT = {
    Kind.ITEMS: ("category", "base_unit"),
    Kind.SITES: ("kind", "country"),
    Kind.RECEIPTS: ("site", "received_on", "donor", "reference", "item_category", "item_base_unit"),
    Kind.CONSUMPTION: ("site", "occurred_on", "item_category", "item_base_unit"),
    Kind.SHIPMENTS: (
        "origin",
        "destination",
        "mode",
        "reference",
        "currency",
        "item_category",
        "item_base_unit",
    ),
}
"""What may be said once for every row where no column says it."""
_SITES = ("site", "origin", "destination")
_DAYS = ("received_on", "occurred_on")


class FileForm(BaseForm):
    """What is imported, and the file."""

    kind = Choice(_l("What is in the file?"), [InputRequired(_l("Say what is in the file."))])
    file = FileField(
        _l("File"),
        [InputRequired(_l("Choose a file."))],
        description=_l("CSV or Excel (.xlsx), as you have it: titles above the header do no harm."),
    )


class SheetForm(BaseForm):
    """Where in the file the rows are."""

    sheet = Choice(_l("Sheet"))
    header_row = Text(_l("Line of the header"), description=_l("Empty: it is found."))


class ColumnsForm(BaseForm):
    """How the file is read besides its columns."""

    save_as = Text(
        _l("Keep these choices under the name"),
        description=_l("Files with the same columns are then read like this one."),
    )
    leave_repeats = BooleanField(_l("Leave out rows that stand in the file more than once"))
    skip_column = Choice(_l("Leave out rows where the column"))
    skip_values = Text(_l("holds one of"), description=_l("Words apart by ; such as Total; Subtotal"))


def field_choices(kind: Kind) -> list[tuple[str, str]]:
    """The fields of a kind for a select."""
    return [("", _("Not used")), *((name, field_name(name)) for name in FIELDS[kind])]


def constants(kind: Kind, told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What may be said for every row: its field, words, what was said, and the choices where there are some."""
    held = told.get("constants", {})
    names = [*AS_CONSTANT[kind], *(name for name in held if name not in AS_CONSTANT[kind])]
    offered = []
    for name in names:
        value = held.get(name)
        choices = (
            site_choices(my_sites(partners=kind is Kind.SHIPMENTS, closed=False), "")
            if name in _SITES
            else None
        )
        if choices and value and value not in dict(choices):
            choices = [*choices, (str(value), str(value))]
        offered.append(
            {
                "name": name,
                "words": field_name(name),
                "value": ""
                if value is None
                else str(value).lower()
                if isinstance(value, bool)
                else str(value),
                "choices": choices,
                "day": name in _DAYS,
                "required": FIELDS[kind][name].required,
            }
        )
    return offered


def dates(kind: Kind, told: Mapping[str, Any], seen: Look) -> list[dict[str, Any]]:
    """The dated fields that have a column: how they are read, and whether day and month could be meant otherwise."""
    columns = {column.header: column for column in seen.columns}
    found = []
    for name, header in told.get("columns", {}).items():
        if name not in FIELDS[kind] or not FIELDS[kind][name].dated or header not in columns:
            continue
        guessed = date_forms(columns[header].values)
        forms = told.get("dates", {}).get(name) or guessed.forms
        found.append(
            {
                "name": name,
                "words": field_name(name),
                "forms": forms,
                "value": "|".join(forms),
                "choices": _date_choices(forms),
                "ambiguous": guessed.ambiguous,
                "sample": columns[header].samples[0] if columns[header].samples else "",
                "real": not any(isinstance(value, str) for value in columns[header].values),
            }
        )
    return found


def units(kind: Kind, told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The weights and volumes that have a column: in which unit the file tells them, and which there are."""
    return [
        {
            "name": name,
            "words": field_name(name),
            "value": told.get("units", {}).get(name, next(iter(known))),
            "choices": [(unit, unit.replace("3", "³")) for unit in known],
            "header": told["columns"][name],
        }
        for name, known in MEASURES.items()
        if name in FIELDS[kind] and name in told.get("columns", {})
    ]


def _date_choices(forms: Sequence[str]) -> list[tuple[str, str]]:
    first = [("|".join(forms), " · ".join(form_words(form) for form in forms))] if forms else []
    rest = [(form, form_words(form)) for form in FORMATS if [form] != list(forms)]
    return [*first, *rest]


def told_by_page(kind: Kind, seen: Look, before: Mapping[str, Any], form: ColumnsForm) -> dict[str, Any]:
    """The sections of a mapping from what the page sent."""
    columns: dict[str, str] = {}
    values = {column.header: column.values for column in seen.columns}
    for number, header in enumerate(seen.headers):
        name = request.form.get(f"column-{number}", "")
        if name in FIELDS[kind] and name not in columns:
            columns[name] = header
    told: dict[str, Any] = {
        "file": dict(before.get("file", {})),
        "columns": columns,
        "constants": {},
        "dates": {},
        "units": {},
        "skip": {},
        "items": dict(before.get("items", {})),
        "leave_repeats": bool(form.leave_repeats.data),
    }
    for name, field in FIELDS[kind].items():
        constant = " ".join(request.form.get(f"constant-{name}", "").split())[:200]
        # What is said for every row holds where a column's cell is empty, for what is yes or no.
        if constant and (name not in columns or field.parse is parsing.truth):
            told["constants"][name] = constant
        forms = [
            each for each in request.form.get(f"date-{name}", "").split("|") if each in FORMATS or "%" in each
        ]
        if field.dated and name in columns:
            forms = forms or date_forms(values[columns[name]]).forms
            if forms:
                told["dates"][name] = [each[:20] for each in forms[:5]]
    for name in (name for name in MEASURES if name in columns):
        unit = request.form.get(f"unit-{name}") or unit_in(name, columns[name])
        if unit in MEASURES[name] and unit != next(iter(MEASURES[name])):
            told["units"][name] = unit
    words = [word.strip() for word in (form.skip_values.data or "").split(";") if word.strip()]
    if form.skip_column.data in seen.headers and words:
        told["skip"] = {form.skip_column.data: words}
    if before.get("bundled"):
        told["bundled"] = before["bundled"]
    return told


def twice(kind: Kind, seen: Look) -> list[str]:
    """Fields that the page gave to more than one column."""
    given = [request.form.get(f"column-{number}", "") for number in range(len(seen.headers))]
    return sorted({name for name in given if name in FIELDS[kind] and given.count(name) > 1})
