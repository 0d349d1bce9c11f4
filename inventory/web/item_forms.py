"""The forms of the catalogue."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FieldList, FormField
from wtforms.validators import InputRequired

from inventory.services.catalogue import Pack
from inventory.web.forms import Amount, BaseForm, Choice, FilterForm, LineForm, Text, Whole, filled
from inventory.web.reference_words import CATEGORIES, TEMPERATURES, VEN, choices, said


class PackForm(LineForm):
    """A barcode number and what its pack holds."""

    gtin = Text(
        _l("Barcode number (GTIN)"), render_kw={"inputmode": "numeric", "maxlength": 20, "dir": "ltr"}
    )
    quantity = Whole(_l("Base units in it"))


class ItemForm(BaseForm):
    """One entry of the catalogue."""

    code = Text(
        _l("Code"),
        [InputRequired(_l("Give a code."))],
        description=_l("Letters, digits, hyphen, underscore or dot. It stays for good."),
        render_kw={"maxlength": 32, "autocomplete": "off", "dir": "ltr"},
    )
    name = Text(_l("Name"), [InputRequired(_l("Give a name."))], render_kw={"maxlength": 200})
    name_fr = Text(_l("Name in French"), render_kw={"maxlength": 200})
    category = Choice(_l("Category"), [InputRequired(_l("Choose a category."))])
    base_unit = Text(
        _l("Base unit"),
        [InputRequired(_l("Say in what it is counted."))],
        description=_l(
            "The smallest thing that is given out: tablet, ampoule, piece. All quantities count it."
        ),
        render_kw={"maxlength": 200},
    )
    inn = Text(_l("Generic name (INN)"), render_kw={"maxlength": 200})
    strength = Text(_l("Strength"), render_kw={"maxlength": 200})
    dosage_form = Text(_l("Dosage form"), render_kw={"maxlength": 200})
    atc = Text(_l("ATC code"), render_kw={"maxlength": 32, "dir": "ltr"})
    ven = Choice(_l("How vital"))
    temperature = Choice(_l("Kept at"), default="ambient")
    tracks_expiry = BooleanField(_l("Has an expiry date"))
    serialised = BooleanField(
        _l("Each piece has a serial number"), description=_l("For vehicles and devices: a lot is one piece.")
    )
    freeze_sensitive = BooleanField(_l("Must not freeze"))
    controlled = BooleanField(_l("Controlled medicine"))
    dangerous = BooleanField(_l("Dangerous goods"))
    un_number = Text(_l("UN number"), render_kw={"maxlength": 8, "dir": "ltr"})
    unit_weight_kg = Amount(_l("Weight of one unit, kg"))
    unit_volume_m3 = Amount(_l("Volume of one unit, m³"))
    gtins = FieldList(FormField(PackForm, label=_l("Pack")), label=_l("Packs"), min_entries=1)

    def offer(self, used: Iterable[str]) -> None:
        """Set what may be chosen: the categories with words, and those in use."""
        more = [(each, each) for each in dict.fromkeys(used) if each not in CATEGORIES]
        self.category.choices = [("", _("Choose a category")), *choices(CATEGORIES), *more]
        self.ven.choices = choices(VEN, _("not told"))
        self.temperature.choices = choices(TEMPERATURES)

    def rows(self) -> list[Any]:
        """The packs in which something was typed."""
        return filled(self.gtins)

    def fields(self, rows: list[Any]) -> dict[str, Any]:
        """What the service takes."""
        left_out = ("token", "csrf_token", "code", "gtins")
        values = {field.short_name: field.data for field in self if field.short_name not in left_out}
        packs = [Pack(row.form.gtin.data or "", row.form.quantity.data) for row in rows]
        return values | {"gtins": packs}


class ItemFilters(FilterForm):
    """Which items to show."""

    category = Choice(_l("Category"))

    def offer(self, used: Iterable[str]) -> None:
        """Set what may be chosen."""
        self.category.choices = [("", _("Every category"))] + [
            (each, said(CATEGORIES, each)) for each in used
        ]
