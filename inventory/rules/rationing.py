"""Who gets how much where there is less than is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from inventory.errors import Message, msg


@dataclass(frozen=True, slots=True)
class Request:
    """What one site asks for of an item, in base units, and how it stands.

    `position` is the stock that counts, what is on its way and asked for elsewhere included; `maximum` and
    `emergency_point` are None where there is no level. Only whole packs of `multiple` are given.
    """

    site: str
    ven: str | None
    maximum: Fraction | int | None
    position: Fraction | int
    emergency_point: Fraction | int | None
    usable: int
    wanted: int
    multiple: int | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What a site gets, in base units, and why so much."""

    site: str
    quantity: int
    reason: Message


@dataclass(slots=True)
class _Part:
    """A request while it is worked on; `most` is what is asked for in whole packs, `urgent` what goes first."""

    request: Request
    pack: int
    most: int
    urgent: int
    given: int = 0

    @property
    def room(self) -> Fraction:
        """How far the site is from its maximum; 0 where it has none."""
        if self.request.maximum is None:
            return Fraction(0)
        return max(Fraction(0), Fraction(self.request.maximum) - Fraction(self.request.position) - self.given)


def ration(supply: int, requests: Sequence[Request]) -> list[Share]:
    """Share `supply` base units of one item, in the order of `requests`.

    Vital items (V) are first brought to their emergency point at each site, the rest follows in proportion to what each
    lacks of its maximum, by largest remainder and then by site code (handbook, 3.4). Nobody gets more than is asked
    for, nor part of a pack; what nobody can take because of that, or because it is more than all ask for, stays. Where
    there is something left when all have reached their maximum, it follows in proportion to what is still asked for.
    """
    parts = [_part(each) for each in requests]
    order = sorted(parts, key=lambda part: part.request.site)
    left = max(0, supply)
    left -= _spread(left, order, [Fraction(part.urgent) for part in order], [part.urgent for part in order])
    most = [part.most for part in order]
    left -= _spread(left, order, [part.room for part in order], most)
    _spread(left, order, [Fraction(part.most - part.given) for part in order], most)
    return [Share(part.request.site, part.given, _reason(part)) for part in parts]


def _part(request: Request) -> _Part:
    pack = max(1, request.multiple or 1)
    most = max(0, request.wanted) // pack * pack
    urgent = 0
    if request.ven == "V" and request.emergency_point is not None:
        lacks = max(0, ceil(Fraction(request.emergency_point) - request.usable))
        urgent = min(most, -(-lacks // pack) * pack)
    return _Part(request, pack, most, urgent)


def _spread(supply: int, parts: Sequence[_Part], weights: Sequence[Fraction], most: Sequence[int]) -> int:
    """Give away up to `supply` in proportion to the weights, nobody above `most` in all; what was given."""
    limits = [max(0, top - part.given) for part, top in zip(parts, most, strict=True)]
    exact = _proportional(supply, weights, limits)
    whole = [int(share // part.pack) * part.pack for part, share in zip(parts, exact, strict=True)]
    left = supply - sum(whole)
    while True:
        open_ones = [
            i
            for i, part in enumerate(parts)
            if weights[i] > 0 and whole[i] + part.pack <= limits[i] and part.pack <= left
        ]
        if not open_ones:
            break
        # The largest part of a pack that is lacking to what is due; `parts` are in the order of their sites.
        best = max(open_ones, key=lambda i: ((exact[i] - whole[i]) / parts[i].pack, -i))
        whole[best] += parts[best].pack
        left -= parts[best].pack
    for part, given in zip(parts, whole, strict=True):
        part.given += given
    return supply - left


def _proportional(supply: int, weights: Sequence[Fraction], limits: Sequence[int]) -> list[Fraction]:
    """Exact shares; what someone cannot take is shared among the others."""
    shares = [Fraction(0)] * len(weights)
    left = Fraction(supply)
    active = [i for i, weight in enumerate(weights) if weight > 0 and limits[i]]
    while active and left > 0:
        total = sum((weights[i] for i in active), Fraction(0))
        full = [i for i in active if left * weights[i] >= limits[i] * total]
        if not full:
            for i in active:
                shares[i] = left * weights[i] / total
            break
        for i in full:
            shares[i] = Fraction(limits[i])
            left -= limits[i]
        active = [i for i in active if i not in full]
    return shares


def _reason(part: _Part) -> Message:
    if part.given >= part.request.wanted:
        return msg("All that was asked for.")
    if part.given == part.most:
        return msg("All that was asked for, in whole packs of %(pack)s.", pack=part.pack)
    if not part.given:
        return msg("There is not enough: others need it more.")
    if part.given <= part.urgent:
        return msg("A vital item: up to the emergency point first.")
    if part.urgent:
        return msg(
            "A vital item: %(urgent)s up to the emergency point, then in proportion to what is lacking to the maximum.",
            urgent=part.urgent,
        )
    return msg("In proportion to what is lacking to the maximum.")
