"""The forms of accounts."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, PasswordField, SelectMultipleField
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from inventory.extensions import spoken
from inventory.models import Donor, Site, User
from inventory.services.accounts import NewUser
from inventory.web.forms import BaseForm, Choice, FilterForm, Text
from inventory.web.reference_words import ROLES, choices

ROLE_HINTS = {
    "admin": _l("Keeps accounts and may do everything."),
    "coordinator": _l("Every site: approves requisitions, keeps the catalogue, sites and donors."),
    "warehouse": _l("Their sites: receives, packs and sends."),
    "clinic": _l("Their sites: dispenses, counts, asks for more."),
    "donor": _l("Sees their own donations and where they are."),
    "viewer": _l("Reads every site and writes nothing."),
}


class Ticks(SelectMultipleField):
    """Several choices as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.type = "CheckboxListField"


class UserForm(BaseForm):
    """An account: who, with which role, where."""

    email = Text(
        _l("E-mail address"),
        [InputRequired(_l("Give an e-mail address."))],
        description=_l("What they sign in with."),
        render_kw={"maxlength": 254, "inputmode": "email", "autocomplete": "off", "dir": "ltr"},
    )
    name = Text(
        _l("Name"), [InputRequired(_l("Give a name."))], render_kw={"maxlength": 200, "autocomplete": "off"}
    )
    role = Choice(_l("Role"), [InputRequired(_l("Say which role."))])
    sites = Ticks(
        _l("Sites"), description=_l("For warehouse and clinic accounts: the sites that they work at.")
    )
    donor = Choice(_l("Donor"), description=_l("For donor accounts: whose donations they see."))
    language = Choice(_l("Language"))
    password = PasswordField(
        _l("Password"), description=_l("At least 8 characters. Tell it to them in person.")
    )
    active = BooleanField(_l("May sign in"), default=True)

    def offer(self, sites: Iterable[Site], donors: Iterable[Donor]) -> None:
        """Set what may be chosen."""
        self.role.choices = choices(ROLES, _("Choose a role"))
        self.sites.choices = [(site.code, f"{site.name} ({site.code})") for site in sites]
        self.donor.choices = [("", _("none"))] + [
            (each.code, f"{each.name} ({each.code})") for each in donors
        ]
        self.language.choices = [("", _("As the browser")), *((each.tag, each.name) for each in spoken())]

    def command(self, email: str | None = None) -> NewUser:
        """The command for the service."""
        return NewUser(
            email=email or self.email.data or "",
            name=self.name.data or "",
            role=self.role.data or "",
            sites=self.sites.data or (),
            donor=self.donor.data,
            password=self.password.data or None,
            language=self.language.data,
        )

    @staticmethod
    def of(user: User) -> dict[str, Any]:
        """The data of an account that was read with its sites and donor."""
        return {
            "email": user.email,
            "name": user.name,
            "role": user.role,
            "sites": [site.code for site in user.sites],
            "donor": user.donor.code if user.donor else None,
            "language": user.language,
            "active": user.active,
        }


class TokenForm(BaseForm):
    """A token for a program that acts as this account."""

    label = Text(_l("What it is for"), render_kw={"maxlength": 200, "autocomplete": "off"})


class UserFilters(FilterForm):
    """Which accounts to show."""

    role = Choice(_l("Role"))

    def offer(self) -> None:
        """Set what may be chosen."""
        self.role.choices = choices(ROLES, _("Every role"))
