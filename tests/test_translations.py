"""The catalogues hold every text of the code and the templates, and no text stands outside them."""

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.pofile import read_po
from jinja2 import Environment

from config import ROOT
from inventory.errors import msg
from inventory.extensions import TRANSLATIONS, render
from inventory.languages import LANGUAGES
from tests.factories import create_donor, create_item, create_site, create_user, sign_in, stock_up

CATALOGUES = sorted(path.parts[-3] for path in TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"))
COMPLETE = ["fr"]

# Words that both languages share.
SAME_IN_FRENCH = {
    "%(hours)s h %(minutes)s min",
    "%(kit)s, lot %(lot)s",
    "%(name)s, %(day)s",
    "%(note)s",
    "%(num)d lot",
    "%(num)d lots",
    "%(num)s excursion",
    "%(num)s excursion.",
    "%(num)s excursions",
    "%(num)s excursions.",
    "%(num)s lot",
    "%(num)s lots",
    "%(num)s min",
    "%(num)s minute",
    "%(num)s minutes",
    "%(some)s, %(more)s",
    "Actions",
    "Acupuncture",
    "CSV",
    "Carton",
    "Carton %(carton)s",
    "Code",
    "Consultations",
    "Copies",
    "Correction",
    "Date",
    "Dates",
    "Document",
    "Encapsulation",
    "Exact",
    "Excel",
    "Excursions",
    "Exports",
    "Importance",
    "Imports",
    "Information",
    "Kit",
    "Kits",
    "Licence",
    "Lot",
    "Lot %(lot)s",
    "Lots",
    "Multiple",
    "Note",
    "Nutrition",
    "Pages",
    "Patients",
    "Photo %(number)s",
    "Photos",
    "Province",
    "Signature",
    "Site",
    "Sites",
    "Stock",
    "Suggestions",
    "Total",
    "Vital",
    "Vital (V)",
    "Volume",
    "Volume (m³)",
    "XLSX",
    "Zone",
    "carton",
    "lot",
    "lot %(lot)s",
    "vital",
}


def catalogue(name: str) -> Catalog:
    with (TRANSLATIONS / name / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file)


def forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """The singular and the plural, or the one text there is."""
    return (text,) if isinstance(text, str) else tuple(text)


def texts(found: Catalog) -> dict[tuple[str, ...], tuple[str, ...]]:
    """The messages without the header: English to its translation."""
    return {forms(message.id): forms(message.string) for message in found if message.id}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What `make translations-extract` gathers, with its keywords."""
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8")
    keywords = re.findall(r"-k (\S+)", recipe)
    assert "msg" in keywords
    path = tmp_path_factory.mktemp("texts") / "messages.pot"
    options = [each for keyword in keywords for each in ("-k", keyword)]
    pybabel = [sys.executable, "-m", "babel.messages.frontend", "--quiet", "extract", "-F", "babel.cfg"]
    subprocess.run([*pybabel, *options, "-o", str(path), "."], cwd=ROOT, check=True)
    with path.open("rb") as file:
        return read_po(file)


@pytest.mark.parametrize("name", CATALOGUES)
def test_a_catalogue_has_the_texts_of_the_code_and_no_others(name, template):
    held, wanted = set(texts(catalogue(name))), set(texts(template))
    assert (wanted - held, held - wanted) == (set(), set()), "make translations-update, then translate"


@pytest.mark.parametrize("name", CATALOGUES)
def test_a_catalogue_belongs_to_a_language_and_leaves_nothing_over(name):
    found = catalogue(name)
    assert name in {language.catalogue for language in LANGUAGES}
    assert str(found.locale) == name
    assert [message.id for message in found if message.fuzzy and message.id] == []
    assert list(found.obsolete) == []


@pytest.mark.parametrize("name", COMPLETE)
def test_everything_is_translated(name):
    assert [english for english, said in texts(catalogue(name)).items() if not all(said)] == []


def holes(text: str) -> list[str]:
    """The places where something is put in: names, kinds, and percent signs written twice."""
    return sorted(re.findall(r"%\(\w+\)[a-z]|%%|%", text))


@pytest.mark.parametrize("name", CATALOGUES)
def test_what_is_put_in_has_its_place_in_every_language(name):
    found = catalogue(name)
    wrong = []
    for english, said in texts(found).items():
        if not any(said):
            continue
        if len(said) != (1 if len(english) == 1 else found.num_plurals):
            wrong.append((english, said))
        # A form that is for one number alone may leave that number out ("one day").
        leave_out = {"%(num)d", "%(num)s"} if len(english) == 2 else set()
        for text in said:
            if set(holes(text)) | leave_out != set(holes(english[-1])) | leave_out or (
                len(english) == 1 and holes(text) != holes(english[0])
            ):
                wrong.append((english, said))
    assert wrong == []


def test_french_is_not_english():
    same = {english[0] for english, said in texts(catalogue("fr")).items() if english[0] in said}
    assert same - SAME_IN_FRENCH == set()


def test_french_is_set_as_french_is():
    """Narrow spaces that do not break before : ; ! ? and within guillemets, apostrophes that are round."""
    wrong = [
        text
        for said in texts(catalogue("fr")).values()
        for text in said
        if "'" in text
        or re.search(r"(?<![\u202f\w%/])[:;!?](?=\s|$)|\w[;!?](?=\s|$)|[«][^\u202f]|[^\u202f]»", text)
    ]
    assert wrong == []


class _Words(HTMLParser):
    """What people read in a template without its expressions: text, and attributes that are read or read aloud."""

    READ = (
        "alt",
        "aria-label",
        "aria-description",
        "data-confirm",
        "data-confirm-words",
        "placeholder",
        "title",
    )

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in self.READ and value]

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def bare_words(source: str) -> Iterator[str]:
    """English that stands in a template by itself, so that it could not be translated."""
    tokens = Environment(extensions=["jinja2.ext.do"], autoescape=True).lex(source)
    parser = _Words()
    parser.feed("".join(text if kind == "data" else "" for _line, kind, text in tokens))
    parser.close()
    for text in parser.found:
        # The name, addresses, and attributes of a tag whose beginning depends on something.
        rest = re.sub(r"Relais|(/[a-z-]+)+/?|[a-z-]+=\"[^\"]*\"", "", text)
        if re.search(r"[^\W\d_]{2,}", rest):
            yield text.strip()


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=lambda path: path.stem)
def test_no_words_stand_outside_the_catalogue(path: Path):
    # Units and kinds of files are the same in every language.
    assert set(bare_words(path.read_text(encoding="utf-8"))) <= {"kg", "m³", "PDF", "CSV", "XLSX"}


def test_the_search_for_bare_words_finds_some():
    assert list(bare_words('<a title="Open">{{ _("Shut") }}</a><p>{% if x %}Wide{% endif %}</p>')) == [
        "Open",
        "Wide",
    ]


PAGES = {
    "coordinator": (
        "/",
        "/stock",
        "/items",
        "/items/new",
        "/sites",
        "/sites/new",
        "/donors",
        "/donations",
        "/donations/new",
        "/receipts",
        "/requisitions",
        "/shipments",
        "/shipments/new",
        "/recalls",
        "/recalls/new",
        "/holds",
        "/alerts",
        "/account",
        "/policies",
        "/no-such-page",
    ),
    "admin": ("/", "/users", "/users/new"),
    "warehouse": ("/", "/receipts/new", "/stock-events", "/adjustments/new", "/disposals/new", "/counts"),
    "clinic": (
        "/",
        "/consumptions",
        "/consumptions/new",
        "/requisitions/new",
        "/counts/new",
        "/zone-moves/new",
    ),
    "donor": ("/", "/donations", "/shipments"),
}


def sentences(name: str) -> list[str]:
    """English texts long enough to be told from names and codes."""
    return [
        text
        for english, said in texts(catalogue(name)).items()
        if all(said)
        for text in english
        if "%(" not in text and len(text.split()) > 2
    ]


def read(page: str) -> str:
    """The words of a page, on one line."""
    parser = _Words()
    parser.feed(re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL))
    parser.close()
    return " ".join(" ".join(parser.found).split())


@pytest.mark.parametrize("role", PAGES)
def test_pages_in_french_hold_no_english(session, app, role):
    hub = create_site(session, "HUB", name="Entrepôt")
    donor = create_donor(session, "DON", "Association")
    stock_up(session, hub, create_item(session, "AMOX", name="Amoxicilline"), 40, donor=donor)
    at = [hub] if role in ("warehouse", "clinic") else []
    user = create_user(session, role, at, donor=donor if role == "donor" else None)
    browser = sign_in(app.test_client(), user)
    english = sentences("fr")
    found = {}
    for path in PAGES[role]:
        answer = browser.get(f"{path}?lang=fr")
        assert answer.status_code == (404 if path == "/no-such-page" else 200), path
        assert '<html lang="fr"' in answer.text
        words = read(answer.text)
        if left := [text for text in english if text in words]:
            found[path] = left
    assert found == {}


def test_signing_in_in_french(client):
    page = client.get("/login?lang=fr").text
    assert "Se connecter" in page
    assert "Mot de passe" in page
    assert [text for text in sentences("fr") if text in read(page)] == []


def test_the_state_of_each_language_is_told_as_it_is():
    """`docs/languages.md`, within a few points."""
    page = (ROOT / "docs" / "languages.md").read_text(encoding="utf-8")
    for name in CATALOGUES:
        found = list(texts(catalogue(name)).values())
        share = 100 * sum(all(said) for said in found) / len(found)
        told = re.search(rf"\| `{name}` \| (\d+) % \|", page)
        assert told, name
        assert abs(int(told[1]) - share) < 5, (name, share)


def test_names_in_a_text_from_right_to_left_keep_their_brackets(app):
    told = msg("Recall of %(lot)s", lot="EN-7 (B)")
    with app.test_request_context("/?lang=ar"):
        assert "\u2068EN-7 (B)\u2069" in render(told)
    with app.test_request_context("/?lang=fr"):
        assert render(told) == "Rappel de EN-7 (B)"
