"""How many calls a token may make, where API_RATE_LIMIT says so.

Counted in the memory of each server process: with two workers a token gets at most twice as many. That is enough
against a program that runs wild, and costs no write to the database for a read.
"""

import math
import time
from collections import deque
from threading import Lock

from flask import current_app

from inventory.api.problems import Problem
from inventory.errors import msg

_lock = Lock()
_NAME = "relais-api-calls"
_MOST_TOKENS = 10_000


def count(token_id: int) -> None:
    """Count one call of a token. Raises the 429 problem with `Retry-After` beyond what is allowed."""
    limit = current_app.config["RELAIS"].api_rate_limit
    if limit is None:
        return
    now = time.monotonic()
    with _lock:
        known: dict[int, deque[float]] = current_app.extensions.setdefault(_NAME, {})
        if len(known) > _MOST_TOKENS:
            known.clear()
        calls = known.setdefault(token_id, deque())
        while calls and calls[0] <= now - limit.seconds:
            calls.popleft()
        if len(calls) < limit.calls:
            calls.append(now)
            return
        wait = max(1, math.ceil(calls[0] + limit.seconds - now))
    text = msg("At most %(calls)s calls in %(seconds)s seconds.", calls=limit.calls, seconds=limit.seconds)
    raise Problem(429, text, {"Retry-After": str(wait)})
