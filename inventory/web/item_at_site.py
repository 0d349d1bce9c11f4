"""What the page of an item at a site shows beside its lots and movements: charts, the plan in words, arrivals."""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from typing import Any

from babel.dates import format_date
from flask_babel import gettext as _

from inventory.access import Actor
from inventory.db import session
from inventory.extensions import current_language
from inventory.ledger.outlook import planned_consultations
from inventory.ledger.projection import Part, Window
from inventory.models import Item, Site
from inventory.queries.item_at_site import ItemAtSite, item_at_site
from inventory.rules.course import MONTH
from inventory.rules.demand import rounded
from inventory.web import charts
from inventory.web.charts import Chart, Expected, Level
from inventory.web.planning_words import PATTERNS
from inventory.web.reference_words import BASES, said
from inventory.web.words import day, number, unit

SIZES = ((720, 300), (350, 260))
"""Width and height of the drawings: for a desktop and for a phone."""

AHEAD = 6
"""Months of expected use that are drawn after the history."""


@dataclass(frozen=True, slots=True)
class Planning:
    """What the template draws and tells."""

    told: ItemAtSite
    projection: list[Chart]
    projection_label: str
    history: list[Chart]
    history_label: str
    expected: list[Expected]
    fates: list[tuple[Part, int, int]]
    basis: str
    pattern: str
    consultations: Fraction | None
    month_ends: list[tuple[date, int]]


def planning(actor: Actor, site: Site, item: Item) -> Planning:
    """Everything about an item at a site of the actor's. Raises Forbidden for another site."""
    told = item_at_site(session(), actor, site, item)
    expected = _expected(told)
    plan = told.plan
    return Planning(
        told=told,
        projection=_projections(told),
        projection_label=_projection_label(told, item),
        history=_histories(told, expected, item),
        history_label=_history_label(told, item),
        expected=expected,
        fates=_fates(told),
        basis=said(BASES, told.figures.basis),
        pattern=said(PATTERNS, told.figures.forecast.pattern) if told.figures.forecast else "",
        consultations=(
            None if plan is None else planned_consultations(plan.days_per_week, plan.patients_per_day)
        ),
        month_ends=_month_ends(told),
    )


def _projections(told: ItemAtSite) -> list[Chart]:
    judged = told.figures.assessment
    levels = [
        Level(kind, quantity, words)
        for kind, quantity, words in (
            ("maximum", judged.maximum, _("Fill up to")),
            ("reorder", judged.reorder_point, _("Reorder at")),
            ("emergency", judged.emergency_point, _("Emergency at")),
        )
        if quantity is not None and quantity > 0
    ]
    found = [
        charts.projection(
            width,
            height,
            [*told.here, *told.coming],
            told.simulation,
            told.today,
            levels,
            number=number,
            month=_month,
            title=_lot_words,
        )
        for width, height in SIZES
    ]
    return [each for each in found if each is not None]


def _histories(told: ItemAtSite, expected: list[Expected], item: Item) -> list[Chart]:
    def title(each: Window | Expected) -> str:
        span = f"{day(each.first)} – {day(each.last)}"
        if isinstance(each, Expected):
            return f"{span}: {_('expected: %(quantity)s', quantity=number(rounded(each.quantity, 0)))}"
        text = f"{span}: {number(each.used)} {unit(item.base_unit)}"
        if each.days_out:
            text += f" · {_('days out of stock: %(days)s', days=number(each.days_out))}"
        return text

    demand = told.figures.demand
    level = None if demand is None else Level("demand", demand, _("a month, as planned"))
    found = [
        charts.history(width, height, told.windows, expected, level, number=number, month=_month, title=title)
        for width, height in ((720, 240), (350, 220))
    ]
    return [each for each in found if each is not None]


def _expected(told: ItemAtSite) -> list[Expected]:
    """What the plan expects of the months to come, in windows as long as those of the history."""
    course = told.figures.course
    if course is None:
        return []
    found, passed = [], Fraction(0)
    for count in range(1, AHEAD + 1):
        first = told.today + timedelta(days=floor((count - 1) * MONTH) + 1)
        days = floor(count * MONTH)
        last = told.today + timedelta(days=days)
        within = course.within(days)
        by_hand = any(first <= _last_of(each.month) and each.month <= last for each in course.by_hand)
        found.append(Expected(first, last, within - passed, by_hand))
        passed = within
    return found


def _last_of(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _fates(told: ItemAtSite) -> list[tuple[Part, int, int]]:
    """(lot here or on its way, what will be used of it, what will expire), in the order in which they are used."""
    known: dict[Any, Part] = {part.key: part for part in (*told.here, *told.coming)}
    return [(known[each.key], each.used, each.expiring) for each in told.simulation.per_lot]


def _month_ends(told: ItemAtSite) -> list[tuple[date, int]]:
    """What will be there about every four weeks, for those who do not see the drawing."""
    found: list[tuple[date, int]] = []
    for level in told.simulation.levels:
        if not found or (level.day - found[-1][0]).days >= 28:
            found.append((level.day, level.total))
    return found


def _lot_words(part: Part, expiring: int) -> str:
    words = [_("Lot %(lot)s", lot=part.lot), number(part.quantity)]
    if part.expires_on is not None:
        words.append(_("expires %(day)s", day=day(part.expires_on)))
    if part.shipment is not None and part.expected is not None:
        words.append(_("%(shipment)s, expected %(day)s", shipment=part.shipment, day=day(part.expected)))
    if expiring:
        words.append(_("%(units)s of it will expire unused", units=number(expiring)))
    return " · ".join(words)


def _projection_label(told: ItemAtSite, item: Item) -> str:
    found = told.simulation
    words = [_("The stock day by day, as it will be used first-expired-first-out.")]
    words.append(_("Now: %(units)s.", units=f"{number(told.figures.available)} {unit(item.base_unit)}"))
    if found.first_stock_out is not None:
        words.append(_("Used up on %(day)s.", day=day(found.first_stock_out)))
    if found.projected_expired:
        words.append(_("%(units)s will expire unused.", units=number(found.projected_expired)))
    return " ".join(words)


def _history_label(told: ItemAtSite, item: Item) -> str:
    used = [each.used for each in told.windows]
    if not used:
        return ""
    return str(
        _(
            "Used in each of the last %(months)s months: %(least)s to %(most)s %(unit)s.",
            months=number(len(used)),
            least=number(min(used)),
            most=number(max(used)),
            unit=unit(item.base_unit),
        )
    )


def _month(value: date) -> str:
    """`Mar`, or the year in its first month."""
    if value.month == 1:
        return str(value.year)
    return str(format_date(value, "LLL", locale=current_language().dates))
