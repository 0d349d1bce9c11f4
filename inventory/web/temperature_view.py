"""What the pages of temperatures show, in words and as a drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import groupby, pairwise
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from inventory import clock
from inventory.db import session
from inventory.errors import msg
from inventory.extensions import current_language
from inventory.models import Excursion, Site, TemperatureLogger
from inventory.queries import temperatures as reading
from inventory.queries.temperatures import Bucket
from inventory.rules.temperature import Gap, Range, allowed, is_gap
from inventory.web import temperature_chart as chart
from inventory.web.charts import Chart
from inventory.web.forms import asked_day, asked_number
from inventory.web.guard import me
from inventory.web.words import moment, number

DAYS: Mapping[int, Any] = {
    1: _l("1 day"),
    7: _l("7 days"),
    30: _l("30 days"),
    90: _l("90 days"),
    365: _l("1 year"),
}
"""How much of the readings may be looked at."""
KINDS: Mapping[str, tuple[Any, str, str]] = {
    "heat": (_l("Too warm"), "danger", "temperature"),
    "cold": (_l("Too cold"), "info", "temperature"),
    "freezing": (_l("Frozen"), "danger", "snowflake"),
}
"""What is wrong, in words, as a tone and as an icon."""
OUTCOMES: Mapping[str, tuple[Any, str, str]] = {
    "harmless": (_l("Harmless"), "success", "circle-check"),
    "quarantined": (_l("Put in quarantine"), "warning", "lock"),
}
NO_FILE = msg("Choose a file.")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A day or a month in figures; `first` is its first day at the place."""

    first: date
    low: Decimal
    high: Decimal
    count: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A stretch of time of a logger, drawn and in figures. Instants are UTC; `charts` are wide and narrow."""

    days: int
    start: datetime
    end: datetime
    last_day: date
    charts: Sequence[Chart]
    label: str
    stretches: Sequence[Stretch]
    by_month: bool
    excursions: Sequence[Excursion]
    gaps: Sequence[Gap]
    earlier: date
    later: date | None

    @property
    def count(self) -> int:
        """How many readings there are in it."""
        return sum(each.count for each in self.stretches)


def limits(logger: TemperatureLogger) -> Range:
    """What is allowed where a logger is."""
    return allowed(logger.temperature, logger.low, logger.high)


def named(logger: TemperatureLogger) -> str:
    """A logger's name and code."""
    return f"{logger.name} ({logger.code})" if logger.name else str(logger.code)


def fresh_token() -> str:
    """A token for a button."""
    return str(uuid4())


def usable_loggers() -> list[TemperatureLogger]:
    """The loggers of my sites that are in use."""
    page = reading.loggers_page(session(), me(), None, 1, 1000)
    return sorted((row.logger for row in page.rows), key=lambda each: each.code)


def site_of(row: TemperatureLogger | Excursion) -> Site | None:
    """The site at which times are told: where it is, or where the shipment goes."""
    if row.shipment is not None:
        return session().get(Site, row.shipment.destination_id)
    return row.site


def degrees(value: Decimal | None, places: int = 1) -> str:
    """`4.6`, in the reader's way."""
    return number(value, places)


def counted(told: Mapping[str, Any]) -> dict[str, str]:
    """What a file held beside what is new, by the name of the figure."""
    return {
        "known": ngettext("%(num)s was there already.", "%(num)s were there already.", told["known"]),
        "differing": ngettext(
            "%(num)s differs from what was read before and was left.",
            "%(num)s differ from what was read before and were left.",
            told["differing"],
        ),
        "skipped": ngettext(
            "%(num)s row without a reading was passed over.",
            "%(num)s rows without a reading were passed over.",
            told["skipped"],
        ),
        "elsewhere": ngettext(
            "%(num)s is from before the logger was put where it is: it is kept, and nobody has judged it.",
            "%(num)s are from before the logger was put where it is: they are kept, and nobody has judged them.",
            told["elsewhere"],
        ),
    }


def gap_words(gap: Sequence[Any], site: Site | None) -> str:
    """`No reading for 9 hours, from … to …`; `gap` is two instants as text and hours."""
    zone = clock.zone(site.timezone if site else None)
    begins, ends = (datetime.fromisoformat(each).astimezone(zone) for each in gap[:2])
    told: str = ngettext(
        "No reading for %(num)s hour, from %(start)s to %(end)s.",
        "No reading for %(num)s hours, from %(start)s to %(end)s.",
        gap[2],
        start=f"{begins:%Y-%m-%d %H:%M}",
        end=f"{ends:%Y-%m-%d %H:%M}",
    )
    return told


