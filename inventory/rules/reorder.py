"""When to ask for more of an item at a site, and for how much."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import ceil, floor
from typing import Any, Literal

from inventory.errors import Message, msg
from inventory.rules.course import MONTH, Course
from inventory.rules.expiry import Projection
from inventory.rules.levels import LEAST_SERVICE, MOST_SERVICE

Status = Literal["stock_out", "emergency", "reorder", "overstock", "ok", "unknown"]
Method = Literal["fixed", "months", "service"]

MOST_MONTHS = 120
MOST_BUFFER_DAYS = 3650
MOST_DAYS = 1000

NEEDED: dict[str, tuple[str, ...]] = {
    "fixed": ("emergency_point", "reorder_point", "maximum"),
    "months": ("emergency_months", "minimum_months", "maximum_months"),
    "service": ("lead_time_days", "review_period_days", "service_level"),
}
"""The fields that a method cannot do without; of levels the lowest first."""


@dataclass(frozen=True, slots=True)
class Policy:
    """When and how far to refill: by fixed levels in base units, by months of demand, or by levels that are worked out
    for a share of waits without a stock-out (`service_level`, 0.5 to 0.9999; `rules/levels.py`).

    `demand_override` is a month's demand in base units that a person set, for `override_reason`.
    """

    method: Method
    reorder_point: int | None = None
    maximum: int | None = None
    emergency_point: int | None = None
    minimum_months: Decimal | None = None
    maximum_months: Decimal | None = None
    emergency_months: Decimal | None = None
    lookback_months: Decimal = Decimal(6)
    demand_override: Decimal | None = None
    override_reason: str | None = None
    order_multiple: int | None = None
    expiry_buffer_days: int = 0
    lead_time_days: int | None = None
    review_period_days: int | None = None
    service_level: Decimal | None = None
    emergency_days: int | None = None


@dataclass(frozen=True, slots=True)
class Worked:
    """Levels in base units that were worked out for a service level."""

    reorder_point: int
    maximum: int
    emergency_point: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """How an item stands at a site. Levels and position in base units, exact; None is not known.

    Show fractions rounded to two places (`demand.rounded`), and decide on none of them after rounding.
    """

    status: Status | None
    position: Fraction
    reorder_point: Fraction | None
    maximum: Fraction | None
    emergency_point: Fraction | None
    months_of_stock: Fraction | None
    effective_months: Fraction | None
    effective_stock: int | None
    suggested_quantity: int | None


def assess(
    policy: Policy | None,
    *,
    usable: int,
    available: int,
    inbound: int,
    open_requisitions: int,
    demand: Course | Fraction | None,
    projection: Projection[Any],
    worked: Worked | None = None,
    has_history: bool = False,
) -> Assessment:
    """Judge the stock of one item at one site.

    `usable` is what is on hand and may be used, `available` that less what is reserved, `inbound` what is on
    its way, `open_requisitions` what submitted and approved requisitions ask for and no shipment carries yet;
    `demand` is a month's or that of the time to come, `projection` that of the available lots; `worked` are the
    levels of a `service` policy, None where the demand is not known. Levels by months are what those months
    will use. Emergency at usable <= the emergency point. At position <= the reorder point the suggestion is
    maximum - position, rounded up to whole units and to the order multiple; above it 0; None without a policy
    or, by months, without known demand. `has_history`: the item was at this site before, so that having none is
    a stock-out even without a policy.
    """
    effective = None if demand is None else projection.effective_stock
    position = Fraction((available if effective is None else effective) + inbound + open_requisitions)
    monthly = demand.monthly if isinstance(demand, Course) else demand
    reorder_point, maximum, emergency_point = _levels(policy, demand, worked)
    suggestion = _suggestion(policy, position, reorder_point, maximum)
    return Assessment(
        status=_status(policy, usable, suggestion, maximum, emergency_point, has_history),
        position=position,
        reorder_point=reorder_point,
        maximum=maximum,
        emergency_point=emergency_point,
        months_of_stock=available / monthly if monthly else None,
        effective_months=effective / monthly if monthly and effective is not None else None,
        effective_stock=effective,
        suggested_quantity=suggestion,
    )


Level = Fraction | None


def _levels(
    policy: Policy | None, demand: Course | Fraction | None, worked: Worked | None
) -> tuple[Level, Level, Level]:
    """(reorder point, maximum, emergency point) in base units."""
    if policy is None:
        return None, None, None
    if policy.method == "fixed":
        levels = (policy.reorder_point, policy.maximum, policy.emergency_point)
        return _exact(levels[0]), _exact(levels[1]), _exact(levels[2])
    if demand is None:
        return None, None, None
    if policy.method == "service":
        if worked is None:
            return None, None, None
        return Fraction(worked.reorder_point), Fraction(worked.maximum), Fraction(worked.emergency_point)
    months = (policy.minimum_months, policy.maximum_months, policy.emergency_months)
    exact = [None if m is None else _used_in(_exactly(m), demand) for m in months]
    return exact[0], exact[1], exact[2]


def _used_in(months: Fraction, demand: Course | Fraction) -> Fraction:
    if not isinstance(demand, Course):
        return months * demand
    return demand.within(months * MONTH) if demand.by_hand else months * demand.monthly


@cache
def _exactly(months: Decimal) -> Fraction:
    return Fraction(months)


def _exact(level: int | None) -> Level:
    return None if level is None else Fraction(level)


def _status(
    policy: Policy | None,
    usable: int,
    suggestion: int | None,
    maximum: Level,
    emergency_point: Level,
    has_history: bool,
) -> Status | None:
    if usable <= 0 and (policy is not None or has_history):
        return "stock_out"
    if policy is None:
        return None
    if emergency_point is not None and usable <= emergency_point:
        return "emergency"
    if suggestion is None:
        return "unknown"
    # Where demand is 0 the reorder point may be reached although there is nothing to ask for.
    if suggestion > 0:
        return "reorder"
    if maximum is not None and usable > maximum:
        return "overstock"
    return "ok"


def _suggestion(
    policy: Policy | None, position: Fraction, reorder_point: Level, maximum: Level
) -> int | None:
    if policy is None or reorder_point is None or maximum is None:
        return None
    if position > reorder_point:
        return 0
    multiple = policy.order_multiple or 1
    wanted = max(0, ceil(maximum - position))
    return -(-wanted // multiple) * multiple


def check_policy(policy: Policy) -> list[tuple[str, Message]]:
    """What is wrong with a policy, as (name of the field, what to say); `demand_override/reason` for the
    reason."""
    wrong: list[tuple[str, Message]] = []
    names = NEEDED[policy.method]
    given = {name: getattr(policy, name) for name in names}
    most = {"fixed": None, "months": MOST_MONTHS, "service": MOST_DAYS}[policy.method]
    for name, value in given.items():
        if value is None:
            wrong.append((name, msg("This is needed.")))
        else:
            wrong.extend((name, fault) for fault in _faults(value, most))
    if policy.method == "service":
        wrong.extend(_service_faults(policy))
    elif not wrong:
        emergency, minimum, maximum = given.values()
        if minimum > maximum:
            wrong.append((names[2], msg("The maximum is below the point at which more is asked for.")))
        if emergency > minimum:
            wrong.append(
                (names[0], msg("The emergency level is above the point at which more is asked for."))
            )
    if policy.method != "fixed":
        faults = list(_faults(policy.lookback_months, MOST_MONTHS))
        if not faults and floor(Fraction(policy.lookback_months) * MONTH) < 1:
            faults.append(msg("The look-back must be at least a day long."))
        wrong.extend(("lookback_months", fault) for fault in faults)
    if policy.demand_override is not None:
        wrong.extend(("demand_override/quantity", fault) for fault in _faults(policy.demand_override, None))
        if not (policy.override_reason or "").strip():
            wrong.append(("demand_override/reason", msg("Say why the demand is set by hand.")))
    if policy.order_multiple is not None and policy.order_multiple < 1:
        wrong.append(("order_multiple", msg("This must be 1 or more.")))
    wrong.extend(
        ("expiry_buffer_days", fault) for fault in _faults(policy.expiry_buffer_days, MOST_BUFFER_DAYS)
    )
    return wrong


def _service_faults(policy: Policy) -> Iterator[tuple[str, Message]]:
    level = policy.service_level
    if level is not None and level.is_finite() and not LEAST_SERVICE <= level <= MOST_SERVICE:
        yield (
            "service_level",
            msg(
                "Give a share from %(least)s to %(most)s, such as 0.95.",
                least=LEAST_SERVICE,
                most=MOST_SERVICE,
            ),
        )
    if policy.review_period_days == 0:
        yield "review_period_days", msg("This must be 1 or more.")
    if policy.emergency_days is not None:
        yield from (("emergency_days", fault) for fault in _faults(policy.emergency_days, MOST_DAYS))


def _faults(value: Decimal | int, most: int | None) -> Iterator[Message]:
    if isinstance(value, Decimal) and not value.is_finite():
        yield msg("This is not a number.")
    elif value < 0:
        yield msg("This cannot be negative.")
    elif most is not None and value > most:
        yield msg("This cannot be above %(most)s.", most=most)
