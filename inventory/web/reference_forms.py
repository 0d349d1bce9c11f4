"""The forms of sites, donors and reorder levels."""

from collections.abc import Iterable
from functools import cache
from typing import Any
from zoneinfo import available_timezones

import pycountry
from babel import Locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import InputRequired

from inventory.extensions import current_language
from inventory.models import Policy, Site
from inventory.services.levels import POLICY_FIELDS
from inventory.web.forms import Amount, BaseForm, Choice, FilterForm, ItemSearch, Percent, Text, Whole
from inventory.web.reference_words import POLICY_METHODS, SITE_KINDS, SITE_STATUSES, choices

CODE_HINT = _l("Letters, digits, hyphen, underscore or dot. It stays for good.")


@cache
def countries(locale: str) -> list[tuple[str, str]]:
    """(ISO 3166-1 alpha-2, name in that language) of every country, by name."""
    names = Locale.parse(locale).territories
    listed = [(each.alpha_2, str(names.get(each.alpha_2) or each.name)) for each in pycountry.countries]
    return sorted(listed, key=lambda each: each[1])


@cache
def zones() -> list[str]:
    """The names of time zones that places have."""
    return sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))


class SiteForm(BaseForm):
    """A place that holds stock or takes delivery."""

    code = Text(
        _l("Code"),
        [InputRequired(_l("Give a code."))],
        description=CODE_HINT,
        render_kw={"maxlength": 32, "autocomplete": "off", "dir": "ltr"},
    )
    name = Text(_l("Name"), [InputRequired(_l("Give a name."))], render_kw={"maxlength": 200})
    kind = Choice(_l("Kind"), [InputRequired(_l("Say what kind of site it is."))])
    status = Choice(_l("State"), default="open")
    country = Choice(_l("Country"), [InputRequired(_l("Say in which country."))])
    admin1 = Text(_l("Region or governorate"), render_kw={"maxlength": 200})
    sensitive = Choice(
        _l("What outsiders learn"), description=_l("Donors and people with a tracking link are outsiders.")
    )
    supplied_by = Choice(_l("Supplied by"), description=_l("Its requisitions go to this site."))
    lead_time_days = Whole(_l("Days until goods arrive"), description=_l("From asking to having them."))
    timezone = Choice(_l("Time zone"), description=_l("It decides which day it is there."))

    def offer(self, sites: Iterable[Site], own: str | None) -> None:
        """Set what may be chosen; a site is not supplied by itself."""
        self.kind.choices = choices(SITE_KINDS, _("Choose a kind"))
        self.status.choices = choices(SITE_STATUSES)
        self.country.choices = [("", _("Choose a country")), *countries(current_language().dates)]
        by_kind = [("", _("As usual for its kind"))] if own is None else []
        self.sensitive.choices = [*by_kind, ("yes", _("The country only")), ("no", _("Its name and place"))]
        self.supplied_by.choices = [("", _("nobody"))] + [
            (site.code, f"{site.name} ({site.code})") for site in sites if site.code != own
        ]
        self.timezone.choices = [("", "UTC"), *((name, name.replace("_", " ")) for name in zones())]

    def fields(self) -> dict[str, Any]:
        """What the service takes."""
        sensitive = {"yes": True, "no": False}.get(self.sensitive.data or "")
        names = ("name", "kind", "status", "country", "admin1", "supplied_by", "lead_time_days", "timezone")
        return {name: self[name].data for name in names} | {"sensitive": sensitive}


class SiteFilters(FilterForm):
    """Which sites to show."""

    kind = Choice(_l("Kind"))
    status = Choice(_l("State"))

    def offer(self) -> None:
        """Set what may be chosen."""
        self.kind.choices = choices(SITE_KINDS, _("Every kind"))
        self.status.choices = choices(SITE_STATUSES, _("Every state"))


class DonorForm(BaseForm):
    """Who gives."""

    code = Text(
        _l("Code"),
        [InputRequired(_l("Give a code."))],
        description=CODE_HINT,
        render_kw={"maxlength": 32, "autocomplete": "off", "dir": "ltr"},
    )
    name = Text(_l("Name"), [InputRequired(_l("Give a name."))], render_kw={"maxlength": 200})
    email = Text(_l("E-mail address"), render_kw={"maxlength": 200, "inputmode": "email", "dir": "ltr"})


class LevelsForm(BaseForm):
    """When a site asks for an item again, and up to how much."""

    method = Choice(_l("Kept by"), [InputRequired(_l("Choose one of the list."))], default="fixed")
    emergency_point = Whole(_l("Emergency at"), description=_l("At this or less it is an emergency."))
    reorder_point = Whole(_l("Reorder at"), description=_l("At this or less it is time to ask for more."))
    maximum = Whole(_l("Fill up to"), description=_l("So much is asked for that this is there."))
    emergency_months = Amount(_l("Emergency at, months"))
    minimum_months = Amount(_l("Reorder at, months"))
    maximum_months = Amount(_l("Fill up to, months"))
    lookback_months = Amount(
        _l("Look back, months"), description=_l("For the use in a month. 6 if left empty.")
    )
    lead_time_days = Whole(
        _l("Days until goods arrive"),
        description=_l("From asking to having them, at the longest that is usual."),
    )
    review_period_days = Whole(
        _l("Days between two orders"), description=_l("How often it is looked at what to ask for.")
    )
    service_level = Percent(
        _l("Service level, %"),
        description=_l(
            "In how many of 100 waits for a delivery there is no stock-out: 98 for vital items, say."
        ),
    )
    emergency_days = Whole(
        _l("Days of an emergency delivery"), description=_l("Half of the wait if left empty.")
    )
    order_multiple = Whole(
        _l("Ask in multiples of"), description=_l("What a pack holds, say. 1 if left empty.")
    )
    expiry_buffer_days = Whole(
        _l("Days before expiry"),
        description=_l("So long before its expiry a lot is no longer given out. 0 if left empty."),
    )
    demand_override = Amount(
        _l("Use in a month, set by hand"), description=_l("Instead of what was dispensed.")
    )
    demand_override_reason = Text(_l("Why by hand"), render_kw={"maxlength": 500})

    def offer(self) -> None:
        """Set what may be chosen."""
        self.method.choices = choices(POLICY_METHODS)

    def fields(self) -> dict[str, Any]:
        """What the service takes."""
        values = {name: self[name].data for names in POLICY_FIELDS.values() for name in names}
        by_hand = {"quantity": self.demand_override.data, "reason": self.demand_override_reason.data}
        return values | {
            "method": self.method.data,
            "demand_override": by_hand,
            "order_multiple": self.order_multiple.data,
            "expiry_buffer_days": self.expiry_buffer_days.data,
        }

    @staticmethod
    def of(policy: Policy) -> dict[str, Any]:
        """The data of a stored policy."""
        names = [name for names in POLICY_FIELDS.values() for name in names]
        names += [
            "method",
            "order_multiple",
            "expiry_buffer_days",
            "demand_override",
            "demand_override_reason",
        ]
        return {name: getattr(policy, name) for name in names}


LEVEL_NAMES = {
    "demand_override/quantity": "demand_override",
    "demand_override/reason": "demand_override_reason",
}
"""Fields whose names differ from those of the command."""


class AddLevelsForm(FilterForm):
    """For which item levels are to be set (GET)."""

    site = Text(_l("Site"))
    item = ItemSearch(_l("Item"), [InputRequired(_l("Say which item."))])
