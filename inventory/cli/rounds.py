"""A round of all sites: their alerts brought up to date for what time changes, each in a transaction of its own."""

import gc
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

import click
from sqlalchemy.exc import SQLAlchemyError

from inventory import clock
from inventory.db import atomically, session
from inventory.services import alerts

Progress = Callable[[int, int], None]
SWEPT_EVERY = 100
"""After so many sites memory is searched for what was left after all."""


@dataclass(slots=True)
class Round:
    """What a round did: `pairs` of site and item looked at, `sites` evaluated, `left` to somebody else who was at them
    at the same time; `failed` is how many could not be evaluated, by why."""

    pairs: int = 0
    sites: int = 0
    left: int = 0
    failed: Counter[str] = field(default_factory=Counter)


def go_round(on: date | None = None, progress: Progress | None = None) -> Round:
    """Evaluate every site, the one first that was looked at longest ago, as of its day or `on`.

    Each site is a transaction: killed midway, what is done stays done, and the next round begins with the rest. Of two
    rounds at once each leaves to the other what that is at or has just done. A site that cannot be evaluated does not
    keep the others from it.
    """
    with _no_search_for_cycles():
        return _go_round(on, progress)


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Inside, memory is given back by counting references alone: a round makes millions of things that none of them
    hold each other, and to look through them for cycles again and again takes a third of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _go_round(on: date | None, progress: Progress | None) -> Round:
    begun, result = clock.now(), Round()
    waiting = deque((site_id, False) for site_id in alerts.sites_to_evaluate(session()))
    total = len(waiting)
    while waiting:
        site_id, wait = waiting.popleft()
        try:
            outcome: alerts.Outcome | None = _evaluate(site_id, on, begun, wait=wait)
        except SQLAlchemyError as error:
            result.failed[str(error).splitlines()[0]] += 1
            outcome = None
        session().expunge_all()
        if (total - len(waiting)) % SWEPT_EVERY == 0:
            gc.collect()
        if outcome is not None and outcome.state == "busy":
            waiting.append((site_id, True))
            continue
        if outcome is not None:
            result.pairs += outcome.pairs
            result.sites += outcome.state == "done"
            result.left += outcome.state == "fresh"
        if progress is not None:
            progress(total - len(waiting), total)
    return result


def _evaluate(site_id: int, on: date | None, begun: datetime, *, wait: bool) -> alerts.Outcome:
    return atomically(lambda s: alerts.evaluate_site(s, site_id, on, since=begun, wait=wait))


def on_terminal(done: int, total: int) -> None:
    """Say how far a round is, where somebody looks."""
    if sys.stderr.isatty():
        click.echo(f"\r{done} of {total} sites", nl=done == total, err=True)
