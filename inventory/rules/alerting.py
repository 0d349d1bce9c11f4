"""The life of an alert: how grave it is, when it grows louder, when it may go and when it is the same one again.

An alert is opened once per kind and subject. It goes when its cause is gone, and its cause is gone only above the level
that opened it (`emergency_goes_on`, `overstock_goes_on`), so that a unit more or less does not make it come and go.
Nobody's acknowledgement resolves it. One that opens again within `MEMORY_DAYS` of its last end is a new alert that
knows how often it came (`Alert.occurrence`).

While nobody acknowledges it, its time runs: after so many days (`Thresholds.patience`) it is escalated, and
again every so many days, three times at most. A warning that was ignored is critical. What is on its way or
asked for stops the time as well: then it is getting better. An acknowledgement holds until the matter gets
worse (`worse`) or a nearer horizon is reached.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

MEMORY_DAYS = 90
"""An alert that opens again within so many days of its last end is the same matter again."""
PATIENCE = {"critical": 2, "warning": 7}
"""Days after which an alert that nobody acknowledged is escalated, where no rule says otherwise; `info` never is."""
MOST_ESCALATIONS = 3
"""After so many times a matter is as loud as it gets."""
MARGIN = Fraction(1, 20)
"""Of the reorder point: how far a level must be left behind before its alert goes."""
UNUSED_DAYS = 90
"""An item must have been at a site for so long without being used before its stock counts as never to be used."""
SETTLED_DAYS = 30
"""So long a look-back must be before a consumption says which lot will expire."""

MOST_HORIZONS = 6
MOST_HORIZON_DAYS = 730
MOST_DAYS = 365


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What opens alerts and makes them louder, for a site and a category.

    `horizons` are days before expiry, the longest first; `escalate_after_days` holds for critical alerts and warnings
    alike (None: `PATIENCE`); `least_risk` in base units.
    """

    horizons: tuple[int, ...] = (90, 60, 30)
    escalate_after_days: int | None = None
    least_risk: int = 1
    authorisation_days: int = 30
    silent_days: int = 14

    def patience(self, severity: str) -> int | None:
        """Days after which an alert of that severity is escalated when it is ignored; None: never."""
        known = PATIENCE.get(severity)
        return known if known is None else self.escalate_after_days or known

    def horizon(self, days_left: int) -> int | None:
        """The nearest horizon that a lot with so many days left has reached; None: it has reached none."""
        reached = [each for each in self.horizons if days_left <= each]
        return min(reached) if reached else None

    def last_horizon(self, horizon: int) -> bool:
        """Whether it is the last of several, at which an alert is critical."""
        return len(self.horizons) > 1 and horizon == min(self.horizons)


_NAMES = ("horizons", "escalate_after_days", "least_risk", "authorisation_days", "silent_days")


@dataclass(frozen=True, slots=True)
class Rule:
    """Thresholds that somebody set for a site, a category, both or everything; None says nothing."""

    site_id: int | None = None
    category: str | None = None
    horizons: tuple[int, ...] | None = None
    escalate_after_days: int | None = None
    least_risk: int | None = None
    authorisation_days: int | None = None
    silent_days: int | None = None

    @property
    def breadth(self) -> tuple[bool, bool]:
        """The narrowest is the least: a site is narrower than a category."""
        return self.site_id is None, self.category is None


