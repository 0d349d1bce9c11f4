"""The policies that are compared, by name."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.simulation.engine import Planner
from bench.simulation.ours import Options, Ours
from bench.simulation.plain import Months, Plain
from bench.simulation.world import World

SAME = (6.0, 2.5, 1.5)
"""Months of stock at the warehouse, the dispensaries and the mobile clinics: lead time and review and as much again."""
MORE = (8.0, 4.0, 3.0)


@dataclass(frozen=True, slots=True)
class Named:
    """A policy to compare with another: what a part of ours is worth shows beside the whole, the rest beside plain."""

    name: str
    make: Callable[[World], Planner]
    beside: str = "plain"


def _plain(
    name: str, months: tuple[float, float, float] = SAME, *, winter: bool = False, expired: bool = True
) -> Named:
    return Named(name, lambda _: Plain(Months(*months), winter, expired))


def _ours(name: str, options: Options, beside: str = "plain") -> Named:
    return Named(name, lambda world: Ours(world, options), beside)


PLAIN = _plain("plain")
MUCH = _plain("plain, more stock", MORE)
OURS = _ours("ours, same levels", Options(months=SAME))
SERVICE = _ours("ours, service levels", Options())

POLICIES = (
    PLAIN,
    _plain("plain, expired taken off at once", expired=False),
    _plain("plain, winter roads known", winter=True),
    MUCH,
    OURS,
    SERVICE,
    _ours("ours, same levels, roads and seasons known", Options(months=SAME, winter=True, seasons=True)),
    _ours("ours, more stock", Options(months=MORE), MUCH.name),
    *(
        _ours(f"{OURS.name}, {what}", options, OURS.name)
        for what, options in (
            ("what will expire counts", Options(months=SAME, expiry=False)),
            ("days out not corrected", Options(months=SAME, corrected=False)),
            ("no surplus moved", Options(months=SAME, surplus=False)),
            ("surplus up to the maximum", Options(months=SAME, capped=True)),
            ("surplus between sites alone", Options(months=SAME, store=False)),
            ("first come first served", Options(months=SAME, rationing=False)),
            ("forecast, not mean", Options(months=SAME, forecast=True)),
            ("winter roads known", Options(months=SAME, winter=True)),
        )
    ),
    *(
        _ours(f"{SERVICE.name}, {what}", options, SERVICE.name)
        for what, options in (
            ("up to the maximum at every review", Options(to_maximum=True)),
            ("mean, not forecast", Options(forecast=False)),
            ("store strays by chance alone", Options(spread=False)),
            ("usual lead times, not longest", Options(leads=(90, 10, 3))),
        )
    ),
)
