"""Imported consumption that is told by the month: the rows of an item at a site in the order of their months.

Where the ledger holds the stock, what was dispensed is posted as any consumption is. Where only the reports know it,
they become history of the ledger (`importing_reports`).
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from sqlalchemy import func, or_, select

from inventory import clock
from inventory.errors import Message, msg
from inventory.exchange.rows import ConsumptionRow, MonthRow, NewItem, NewSite
from inventory.models import Balance, ImportedRow, Item, Location, Lot, Site, StockDay
from inventory.models.words import SiteKind, SiteStatus
from inventory.rules import monthly_report as rules
from inventory.rules.effects import LocationKind
from inventory.rules.shelf_life import month_end
from inventory.services.checks import EARLIEST, Checks
from inventory.services.importing_job import Job, Pending
from inventory.services.importing_reference import make_missing_items, make_missing_sites
from inventory.services.importing_reports import Reports, Taken, no_document, report_lots
from inventory.services.importing_stock import ConsumptionDays

CHUNK = 400
SERIES = "report"
"""The kind of the rows that remember up to which month a site's item is told."""
NAMED = 6
"""So many missing months are named."""

T = TypeVar("T", int, str)
Key = tuple[str, str]
"""(site code, item code)"""


@dataclass(slots=True)
class _Held:
    """What the ledger has of an item at a site's zone `stock`: in the lot of its reports, and in other lots."""

    own: int = 0
    own_last: date | None = None
    other: int = 0
    other_last: date | None = None
    packed: int = 0
    dispensed: dict[date, int] = field(default_factory=lambda: defaultdict(int))