class Rules:
    """The rules that may hold at one site."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = sorted(rules, key=lambda rule: rule.breadth)
        self._known: dict[str | None, Thresholds] = {}

    def of(self, category: str | None) -> Thresholds:
        """What holds for items of a category: of each threshold the narrowest rule that says something."""
        found = self._known.get(category)
        if found is None:
            found = self._known[category] = self._merged(category)
        return found

    def _merged(self, category: str | None) -> Thresholds:
        said: dict[str, object] = {}
        for rule in self._rules:
            if rule.category in (None, category):
                for name in _NAMES:
                    value = getattr(rule, name)
                    if value is not None:
                        said.setdefault(name, value)
        return Thresholds(**said)  # type: ignore[arg-type]


def read_horizons(text: str) -> tuple[int, ...]:
    """Horizons as they are stored, `90,60,30`."""
    return tuple(int(each) for each in text.split(","))


def write_horizons(horizons: Sequence[int]) -> str:
    """Horizons as they are stored, the longest first."""
    return ",".join(str(each) for each in sorted(horizons, reverse=True))


def emergency_goes_on(
    usable: int, position: Fraction, emergency_point: Fraction, reorder_point: Fraction | None
) -> bool:
    """Whether an emergency that was told goes on although the stock is above the emergency point again.

    An alert is cleared only above the minimum (handbook, 2.1). Above it are: usable stock above the reorder point; or
    usable stock that has left the emergency point a twentieth of the reorder point behind, with enough asked for or
    on its way that the position is above the reorder point.
    """
    if reorder_point is None:
        return False
    if usable > reorder_point:
        return False
    return position <= reorder_point or usable <= emergency_point + MARGIN * reorder_point


def overstock_goes_on(usable: int, maximum: Fraction, reorder_point: Fraction | None, *, moves: bool) -> bool:
    """Whether an overstock goes on although the stock is at the maximum again.

    Only where the maximum `moves` with the demand: then a twentieth of the reorder point must lie between.
    """
    return moves and reorder_point is not None and usable > maximum - MARGIN * reorder_point


_FEWER_IS_WORSE = frozenset({"stock_out", "emergency", "reorder"})
_BY_DAYS = frozenset({"shipment_late"})
_BY_THRESHOLD = frozenset({"expiring", "authorisation_expiring"})


def worse(kind: str, seen: int | None, quantity: int | None) -> bool:
    """Whether a matter is so much worse than when somebody acknowledged it at `seen` that they should look again.

    Of a shortage half is left, of anything else there is twice as much; a late shipment is late twice as long, and by a
    week more at least. What has a horizon is worse when the next is reached, whatever the quantity (`nearer`).
    """
    if seen is None or quantity is None or kind in _BY_THRESHOLD:
        return False
    if kind in _FEWER_IS_WORSE:
        return seen > quantity and seen >= 2 * quantity
    if kind in _BY_DAYS:
        return quantity >= max(2 * seen, seen + 7)
    return quantity > seen and quantity >= 2 * seen


def nearer(kind: str, before: int | None, threshold: int | None) -> bool:
    """Whether a nearer horizon is reached than `before`."""
    return kind in _BY_THRESHOLD and before is not None and threshold is not None and threshold < before


def periods(days: int, patience: int | None) -> int:
    """How often an alert is to be escalated that was ignored for so many days since it was told last."""
    return 0 if patience is None or days < patience else days // patience


def escalations(days: int, patience: int | None, so_far: int) -> int:
    """The same, less what would go beyond `MOST_ESCALATIONS`."""
    return max(0, min(periods(days, patience), MOST_ESCALATIONS - so_far))


def risk_is_known(
    demand: Fraction | None, look_back_days: int, own_history: bool, *, feeds_others: bool, fixed: bool
) -> bool:
    """Whether a projection says anything about lots that will expire unused.

    Without known demand it says nothing. A consumption (`own_history`) must have been seen for `SETTLED_DAYS`. A
    demand of 0 makes everything dated expire, which is true of a gift that nobody uses, but not of a warehouse
    (`feeds_others`: what it holds is used elsewhere), of a reserve that is kept by `fixed` levels, nor of what came
    lately (`UNUSED_DAYS`).
    """
    if demand is None:
        return False
    if demand == 0 and (feeds_others or fixed):
        return False
    least = UNUSED_DAYS if demand == 0 else SETTLED_DAYS
    return not own_history or look_back_days >= least
