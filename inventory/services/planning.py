"""What people know of the demand to come: plans of sites, months set by hand, figures assumed where nothing is known.

Each is told by a coordinator, keeps who said it and when, and has the alerts of what it touches looked at again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import Actor, require
from inventory.errors import NotFound, msg
from inventory.models import AssumedDemand, DemandMonth, Item, Kit, Site, SitePlan
from inventory.services import alerts, audit
from inventory.services.checks import MAX_QUANTITY, Checks

MOST_MONTHS = 24
"""So far ahead, and so many at once, months may be set by hand."""
MOST_PATIENTS = 10_000
PLACES = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """How many people a site expects to see from a day on, and whom it serves with what. `kit` is an item's code."""

    site: str
    starts_on: date | None = None
    days_per_week: Decimal | None = None
    patients_per_day: int | None = None
    population: int | None = None
    kit: str | None = None
    for_supplied: bool = False
    note: str | None = None


@dataclass(frozen=True, slots=True)
class MonthsByHand:
    """The demand for an item in each month from that of `first` to that of `last`, in base units, and why."""

    site: str
    item: str
    first: date | None
    last: date | None
    quantity: Decimal | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Assumption:
    """A month's demand that somebody assumes until it is known better, in base units."""

    site: str
    item: str
    quantity: Decimal | None
    note: str | None = None


def set_plan(session: Session, actor: Actor, command: Plan) -> SitePlan:
    """Set what a site plans from a day on (today if it is not said); for the same day it replaces what was set."""
    require(actor, "policies.write")
    checks = Checks(session)
    site = _own_site(checks, command.site)
    today = clock.today(site.timezone if site is not None else None)
    day = checks.day(command.starts_on or today, "/starts_on") or today
    if _months_between(today, day) > MOST_MONTHS:
        text = msg("This is too far ahead: %(months)s months at most.", months=MOST_MONTHS)
        checks.add("/starts_on", text)
    _check_visits(checks, command)
    note = checks.text(command.note, "/note", most=2000, lines=True)
    kit = _kit_of(checks, command.kit)
    if command.population is not None:
        checks.quantity(command.population, "/population")
    if site is not None and command.for_supplied and not _supplies(session, site):
        checks.add("/for_supplied", msg("This site supplies no other."))
    if not (_says(command) or checks):
        checks.add("/patients_per_day", msg("Say what the site plans with."))
    checks.check()
    assert site is not None
    row = session.scalars(
        select(SitePlan)
        .where(SitePlan.site_id == site.id, SitePlan.starts_on == day)
        .with_for_update(of=SitePlan)
    ).one_or_none() or SitePlan(site_id=site.id, starts_on=day)
    row.days_per_week, row.patients_per_day = command.days_per_week, command.patients_per_day
    row.population, row.kit_id = command.population, kit.id if kit is not None else None
    row.for_supplied, row.note = command.for_supplied, note
    row.by_id, row.by, row.recorded_at = actor.user_id, actor.name, clock.now()
    session.add(row)
    session.flush()
    audit.note(session, actor, "plan", f"site {site.code}", starts_on=day.isoformat())
    alerts.refresh_site(session, site)
    return row


def remove_plan(session: Session, actor: Actor, plan_id: int) -> str:
    """Take a plan away; the code of its site."""
    require(actor, "policies.write")
    row = session.get(SitePlan, plan_id, with_for_update=True)
    if row is None:
        raise NotFound(msg("Not found."))
    site = session.get_one(Site, row.site_id)
    session.delete(row)
    session.flush()
    audit.note(session, actor, "remove", f"plan {site.code}", starts_on=row.starts_on.isoformat())
    alerts.refresh_site(session, site)
    return site.code


def set_months(session: Session, actor: Actor, command: MonthsByHand) -> int:
    """Set the demand for an item at a site in calendar months, this one or later ones; how many."""
    require(actor, "policies.write")
    checks = Checks(session)
    site, item = _own_site(checks, command.site), checks.item(command.item, "/item")
    today = clock.today(site.timezone if site is not None else None)
    first = checks.day(command.first, "/first")
    last = checks.day(command.last or command.first, "/last", required=False)
    if first is not None and last is not None and not checks:
        _check_range(checks, first, last, today)
    quantity = _demand(checks, command.quantity)
    reason = checks.text(command.reason, "/reason", most=2000, lines=True)
    if not reason:
        checks.add("/reason", msg("Say why the demand is set by hand."))
    checks.check()
    assert site and item and first and last and quantity is not None and reason
    known = {row.month: row for row in _months_of(session, site, item)}
    months = list(_months(first, last))
    for month in months:
        row = known.get(month) or DemandMonth(site_id=site.id, item_id=item.id, month=month)
        row.quantity, row.reason = quantity, reason
        row.by_id, row.by, row.recorded_at = actor.user_id, actor.name, clock.now()
        session.add(row)
    session.flush()
    span = {"first": months[0].isoformat(), "last": months[-1].isoformat(), "quantity": str(quantity)}
    audit.note(session, actor, "demand by hand", f"{site.code} {item.code}", **span)
    alerts.refresh(session, {(site.id, item.id)})
    return len(months)


