"""Imported items and sites: added where they are new, changed where the file says otherwise."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from inventory.db import savepoint
from inventory.errors import DomainError
from inventory.exchange.rows import NewItem, NewSite, ReferenceRow
from inventory.models import Item, Site
from inventory.services.catalogue import Pack, add_item, change_item
from inventory.services.importing_job import Job, Pending
from inventory.services.sites import add_site, change_site

CHUNK = 400


class Items:
    """One row, one item."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def take(self, new: list[Pending], known: list[Pending]) -> None:
        session = self._job.session
        codes = [_row(pending).code for pending in new]
        query = select(Item).where(Item.code.in_(codes)).options(selectinload(Item.gtins))
        there = {item.code: item for item in session.scalars(query)}
        for pending in new:
            done = self._job.attempt([pending], lambda left: self._put(_row(left[0]), there))
            if done is not None:
                self._job.done([(pending, f"item {_row(pending).code}")], changed=done[0])

    def finish(self) -> None:
        """Nothing is left to do."""

    def _put(self, row: ReferenceRow, there: dict[str, Item]) -> bool:
        fields = dict(row.values)
        packs = [Pack(pack["gtin"], pack["quantity"]) for pack in fields.pop("gtins", [])]
        if packs:
            fields["gtins"] = packs
        item = there.get(row.code)
        if item is None:
            there[row.code] = add_item(self._job.session, self._job.actor, fields)
            return True
        held = {gtin.gtin: gtin.quantity for gtin in item.gtins}
        same_packs = not packs or held == {pack.gtin: pack.quantity for pack in packs}
        if same_packs and _same(item, fields, ("gtins",)):
            return False
        change_item(self._job.session, self._job.actor, row.code, fields)
        return True


class Sites:
    """One row, one site. A site may be supplied by one that stands further down."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._rows: list[Pending] = []

    def take(self, new: list[Pending], known: list[Pending]) -> None:
        self._rows += new

    def finish(self) -> None:
        left = self._rows
        while left:
            to_come = {_row(pending).code for pending in left}
            ready = [each for each in left if _row(each).values.get("supplied_by") not in to_come]
            for pending in ready or left:
                done = self._job.attempt([pending], lambda rows: self._put(_row(rows[0])))
                if done is not None:
                    self._job.done([(pending, f"site {_row(pending).code}")], changed=done[0])
            done_with = {id(pending) for pending in ready or left}
            left = [pending for pending in left if id(pending) not in done_with]

    def _put(self, row: ReferenceRow) -> bool:
        session, actor = self._job.session, self._job.actor
        site = session.scalars(select(Site).where(Site.code == row.code)).one_or_none()
        if site is None:
            add_site(session, actor, row.values)
            return True
        supplier = site.supplied_by.code if site.supplied_by else None
        if row.values.get("supplied_by", supplier) == supplier and _same(site, row.values, ("supplied_by",)):
            return False
        change_site(session, actor, row.code, row.values)
        return True


def make_missing_items(job: Job, wanted: Mapping[str, NewItem]) -> None:
    """Add the items of these codes that nobody has entered; one that cannot be made is told with its rows later."""
    for code in missing_items(job, list(wanted)):
        new = wanted[code]
        fields = {
            "code": code,
            "name": new.name,
            "base_unit": new.base_unit,
            "category": new.category,
            "inn": new.inn,
            "strength": new.strength,
            "dosage_form": new.dosage_form,
        }
        with suppress(DomainError), savepoint(job.session):
            add_item(job.session, job.actor, fields)


def missing_items(job: Job, codes: Sequence[str]) -> list[str]:
    """Those of the codes that no item has, in their order."""
    known: set[str] = set()
    for start in range(0, len(codes), CHUNK):
        known |= set(
            job.session.scalars(select(Item.code).where(Item.code.in_(codes[start : start + CHUNK])))
        )
    return [code for code in codes if code not in known]


def make_missing_sites(job: Job, wanted: Mapping[str, NewSite]) -> None:
    """Add the sites of these codes that nobody has entered; one that cannot be made is told with its rows later."""
    codes = sorted(wanted)
    known: set[str] = set()
    for start in range(0, len(codes), CHUNK):
        chunk = codes[start : start + CHUNK]
        known |= set(job.session.scalars(select(Site.code).where(Site.code.in_(chunk))))
    for code, new in wanted.items():
        if code not in known:
            fields = {"code": code, "name": new.name, "kind": new.kind, "country": new.country}
            with suppress(DomainError), savepoint(job.session):
                add_site(job.session, job.actor, fields | {"admin1": new.admin1})


def _row(pending: Pending) -> ReferenceRow:
    assert isinstance(pending.row, ReferenceRow)
    return pending.row


def _same(there: object, fields: Mapping[str, Any], apart: tuple[str, ...]) -> bool:
    return all(getattr(there, name) == value for name, value in fields.items() if name not in apart)
