"""Checks that every use case makes of what it is given; all faults of a request are told at once."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pycountry
from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import Actor
from inventory.errors import Conflict, Faults, Forbidden, NotFound, msg
from inventory.models import Donor, Item, Site
from inventory.models.words import SiteKind, SiteStatus
from inventory.rules.text import UnfitText, clean, is_code

MAX_QUANTITY = 1_000_000_000
"""More base units than this in one line is a slip of the finger."""
EARLIEST = date(1990, 1, 1)
LATEST = date(2100, 1, 1)
MOST_YEARS = 10
"""A paper that is valid for longer was typed wrongly."""
CHUNK = 400


class Checks(Faults):
    """Collects faults while it turns codes into rows and texts into clean texts."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._items: dict[str, Item | None] = {}

    def know_items(self, codes: Iterable[str]) -> None:
        """Read many items at once, ahead of `item`."""
        wanted = sorted({code for code in codes if isinstance(code, str)} - self._items.keys())
        for start in range(0, len(wanted), CHUNK):
            chunk = wanted[start : start + CHUNK]
            self._items |= dict.fromkeys(chunk)
            self._items |= {
                row.code: row for row in self.session.scalars(select(Item).where(Item.code.in_(chunk)))
            }

    def item(self, code: str | None, pointer: str) -> Item | None:
        """The item of that code; an unknown one is a fault."""
        if not code:
            self.add(pointer, msg("Say which item."))
            return None
        self.know_items([code])
        found = self._items[code]
        if found is None:
            self.add(pointer, msg("There is no item with the code %(code)s.", code=code))
        return found

    def site(self, code: str | None, pointer: str = "/site") -> Site | None:
        """The site of that code; an unknown one is a fault."""
        if not code:
            self.add(pointer, msg("Say which site."))
            return None
        found = self.session.scalars(select(Site).where(Site.code == code)).one_or_none()
        if found is None:
            self.add(pointer, msg("There is no site with the code %(code)s.", code=code))
        return found

    def own_stock(self, site: Site | None, pointer: str = "/site") -> None:
        """A partner's stock is not ours to keep books of."""
        if site is not None and site.kind == SiteKind.PARTNER:
            self.add(pointer, msg("A partner keeps its own stock. Send a shipment instead."))

    def donor(self, code: str | None, pointer: str = "/donor") -> Donor | None:
        """The donor of that code; an unknown one is a fault."""
        found = self.session.scalars(select(Donor).where(Donor.code == code)).one_or_none() if code else None
        if found is None:
            self.add(pointer, msg("There is no donor with the code %(code)s.", code=code or ""))
        return found

    def code(self, value: str | None, pointer: str = "/code") -> str:
        """A code that a person chose: letters, digits, `-`, `_`, `.`, up to 32."""
        text = (value or "").strip()
        if not is_code(text):
            self.add(
                pointer, msg("A code has letters, digits, hyphen, underscore or dot, at most 32 of them.")
            )
        return text

    def text(
        self, value: str | None, pointer: str, *, most: int = 200, required: bool = False, lines: bool = False
    ) -> str | None:
        """`value` cleaned; None where there is none."""
        try:
            text = clean(value, lines=lines) if value else ""
        except UnfitText as error:
            self.add(pointer, error.message)
            return None
        if required and not text:
            self.add(pointer, msg("This may not be empty."))
        if len(text) > most:
            self.add(pointer, msg("This is too long: %(most)s characters at most.", most=most))
        return text or None

    def lot(self, value: str | None, pointer: str) -> str:
        """A lot or serial number as printed, without marks that would make it look like another."""
        try:
            text = clean(value or "", code=True)
        except UnfitText as error:
            self.add(pointer, error.message)
            return ""
        if not text:
            self.add(pointer, msg("Give the lot number as printed on the pack."))
        elif len(text) > 80:
            self.add(pointer, msg("This is too long: %(most)s characters at most.", most=80))
        return text

    def quantity(self, value: int | None, pointer: str, *, least: int = 1) -> int:
        """A whole number of base units."""
        if value is None:
            self.add(pointer, msg("Give a quantity."))
        elif value < least:
            self.add(pointer, msg("This must be at least %(least)s.", least=least))
        elif value > MAX_QUANTITY:
            self.add(pointer, msg("This is more than can be right: %(most)s at most.", most=MAX_QUANTITY))
        return value or 0

    def amount(
        self, value: Decimal | None, pointer: str, *, places: int, most: int = 10**9
    ) -> Decimal | None:
        """A decimal that is not negative and has no more than `places` decimals."""
        if value is None:
            return None
        if not value.is_finite() or value < 0:
            self.add(pointer, msg("This may not be negative."))
        elif value > most:
            self.add(pointer, msg("This is more than can be right: %(most)s at most.", most=most))
        elif value.scaleb(places) != value.scaleb(places).to_integral_value():
            self.add(pointer, msg("At most %(places)s decimals, please.", places=places))
        else:
            return value
        return None

    def currency(self, value: str | None, pointer: str, *, required: bool) -> str | None:
        """An ISO 4217 code."""
        if not value:
            if required:
                self.add(pointer, msg("Say which currency, such as EUR."))
            return None
        if pycountry.currencies.get(alpha_3=value) is None:
            self.add(pointer, msg("%(value)s is no ISO 4217 currency code, such as EUR.", value=value))
            return None
        return value

    def word(
        self, value: str | None, words: Iterable[str], pointer: str, *, required: bool = False
    ) -> str | None:
        """One of a closed list of words."""
        allowed = [str(word) for word in words]
        if (value is not None or required) and value not in allowed:
            self.add(pointer, msg("This must be one of: %(words)s.", words=", ".join(allowed)))
            return None
        return value

    def day(
        self, value: date | None, pointer: str, *, latest: date | None = None, required: bool = True
    ) -> date | None:
        """A date in living memory, and not after `latest` where that is given."""
        if value is None:
            if required:
                self.add(pointer, msg("Give a date."))
            return None
        if latest is not None and value > latest:
            self.add(
                pointer,
                msg("This day has not come yet: %(latest)s at the latest.", latest=latest.isoformat()),
            )
        elif not EARLIEST <= value <= LATEST:
            self.add(pointer, msg("This date cannot be right."))
        return value

    def validity(self, first: date | None, last: date | None) -> tuple[date, date] | None:
        """The first and last day on which a paper is valid (`/valid_from`, `/valid_until`), where both are given."""
        first, last = self.day(first, "/valid_from"), self.day(last, "/valid_until")
        if first is None or last is None:
            return None
        if last < first:
            self.add("/valid_until", msg("The last day is before the first."))
        elif last - first > timedelta(days=366 * MOST_YEARS):
            self.add("/valid_until", msg("At most %(most)s years.", most=MOST_YEARS))
        return first, last

    def lines(self, lines: list[Any], most: int = 2000) -> None:
        """There must be lines, and not endlessly many."""
        if not lines:
            self.add("/lines", msg("Add at least one line."))
        elif len(lines) > most:
            self.add("/lines", msg("At most %(most)s lines at once.", most=most))


