"""What every paper has: whose it is, what it is, its number, its facts, its footer."""

from collections.abc import Iterable, Sequence
from datetime import date

from inventory.documents.parts import Organisation
from inventory.documents.wording import Payload, Wording
from inventory.errors import Message, msg

# Typst takes ISO 639 codes; a PDF's language is told from them.
_LANG = {"kmr-Arab": "kmr"}

DRAFT = msg("Draft")


def paper(
    wording: Wording,
    *,
    title: Message,
    number: str,
    organisation: Organisation,
    issued_on: date,
    facts: Iterable[Payload | None] = (),
    mark: Message | None = None,
) -> Payload:
    """The part of a payload that `templates/style.typ` reads on every paper.

    `mark` is stamped beside the title (`Draft`, `Reversed`).
    """
    return {
        "lang": _LANG.get(wording.locale, wording.locale),
        "dir": wording.direction,
        "title": wording.say(title),
        "number": wording.say(number),
        "mark": wording.say(mark) if mark else None,
        "organisation": wording.organisation(organisation),
        "issued": wording.say(msg("Issued on %(date)s", date=issued_on)),
        # Typst alone knows the numbers, so it fills them in.
        "page": wording.translate(msg("Page %(page)s of %(pages)s", page="{page}", pages="{pages}")),
        "facts": wording.facts(facts),
    }


def signatures(wording: Wording, *boxes: tuple[Message, str]) -> Payload:
    """Boxes to sign in, each with its role and, where known, the signer's name."""
    return {
        **wording.labels(
            name=msg("Name"),
            when=msg("Date and time"),
            signature=msg("Signature and stamp"),
        ),
        "boxes": [{"role": wording.say(role), "name": wording.say(name)} for role, name in boxes],
    }


def unique(texts: Iterable[str]) -> str:
    """The distinct non-empty texts in order, with commas between."""
    return ", ".join(dict.fromkeys(text for text in texts if text))


def total_rows(wording: Wording, columns: Sequence[dict[str, int | None]]) -> list[Payload]:
    """The totals of each column, a row a unit, since tablets and pieces do not add up."""
    return [
        {
            "label": wording.say(msg("Total")),
            "unit": wording.unit(unit),
            "values": [wording.number(column[unit]) for column in columns],
        }
        for unit in columns[0]
    ]
