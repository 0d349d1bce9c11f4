"""Permits for controlled medicines: how they stand, what has been used of them, what a journey lacks. Pure.

In trade a controlled medicine crosses a border on an export authorisation, which cites the importing country's import
authorisation. In an emergency a signed model form (WHO/PSA/96.17, 1996) does for both. A licence lets a site hold it
and lets nothing cross a border.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

State = Literal["valid", "ends_soon", "expired", "not_yet", "ended", "replaced", "used_up"]


@dataclass(frozen=True, slots=True)
class Paper:
    """What a permit says. `owner` is the site or shipment it is for; `items`: item id -> base units, None: any.

    Both days count. `ended_on`: not needed any more.
    """

    id: int
    kind: str
    owner: tuple[str, int]
    valid_from: date
    valid_until: date
    ended_on: date | None
    items: Mapping[int, int | None]

    def holds(self, day: date) -> bool:
        """Whether it may be used on a day."""
        return self.valid_from <= day <= self.valid_until and (self.ended_on is None or day < self.ended_on)


@dataclass(frozen=True, slots=True)
class Use:
    """So many base units of an item that went under permits on a day."""

    item_id: int
    day: date
    quantity: int


Used = dict[tuple[int, int], int]
"""(permit id, item id) -> base units"""


def used(papers: Sequence[Paper], uses: Iterable[Use]) -> Used:
    """What of each permit has been used: of those valid on the day the one that ends first, as far as it reaches.

    What goes beyond them all is laid on the last of them, so that it shows.
    """
    spent: Used = defaultdict(int)
    in_turn = sorted(papers, key=lambda paper: (paper.valid_until, paper.id))
    for use in sorted(uses, key=lambda use: use.day):
        left, valid = use.quantity, [p for p in in_turn if p.holds(use.day) and use.item_id in p.items]
        for paper in valid:
            key, most = (paper.id, use.item_id), paper.items[use.item_id]
            part = left if most is None else min(left, max(0, most - spent[key]))
            spent[key] += part
            left -= part
        if left and valid:
            spent[valid[-1].id, use.item_id] += left
    return dict(spent)


def left_of(paper: Paper, item_id: int, spent: Mapping[tuple[int, int], int]) -> int | None:
    """Base units of an item that may still go under a permit; None: any number."""
    if item_id not in paper.items:
        return 0
    most = paper.items[item_id]
    return None if most is None else max(0, most - spent.get((paper.id, item_id), 0))


def used_up(paper: Paper, spent: Mapping[tuple[int, int], int]) -> bool:
    """Whether nothing is left of any of its items."""
    return all(left_of(paper, item_id, spent) == 0 for item_id in paper.items)


def covered(paper: Paper, others: Iterable[Paper], today: date) -> bool:
    """Whether another permit of the kind, for the same place and all its items, takes over before it ends."""
    return any(
        other.id != paper.id
        and other.ended_on is None
        and (other.kind, other.owner) == (paper.kind, paper.owner)
        and other.items.keys() >= paper.items.keys()
        and other.valid_until > paper.valid_until
        and other.valid_from <= max(today, paper.valid_until + timedelta(days=1))
        for other in others
    )


def state(
    paper: Paper, others: Iterable[Paper], today: date, soon_days: int, spent: Mapping[tuple[int, int], int]
) -> State:
    """How a permit stands today; `ends_soon` from `soon_days` before its last day on, unless another takes over."""
    if paper.ended_on is not None:
        return "ended"
    if today < paper.valid_from:
        return "not_yet"
    left = (paper.valid_until - today).days
    if left < 0:
        return "replaced" if covered(paper, others, today) else "expired"
    if used_up(paper, spent):
        return "used_up"
    return "ends_soon" if left <= soon_days and not covered(paper, others, today) else "valid"


Lack = Literal["both", "export", "import"]


def lacking(
    needed: Mapping[int, int],
    papers: Sequence[Paper],
    spent: Mapping[tuple[int, int], int],
    leaves: date,
    arrives: date,
) -> dict[int, Lack]:
    """item id -> which permit fails to cover what of it is to cross a border; items that are covered are left out.

    An import authorisation must hold on the day of arrival, the others on the day of departure.
    """
    missing: dict[int, Lack] = {}
    for item_id, quantity in needed.items():

        def enough(kind: str, day: date, item_id: int = item_id, quantity: int = quantity) -> bool:
            reach = [
                left_of(p, item_id, spent)
                for p in papers
                if p.kind == kind and p.holds(day) and item_id in p.items
            ]
            return None in reach or sum(each or 0 for each in reach) >= quantity > 0

        if enough("model_form", leaves):
            continue
        out, into = enough("export", leaves), enough("import", arrives)
        if not (out and into):
            missing[item_id] = "both" if not (out or into) else "import" if out else "export"
    return missing
