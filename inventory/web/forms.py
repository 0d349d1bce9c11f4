"""What the forms of the pages share: fields that read what people type, rows of lines, errors in their places.

A view fills the form from the request, makes a command of it, and lets the service judge; what the service says is put
back on the fields by `put_errors`, and the page is shown again with everything that was typed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import BooleanField, Field, FieldList, Form, FormField, HiddenField, SelectField, StringField
from wtforms.validators import ValidationError
from wtforms.widgets import DateInput, TextInput

from inventory.db import session
from inventory.errors import DomainError, Message
from inventory.extensions import render
from inventory.queries.typed import resolve_items
from inventory.rules.shelf_life import InvalidExpiry, parse_expiry
from inventory.rules.text import fold
from inventory.web.numerals import NotANumber, decimal_typed, whole_typed

MOST_LINES = 2000


class BaseForm(FlaskForm):
    """A form that changes something: CSRF, and a `token` that makes a second submission of the same page harmless."""

    token = HiddenField(default=lambda: str(uuid4()))

    @property
    def uuid(self) -> UUID:
        """The identity of this submission, for the `uuid=` of a command."""
        try:
            return UUID(self.token.data or "")
        except ValueError:
            return uuid4()


class LineForm(Form):
    """A row of lines: `FieldList(FormField(Line), min_entries=1)`. No CSRF of its own."""


class FilterForm(Form):
    """Filters in the address (GET): `MyFilters(request.args)`."""


class Text(StringField):
    """Text on one line, trimmed; None where nothing was typed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.type = "StringField"

    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist:
            self.data = str(valuelist[0]).strip() or None

    def _value(self) -> str:
        return _typed(self) or ("" if self.data is None else str(self.data))


class SecondPerson(Text):
    """Who stands beside the one that posts. The service asks for it where a line is a controlled medicine."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            _l("Second person (controlled medicines)"),
            description=_l("Needed when a controlled medicine moves: who stands for it with you."),
            render_kw={"maxlength": 200, "autocomplete": "off"},
            **kwargs,
        )


class Choice(SelectField):
    """A select; the empty first choice gives None. `choices` may be a function."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("coerce", _or_none)
        offered = kwargs.pop("choices", None)
        super().__init__(*args, **kwargs)
        self.choices = offered
        self.type = "SelectField"

    def pre_validate(self, form: Any) -> None:
        """An empty choice is judged by the service, an unknown one here."""
        if self.data is not None and not any(self.data == value for value in self._values()):
            raise ValidationError(_("Choose one of the list."))

    def _values(self) -> list[Any]:
        return [each[0] for each in self.choices or [] if isinstance(each, tuple)]


class Whole(Field):
    """A whole number, exactly: blanks between thousands are allowed, commas and points are not guessed at."""

    widget = TextInput()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.type = "IntegerField"
        self.data: int | None

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        if valuelist and str(valuelist[0]).strip():
            try:
                self.data = whole_typed(str(valuelist[0]))
            except NotANumber as error:
                raise ValueError(render(error.message)) from None

    def _value(self) -> str:
        return _typed(self) or ("" if self.data is None else str(self.data))


class Amount(Field):
    """A decimal, with a point or a comma before its decimals."""

    widget = TextInput()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.type = "DecimalField"
        self.data: Decimal | None

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        if valuelist and str(valuelist[0]).strip():
            try:
                self.data = decimal_typed(str(valuelist[0]))
            except NotANumber as error:
                raise ValueError(render(error.message)) from None

    def _value(self) -> str:
        return _typed(self) or ("" if self.data is None else plain(self.data))


class Percent(Amount):
    """A share, typed and shown in percent: 95, 95 % or 0.95 is `Decimal("0.95")`."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata([str(value).replace("%", "") for value in valuelist])
        if self.data is not None and self.data > 1:
            self.data = self.data / 100

    def _value(self) -> str:
        return _typed(self) or ("" if self.data is None else plain(self.data * 100))


class Expiry(Field):
    """An expiry date as people write it: 2027-04-30, 30/04/2027, 04/2027. `precision` is `day` or `month`."""

    widget = TextInput()
    precision = "day"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.type = "StringField"
        self.data: date | None
        given = {"data-expiry": "", "autocomplete": "off", "dir": "ltr", "placeholder": "2027-04"}
        self.render_kw = given | (self.render_kw or {})

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        if valuelist and str(valuelist[0]).strip():
            try:
                self.data, self.precision = parse_expiry(str(valuelist[0]).strip())
            except InvalidExpiry as error:
                raise ValueError(render(error.message)) from None

    def _value(self) -> str:
        return _typed(self) or ("" if self.data is None else self.data.isoformat())


class Day(Field):
    """A day: the browser's date field, or 2026-04-30 or 30/04/2026 typed where there is none."""

    widget = DateInput()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.type = "DateField"
        self.data: date | None

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        if valuelist and str(valuelist[0]).strip():
            typed = str(valuelist[0]).strip()
            try:
                day, precision = parse_expiry(typed)
                self.data = day if precision == "day" else None
            except InvalidExpiry:
                self.data = None
            if self.data is None:
                raise ValueError(
                    _("“%(typed)s” is not read as a date: write it like 2026-04-30.", typed=typed)
                )

    def _value(self) -> str:
        return _typed(self) or ("" if self.data is None else self.data.isoformat())


