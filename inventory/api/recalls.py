"""Recalls: a batch blocked everywhere, everyone it went to, and what comes of telling them."""

from typing import Any

from flask import Response, current_app
from sqlalchemy.orm import Session

from config import mail_host
from inventory.access import requires
from inventory.api.base import bp, done, me, read, told
from inventory.api.fields import Code, Day, Flag, Instant, Many, One, Schema, Text, Whole, Word, optional
from inventory.errors import NotFound, msg
from inventory.extensions import render_in
from inventory.models import Recall
from inventory.models.words import RecallReply
from inventory.queries import recalls as reading
from inventory.queries.recalls import Line
from inventory.rules.recalling import WAYS, Progress
from inventory.services import recall_mails, recalls
from inventory.services.recalls import Holder

TAG = ["Stock"]


class RecallBody(Schema):
    """A batch that may no longer be issued or dispatched anywhere."""

    item = Code(required=True)
    lot = Text(required=True, most=80)
    reason = Text(required=True, most=2000)
    source = optional(Text)
    drill = Flag(load_default=False)


class HolderTold(Schema):
    """A site or shipment that holds the batch, or was sent it."""

    site = Code()
    shipment = Text()
    destination = Code()
    quantity = Whole(required=True)


class RecallTold(RecallBody):
    """The recall and every place that holds the batch."""

    id = Whole(required=True)
    recalled_on = Day(required=True)
    holders = Many(One(HolderTold), required=True)


class NoticeTold(HolderTold):
    """One that holds the batch or ever did: what the books said, who was told, what was answered, what came back."""

    dispensed = Whole(required=True)
    reply = Word(RecallReply, required=True)
    found = Whole(required=True, allow_none=True)
    person = Text(required=True, allow_none=True)
    informed_at = Instant(required=True, allow_none=True)
    informed_by = Text(required=True, allow_none=True)
    informed_how = Word(WAYS, required=True, allow_none=True)
    answered_at = Instant(required=True, allow_none=True)
    answered_by = Text(required=True, allow_none=True)
    quarantined = Whole(required=True)
    returned = Whole(required=True)
    destroyed = Whole(required=True)


class ProgressTold(Schema):
    """How far a recall has come; `complete_minutes`: from its start until all of the quantity was located."""

    holders = Whole(required=True)
    answered = Whole(required=True)
    quantity = Whole(required=True)
    located = Whole(required=True)
    percent = Whole(required=True)
    complete_minutes = Whole(required=True, allow_none=True)


class RecallFollowed(Schema):
    """A recall, or a drill of one, with the holders that the caller may know of."""

    id = Whole(required=True)
    item = Code(required=True)
    lot = Text(required=True)
    reason = Text(required=True)
    source = Text(required=True, allow_none=True)
    drill = Flag(required=True)
    recalled_on = Day(required=True)
    started_at = Instant(required=True)
    closed_at = Instant(required=True, allow_none=True)
    withdrawn_at = Instant(required=True, allow_none=True)
    progress = One(ProgressTold, required=True)
    notices = Many(One(NoticeTold), required=True)


@bp.route("/recalls", methods=["POST"], tags=TAG)
@requires("recalls.write")
@bp.arguments(RecallBody)
@bp.response(201, RecallTold)
def add_recall(body: dict[str, Any]) -> Response:
    """Block a batch everywhere at once, and tell who holds it; a drill blocks nothing and only asks."""

    def work(current: Session) -> dict[str, Any]:
        drill, source = bool(body.get("drill")), body.get("source")
        found = recalls.recall(
            current, me(), body["item"], body["lot"], body["reason"], source=source, drill=drill
        )
        recall_mails.write(current, _writer(), me(), found)
        return {
            "id": found.id,
            "item": body["item"],
            "lot": found.lot_number,
            "reason": found.reason,
            "source": found.source,
            "drill": found.drill,
            "recalled_on": found.recalled_on,
            "holders": [_holder(each) for each in recalls.holders(current, found)],
        }

    return done(RecallTold, work, 201)


@bp.route("/recalls/<id>", methods=["GET"], tags=TAG)
@requires("stock.see")
@bp.response(200, RecallFollowed)
def get_recall(id: str) -> Response:
    """A recall: how far it has come, and everyone the batch went to as far as the caller may know."""
    if not (id.isascii() and id.isdigit() and len(id) <= 18):
        raise NotFound(msg("Not found."))
    found = reading.recall_of(read(), int(id))
    followed = reading.followed(read(), me(), found)
    return told(
        RecallFollowed, _followed(found, followed.progress, [_notice(line) for line in followed.lines])
    )


def _followed(found: Recall, far: Progress, notices: list[dict[str, Any]]) -> dict[str, Any]:
    complete = None if far.complete is None else int(far.complete.total_seconds()) // 60
    return {
        "id": found.id,
        "item": found.item.code,
        "lot": found.lot_number,
        "reason": found.reason,
        "source": found.source,
        "drill": found.drill,
        "recalled_on": found.recalled_on,
        "started_at": found.created_at,
        "closed_at": found.closed_at,
        "withdrawn_at": found.withdrawn_at,
        "progress": {
            "complete_minutes": complete,
            **{
                name: getattr(far, name) for name in ("holders", "answered", "quantity", "located", "percent")
            },
        },
        "notices": notices,
    }


_NOTED = (
    "dispensed",
    "reply",
    "found",
    "person",
    "informed_at",
    "informed_by",
    "informed_how",
    "answered_at",
    "answered_by",
)


def _notice(line: Line) -> dict[str, Any]:
    notice = line.notice
    return {
        **_holder(Holder(notice.site, notice.shipment, notice.quantity)),
        **{name: getattr(notice, name) for name in _NOTED},
        **{name: getattr(line.back, name) for name in ("quarantined", "returned", "destroyed")},
    }


def _holder(holder: Holder) -> dict[str, Any]:
    told: dict[str, Any] = {"quantity": holder.quantity}
    if holder.site is not None:
        told["site"] = holder.site.code
    if holder.shipment is not None:
        told |= {"shipment": holder.shipment.number, "destination": holder.shipment.destination.code}
    return told


def _writer() -> recall_mails.Writer:
    known = current_app.config["RELAIS"]
    return recall_mails.Writer(render_in, known.base_url, mail_host(known.base_url), known.org_name)
