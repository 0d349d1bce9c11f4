"""The test of the one-year rule's exception: whether all of a short-dated lot is used in time (handbook 3.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from inventory.ledger.figures import figures
from inventory.ledger.projection import parts_here
from inventory.rules.expiry import ProjectedLot, project


@dataclass(frozen=True, slots=True)
class Arriving:
    """So many base units of an item that would come into the usable stock."""

    item_id: int
    expires_on: date | None
    quantity: int


def would_expire(
    session: Session, site_id: int, arriving: Sequence[Arriving], today: date
) -> list[int | None]:
    """For each of `arriving`, in its order, how many units would expire unused if all of them were taken into stock,
    used first-expired-first-out beside what is there; None where the demand is not known."""
    wanted = {each.item_id for each in arriving}
    known = figures(session, site_id, today, wanted) if wanted else {}
    found: dict[int, int] = {}
    for item_id in wanted:
        mine = known.get(item_id)
        if mine is None or mine.course is None:
            continue
        here = [
            ProjectedLot(part.key[0], part.quantity, part.expires_on, part.received_on, part.key[0])
            for part in parts_here(session, site_id, item_id, today)
        ]
        coming = [
            ProjectedLot(-index - 1, each.quantity, each.expires_on, today, 2**62 + index)
            for index, each in enumerate(arriving)
            if each.item_id == item_id
        ]
        buffer = mine.policy.expiry_buffer_days if mine.policy is not None else 0
        result = project([*here, *coming], mine.course, today, buffer, None)
        found |= {lot.key: lot.expiring for lot in result.per_lot if lot.key < 0}
    return [found.get(-index - 1) for index in range(len(arriving))]
