"""`Idempotency-Key` on every POST: the same key with the same body gets the first answer again, and nothing is done.

Work and its answer are kept in one transaction, the key claimed at its beginning: of two that come together one does
the work and the other replays. What was refused is kept after the rollback, in a transaction of its own.
"""

import hashlib
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import Response, g, request
from marshmallow import missing
from sqlalchemy.orm import Session

from inventory.access import Actor
from inventory.api.problems import KeyReused, of_domain
from inventory.db import atomically, session
from inventory.errors import FieldError, Invalid, msg
from inventory.services import answers
from inventory.services.answers import Asked, Remembered

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LONGEST = 255
REMEMBERED = frozenset({403, 404, 409, 422})
"""Refusals that are kept: what the work itself said. Not those of the guard, nor what may pass by itself."""


def before(actor: Actor) -> Response | None:
    """Look at the key of the present request: the first answer, if there was one. The body must have been read."""
    key = request.headers.get(HEADER)
    if request.method != "POST" or key is None or actor.user_id is None:
        return None
    if not (1 <= len(key) <= LONGEST and key.isascii() and key.isprintable()):
        text = msg("An Idempotency-Key has 1 to %(most)s characters of ASCII.", most=LONGEST)
        raise Invalid([FieldError(f"/{HEADER}", text)], text)
    g.asked = Asked(actor.user_id, key, _digest())
    known = answers.find(session(), g.asked)
    return None if known is None else replay(known)


def _asked() -> Asked | None:
    found: Asked | None = g.get("asked")
    return found


def _digest() -> str:
    said = g.raw_body if g.body is missing else _canonical(g.body)
    about = f"{request.method} {request.full_path}\n".encode()
    return hashlib.sha256(about + said).hexdigest()


def _canonical(body: Any) -> bytes:
    """The same bytes for the same JSON, however it was spaced and ordered."""

    def plain(value: Any) -> Any:
        if isinstance(value, Decimal):
            return {"number": str(value)}
        raise TypeError

    return json.dumps(body, sort_keys=True, default=plain, separators=(",", ":")).encode()


def replay(known: Remembered) -> Response:
    """The first answer again. Raises `KeyReused` where something else was asked then."""
    asked = _asked()
    if asked is not None and known.digest != asked.digest:
        text = msg("This Idempotency-Key was used for another request. Take a new one.")
        raise KeyReused([FieldError(f"/{HEADER}", text)], text)
    answer = Response(known.body, known.status, content_type=known.content_type)
    answer.headers[REPLAYED] = "true"
    return answer


def once(work: Callable[[Session], Response]) -> Response:
    """Do `work` in one transaction and answer what it says; with a key, that is remembered in the same transaction."""
    asked = _asked()
    if asked is None:
        return atomically(work)

    def whole(current: Session) -> Response:
        known = answers.claim(current, asked)
        if known is not None:
            return replay(known)
        answer = work(current)
        answers.keep(current, asked, answer.status_code, answer.content_type or "", answer.get_data())
        return answer

    return atomically(whole)


def remember(refusal: Response) -> Response:
    """Keep what the work was refused with. If another answer was given under the key meanwhile, that one stands."""
    asked = _asked()
    if asked is None or refusal.status_code not in REMEMBERED:
        return refusal

    def whole(current: Session) -> Remembered | None:
        known = answers.claim(current, asked)
        if known is None:
            body = refusal.get_data()
            answers.keep(current, asked, refusal.status_code, refusal.content_type or "", body)
        return known

    known = atomically(whole)
    try:
        return refusal if known is None else replay(known)
    except KeyReused as error:
        return of_domain(error)