def remove_months(
    session: Session, actor: Actor, site_code: str, item_code: str, first: date, last: date | None = None
) -> int:
    """End what was set by hand for an item at a site, from one month to another or for good; how many months."""
    require(actor, "policies.write")
    site, item = _known(session, site_code, item_code)
    rows = [
        row
        for row in _months_of(session, site, item)
        if row.month >= first.replace(day=1) and (last is None or row.month <= last)
    ]
    if not rows:
        raise NotFound(msg("Nothing is set by hand there."))
    for row in rows:
        session.delete(row)
    session.flush()
    audit.note(session, actor, "remove", f"demand by hand {site.code} {item.code}", first=first.isoformat())
    alerts.refresh(session, {(site.id, item.id)})
    return len(rows)


def assume(session: Session, actor: Actor, command: Assumption) -> AssumedDemand:
    """Say what a site will need of an item in a month as long as nothing better is known."""
    require(actor, "policies.write")
    checks = Checks(session)
    site, item = _own_site(checks, command.site), checks.item(command.item, "/item")
    quantity = _demand(checks, command.quantity)
    note = checks.text(command.note, "/note", most=2000, lines=True)
    checks.check()
    assert site and item and quantity is not None
    row = _assumed(session, site, item) or AssumedDemand(site_id=site.id, item_id=item.id)
    row.quantity, row.note = quantity, note
    row.by_id, row.by, row.recorded_at = actor.user_id, actor.name, clock.now()
    session.add(row)
    session.flush()
    audit.note(session, actor, "assumed demand", f"{site.code} {item.code}", quantity=str(quantity))
    alerts.refresh(session, {(site.id, item.id)})
    return row


def forget_assumption(session: Session, actor: Actor, site_code: str, item_code: str) -> None:
    """Take an assumed figure away."""
    require(actor, "policies.write")
    site, item = _known(session, site_code, item_code)
    row = _assumed(session, site, item)
    if row is None:
        raise NotFound(msg("Nothing is assumed there."))
    session.delete(row)
    session.flush()
    audit.note(session, actor, "remove", f"assumed demand {site.code} {item.code}")
    alerts.refresh(session, {(site.id, item.id)})


def _own_site(checks: Checks, code: str) -> Site | None:
    site = checks.site(code)
    checks.own_stock(site)
    return site


def _known(session: Session, site_code: str, item_code: str) -> tuple[Site, Item]:
    checks = Checks(session)
    site, item = checks.site(site_code), checks.item(item_code, "/item")
    if site is None or item is None:
        raise NotFound(msg("Not found."))
    return site, item


def _says(command: Plan) -> bool:
    told = (command.days_per_week, command.patients_per_day, command.population, command.kit)
    return command.for_supplied or any(each is not None for each in told)


def _check_visits(checks: Checks, command: Plan) -> None:
    days = checks.amount(command.days_per_week, "/days_per_week", places=PLACES)
    if days is not None and days > 7:
        checks.add("/days_per_week", msg("A week has seven days."))
    patients = command.patients_per_day
    if patients is not None and not 0 <= patients <= MOST_PATIENTS:
        text = msg("This must be between 0 and %(most)s.", most=MOST_PATIENTS)
        checks.add("/patients_per_day", text)
    if patients is None and command.days_per_week is not None:
        checks.add("/patients_per_day", msg("Say how many patients come on such a day."))
    if command.days_per_week is None and patients is not None:
        checks.add("/days_per_week", msg("Say on how many days of a week."))


def _kit_of(checks: Checks, code: str | None) -> Kit | None:
    if not code:
        return None
    found = checks.session.scalars(
        select(Kit).join(Item, Item.id == Kit.item_id).where(Item.code == code)
    ).one_or_none()
    if found is None:
        checks.add("/kit", msg("There is no kit with the code %(code)s.", code=code))
    return found


def _supplies(session: Session, site: Site) -> bool:
    return session.scalars(select(Site.id).where(Site.supplied_by_id == site.id).limit(1)).first() is not None


def _demand(checks: Checks, quantity: Decimal | None) -> Decimal | None:
    if quantity is None:
        checks.add("/quantity", msg("Give a quantity."))
    return checks.amount(quantity, "/quantity", places=PLACES, most=MAX_QUANTITY)


def _check_range(checks: Checks, first: date, last: date, today: date) -> None:
    if first < today.replace(day=1):
        checks.add("/first", msg("This month is over: what was used then is known."))
    elif last.replace(day=1) < first.replace(day=1):
        checks.add("/last", msg("The last month is before the first."))
    elif _months_between(today, last) > MOST_MONTHS:
        checks.add("/last", msg("This is too far ahead: %(months)s months at most.", months=MOST_MONTHS))


def _months_between(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month


def _months(first: date, last: date) -> Iterator[date]:
    """The first days of the months from that of `first` to that of `last`."""
    for number in range(_months_between(first, last) + 1):
        year, month = divmod(first.month - 1 + number, 12)
        yield date(first.year + year, month + 1, 1)


def _months_of(session: Session, site: Site, item: Item) -> list[DemandMonth]:
    return list(
        session.scalars(
            select(DemandMonth)
            .where(DemandMonth.site_id == site.id, DemandMonth.item_id == item.id)
            .with_for_update(of=DemandMonth)
        )
    )


def _assumed(session: Session, site: Site, item: Item) -> AssumedDemand | None:
    return session.scalars(
        select(AssumedDemand)
        .where(AssumedDemand.site_id == site.id, AssumedDemand.item_id == item.id)
        .with_for_update(of=AssumedDemand)
    ).one_or_none()
