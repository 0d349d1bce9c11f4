"""Flask's extensions, made once; the language of the present request; messages in it."""

from functools import cache
from pathlib import Path

from babel.support import Translations
from flask import current_app, g, has_request_context, request, session
from flask_babel import Babel, gettext
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_wtf import CSRFProtect

from inventory.access import Actor
from inventory.errors import Message
from inventory.languages import DEFAULT, LANGUAGES, Language, best, language

TRANSLATIONS = Path(__file__).parent / "translations"

login_manager = LoginManager()
csrf = CSRFProtect()
babel = Babel()
migrate = Migrate()


def actor() -> Actor | None:
    """Who asks, as the guard of the edge found it; None for nobody."""
    found: Actor | None = g.get("actor")
    return found


def current_language() -> Language:
    """The language of this request: `?lang=`, what was chosen before, the account's, the browser's, English."""
    if not has_request_context():
        return getattr(g, "language", DEFAULT) if current_app else DEFAULT
    if "language" not in g:
        chosen = language(request.args.get("lang")) or language(session.get("language"))
        g.language = chosen or language(g.get("account_language")) or best(request.accept_languages.values())
    found: Language = g.language
    return found


def remember_language() -> None:
    """Keep the language that `?lang=` asks for; an unknown one is passed over."""
    asked = language(request.args.get("lang"))
    if asked is not None and session.get("language") != asked.tag:
        session["language"] = asked.tag
        g.language = asked


@cache
def spoken() -> tuple[Language, ...]:
    """The languages that there is a catalogue for, English first."""
    return tuple(
        each
        for each in LANGUAGES
        if each is DEFAULT or (TRANSLATIONS / each.catalogue / "LC_MESSAGES" / "messages.po").exists()
    )


def render(message: Message) -> str:
    """A message in the language of this request.

    Where that runs from right to left, names and codes within it are isolated, so that their brackets and numbers
    stay with them.
    """
    params = dict(message.params)
    if current_language().direction == "rtl":
        params |= {name: f"\u2068{value}\u2069" for name, value in params.items() if isinstance(value, str)}
    return str(gettext(message.text, **params))


def render_in(tag: str | None, message: Message) -> str:
    """A message in another language than that of the request: for mails to others."""
    chosen = language(tag) or DEFAULT
    params = dict(message.params)
    if chosen.direction == "rtl":
        params |= {name: f"\u2068{value}\u2069" for name, value in params.items() if isinstance(value, str)}
    text = Translations.load(str(TRANSLATIONS), [chosen.catalogue]).gettext(message.text)
    return text % params if params else text


__all__ = [
    "actor",
    "babel",
    "csrf",
    "current_language",
    "login_manager",
    "migrate",
    "remember_language",
    "render",
    "render_in",
    "spoken",
]
