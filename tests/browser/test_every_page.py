"""Every page that a role may open, in a browser: whole at every width, quiet, and usable by everybody."""

import re
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from config import ROOT
from inventory import create_app
from inventory.access import PERMISSIONS, PUBLIC, permission_of
from tests.browser.looking import HEIGHT, ROLES, SIZES, Opened, Watch, faults
from tests.conftest import settings_for

MAIN = {
    "admin": ("/users/new", "/policies"),
    "coordinator": (
        "/",
        "/alerts?severity=warning&kind=expiring",
        "/stock",
        "/requisitions?status=submitted",
        "/donations/new",
    ),
    "warehouse": ("/", "/receipts/new", "/shipments/new"),
    "clinic": ("/consumptions/new", "/requisitions/new"),
    "donor": ("/", "/donations"),
}

NO_PAGE = re.compile(
    r"\.(pdf|csv|xlsx|json|jpg)$|:ending>$|/file\.|/hints$|^/items/search$|^/receipts/lot$|^/healthz$"
)
"""Addresses that answer with a file or with data for a script."""

UNLINKED = {"setup.first", "auth.login", "policies.new", "mail.unsubscribe"}
"""Pages that no link leads to: the first administrator's is dead by now, one is signed in, one is a form's target, and
one is led to by mails."""
UNLINKED |= {"imports.show", "imports.refused", "import_columns.columns", "import_columns.items"}
"""Nobody has uploaded a file in the demonstration; `test_imports` looks at these."""
UNLINKED |= {"bins.find", "exports.chosen", "bins.show", "bins.edit"}
"""What a scanned label and forms lead to; to a bin the site that is chosen, or worked at."""

VARIED = {"requisitions.show": 3, "shipments.show": 3, "donations.show": 2, "stock.card": 2}
"""Pages that look different from one to the other: of these more are opened than the first that is met."""

CHOOSE_THEME = """(theme) => {
  localStorage.setItem("relais-theme", theme);
  dispatchEvent(new Event("relais:theme"));
}"""

SEE_LITTLE = {"warehouse", "clinic", "viewer"}
"""Roles at whose sites nothing of some kinds has happened, or that have no draft of their own."""


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> MapAdapter:
    """The addresses of the program, to be asked which page an address is."""
    folder = tmp_path_factory.mktemp("map")
    app: Flask = create_app(settings_for(f"sqlite:///{folder}/none.db", folder))
    adapter = app.url_map.bind("localhost")
    adapter.app = app  # type: ignore[attr-defined]
    return adapter


@pytest.fixture(scope="module")
def icons() -> set[str]:
    """The names of the icons that there are."""
    return set(re.findall(r'id="([\w-]+)"', Path(ROOT, "static/vendor/icons.svg").read_text("utf-8")))


def endpoint_of(adapter: MapAdapter, path: str) -> str | None:
    """Which view a path leads to; None for what is no page (files, data)."""
    if NO_PAGE.search(path):
        return None
    try:
        endpoint, _ = adapter.match(path, method="GET")
    except HTTPException:
        return f"nowhere: {path}"
    return str(endpoint)


