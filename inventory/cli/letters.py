"""Mails as they are read: words of the reader's language, outside any request."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from typing import Any
from urllib.parse import quote

from flask import current_app, g
from flask_babel import gettext as _
from flask_babel import ngettext, refresh

from config import Settings
from inventory import clock
from inventory.extensions import current_language
from inventory.languages import DEFAULT, Language, language
from inventory.models import Alert
from inventory.queries.digests import Digest
from inventory.services import digests
from inventory.services.digests import Turn
from inventory.services.outbox import Letter

_ISOLATE = "\u2068{}\u2069"


@contextmanager
def speaking(chosen: Language, timezone: str | None = None) -> Iterator[None]:
    """Inside, texts, numbers and times are in that language and zone."""
    before = g.get("language"), g.get("timezone")
    g.language, g.timezone = chosen, timezone
    refresh()
    try:
        yield
    finally:
        g.language, g.timezone = before[0] or DEFAULT, before[1]
        refresh()


def digest_letter(turn: Turn, digest: Digest, settings: Settings) -> Letter:
    """The digest of a turn as a mail: in HTML and in plain text."""
    chosen = language(turn.language) or DEFAULT
    base = settings.base_url
    unsubscribe = f"{base}/mail/unsubscribe/{quote(turn.unsubscribe)}"
    with speaking(chosen, turn.zone):
        subject = _subject(digest, settings.org_name)
        given: dict[str, Any] = {
            "digest": digest,
            "turn": turn,
            "base": base,
            "address": lambda alert: address_of(alert, base),
            "unsubscribe": unsubscribe,
            "subject": subject,
            "counted": counted(digest.counts),
            "now": clock.now(),
        }
        made = {
            kind: current_app.jinja_env.get_template(f"mail/digest.{kind}").render(given)
            for kind in ("txt", "html")
        }
    return Letter(
        key=turn.key,
        kind=digests.KIND,
        recipient=turn.email,
        language=chosen.tag,
        subject=subject,
        text=made["txt"],
        html=made["html"],
        account_id=turn.actor.user_id,
        unsubscribe_url=unsubscribe,
    )


def counted(counts: dict[str, int]) -> str:
    """`3 critical alerts, 5 warnings`; empty where there is none."""
    told = []
    if many := counts.get("critical", 0):
        told.append(ngettext("%(num)s critical alert", "%(num)s critical alerts", many))
    if many := counts.get("warning", 0):
        told.append(ngettext("%(num)s warning", "%(num)s warnings", many))
    if many := counts.get("info", 0):
        told.append(ngettext("%(num)s piece of information", "%(num)s pieces of information", many))
    return reduce(lambda some, more: _("%(some)s, %(more)s", some=some, more=more), told) if told else ""


def address_of(alert: Alert, base: str) -> str:
    """Where one acts on an alert."""
    if alert.shipment is not None:
        return f"{base}/shipments/{quote(alert.shipment.number, safe='')}"
    if alert.site is not None and alert.item is not None:
        return f"{base}/stock/{quote(alert.site.code, safe='')}/{quote(alert.item.code, safe='')}"
    return f"{base}/alerts"


def _subject(digest: Digest, organisation: str) -> str:
    """Whose mail it is, and what is gravest in it."""
    about = {line.alert.site.name for line in digest.lines if line.alert.site is not None}
    name = about.pop() if len(about) == 1 and not digest.more else organisation
    if current_language().direction == "rtl":
        name = _ISOLATE.format(name)
    what = counted(digest.counts)
    if not what:
        what = ngettext("%(num)s thing waits for you", "%(num)s things wait for you", digest.waiting)
    return str(_("%(name)s: %(what)s", name=name, what=what))