class ItemSearch(Text):
    """An item: its code, or whatever was typed until `name_items` has found the code to it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.render_kw = {"autocomplete": "off", "data-item-search": "/items/search"} | (self.render_kw or {})


def name_items(fields: Iterable[ItemSearch]) -> None:
    """Turn what was typed in item fields into codes: by code, then by barcode, then by name.

    Call it on every POST, before `validate`.

    Names are set for showing the page again. What fits nothing, or several items, is an error of its field.
    """
    wanted = [field for field in fields if field.data]
    found = resolve_items(session(), [str(field.data) for field in wanted])
    for field in wanted:
        hits = found[str(field.data)]
        if len(hits) == 1:
            field.data = hits[0].code
            field.raw_data = [hits[0].code]
            field.render_kw = {**(field.render_kw or {}), "data-label": hits[0].name}
        elif hits:
            names = ", ".join(f"{hit.name} ({hit.code})" for hit in hits[:5])
            _fault(field, _("Several items fit: %(names)s. Choose one.", names=names))
        else:
            text = _("No item fits “%(typed)s”. Look for it by its name or code.", typed=field.data)
            _fault(field, text)


def _fault(field: Any, text: str) -> None:
    field.process_errors.append(text)


def _typed(field: Any) -> str:
    """What was sent, as it was typed; empty where nothing was."""
    return str(field.raw_data[0]) if field.raw_data else ""


def _or_none(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)


def plain(value: Decimal) -> str:
    """A decimal as a person types it: no exponent, no zeros at its end."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


# ---- rows of lines ----------------------------------------------------------------------------------------------


def rows_changed(lines: Any) -> bool:
    """Add or remove the row that a button without script asks for; then the page is shown again, nothing judged."""
    if "remove_line" in request.form:
        at = request.form["remove_line"]
        if at.isdigit() and int(at) < len(lines.entries):
            lines.pop_entry(int(at))
        if not lines.entries:
            lines.append_entry()
        return True
    if "add_line" in request.form:
        if len(lines.entries) < MOST_LINES:
            lines.append_entry()
        return True
    return False


def filled(lines: "FieldList[Any]", *defaults: str) -> list[Any]:
    """The rows in which something was typed. `defaults` names fields that do not count: selects with a value."""
    return [entry for entry in lines.entries if any(_says(field, defaults) for field in entry.form)]


def _says(field: Any, defaults: Sequence[str]) -> bool:
    if field.short_name in defaults or isinstance(field, HiddenField):
        return False
    if isinstance(field, BooleanField):
        return bool(field.data)
    return bool(_typed(field).strip()) if field.raw_data is not None else field.data not in (None, "")


# ---- errors -----------------------------------------------------------------------------------------------------

Rows = Mapping[str, Sequence[Any]]
"""By the name of a list in a command's pointers: the rows of the form that its lines were made of."""


def put_errors(
    form: Any, error: DomainError, rows: Rows | None = None, names: Mapping[str, str] | None = None
) -> None:
    """Put each error on the field that its pointer names; what fits none is told for the whole form.

    `rows` gives for a list of the command the form's rows in the same order, where blank rows were left out (see
    `filled`); without it the list of the form itself is taken. `names` maps pointers (within a line: of its part, such
    as `exceptions/0/rule`) to names of fields, where they differ.
    """
    placed: list[str] = []
    for each in error.errors:
        text = render(each.message)
        field, line = _field_at(form, each.pointer.strip("/"), rows or {}, names or {})
        if field is not None:
            if text not in field.errors:
                field.errors = [*field.errors, text]
        else:
            told = text if line is None else _("Line %(number)s: %(text)s", number=line, text=text)
            if told not in form.form_errors:
                form.form_errors = [*form.form_errors, told]
        placed.append(text)
    general = render(error.message)
    if general not in placed and (not placed or error.status != 422):
        form.form_errors = [*form.form_errors, general]


def _field_at(form: Any, pointer: str, rows: Rows, names: Mapping[str, str]) -> tuple[Any, int | None]:
    """The field of a pointer, and the number (from 1) of its line where it is in one but fits no field of it."""
    if pointer in names:
        pointer = names[pointer]
    head, _slash, rest = pointer.partition("/")
    if not rest:
        field = form._fields.get(head)
        plain_field = field is not None and not isinstance(field, FieldList | FormField)
        return (field if plain_field else None), None
    index, _slash, part = rest.partition("/")
    if not index.isdigit():
        return form._fields.get(pointer.replace("/", "_")), None
    lines = rows.get(head)
    if lines is None:
        listed = form._fields.get(head)
        if not isinstance(listed, FieldList):
            return listed, None  # several choices in one field
        lines = listed.entries
    if int(index) >= len(lines):
        return None, int(index) + 1
    entry = lines[int(index)]
    field = entry.form._fields.get(names.get(part, part.partition("/")[0]))
    return field, None if field is not None else entry.index + 1


def refused(
    form: Any,
    error: DomainError,
    show: Callable[[], str | Markup],
    rows: Rows | None = None,
    names: Mapping[str, str] | None = None,
) -> tuple[str, int]:
    """The page shown again with the errors in their places and everything that was typed; the status is the error's."""
    put_errors(form, error, rows, names)
    return str(show()), error.status


def tell(form: Any, message: Message) -> None:
    """Say something of the whole form."""
    form.form_errors = [*form.form_errors, render(message)]


# ---- the address -------------------------------------------------------------------------------------------------


def asked(name: str, most: int = 100) -> str | None:
    """A parameter of the address as text that may be looked for: no control characters, not endless."""
    text = "".join(c for c in request.args.get(name, "") if c.isprintable()).strip()[:most]
    return text or None


def asked_number(name: str, default: int, most: int = 1_000_000) -> int:
    """A whole number of the address from 1 on; `default` where it is none."""
    text = fold(request.args.get(name, ""))
    return (
        min(int(text), most)
        if text.isascii() and text.isdigit() and 0 < len(text) < 12 and int(text)
        else default
    )


def asked_day(name: str) -> date | None:
    """A day of the address; None where it is none."""
    try:
        return parse_expiry(request.args.get(name, ""))[0]
    except InvalidExpiry:
        return None
