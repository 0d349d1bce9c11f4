"""The register of a controlled medicine at a site: every entry, the balance after it, and the two names under it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from inventory.documents.paper import paper, signatures
from inventory.documents.parts import Organisation, Party
from inventory.documents.press import press
from inventory.documents.wording import Direction, Payload, Translate, Wording
from inventory.errors import msg


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterLine:
    """An entry. `change` is signed; `what` and `where` are in the reader's words; `second` is the second name."""

    sequence: int
    occurred_on: date
    recorded_on: date
    document: str
    what: str
    where: str
    lot: str
    change: int
    balance: int
    by: str = ""
    second: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlledRegister:
    """The entries of an item at a site, in their order; of documents of the days from `since` to `until`."""

    organisation: Organisation
    issued_on: date
    site: Party
    item_code: str
    item_name: str
    unit: str
    balance: int
    lines: Sequence[RegisterLine]
    since: date | None = None
    until: date | None = None


def render_controlled_register(
    data: ControlledRegister, *, locale: str, direction: Direction, translate: Translate
) -> bytes:
    """The PDF, in the language of `locale`, whose script runs in `direction`."""
    return press("controlled_register", controlled_register(data, Wording(locale, direction, translate)))[0]


def controlled_register(data: ControlledRegister, wording: Wording) -> Payload:
    """What `templates/controlled_register.typ` shows."""
    fact = wording.fact
    return {
        "paper": paper(
            wording,
            title=msg("Register of controlled medicines"),
            number=data.item_code,
            organisation=data.organisation,
            issued_on=data.issued_on,
            facts=[
                fact(msg("Site"), *wording.party(data.site)),
                fact(msg("Item"), data.item_name),
                fact(msg("Unit"), wording.unit(data.unit)),
                fact(msg("Balance"), wording.number(data.balance)),
                fact(msg("From"), wording.day(data.since) if data.since else None),
                fact(msg("Until"), wording.day(data.until) if data.until else None),
            ],
        ),
        "labels": wording.labels(
            entry=msg("No."),
            day=msg("Date"),
            document=msg("Document"),
            where=msg("From or to"),
            lot=msg("Lot"),
            came=msg("In"),
            went=msg("Out"),
            balance=msg("Balance"),
            names=msg("Two names"),
            nothing=msg("Nothing is entered."),
        ),
        "lines": [_line(line, wording) for line in data.lines],
        "signatures": signatures(wording, (msg("Responsible person"), ""), (msg("Inspected by"), "")),
    }


def _line(line: RegisterLine, wording: Wording) -> Payload:
    said = wording.say
    late = line.recorded_on != line.occurred_on
    return {
        "entry": wording.number(line.sequence),
        "day": wording.day(line.occurred_on),
        "recorded": said(msg("Entered %(date)s", date=line.recorded_on)) if late else "",
        "document": said(line.document),
        "what": said(line.what),
        "where": said(line.where),
        "lot": said(line.lot),
        "came": wording.number(line.change) if line.change > 0 else "",
        "went": wording.number(-line.change) if line.change < 0 else "",
        "balance": wording.number(line.balance),
        "by": said(line.by),
        "second": said(line.second) if line.second else said(msg("Not signed yet")),
        "signed": bool(line.second),
    }
