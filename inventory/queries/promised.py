"""What was promised, what the packing list says and what was found, item by item."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inventory.models import Donation, DonationLine, Item
from inventory.queries.typed import CHUNK


@dataclass(slots=True)
class Compared:
    """Base units of one item; None where nobody promised it, or no list has it."""

    item: Item
    found: int = 0
    listed: int | None = None
    promised: int | None = None

    @property
    def difference(self) -> int | None:
        """Found less listed, or less promised where there is no list; None where there is neither."""
        expected = self.promised if self.listed is None else self.listed
        return None if expected is None else self.found - expected

    @property
    def announced(self) -> bool:
        """Whether somebody had told of this item."""
        return self.promised is not None or self.listed is not None


def compare(
    session: Session,
    donation_id: int | None,
    lines: Iterable[tuple[int, int | None, int]],
    not_found: Sequence[Mapping[str, Any]] = (),
) -> list[Compared]:
    """By item code; `lines` are (item id, declared, found), `not_found` what a receipt keeps of it.

    Empty where nothing was promised and nothing declared.
    """
    found: dict[int, int] = {}
    listed: dict[int, int] = {}
    for item_id, declared, quantity in lines:
        found[item_id] = found.get(item_id, 0) + quantity
        if declared is not None:
            listed[item_id] = listed.get(item_id, 0) + declared
    ids = _ids(session, {str(each["item"]) for each in not_found})
    for each in not_found:
        item_id = ids.get(str(each["item"]), 0)
        if item_id:
            listed[item_id] = listed.get(item_id, 0) + int(each["declared"])
    promised = _promised(session, donation_id)
    if not promised and not listed:
        return []
    items = _items(session, {*found, *listed, *promised})
    told = [
        Compared(item, found.get(item.id, 0), listed.get(item.id), promised.get(item.id)) for item in items
    ]
    return sorted(told, key=lambda each: each.item.code)


def id_of(session: Session, number: str | None) -> int | None:
    """The id of the donation of that number."""
    return session.scalar(select(Donation.id).where(Donation.number == number)) if number else None


def _promised(session: Session, donation_id: int | None) -> dict[int, int]:
    if donation_id is None:
        return {}
    rows = session.execute(
        select(DonationLine.item_id, func.sum(DonationLine.quantity))
        .join(Donation, Donation.id == DonationLine.donation_id)
        .where(DonationLine.donation_id == donation_id, Donation.unannounced.is_(False))
        .group_by(DonationLine.item_id)
    )
    return {item_id: int(quantity) for item_id, quantity in rows}


def _ids(session: Session, codes: set[str]) -> dict[str, int]:
    listed = sorted(codes)
    found: dict[str, int] = {}
    for start in range(0, len(listed), CHUNK):
        part = listed[start : start + CHUNK]
        found |= {
            code: item_id
            for code, item_id in session.execute(select(Item.code, Item.id).where(Item.code.in_(part)))
        }
    return found


def _items(session: Session, ids: set[int]) -> list[Item]:
    listed = sorted(ids)
    found: list[Item] = []
    for start in range(0, len(listed), CHUNK):
        found += session.scalars(select(Item).where(Item.id.in_(listed[start : start + CHUNK])))
    return found