class Consumption:
    """Rows that tell a day, and rows that tell a month."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._days = ConsumptionDays(job)
        self._months: list[Pending] = []

    def take(self, new: list[Pending], known: list[Pending]) -> None:
        self._days.take(*([each for each in rows if not _by_month(each)] for rows in (new, known)))
        self._months += [each for each in new if _by_month(each)]

    def finish(self) -> None:
        if self._months:
            Months(self._job).take(self._months)
        self._days.finish()


class Months:
    """The rows of a file that tell a month."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._session = job.session
        self._days = ConsumptionDays(job)
        self._checks = Checks(job.session)
        self._sites: dict[str, Site] = {}
        self._held: dict[tuple[int, int], _Held] = defaultdict(_Held)
        self._last: dict[str, ImportedRow] = {}
        self._lots: dict[tuple[int, int], Lot] = {}

    def take(self, rows: Sequence[Pending]) -> None:
        """Settle every row: taken, or refused for a reason."""
        self._make_missing(rows)
        series: dict[Key, list[Pending]] = defaultdict(list)
        for each in rows:
            series[(_row(each).site, _row(each).item)].append(each)
        self._know(series)
        reports: list[Taken] = []
        handed: list[tuple[Pending, Key]] = []
        for key in sorted(series):
            found = self._place(series[key])
            if found is None:
                continue
            ordered = sorted(series[key], key=lambda each: (_row(each).month, _row(each).line))
            fresh = self._fresh(key, found[0], ordered)
            if any(_row(each).tells_stock for each in ordered) or (found[0].id, found[1].id) in self._lots:
                reports += self._reports(key, *found, fresh)
            else:
                handed += [(each, key) for each in self._dispensed(*found, fresh)]
        writer = Reports(self._job)
        writer.write(reports)
        writer.finish()
        self._remember([(taken.pending, (taken.row.site, taken.row.item)) for taken in reports])
        codes = {site.id: code for code, site in self._sites.items()}
        self._days.counted |= {(day, codes[site_id]) for site_id, day in writer.counted if site_id in codes}
        self._hand_on(handed)

    def _make_missing(self, rows: Sequence[Pending]) -> None:
        items: dict[str, NewItem] = {}
        sites: dict[str, NewSite] = {}
        for row in map(_row, rows):
            if row.new_item is not None:
                items.setdefault(row.item, row.new_item)
            if row.new_site is not None:
                sites.setdefault(row.site, row.new_site)
        make_missing_items(self._job, items)
        make_missing_sites(self._job, sites)

    def _know(self, series: Iterable[Key]) -> None:
        """Read all that the ledger and earlier files say of these series."""
        keys = list(series)
        self._checks.know_items(item for _, item in keys)
        for chunk in _chunks({site for site, _ in keys}):
            found = self._session.scalars(select(Site).where(Site.code.in_(chunk)))
            self._sites |= {site.code: site for site in found}
        self._lots = report_lots(self._session, self._sites.values())
        for ids in _chunks({site.id for site in self._sites.values()}):
            self._know_stock(ids)
        for chunk in _chunks({_digest(key) for key in keys}):
            states = select(ImportedRow).where(ImportedRow.kind == SERIES, ImportedRow.digest.in_(chunk))
            self._last |= {row.digest: row for row in self._session.scalars(states)}

    def _know_stock(self, site_ids: Sequence[int]) -> None:
        own = {lot.id: key for key, lot in self._lots.items()}
        totals = (
            select(
                StockDay.site_id,
                StockDay.item_id,
                StockDay.lot_id,
                func.sum(StockDay.change),
                func.max(StockDay.day),
            )
            .where(StockDay.site_id.in_(site_ids))
            # A day that was taken back whole is as if it had not been.
            .where(or_(StockDay.change != 0, StockDay.dispensed != 0))
            .group_by(StockDay.site_id, StockDay.item_id, StockDay.lot_id)
        )
        for site_id, item_id, lot_id, change, last in self._session.execute(totals):
            held = self._held[(site_id, item_id)]
            if own.get(lot_id) == (site_id, item_id):
                held.own, held.own_last = held.own + int(change), last
            else:
                held.other += int(change)
                held.other_last = max(last, held.other_last or last)
        reserved = (
            select(Location.site_id, Balance.lot_id, Balance.reserved)
            .join(Location, Location.id == Balance.location_id)
            .where(Location.site_id.in_(site_ids), Location.kind == LocationKind.STOCK, Balance.reserved > 0)
        )
        for at, lot_id, quantity in self._session.execute(reserved):
            if lot_id in own and own[lot_id][0] == at:
                self._held[own[lot_id]].packed = quantity
        dispensed = select(StockDay.site_id, StockDay.item_id, StockDay.day, StockDay.dispensed).where(
            StockDay.site_id.in_(site_ids), StockDay.dispensed != 0
        )
        for site_id, item_id, day, quantity in self._session.execute(dispensed):
            self._held[(site_id, item_id)].dispensed[day.replace(day=1)] += quantity

    def _place(self, rows: Sequence[Pending]) -> tuple[Site, Item] | None:
        """The site and the item of a series; where they will not do, all its rows are refused."""
        first, checks = _row(rows[0]), self._checks
        checks.errors = []
        site, item = self._sites.get(first.site), checks.item(first.item, "/item")
        if site is None:
            checks.add("/site", msg("There is no site with the code %(code)s.", code=first.site))
        elif site.kind == SiteKind.PARTNER:
            checks.own_stock(site)
        elif site.status == SiteStatus.CLOSED:
            checks.add("/site", msg("The site %(site)s is closed.", site=site.code))
        if item is not None and item.serialised:
            checks.add("/item", msg("Pieces with a serial number of their own are not told by the month."))
        self._job.attempt(rows, lambda left: checks.check(), writes=False)
        return (site, item) if site is not None and item is not None and not checks.errors else None

    def _fresh(self, key: Key, site: Site, rows: Sequence[Pending]) -> list[Pending]:
        """The rows whose month is over and was not told before."""
        today = clock.today(site.timezone)
        known = self._known_month(key)
        lines: dict[date, int] = {}
        fresh = []
        for each in rows:
            row = _row(each)
            if row.month < EARLIEST:
                why = msg("This date cannot be right.")
            elif month_end(row.month.year, row.month.month) > today:
                why = msg("This month is not over yet.")
            elif known is not None and row.month <= known:
                why = msg(
                    "Up to %(month)s this item was told before. What was wrong is put right by an adjustment.",
                    month=f"{known:%Y-%m}",
                )
            elif row.month in lines:
                why = msg("Line %(line)s tells this item's month already.", line=lines[row.month])
            else:
                lines[row.month] = row.line
                fresh.append(each)
                continue
            self._job.refuse_for(each, "month", why)
        return fresh

    def _reports(self, key: Key, site: Site, item: Item, rows: Sequence[Pending]) -> list[Taken]:
        """Reports whose stock only they know, each booked on what the one before it left."""
        held = self._held[(site.id, item.id)]
        known, before = self._known_month(key), held.own
        first = known is None and held.own_last is None
        taken: list[Taken] = []
        missing: list[tuple[Pending, date]] = []
        for each in rows:
            row = _row(each)
            refused = self._foreign(held, row)
            booked = rules.book(
                rules.Report(row.quantity, row.opening, row.received, row.adjusted, row.closing),
                before,
                first=first,
            )
            if refused is None and booked.closing < 0:
                most = booked.closing + row.quantity
                refused = "quantity", msg("Only %(most)s can have been dispensed.", most=max(most, 0))
            if refused is None and booked.closing < held.packed:
                text = msg("%(quantity)s of it are packed for a shipment.", quantity=held.packed)
                refused = "closing", text
            if refused is not None:
                self._job.refuse_for(each, *refused)
                continue
            missing += [(each, month) for month in _between(known, row.month)]
            self._tell(each, row, booked, first)
            taken.append(Taken(each, row, site, item, booked))
            known, before, first = row.month, booked.closing, False
        self._tell_missing(missing)
        return taken

    def _foreign(self, held: _Held, row: MonthRow) -> tuple[str, Message] | None:
        """Why what a report says of the stock would count what the ledger has from elsewhere a second time."""
        later = held.own_last is not None and held.own_last >= row.month
        if held.other or (held.other_last is not None and held.other_last >= row.month):
            text = msg(
                "The ledger keeps this item's stock here by other documents. Leave out opening, received, adjusted "
                "and closing, and what was dispensed comes off that stock."
            )
            return ("opening" if row.opening is not None else "quantity"), text
        if later:
            return "month", msg("The ledger has movements of this item here in this month or after it.")
        return None

    def _tell(self, pending: Pending, row: MonthRow, booked: rules.Booked, first: bool) -> None:
        if booked.difference and not first:
            text = msg(
                "The month opens with %(opening)s; the one before it closed with %(before)s. The difference is "
                "booked as found or lost.",
                opening=booked.opening,
                before=booked.before,
            )
            self._job.warn(pending, "opening", text)
        if booked.breach:
            text = msg(
                "%(opening)s there + %(received)s received + %(adjusted)s adjusted - %(dispensed)s dispensed makes "
                "%(expected)s, not %(closing)s. The difference is booked as found or lost.",
                opening=booked.opening,
                received=booked.received,
                adjusted=booked.adjusted,
                dispensed=booked.dispensed,
                expected=booked.expected,
                closing=booked.closing,
            )
            self._job.warn(pending, "closing", text)

    def _tell_missing(self, missing: Sequence[tuple[Pending, date]]) -> None:
        """Months that nobody told stay empty: shown once for a series, at the first line after them."""
        if not missing:
            return
        named = ", ".join(f"{month:%Y-%m}" for _, month in missing[:NAMED])
        text = msg(
            "No report of %(item)s at %(site)s for %(months)s (months: %(count)s).",
            count=len(missing),
            item=_row(missing[0][0]).item,
            site=_row(missing[0][0]).site,
            months=named + (" …" if len(missing) > NAMED else ""),
        )
        self._job.warn(missing[0][0], "month", text)

    def _dispensed(self, site: Site, item: Item, rows: Sequence[Pending]) -> list[Pending]:
        """The rows whose consumption no other document tells."""
        held = self._held[(site.id, item.id)]
        fresh = []
        for each in rows:
            already = held.dispensed.get(_row(each).month, 0)
            if already:
                text = msg(
                    "%(quantity)s were dispensed in this month by documents that are there.", quantity=already
                )
                self._job.refuse_for(each, "quantity", text)
            else:
                fresh.append(each)
        return fresh

    def _hand_on(self, handed: Sequence[tuple[Pending, Key]]) -> None:
        """Have what the ledger's stock gave posted as the consumption of a day."""
        some = [(each, key) for each, key in handed if _row(each).quantity]
        nothing = [(each, key) for each, key in handed if not _row(each).quantity]
        if nothing:
            self._job.done([(each, no_document(_row(each))) for each, _ in nothing])
        keys = {each.digest: key for each, key in some}
        months = {each.digest: each for each, _ in some}
        self._days.take([_as_day(each) for each, _ in some], [])
        self._days.finish()
        taken = [(months[each.digest], keys[each.digest]) for each in self._days.taken if each.digest in keys]
        self._remember(nothing + taken)

    def _known_month(self, key: Key) -> date | None:
        state = self._last.get(_digest(key))
        return date.fromisoformat(f"{state.document}-01") if state is not None else None

    def _remember(self, taken: Iterable[tuple[Pending, Key]]) -> None:
        """Keep up to which month each series is told."""
        last: dict[Key, date] = {}
        for each, key in taken:
            last[key] = max(_row(each).month, last.get(key, date.min))
        for key, month in sorted(last.items()):
            digest = _digest(key)
            state = self._last.get(digest)
            if state is None:
                self._session.add(ImportedRow(kind=SERIES, digest=digest, document=f"{month:%Y-%m}"))
            else:
                state.document = f"{month:%Y-%m}"
        self._session.flush()


def _digest(key: Key) -> str:
    return hashlib.sha256("\n".join((SERIES, *key)).encode()).hexdigest()


def _between(before: date | None, month: date) -> Iterable[date]:
    """The months that lie between two."""
    while before is not None and (before := rules.next_month(before)) < month:
        yield before


def _as_day(pending: Pending) -> Pending:
    row = _row(pending)
    day = ConsumptionRow(
        line=row.line,
        site=row.site,
        occurred_on=rules.went_on(row.month),
        item=row.item,
        quantity=row.quantity,
        consultations=row.consultations,
    )
    return Pending(day, pending.source, pending.digest)


def _chunks(values: set[T]) -> list[list[T]]:
    ordered = sorted(values)
    return [ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK)]


def _by_month(pending: Pending) -> bool:
    return isinstance(pending.row, MonthRow)


def _row(pending: Pending) -> MonthRow:
    assert isinstance(pending.row, MonthRow)
    return pending.row
