"""Items found by what a person typed in a form: a code, a barcode number, a name."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inventory.models import Gtin, Item
from inventory.rules.text import fold

CHUNK = 300
MOST = 6


def resolve_items(session: Session, texts: Sequence[str]) -> dict[str, list[Item]]:
    """What each text may mean: one item where it is clear, several where it is not, none where nothing fits.

    An exact code wins, then a code in another case, a barcode number, a name or French name (whatever its case and
    accents), and at last the items in whose name, code or strength every typed word is found.
    """
    wanted = list(dict.fromkeys(texts))
    found: dict[str, list[Item]] = {text: [] for text in wanted}
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        codes = {text: text.strip().lower() for text in part if "\x00" not in text}
        by_code: dict[str, list[Item]] = {}
        for item in session.scalars(select(Item).where(func.lower(Item.code).in_(list(codes.values())))):
            by_code.setdefault(item.code.lower(), []).append(item)
        for text in part:
            hits = by_code.get(codes.get(text, ""), [])
            exact = [item for item in hits if item.code == text.strip()]
            found[text] = exact or hits
    for text in wanted:
        if not found[text]:
            found[text] = _by_barcode(session, text) or _by_name(session, text)
    return found


def _by_barcode(session: Session, text: str) -> list[Item]:
    digits = fold(text).replace(" ", "")
    if not (digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 14):
        return []
    query = select(Item).join(Gtin, Gtin.item_id == Item.id).where(Gtin.gtin == digits.zfill(14))
    return list(session.scalars(query))


def _by_name(session: Session, text: str) -> list[Item]:
    folded = fold(text)
    words = [
        word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for word in folded.split()[:8]
    ]
    if not words or "\x00" in folded:
        return []
    query = select(Item).where(*(Item.search_text.like(f"%{word}%", escape="\\") for word in words))
    hits = list(session.scalars(query.order_by(func.length(Item.name), Item.name).limit(50)))
    exact = [item for item in hits if folded in (fold(item.name), fold(item.name_fr or ""))]
    return exact or hits[:MOST]
