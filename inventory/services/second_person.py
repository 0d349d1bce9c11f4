"""The second name under what moves controlled medicines: told by the edge, taken into every posting of a document."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.errors import Invalid, msg
from inventory.ledger import Entry, Move
from inventory.models import Item, Lot
from inventory.rules.text import fold
from inventory.services.checks import Checks

POINTER = "/witness"
CHUNK = 400


@dataclass(frozen=True, slots=True)
class _Second:
    """Who was there beside the one that posts; `required`: without a name nothing controlled is posted."""

    name: str | None
    required: bool


_present: ContextVar[_Second | None] = ContextVar("relais_second_person", default=None)


@contextmanager
def second_person(name: str | None, *, required: bool = False) -> Iterator[None]:
    """Inside, what moves controlled medicines is posted with that name beside the actor's.

    Without a name it stands unsigned until somebody else signs it (`services/register`), unless a name is `required`:
    then it is refused. What is not controlled needs no second person, and is given none.
    """
    token = _present.set(_Second(name, required))
    try:
        yield
    finally:
        _present.reset(token)


def witnessed(session: Session, entry: Entry) -> Entry:
    """The entry with the second person's name. Raises Invalid at `/witness` where it is missing or wrong."""
    second = _present.get()
    if second is None or not (second.required or second.name):
        return entry
    codes = _controlled(session, entry.moves)
    if not codes:
        return entry
    checks = Checks(session)
    name = checks.text(second.name, POINTER) or entry.witness
    checks.check()
    items = ", ".join(codes)
    if name is None:
        if not second.required:
            return entry
        text = msg(
            "%(items)s: a controlled medicine moves before two people. Name the second one.", items=items
        )
        raise Invalid.at(POINTER, text)
    if entry.by is not None and fold(name) == fold(entry.by):
        text = msg("%(items)s: the second person is somebody else than you.", items=items)
        raise Invalid.at(POINTER, text)
    return replace(entry, witness=name)


def _controlled(session: Session, moves: Sequence[Move]) -> list[str]:
    """The codes of the controlled items among what is moved."""
    ids = sorted({move.lot_id for move in moves})
    found: set[str] = set()
    for start in range(0, len(ids), CHUNK):
        query = (
            select(Item.code)
            .join(Lot, Lot.item_id == Item.id)
            .where(Lot.id.in_(ids[start : start + CHUNK]), Item.controlled)
        )
        found.update(session.scalars(query))
    return sorted(found)
