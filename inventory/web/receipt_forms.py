"""The form for goods received, and the command that is made of it."""

import re
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FieldList, FormField, HiddenField
from wtforms.validators import InputRequired

from inventory.models import Donation, Donor, Site
from inventory.services.receipts import LineException, NewReceipt, NewReceiptLine
from inventory.web.forms import (
    Amount,
    BaseForm,
    Choice,
    Day,
    Expiry,
    FilterForm,
    ItemSearch,
    LineForm,
    Text,
    Whole,
    filled,
)
from inventory.web.reference_words import ACCEPTABLE, CHECKS, VALUE_BASES, ZONES, choices
from inventory.web.words import day

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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.value_basis.choices = choices(VALUE_BASES, _("not told"))
        self.zone.choices = choices({name: ZONES[name] for name in ("stock", "quarantine")})
        self.exception_rule.choices = choices({rule: CHECKS[rule] for rule in ACCEPTABLE}, _("no exception"))


class ReceiptForm(BaseForm):
    """What came to a site on a day, and from whom."""

    site = Choice(_l("Received at"), [InputRequired(_l("Say which site."))])
    donation = Choice(_l("Donation"), description=_l("If it was announced. The donor follows from it."))
    donor = Choice(_l("Donor"), description=_l("If nothing was announced. None for goods that were bought."))
    received_on = Day(_l("Received on"), [InputRequired(_l("Give a date."))])
    arrived_in_country_on = Day(
        _l("Arrived in the country on"), description=_l("What is left until expiry is counted from this day.")
    )
    consent_reference = Text(
        _l("Consent"),
        description=_l("Reference of the recipient's agreement to take it."),
        render_kw={"maxlength": 200},
    )
    checked_by = Text(
        _l("Checked by"),
        description=_l("The second person: needed when a line is a controlled medicine."),
        render_kw={"maxlength": 200},
    )
    reference = Text(
        _l("Reference"),
        description=_l("Delivery note, airway bill or invoice."),
        render_kw={"maxlength": 200},
    )
    scan = Text(
        _l("Scan"),
        render_kw={"maxlength": 2000, "autocomplete": "off", "dir": "ltr", "spellcheck": "false"},
    )
    recap = HiddenField()
    lines = FieldList(FormField(LotForm, label=_l("Lot")), label=_l("Lots"), min_entries=1)

    def offer(self, sites: list[Site], donations: list[Donation], donors: list[Donor]) -> None:
        """Set what may be chosen."""
        blank = [] if len(sites) == 1 else [("", _("Choose a site"))]
        self.site.choices = blank + [(site.code, f"{site.name} ({site.code})") for site in sites]
        self.donation.choices = [("", _("not announced"))] + [
            (each.number, f"{each.number} · {each.donor.name} · {day(each.pledged_on)}") for each in donations
        ]
        self.donor.choices = [("", _("none"))] + [
            (donor.code, f"{donor.name} ({donor.code})") for donor in donors
        ]

    def rows(self) -> list[Any]:
        """The rows in which something was typed; the first where none was."""
        return filled(self.lines, *SELECTS)

    def command(self, rows: list[Any]) -> NewReceipt:
        """The command for the service. Call it when every field could be read."""
        assert self.received_on.data is not None
        return NewReceipt(
            site=self.site.data or "",
            received_on=self.received_on.data,
            lines=[_line(row.form) for row in rows],
            donation=self.donation.data,
            donor=self.donor.data,
            arrived_in_country_on=self.arrived_in_country_on.data,
            consent_reference=self.consent_reference.data,
            checked_by=self.checked_by.data,
            reference=self.reference.data,
            uuid=self.uuid,
        )


def _line(form: Any) -> NewReceiptLine:
    languages = [tag for tag in re.split(r"[\s,;/]+", form.label_languages.data or "") if tag]
    return NewReceiptLine(
        item=form.item.data or "",
        lot=form.lot.data,
        quantity=form.quantity.data,
        expires_on=form.expires_on.data,
        expiry_precision=form.expires_on.precision,
        declared=form.declared.data,
        damaged=form.damaged.data or 0,
        manufacturer=form.manufacturer.data,
        label_languages=languages or None,
        unit_value=form.unit_value.data,
        currency=form.currency.data if form.unit_value.data is not None else None,
        value_basis=form.value_basis.data,
        carton=form.carton.data,
        gross_weight_kg=form.gross_weight_kg.data,
        zone=form.zone.data or "stock",
        returned_or_sample=form.returned_or_sample.data,
        exceptions=_exceptions(form),
        note=form.note.data,
    )


def _exceptions(form: Any) -> list[LineException]:
    if not (form.exception_rule.data or form.exception_by.data or form.exception_reason.data):
        return []
    return [
        LineException(
            form.exception_rule.data or "", form.exception_by.data or "", form.exception_reason.data or ""
        )
    ]


class TakeBackForm(BaseForm):
    """Why something is taken back."""

    reason = Text(
        _l("Reason"),
        [InputRequired(_l("Say why it is taken back."))],
        description=_l("It stays on record beside your name."),
        render_kw={"maxlength": 500},
    )


class ReceiptFilters(FilterForm):
    """Which receipts to show."""

    site = Choice(_l("Site"), default=None)
    donor = Choice(_l("Donor"), default=None)
    since = Day(_l("From"))
    until = Day(_l("Until"))

    def offer(self, sites: list[Site], donors: list[Donor]) -> None:
        """Set what may be chosen."""
        self.site.choices = [("", _("Every site"))] + [(site.code, site.name) for site in sites]
        self.donor.choices = [("", _("Every donor"))] + [(donor.code, donor.name) for donor in donors]
