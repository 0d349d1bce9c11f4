"""What the rooms share beside forms: choices of sites, moments as a person writes them, work that is done once."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from flask import abort, g, request
from flask import session as cookies
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from wtforms import Field, RadioField
from wtforms.widgets import DateTimeLocalInput

from inventory import clock
from inventory.db import atomically, session
from inventory.extensions import current_language
from inventory.models import Item, Site
from inventory.queries import catalogue
from inventory.services.once import once
from inventory.services.second_person import second_person
from inventory.web.guard import me

PAGE = 50
"""Rows of one page of a list."""


def my_sites(*, partners: bool = True, closed: bool = True, every: bool = False) -> list[Site]:
    """The sites of who asks (all sites with `every`), by code, without partners or closed ones where told."""
    found = catalogue.all_sites(session(), None if every else me())
    return [
        site for site in found if (partners or site.kind != "partner") and (closed or site.status != "closed")
    ]


def site_choices(sites: Iterable[Site], empty: str | None = None) -> list[tuple[str, str]]:
    """Sites as the choices of a select; with one site alone there is nothing to choose."""
    listed = [(site.code, f"{site.name} ({site.code})") for site in sites]
    if len(listed) == 1 and empty is None:
        return listed
    return [("", empty if empty is not None else _("Choose a site")), *listed]


def preset_site(sites: Iterable[Site]) -> str | None:
    """The site that a form begins with: that of the address, the one worked at last, or the only one there is."""
    codes = [site.code for site in sites]
    for known in (request.args.get("site"), cookies.get("site")):
        if known in codes:
            return str(known)
    return codes[0] if len(codes) == 1 else None


def zone_of(sites: Iterable[Site], code: str | None) -> str | None:
    """The time zone of the site of that code."""
    return next((site.timezone for site in sites if site.code == code), None)


def stand_at(site: Site | None) -> None:
    """Show times as they are at a site."""
    g.timezone = site.timezone if site is not None else None


def item_name(item: Item) -> str:
    """The name of an item in the reader's language where it is known."""
    return item.name_in(current_language().tag)


def stock_address(site: str, item: str) -> str:
    """Where the stock card of an item at a site is."""
    return f"{request.script_root}/stock/{quote(site)}/{quote(item)}"


def do_once(purpose: str, token: UUID, work: Callable[[Session], str], *, second: Field | None = None) -> str:
    """Do `work` in a transaction, once for this page: sent again it only tells again what came of it.

    `second` is the form's field for a second person: it must be filled in where controlled medicines move.
    """
    actor = me()
    with second_person(second.data if second is not None else None, required=second is not None):
        return atomically(lambda s: once(s, actor, purpose, token, lambda: work(s)))


def page_token() -> UUID:
    """The token that a button's own form sent along; a new one where there is none."""
    try:
        return UUID(request.form.get("token", ""))
    except ValueError:
        return uuid4()


def valid_number(number: str) -> str:
    """A document's number of an address; 404 for what can be none."""
    if len(number) > 24 or not number.isascii() or not number.isprintable():
        abort(404)
    return number


def exact(told: datetime, known: datetime | None) -> datetime:
    """`known` where `told`, which people give to the minute, means the same minute; else `told`."""
    same = known is not None and told == known.replace(second=0, microsecond=0)
    return known if same and known is not None else told


class Options(RadioField):
    """A few choices, all in view."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        offered = kwargs.pop("choices", None)
        super().__init__(*args, **kwargs)
        self.choices = offered
        self.type = "RadioField"


class Moment(Field):
    """A date and a time of day, as clocks show it at the site whose `zone` the view sets (UTC where none)."""

    widget = DateTimeLocalInput()
    zone: str | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.type = "DateTimeField"
        self.data: datetime | None

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        typed = str(valuelist[0]).strip() if valuelist else ""
        if typed:
            try:
                naive = datetime.fromisoformat(typed.replace(" ", "T"))
                told = naive.replace(tzinfo=naive.tzinfo or clock.zone(self.zone)).astimezone(UTC)
                self.data = exact(told, clock.now())
            except (ValueError, OverflowError):
                text = _(
                    "“%(typed)s” is not read as a date and time: write it like 2026-04-30 14:05.", typed=typed
                )
                raise ValueError(text) from None

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        return self.data.astimezone(ZoneInfo(self.zone or "UTC")).strftime("%Y-%m-%dT%H:%M")
