"""The forms of the demand to come: a site's plan, months by hand, figures that are assumed, kits."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FieldList, FormField, TextAreaField
from wtforms.validators import InputRequired
from wtforms.widgets import MonthInput

from inventory.models import Kit
from inventory.rules.shelf_life import InvalidExpiry, parse_expiry
from inventory.web.forms import Amount, BaseForm, Choice, Day, ItemSearch, LineForm, Text, Whole


class Month(Day):
    """A calendar month: the browser's month field, or 2026-12 or 12/2026 typed where there is none."""

    widget: Any = MonthInput()

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data: date | None = None
        if valuelist and str(valuelist[0]).strip():
            typed = str(valuelist[0]).strip()
            try:
                self.data = parse_expiry(typed)[0].replace(day=1)
            except InvalidExpiry:
                text = _("“%(typed)s” is not read as a month: write it like 2026-12.", typed=typed[:40])
                raise ValueError(text) from None

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data:%Y-%m}"


class PlanForm(BaseForm):
    """How many people a site expects to see."""

    starts_on = Day(_l("From"), description=_l("Today if left empty."))
    days_per_week = Amount(_l("Days a week"), description=_l("On which patients are seen."))
    patients_per_day = Whole(_l("Patients a day"))
    population = Whole(_l("People served"), description=_l("For the content of a kit."))
    kit = Choice(_l("Opened with the kit"))
    for_supplied = BooleanField(
        _l("It plans for the sites that it supplies"),
        description=_l("Its demand is then what they use, beside what it hands out itself."),
    )
    note = TextAreaField(_l("Note"))

    def offer(self, kits: Iterable[Kit]) -> None:
        """Set what may be chosen."""
        listed = [(kit.item.code, f"{kit.item.name} ({kit.item.code})") for kit in kits]
        self.kit.choices = [("", _("none")), *listed]


class MonthsForm(BaseForm):
    """The demand for an item in some months, set by hand."""

    item = ItemSearch(_l("Item"), [InputRequired(_l("Say which item."))])
    first = Month(_l("From month"), [InputRequired(_l("Say from which month."))])
    last = Month(_l("To month"), description=_l("That month alone if left empty."))
    quantity = Amount(
        _l("Use in each month"),
        [InputRequired(_l("Give a quantity."))],
        description=_l("0 is a quantity too."),
    )
    reason = Text(
        _l("Why"),
        [InputRequired(_l("Say why the demand is set by hand."))],
        description=_l("A blocked road, winter, a campaign."),
        render_kw={"maxlength": 500},
    )


class AssumedForm(BaseForm):
    """A month's demand that somebody assumes. It stands on one page with the others: its ids are its own."""

    item = ItemSearch(_l("Item"), [InputRequired(_l("Say which item."))], id="assumed-item")
    quantity = Amount(_l("Use in a month"), [InputRequired(_l("Give a quantity."))], id="assumed-quantity")
    note = Text(_l("What it rests on"), id="assumed-note", render_kw={"maxlength": 500})


class InKitRow(LineForm):
    """An item in a kit."""

    item = ItemSearch(_l("Item"))
    quantity = Whole(_l("Quantity"))


class KitForm(BaseForm):
    """What one kit holds."""

    item = ItemSearch(_l("Kit"), [InputRequired(_l("Say which item of the catalogue the kit is."))])
    people = Whole(_l("For how many people"))
    months = Amount(_l("For how many months"), description=_l("Without it no demand follows from the kit."))
    lines = FieldList(FormField(InKitRow), label=_l("What it holds"), min_entries=1)