def picture(logger: TemperatureLogger, site: Site | None) -> Picture | None:
    """The days that the address asks for: seven up to the last reading, where it does not say. None of no readings."""
    known = reading.span(session(), logger.id)
    if known is None:
        return None
    zone = clock.zone(site.timezone if site else None)
    days = asked_number("days", 7)
    days = days if days in DAYS else 7
    newest = known[1].astimezone(zone).date()
    last_day = min(asked_day("end") or newest, newest)
    end = datetime.combine(last_day + timedelta(days=1), time(0), zone).astimezone(UTC)
    start = datetime.combine(last_day + timedelta(days=1 - days), time(0), zone).astimezone(UTC)
    later = min(last_day + timedelta(days=days), newest)
    return _picture(logger, zone, start, end, days, last_day, later if last_day < newest else None)


def around(excursion: Excursion, logger: TemperatureLogger, site: Site | None) -> Picture:
    """An excursion and what was before and after it."""
    margin = max(timedelta(hours=6), (excursion.ended_at - excursion.started_at) / 2)
    zone = clock.zone(site.timezone if site else None)
    start, end = excursion.started_at - margin, excursion.ended_at + margin
    return _picture(logger, zone, start, end, 1, end.astimezone(zone).date(), None)


def _picture(
    logger: TemperatureLogger,
    zone: ZoneInfo,
    start: datetime,
    end: datetime,
    days: int,
    last_day: date,
    later: date | None,
) -> Picture:
    found = reading.buckets(session(), logger.id, start, end, chart.COLUMNS)
    excursions = reading.excursions_of(session(), logger.id, start, end)
    interval = reading.interval(session(), logger.id, end)
    range_ = limits(logger)
    words = chart.Words(
        lambda value: degrees(value, 0),
        moment,
        _label,
        _excursion_words,
        _("What was read"),
        _("at most %(degrees)s °C", degrees=degrees(range_.high)),
        _("at least %(degrees)s °C", degrees=degrees(range_.low)),
        _("must not freeze"),
    )
    charts = [
        chart.draw(
            size,
            found,
            excursions,
            range_,
            (start, end),
            interval,
            zone,
            words,
            freezes=logger.holds_freeze_sensitive,
        )
        for size in chart.SIZES
    ]
    silent = [
        Gap(before.last_at, after.first_at)
        for before, after in pairwise(found)
        if is_gap(after.first_at - before.last_at, interval)
    ]
    by_month = days > 100
    return Picture(
        days,
        start,
        end,
        last_day,
        charts if found else (),
        _chart_label(found, range_, excursions),
        _stretches(found, zone, by_month=by_month),
        by_month,
        excursions,
        silent[:20],
        last_day - timedelta(days=days),
        later,
    )


def _stretches(found: Sequence[Bucket], zone: ZoneInfo, *, by_month: bool) -> list[Stretch]:
    def first(each: Bucket) -> date:
        day = each.first_at.astimezone(zone).date()
        return day.replace(day=1) if by_month else day

    stretches = []
    for day, group in groupby(found, first):
        rows = list(group)
        low, high = min(each.low for each in rows), max(each.high for each in rows)
        stretches.append(Stretch(day, low, high, sum(each.count for each in rows)))
    return stretches[::-1]


def _chart_label(found: Sequence[Bucket], range_: Range, excursions: Sequence[Excursion]) -> str:
    if not found:
        return ""
    words = [
        _(
            "Readings between %(low)s and %(high)s °C; allowed are %(least)s to %(most)s °C.",
            low=degrees(min(each.low for each in found)),
            high=degrees(max(each.high for each in found)),
            least=degrees(range_.low),
            most=degrees(range_.high),
        )
    ]
    if excursions:
        words.append(ngettext("%(num)s excursion.", "%(num)s excursions.", len(excursions)))
    return " ".join(words)


def _excursion_words(each: Excursion) -> str:
    return f"{KINDS[each.kind][0]}: {degrees(each.extreme)} °C, {moment(each.started_at)} – {moment(each.ended_at)}"


def _label(at: datetime, step: timedelta) -> str:
    """What stands below the chart: hours, days or months."""
    if step < timedelta(days=1) and at.hour:
        return f"{at:%H:%M}"
    form = "LLL" if step > timedelta(days=20) else "d MMM"
    return str(format_date(at.date(), form, locale=current_language().dates)).translate(_LATIN)


_LATIN = {
    ord(digit): str(index) for digits in ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹") for index, digit in enumerate(digits)
}
