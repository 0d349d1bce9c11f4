"""Goods that are held: what waits, what is proposed and decided; and the certificate of a disposal."""

from typing import Any

from flask import Response, current_app

from inventory.access import requires
from inventory.api import paging
from inventory.api.base import bp, done, me, read
from inventory.api.fields import (
    Code,
    Finding,
    Flag,
    Instant,
    Many,
    One,
    QueryWhole,
    Said,
    Schema,
    Text,
    Whole,
    Word,
    optional,
)
from inventory.api.papers import FILE, PDF, PaperWanted
from inventory.documents import Direction, Organisation, render_disposal_certificate
from inventory.extensions import current_language, render
from inventory.models import Hold
from inventory.models.words import DisposalMethod, HoldOutcome, HoldStatus
from inventory.queries import disposals
from inventory.queries import holds as reading
from inventory.queries.paging import Slice
from inventory.rules.holding import PROPOSABLE
from inventory.services import hold_decisions as service
from inventory.services.hold_decisions import Decision, Proposal

TAG = ["Stock"]


class HoldsWanted(paging.Paged):
    """Which holds: of a site or item, in a state, for a cause, at least so many days old."""

    site = Text(load_default=None)
    item = Text(load_default=None)
    status = Word(HoldStatus, load_default=None)
    cause = Text(load_default=None)
    days = QueryWhole(least=0, most=36500, load_default=None)


class HoldTold(Schema):
    """So many base units of a lot in quarantine or refused: why, what is proposed, what was decided."""

    number = Text(required=True)
    site = Code(required=True, attribute="site.code")
    item = Code(required=True, attribute="item.code")
    lot = Text(required=True, attribute="lot.number")
    zone = Text(required=True)
    quantity = Whole(required=True)
    cause = Text(required=True)
    detail = Said(required=True, allow_none=True)
    findings = Many(One(Finding), required=True)
    document = Text(required=True, allow_none=True)
    status = Word(HoldStatus, required=True)
    outcome = Word(HoldOutcome, required=True, allow_none=True)
    reason = Text(required=True, allow_none=True)
    opened_at = Instant(required=True)
    opened_by = Text(required=True, allow_none=True)
    proposed_at = Instant(required=True, allow_none=True)
    proposed_by = Text(required=True, allow_none=True)
    decided_at = Instant(required=True, allow_none=True)
    decided_by = Text(required=True, allow_none=True)
    event = Text(required=True, allow_none=True)


class ProposalBody(Schema):
    """What is to become of a hold and why; without a quantity all of it."""

    outcome = Word(PROPOSABLE, required=True)
    reason = Text(required=True, most=2000)
    quantity = optional(Whole)


class DecisionBody(Schema):
    """Whether a second person agrees. Sent back it needs a reason; destroyed, a method."""

    confirm = Flag(required=True)
    reason = optional(Text, most=2000)
    method = optional(Word, DisposalMethod)
    witness = optional(Text)
    place = optional(Text)
    authority = optional(Text)
    certificate = optional(Text)


@bp.route("/holds", methods=["GET"], tags=TAG)
@requires("holds.see")
@bp.arguments(HoldsWanted, location="query")
@bp.response(200, paging.page_of(HoldTold))
def list_holds(wanted: dict[str, Any]) -> Response:
    """List what is held at the caller's sites, oldest first."""
    asked = reading.HoldFilter(**{name: wanted[name] for name in ("site", "item", "status", "cause", "days")})
    after = paging.key_of(wanted["cursor"], [int])
    found = reading.holds_slice(read(), me(), asked, after, wanted["limit"])
    return paging.page(HoldTold, Slice([_told(each) for each in found.rows], found.next))


@bp.route("/holds/<number>/propose", methods=["POST"], tags=TAG)
@requires("holds.propose")
@bp.arguments(ProposalBody)
@bp.response(200, HoldTold)
def propose(body: dict[str, Any], number: str) -> Response:
    """Propose what is to become of a hold, or of part of it: the rest becomes a hold of its own."""
    command = Proposal(body["outcome"], body["reason"], body.get("quantity"))
    return done(HoldTold, lambda s: _told(service.propose(s, me(), number, command)))


@bp.route("/holds/<number>/decide", methods=["POST"], tags=TAG)
@requires("holds.decide")
@bp.arguments(DecisionBody)
@bp.response(200, HoldTold)
def decide(body: dict[str, Any], number: str) -> Response:
    """Confirm what another account proposed, which is done at once, or send it back."""
    command = Decision(**body)
    return done(HoldTold, lambda s: _told(service.decide(s, me(), number, command)))


@bp.route("/disposals/<number>/certificate.pdf", methods=["GET"], tags=TAG)
@requires("stock.see")
@bp.arguments(PaperWanted, location="query")
@bp.response(200, FILE, content_type=PDF)
def disposal_certificate(wanted: dict[str, Any], number: str) -> Response:
    """What was destroyed or returned, how, where and before whom."""
    settings, language = current_app.config["RELAIS"], current_language()
    organisation = Organisation(settings.org_name, settings.org_address)
    data = disposals.certificate(read(), me(), number, organisation, language.tag)
    direction: Direction = "rtl" if language.direction == "rtl" else "ltr"
    made = render_disposal_certificate(data, locale=language.tag, direction=direction, translate=render)
    answer = Response(made, content_type=PDF)
    answer.headers["Content-Disposition"] = f'inline; filename="{data.number}.pdf"'
    return answer


def _told(hold: Hold) -> dict[str, Any]:
    detail = hold.detail or {}
    told = {name: getattr(hold, name) for name in HoldTold._declared_fields if hasattr(hold, name)}
    return told | {
        "detail": detail if detail.get("text") else None,
        "findings": [
            {"rule": each["rule"], "detail": text}
            for each in detail.get("findings") or []
            for text in each["detail"]
        ],
        "event": hold.event.number if hold.event else None,
    }