def currency_places(currency: str) -> int:
    """How many decimals the minor unit of a currency has (CLDR through Babel)."""
    from babel.numbers import get_currency_precision

    return get_currency_precision(currency)


def get_site(session: Session, code: str) -> Site:
    """The site of that code."""
    site = session.scalars(select(Site).where(Site.code == code)).one_or_none()
    if site is None:
        raise NotFound(msg("There is no site with the code %(code)s.", code=code))
    return site


def own_site(actor: Actor, site: Site) -> None:
    """Raise Forbidden unless the actor works at that site."""
    if not actor.sees_site(site.id):
        raise Forbidden(
            msg("The site %(site)s is not one of yours. Ask an administrator to add it.", site=site.code)
        )


def not_closed(site: Site) -> None:
    """Raise Conflict where nothing can come to a site any more."""
    if site.status == SiteStatus.CLOSED:
        raise Conflict(msg("The site %(site)s is closed.", site=site.code))


def occurrence(day: date, site: Site, at: datetime | None, *, arrives: bool) -> datetime:
    """The instant that stands for a document which says only its day.

    Today it is now. On an earlier day what arrives comes first thing and what leaves goes last, so that the order of
    typing never makes a day impossible. `at`, where it is known, stands.
    """
    if at is not None:
        return at
    if day == clock.today(site.timezone):
        return clock.now()
    start = clock.end_of_day(day - timedelta(days=1), site.timezone) + timedelta(microseconds=1)
    return start if arrives else clock.end_of_day(day, site.timezone) - timedelta(seconds=1)
