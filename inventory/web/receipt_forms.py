"""The form for goods received, and the command that is made of it."""

from dataclasses import replace
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FieldList, FormField, HiddenField
from wtforms.validators import InputRequired

from inventory.models import Donation, Donor, Site
from inventory.services.receipts import NewReceipt, NewReceiptLine, NotFoundLine
from inventory.web.forms import Amount, BaseForm, Choice, Day, FilterForm, Text, filled
from inventory.web.receipt_lines import NAMES, SELECTS, LotForm, YesNo, languages, line_of
from inventory.web.reference_words import CONDITIONS, choices
from inventory.web.words import day

__all__ = ["NAMES", "SELECTS", "LotForm", "ReceiptFilters", "ReceiptForm", "TakeBackForm"]

ARRIVAL = (
    "announced_on",
    "vehicle",
    "costs_paid_by",
    "seal_declared",
    "seal_found",
    "seal_intact",
    "logger",
    "logger_low",
    "logger_high",
    "logger_alarm",
    "all_languages",
    "all_condition",
)
"""Fields of the part “On arrival”, in their order."""


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
    announced_on = Day(_l("Pre-alert on"), description=_l("When the donor told of it, with what and when."))
    vehicle = Text(_l("Vehicle or container"), render_kw={"maxlength": 200, "dir": "auto"})
    seal_declared = Text(_l("Seal declared"), render_kw={"maxlength": 200, "dir": "ltr"})
    seal_found = Text(_l("Seal found"), render_kw={"maxlength": 200, "dir": "ltr"})
    seal_intact = YesNo(_l("Seal intact"))
    logger = Text(_l("Temperature logger"), render_kw={"maxlength": 200, "dir": "ltr"})
    logger_low = Amount(_l("Lowest, °C"))
    logger_high = Amount(_l("Highest, °C"))
    logger_alarm = YesNo(_l("Logger alarm"))
    costs_paid_by = Text(
        _l("Who pays"), description=_l("Transport, clearance and storage."), render_kw={"maxlength": 200}
    )
    all_languages = Text(
        _l("Languages of all labels"),
        description=_l("Where a lot does not say another."),
        render_kw={"maxlength": 100},
    )
    all_condition = Choice(_l("Condition of all lots"), description=_l("Where a lot does not say another."))
    scan = Text(
        _l("Scan"),
        render_kw={"maxlength": 2000, "autocomplete": "off", "dir": "ltr", "spellcheck": "false"},
    )
    recap = HiddenField()
    lines = FieldList(FormField(LotForm, label=_l("Lot")), label=_l("Lots"), min_entries=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.all_condition.choices = choices(CONDITIONS, _("not told"))

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

    def sent_rows(self, rows: list[Any]) -> dict[str, list[Any]]:
        """The rows that lines and missing lots of the command are made of, for putting errors in their places."""
        return {
            "lines": [row for row in rows if not _is_missing(row.form)],
            "not_found": [row for row in rows if _is_missing(row.form)],
        }

    def command(self, rows: list[Any]) -> NewReceipt:
        """The command for the service. Call it when every field could be read."""
        assert self.received_on.data is not None
        return NewReceipt(
            site=self.site.data or "",
            received_on=self.received_on.data,
            lines=[self._whole(line_of(row.form)) for row in rows if not _is_missing(row.form)],
            not_found=[_missing(row.form) for row in rows if _is_missing(row.form)],
            donation=self.donation.data,
            donor=self.donor.data,
            arrived_in_country_on=self.arrived_in_country_on.data,
            consent_reference=self.consent_reference.data,
            checked_by=self.checked_by.data,
            reference=self.reference.data,
            uuid=self.uuid,
            announced_on=self.announced_on.data,
            vehicle=self.vehicle.data,
            seal_declared=self.seal_declared.data,
            seal_found=self.seal_found.data,
            seal_intact=self.seal_intact.data,
            logger=self.logger.data,
            logger_low=self.logger_low.data,
            logger_high=self.logger_high.data,
            logger_alarm=self.logger_alarm.data,
            costs_paid_by=self.costs_paid_by.data,
        )

    def arrival_fields(self) -> list[Any]:
        """The fields of the part “On arrival”."""
        return [self[name] for name in ARRIVAL]

    def arrival_told(self) -> bool:
        """Whether anything of how it came was filled in, or is at fault: then its part of the form stands open."""
        return any(self[name].errors or self[name].data not in (None, "") for name in ARRIVAL)

    def _whole(self, line: NewReceiptLine) -> NewReceiptLine:
        """The line with what holds for all lots, where it says nothing else."""
        return replace(
            line,
            label_languages=line.label_languages or languages(self.all_languages.data),
            condition=line.condition or self.all_condition.data or None,
        )


def _is_missing(form: Any) -> bool:
    """Whether a row is of the packing list, and nothing of it was found."""
    return form.quantity.data == 0 and bool(form.declared.data)


def _missing(form: Any) -> NotFoundLine:
    return NotFoundLine(
        item=form.item.data or "",
        declared=form.declared.data,
        lot=form.lot.data,
        expires_on=form.expires_on.data,
        carton=form.carton.data,
    )


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
