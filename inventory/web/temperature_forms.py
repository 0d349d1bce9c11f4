"""The forms of temperature loggers: what one is, where it is, a file of its readings; decisions on excursions."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, TextAreaField
from wtforms.validators import InputRequired

from inventory.db import session
from inventory.exchange.logger_files import Asked
from inventory.models import TemperatureLogger
from inventory.queries import temperatures as reading
from inventory.rules.temperature import ALLOWED
from inventory.web.forms import Amount, BaseForm, Choice, Day, Text
from inventory.web.guard import me
from inventory.web.pages import Moment
from inventory.web.reference_words import TEMPERATURES, choices
from inventory.web.words import number


def place_choices() -> list[tuple[str, str]]:
    """Where a logger may be: sites, their bins, shipments; the values name them."""
    sites, shipments = reading.places(session(), me())
    found = [("", _("Choose a place"))]
    for site, bins in sites:
        found.append((f"site {site.code}", f"{site.name} ({site.code})"))
        found += [
            (f"bin {site.code} {each.code}", f"{site.name}: {each.name or each.code} ({each.code})")
            for each in bins
        ]
    found += [(f"shipment {each.number}", _("Shipment %(number)s", number=each.number)) for each in shipments]
    return found


def place_fields(value: str | None) -> dict[str, str | None]:
    """What the service takes for a place that was chosen."""
    kind, _space, rest = (value or "").partition(" ")
    if kind == "bin":
        site, _space, code = rest.partition(" ")
        return {"site": site, "bin": code}
    return {"shipment": rest} if kind == "shipment" else {"site": rest or None}


def place_of(logger: TemperatureLogger) -> str:
    """The value of the choice that is a logger's place."""
    if logger.shipment is not None:
        return f"shipment {logger.shipment.number}"
    site = logger.site.code if logger.site is not None else ""
    return f"bin {site} {logger.bin.code}" if logger.bin is not None else f"site {site}"


class LoggerForm(BaseForm):
    """What a logger is and what it watches over."""

    code = Text(
        _l("Code"),
        [InputRequired(_l("Give a code."))],
        description=_l("Its serial number is best: the files say it."),
        render_kw={"maxlength": 32, "autocomplete": "off", "dir": "ltr"},
    )
    name = Text(_l("Name"), description=_l("Such as: vaccine refrigerator."), render_kw={"maxlength": 200})
    place = Choice(_l("Where it is"), [InputRequired(_l("Say where it is."))])
    temperature = Choice(_l("It watches over"), [InputRequired(_l("Choose one of the list."))])
    low = Amount(_l("Lowest allowed, °C"), description=_l("Empty: what the class allows."))
    high = Amount(_l("Highest allowed, °C"), description=_l("Empty: what the class allows."))
    holds_freeze_sensitive = BooleanField(
        _l("Goods there must not freeze"),
        description=_l("One reading at 0 °C or below is then an excursion, whatever the limits."),
    )
    calibrated_until = Day(_l("Calibrated until"), description=_l("Somebody is reminded 30 days before."))

    def offer(self) -> None:
        """Set what may be chosen."""
        self.place.choices = place_choices()
        words = dict(choices(TEMPERATURES))
        self.temperature.choices = [
            (word, f"{words[word]} ({number(found.low, 0)} – {number(found.high, 0)} °C)")
            for word, found in ALLOWED.items()
        ]

    def fields(self) -> dict[str, Any]:
        """What the service takes, the place apart."""
        names = ("name", "temperature", "low", "high", "holds_freeze_sensitive", "calibrated_until")
        return {name: self[name].data for name in names}


class MoveForm(BaseForm):
    """Where a logger is put, and since when."""

    place = Choice(_l("Where it is now"), [InputRequired(_l("Say where it is."))])
    since = Moment(
        _l("Since"),
        [InputRequired(_l("Say since when."))],
        description=_l("What it read before is kept, and not judged for the new place."),
    )


class ReadingsForm(BaseForm):
    """A file of readings, and what it does not say itself."""

    logger = Choice(_l("Logger"))
    file = FileField(
        _l("File"), description=_l("CSV, text or Excel (.xlsx), as the logger or its program wrote it.")
    )
    kept = HiddenField()
    kept_name = HiddenField()
    order = Choice(_l("Dates"))
    unit = Choice(_l("Degrees"))
    channel = Choice(_l("Sensor"))
    whatever_serial = BooleanField(_l("It is this logger all the same"))

    def offer(self, codes: Sequence[tuple[str, str]]) -> None:
        """Set what may be chosen."""
        self.file.flags.required = True  # it is kept from one try to the next: `kept`
        self.logger.choices = [("", _("The one whose serial number the file says")), *codes]
        self.order.choices = [
            ("", _("As the file shows")),
            ("dmy", _("Day first: 31/12/2026")),
            ("mdy", _("Month first: 12/31/2026")),
        ]
        self.unit.choices = [("", _("As the file says, else °C")), ("c", "°C"), ("f", "°F")]
        typed = self.channel.data
        self.channel.choices = [("", _("The only one"))] + ([(typed, typed)] if typed else [])

    def offer_channels(self, names: Sequence[str]) -> None:
        """Let a person choose among several sensors."""
        self.channel.choices = [("", _("Choose")), *((name, name) for name in names)]

    def asked(self) -> Asked:
        """What the person says of the file."""
        unit = self.unit.data
        order = self.order.data
        return Asked(
            "dmy" if order == "dmy" else "mdy" if order == "mdy" else None,
            None if unit not in ("c", "f") else unit == "f",
            self.channel.data,
        )


class HarmlessForm(BaseForm):
    """Why the goods took no harm."""

    reason = TextAreaField(
        _l("Why the goods took no harm"),
        [InputRequired(_l("Say why the goods took no harm."))],
        description=_l("Such as what the maker says of so many hours at so many degrees, and who said it."),
        render_kw={"rows": 3, "maxlength": 2000},
    )


class AsideForm(BaseForm):
    """A word on what goes to quarantine; the batches are ticked beside it."""

    note = TextAreaField(_l("Note"), render_kw={"rows": 2, "maxlength": 1500})
