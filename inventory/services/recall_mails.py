"""Mails about a recall to the staff of everyone who has to answer: written in the transaction, sent after it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import Actor, Role, require
from inventory.errors import Conflict, Message, msg
from inventory.models import Recall, RecallNotice, User, UserSite
from inventory.rules.recalling import ANSWERS
from inventory.services import audit, outbox, recall_notices
from inventory.services.outbox import Letter

KIND = "recall"


@dataclass(frozen=True, slots=True)
class Writer:
    """How mails are worded: `say` speaks a message in a language, `base` is our address, `host` stands in message ids.

    Made by an edge, which alone knows languages.
    """

    say: Callable[[str | None, Message], str]
    base: str
    host: str
    organisation: str


def write(session: Session, writer: Writer, actor: Actor, recall: Recall, *, again: str = "") -> int:
    """A mail to each active account of the sites that have not answered; how many are new.

    Site staff of a shipment are those of both its ends. `again` makes a reminder of it: one for each such word.
    """
    silent = [each for each in recall_notices.notices_of(session, recall) if each.reply not in ANSWERS]
    people = _staff(session, silent)
    written = 0
    reached: set[int] = set()
    for user, sites in people:
        mine = [each for each in silent if _sites(each) & sites]
        letter = _letter(writer, recall, user, sum(each.quantity for each in mine), again)
        if outbox.write(session, letter, writer.host):
            written += 1
        reached |= {each.id for each in mine if each.site_id in sites}
    for each in silent:
        if each.id in reached and each.informed_at is None:
            recall_notices.told(each, actor.name, None, "mail")
        if again and each.id in reached:
            each.reminded_at = clock.now()
    session.flush()
    return written


def remind(session: Session, writer: Writer, actor: Actor, recall_id: int) -> int:
    """Write to those who have not answered, at most once an hour; how many mails."""
    require(actor, "recalls.write")
    recall = recall_notices.get_recall(session, recall_id, lock=True)
    if recall.closed_at is not None or recall.withdrawn_at is not None:
        raise Conflict(msg("This recall is closed."))
    written = write(session, writer, actor, recall, again=clock.now().strftime("%Y-%m-%dT%H"))
    audit.note(session, actor, "remind", f"recall {recall.id}", mails=written)
    return written


def _staff(session: Session, notices: Sequence[RecallNotice]) -> list[tuple[User, set[int]]]:
    """(account, those of its sites that have to answer), of the sites of the notices."""
    wanted = set().union(*(_sites(each) for each in notices)) if notices else set()
    rows = session.execute(
        select(User, UserSite.site_id)
        .join(UserSite, UserSite.account_id == User.id)
        .where(User.active, or_(User.role == Role.WAREHOUSE, User.role == Role.CLINIC))
        .where(UserSite.site_id.in_(wanted))
        .order_by(User.id)
    )
    found: dict[int, tuple[User, set[int]]] = {}
    for user, site_id in rows:
        found.setdefault(user.id, (user, set()))[1].add(site_id)
    return list(found.values())


def _sites(notice: RecallNotice) -> set[int]:
    if notice.site_id is not None:
        return {notice.site_id}
    shipment = notice.shipment
    return {shipment.origin_id, shipment.destination_id} if shipment is not None else set()


def _letter(writer: Writer, recall: Recall, user: User, quantity: int, again: str) -> Letter:
    name = recall.item.name_in(user.language or "en")
    subject = _subject(recall, name, again)
    lines = list(_text(writer, recall, name, quantity))
    spoken = [writer.say(user.language, line) for line in lines]
    address = f"{writer.base}/recalls/{recall.id}"
    body = "".join(f"<p>{escape(line)}</p>" for line in spoken)
    return Letter(
        key=f"{KIND}:{recall.id}:{user.id}:{again}",
        kind=KIND,
        recipient=user.email,
        language=user.language or "en",
        subject=writer.say(user.language, subject),
        text="\n\n".join([*spoken, address, writer.organisation]),
        html=f'{body}<p><a href="{escape(address)}">{escape(address)}</a></p><p>{escape(writer.organisation)}</p>',
        account_id=user.id,
    )


def _subject(recall: Recall, name: str, again: str) -> Message:
    facts = {"item": name, "lot": recall.lot_number}
    if recall.drill:
        return msg("DRILL – recall of %(item)s, lot %(lot)s: please answer", **facts)
    if again:
        return msg("Reminder – recall of %(item)s, lot %(lot)s: please answer", **facts)
    return msg("Recall of %(item)s, lot %(lot)s: do not use it", **facts)


def _text(writer: Writer, recall: Recall, name: str, quantity: int) -> Iterable[Message]:
    if recall.drill:
        yield msg(
            "This is a drill. Nothing is blocked and the goods may be used. Act and answer as if it were real."
        )
    else:
        yield msg("Stop using this lot at once. It is blocked everywhere: set it aside and count it.")
    yield msg(
        "%(item)s, lot %(lot)s. Why: %(reason)s", item=name, lot=recall.lot_number, reason=recall.reason
    )
    yield msg("By the books you hold %(quantity)s.", quantity=quantity)
    yield msg("Answer on this page how many you found and what you did with them:")
