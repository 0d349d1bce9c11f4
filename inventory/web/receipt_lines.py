"""One lot in the form for goods received, and the line of the command that is made of it."""

import re
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectMultipleField

from inventory.services.receipts import LineException, NewReceiptLine
from inventory.web.forms import Amount, Choice, Expiry, ItemSearch, LineForm, Text, Whole
from inventory.web.reference_words import (
    ACCEPTABLE,
    CHECKS,
    CONDITIONS,
    LABEL_PARTS,
    TEMPERATURES,
    VALUE_BASES,
    ZONES,
    choices,
)

CURRENCIES = (
    "EUR",
    "USD",
    "GBP",
    "CHF",
    "IQD",
    "AMD",
    "SEK",
    "NOK",
    "DKK",
    "CAD",
    "AUD",
    "JPY",
    "TRY",
    "AED",
)

SELECTS = ("currency", "zone")
"""Fields of a row that always have a value, and so do not make it a filled one."""

NAMES = {
    "serial": "lot",
    "witness": "checked_by",
    "exceptions/0/rule": "exception_rule",
    "exceptions/0/accepted_by": "exception_by",
    "exceptions/0/reason": "exception_reason",
}
"""Fields whose names differ from those of the command."""


class YesNo(Choice):
    """Yes, no, or nobody looked: True, False or None."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, coerce=_truth, **kwargs)
        self.choices = [("", _("not told")), ("yes", _("Yes")), ("no", _("No"))]

    def pre_validate(self, form: Any) -> None:
        """Whatever else was sent means that nobody looked."""


def _truth(value: Any) -> bool | None:
    return {"yes": True, "no": False, True: True, False: False}.get(value)


class Ticks(SelectMultipleField):
    """Parts of a label, each with a box to tick; words that are none of them are left out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = kwargs.get("choices") or []

    def process_formdata(self, valuelist: list[Any]) -> None:
        told = {str(value) for value in valuelist}
        self.data = [value for value in LABEL_PARTS if value in told]

    def pre_validate(self, form: Any) -> None:
        """Only known words were kept."""


class LotForm(LineForm):
    """One lot as it came."""

    item = ItemSearch(_l("Item"), [], render_kw={"maxlength": 200})
    lot = Text(
        _l("Lot or serial"), render_kw={"maxlength": 80, "autocomplete": "off", "dir": "ltr", "data-lot": ""}
    )
    expires_on = Expiry(_l("Expires"))
    quantity = Whole(_l("Quantity"), description=_l("All that came, in base units."))
    declared = Whole(_l("Declared"), description=_l("What the papers say."))
    damaged = Whole(_l("Damaged"), description=_l("Of what came; goes to quarantine."))
    manufacturer = Text(_l("Manufacturer"), render_kw={"maxlength": 200})
    label_languages = Text(_l("Languages of the label"), description=_l("Such as en, fr, ar."))
    unit_value = Amount(_l("Value of one unit"))
    currency = Choice(_l("Currency"), choices=[(code, code) for code in CURRENCIES], default="EUR")
    value_basis = Choice(_l("Basis of the value"))
    carton = Text(_l("Carton"), render_kw={"maxlength": 200, "autocomplete": "off"})
    gross_weight_kg = Amount(_l("Weight, kg"), description=_l("Of the whole carton."))
    zone = Choice(_l("Put in"), default="stock")
    returned_or_sample = BooleanField(_l("Returned by a patient, or a free sample"))
    exception_rule = Choice(_l("Taken in spite of"))
    exception_by = Text(_l("Accepted by"), render_kw={"maxlength": 200})
    exception_reason = Text(_l("Because"), render_kw={"maxlength": 500})
    note = Text(_l("Note"), render_kw={"maxlength": 2000})
    brand = Text(_l("Brand"), render_kw={"maxlength": 200})
    presentation = Text(
        _l("Strength and form"), description=_l("As on the label."), render_kw={"maxlength": 200}
    )
    pack_quantity = Whole(_l("Units in a pack"))
    condition = Choice(_l("Condition"))
    storage = Choice(_l("Storage on the label"))
    declared_weight_kg = Amount(_l("Declared weight, kg"))
    value_source = Text(
        _l("Source of the value"), description=_l("Price list or invoice."), render_kw={"maxlength": 200}
    )
    on_list = YesNo(_l("On the list used here"))
    registered = YesNo(_l("Registered in the country"))
    quality_seen = YesNo(_l("Certificate of quality seen"))
    label_missing = Ticks(_l("Missing on the label"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.value_basis.choices = choices(VALUE_BASES, _("not told"))
        self.zone.choices = choices({name: ZONES[name] for name in ("stock", "quarantine")})
        self.condition.choices = choices(CONDITIONS, _("not told"))
        self.storage.choices = choices(TEMPERATURES, _("not told"))
        self.label_missing.choices = choices(LABEL_PARTS)
        self.exception_rule.choices = choices({rule: CHECKS[rule] for rule in ACCEPTABLE}, _("no exception"))


def languages(typed: str | None) -> list[str] | None:
    """The language tags in what was typed, however they are parted."""
    return [tag for tag in re.split(r"[\s,;/]+", typed or "") if tag] or None


def line_of(form: Any) -> NewReceiptLine:
    return NewReceiptLine(
        item=form.item.data or "",
        lot=form.lot.data,
        quantity=form.quantity.data,
        expires_on=form.expires_on.data,
        expiry_precision=form.expires_on.precision,
        declared=form.declared.data,
        damaged=form.damaged.data or 0,
        manufacturer=form.manufacturer.data,
        label_languages=languages(form.label_languages.data),
        unit_value=form.unit_value.data,
        currency=form.currency.data if form.unit_value.data is not None else None,
        value_basis=form.value_basis.data,
        carton=form.carton.data,
        gross_weight_kg=form.gross_weight_kg.data,
        zone=form.zone.data or "stock",
        returned_or_sample=form.returned_or_sample.data,
        exceptions=_exceptions(form),
        note=form.note.data,
        brand=form.brand.data,
        presentation=form.presentation.data,
        pack_quantity=form.pack_quantity.data,
        condition=form.condition.data,
        storage=form.storage.data,
        declared_weight_kg=form.declared_weight_kg.data,
        value_source=form.value_source.data,
        on_list=form.on_list.data,
        registered=form.registered.data,
        quality_seen=form.quality_seen.data,
        label_missing=form.label_missing.data or None,
    )


def _exceptions(form: Any) -> list[LineException]:
    if not (form.exception_rule.data or form.exception_by.data or form.exception_reason.data):
        return []
    return [
        LineException(
            form.exception_rule.data or "", form.exception_by.data or "", form.exception_reason.data or ""
        )
    ]