def may_open(adapter: MapAdapter, role: str) -> dict[str, str]:
    """The pages of a role: endpoint -> rule."""
    app: Flask = adapter.app  # type: ignore[attr-defined]
    found = {}
    for rule in app.url_map.iter_rules():
        permission = permission_of(app.view_functions[rule.endpoint])
        closed = permission is None or (permission != PUBLIC and role not in PERMISSIONS[permission])
        if closed or "GET" not in (rule.methods or ()) or rule.rule.startswith(("/api/", "/static/")):
            continue
        if not NO_PAGE.search(rule.rule) and rule.endpoint not in UNLINKED:
            found[rule.endpoint] = rule.rule
    return found


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role(
    role: str, opened: Opened, demo_url: str, adapter: MapAdapter, icons: set[str]
) -> None:
    context = opened(role, demo_url)
    page, watch = context.new_page(), Watch(context)
    pages = may_open(adapter, role)
    queue = ["/", *(rule for rule in pages.values() if "<" not in rule and rule != "/")]
    seen: set[str] = set()
    linked = {"homes.home"}
    files: dict[str, str] = {}
    often: Counter[str] = Counter()
    wrong: list[str] = []
    while queue:
        address = queue.pop(0)
        path, _, query = address.partition("?")
        endpoint = endpoint_of(adapter, path)
        if endpoint is None:
            files.setdefault(re.sub(r"[\w-]+-\d+", "", path), address)
            continue
        kind = f"{endpoint}?{','.join(sorted(parse_qs(query)))}"
        most = VARIED.get(endpoint, 1)
        if address in seen or often[kind] >= most or often[endpoint] >= max(most, 2):
            continue
        seen.add(address)
        often.update((kind, endpoint))
        page.set_viewport_size({"width": 1440, "height": HEIGHT})
        page.goto(address)
        wrong += [f"{address}: {told}" for told in [*watch.take(), *faults(page, icons)]]
        for link in page.evaluate("[...document.querySelectorAll('a[href]')].map((each) => each.href)"):
            parts = urlsplit(link)
            if link.startswith(demo_url) and "lang" not in parse_qs(parts.query):
                queue.append(parts.path + (f"?{parts.query}" if parts.query else ""))
                linked.add(endpoint_of(adapter, parts.path) or "")
    for address in files.values():
        answer = context.request.get(address)
        if answer.status != 200 or not answer.body():
            wrong.append(f"{address}: {answer.status}")
    assert not wrong, "\n".join(wrong)
    unlinked = sorted(rule for endpoint, rule in pages.items() if endpoint not in linked)
    assert role in SEE_LITTLE or not unlinked, f"no link leads to {unlinked}"


def axe(page: Page) -> list[str]:
    """What axe finds wrong on the page as it stands, in one line for each rule and place."""
    results = Axe().run(page)
    return [
        f"{each['id']}: {node['target'][0]} {node['html'][:120]}"
        for each in results.response["violations"]
        for node in each["nodes"]
    ]


@pytest.mark.parametrize(("role", "paths"), MAIN.items())
def test_everybody_can_use_it(role: str, paths: tuple[str, ...], opened: Opened, demo_url: str) -> None:
    page = opened(role, demo_url).new_page()
    wrong = []
    for path in paths:
        for language, direction in (("en", "ltr"), ("ar", "rtl")):
            page.goto(f"{demo_url}{path}{'&' if '?' in path else '?'}lang={language}")
            assert page.get_attribute("html", "dir") == direction
            for theme in ("light", "dark"):
                page.evaluate(CHOOSE_THEME, theme)
                assert page.get_attribute("html", "data-bs-theme") == theme
                wrong += [f"{path} {language} {theme}: {told}" for told in axe(page)]
    assert not wrong, "\n".join(wrong)


def test_the_way_in_is_usable_by_everybody(page: Page, demo_url: str) -> None:
    for width in SIZES:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.goto(f"{demo_url}/login?lang=en")
        assert axe(page) == []


def test_a_search_that_is_open_can_be_used_by_everybody(opened: Opened, demo_url: str) -> None:
    page = opened("warehouse", demo_url).new_page()
    page.goto("/receipts/new")
    page.locator(".ts-control", has=page.locator("#lines-0-item-ts-control")).click()
    page.keyboard.type("parac")
    page.locator(".ts-dropdown:visible .option").first.wait_for()
    assert axe(page) == []


@pytest.mark.parametrize(("role", "paths"), MAIN.items())
def test_pages_in_french(
    role: str, paths: tuple[str, ...], opened: Opened, demo_url: str, icons: set[str]
) -> None:
    page = opened(role, demo_url).new_page()
    wrong = []
    for path in paths:
        page.goto(f"{demo_url}{path}{'&' if '?' in path else '?'}lang=fr")
        assert page.get_attribute("html", "lang") == "fr"
        wrong += [f"{path}: {told}" for told in faults(page, icons)]
    assert not wrong, "\n".join(wrong)
