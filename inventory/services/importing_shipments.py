"""Imported shipments: those that came from a supplier, as they ended; those from a site of ours, as drafts."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select

from inventory import clock
from inventory.errors import FieldError, Invalid, msg
from inventory.exchange.rows import NewItem, NewSite, ShipmentRow
from inventory.models import Site
from inventory.models.words import PackageKind, SiteKind
from inventory.services.checks import Checks
from inventory.services.importing_history import History, Past
from inventory.services.importing_job import Job, Pending
from inventory.services.importing_reference import make_missing_items, make_missing_sites
from inventory.services.packing import NewPackage, PackedLine, pack
from inventory.services.shipments import NewShipment, draft

AT_ONCE = 300
"""So many past shipments are written together."""


class Shipments:
    """Rows with the same reference and origin make one shipment."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._groups: dict[tuple[str, str], list[Pending]] = defaultdict(list)
        self._new_items: dict[str, NewItem] = {}
        self._new_sites: dict[str, NewSite] = {}
        self._checks = Checks(job.session)
        self._sites: dict[str, Site] = {}

    def take(self, new: list[Pending], known: list[Pending]) -> None:
        for pending in new:
            row = _row(pending)
            self._groups[(row.origin, row.reference)].append(pending)
            if row.new_item is not None:
                self._new_items.setdefault(row.item, row.new_item)
            for code, name, country in (
                (row.origin, row.origin_name, row.origin_country),
                (row.destination, row.destination_name, row.destination_country),
            ):
                if name and country:
                    self._new_sites.setdefault(code, NewSite(name=name, kind="partner", country=country))

    def finish(self) -> None:
        rows = [pending for group in self._groups.values() for pending in group]
        make_missing_items(self._job, self._new_items)
        make_missing_sites(self._job, self._new_sites)
        self._checks.know_items(_row(pending).item for pending in rows)
        codes = {code for pending in rows for code in (_row(pending).origin, _row(pending).destination)}
        sites = self._job.session.scalars(select(Site).where(Site.code.in_(sorted(codes))))
        self._sites = {site.code: site for site in sites}
        history = History(self._job)
        waiting: list[Past] = []
        for group in self._groups.values():
            origin = self._sites.get(_row(group[0]).origin)
            if origin is not None and origin.kind != SiteKind.PARTNER:
                self._draft(group)
                continue
            done = self._job.attempt(group, self._past, writes=False)
            if done is not None:
                waiting.append(done[0])
            if len(waiting) == AT_ONCE:
                history.write(waiting)
                waiting = []
        history.write(waiting)
        history.finish()

    def _past(self, rows: Sequence[Pending]) -> Past:
        """A shipment as it ended, if all that is said of it can be right."""
        first = _row(rows[0])
        origin, destination = (
            self._site(first.origin, "/origin"),
            self._site(first.destination, "/destination"),
        )
        _agree(rows)
        if origin.id == destination.id:
            raise Invalid.at("/destination", msg("Choose another site than the one it leaves from."))
        checks = self._checks
        checks.errors = []
        items = [checks.item(_row(each).item, f"/lines/{index}/item") for index, each in enumerate(rows)]
        day = first.delivered_on or first.eta
        if day is None:
            checks.add("/delivered_on", msg("Neither the day of delivery nor the expected one is told."))
        checks.day(day, "/delivered_on", latest=clock.today(destination.timezone), required=False)
        for index, (each, item) in enumerate(zip(rows, items, strict=True)):
            if item is not None and item.serialised and _row(each).quantity != 1:
                checks.add(f"/lines/{index}/quantity", msg("A serial is one piece: the quantity is 1."))
        checks.check()
        assert day is not None
        lines = [(each, _row(each), item) for each, item in zip(rows, items, strict=True) if item is not None]
        return Past(origin, destination, day, lines)

    def _draft(self, group: list[Pending]) -> None:
        done = self._job.attempt(group, self._pack)
        if done is not None:
            self._job.done([(each, done[0]) for each in done[1]])

    def _pack(self, rows: Sequence[Pending]) -> str:
        """A draft with one package of everything; its lots are picked and reserved."""
        job, first = self._job, _row(rows[0])
        _agree(rows)
        if first.delivered_on is not None:
            text = msg(
                "What left a site of ours is recorded by dispatching and receiving it, not by an import."
            )
            raise Invalid.at("/delivered_on", text)
        command = NewShipment(
            origin=first.origin,
            destination=first.destination,
            mode=first.mode or "",
            eta=first.eta,
            container=first.container,
            minimum_shelf_life_days=first.minimum_shelf_life_days,
            reference=first.reference,
        )
        number = draft(job.session, job.actor, command).number
        weights = [row.gross_weight_kg for row in map(_row, rows) if row.gross_weight_kg is not None]
        package = NewPackage(
            kind=PackageKind.LOOSE,
            lines=[PackedLine(row.item, row.quantity, row.lot) for row in map(_row, rows)],
            gross_weight_kg=sum(weights[1:], weights[0]) if weights else None,
        )
        pack(job.session, job.actor, number, package)
        return number

    def _site(self, code: str, pointer: str) -> Site:
        site = self._sites.get(code)
        if site is None:
            raise Invalid.at(pointer, msg("There is no site with the code %(code)s.", code=code))
        return site


def _agree(rows: Sequence[Pending]) -> None:
    """Lines of one shipment go the same way on the same day."""
    errors = [
        FieldError(f"/lines/{index}/{name}", msg("Another line of this shipment says otherwise."))
        for name in ("destination", "mode", "delivered_on")
        for index, each in enumerate(rows)
        if getattr(each.row, name) != getattr(rows[0].row, name)
    ]
    if errors:
        raise Invalid(errors)


def _row(pending: Pending) -> ShipmentRow:
    assert isinstance(pending.row, ShipmentRow)
    return pending.row
