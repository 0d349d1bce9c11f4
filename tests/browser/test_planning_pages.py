"""The pages of planning in a browser: at both widths, in three languages, light and dark: whole, quiet, usable."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from config import ROOT
from tests.browser.looking import HEIGHT, SIZES, Opened, Watch, faults
from tests.browser.test_every_page import CHOOSE_THEME, axe

PLANNING = {
    "coordinator": (
        "/board",
        "/board?state=stock_out",
        "/calendar",
        "/calendar?month=later",
        "/network",
        "/stock/ERBIL-D/SALB-INH",
        "/stock/HUB-ERBIL/AMLO-5",
        "/stock/MOBILE-2/LORA-10",
        "/surplus",
        "/suggestions",
        "/demand?site=ERBIL-D",
        "/policies?site=ERBIL-D",
        "/authorisations",
        "/alerts",
    ),
    "clinic": ("/board", "/calendar", "/stock/DARKAR/LORA-10"),
    "viewer": ("/network", "/board?sort=item"),
}
"""Pages of the demonstration, by the role that opens them."""

LANGUAGES = ("en", "fr", "ar")


@pytest.fixture(scope="module")
def icons() -> set[str]:
    """The names of the icons that there are."""
    return set(re.findall(r'id="([\w-]+)"', Path(ROOT, "static/vendor/icons.svg").read_text("utf-8")))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("role", "paths"), PLANNING.items())
def test_every_page_of_planning(
    role: str, paths: tuple[str, ...], language: str, opened: Opened, demo_url: str, icons: set[str]
) -> None:
    context = opened(role, demo_url)
    page, watch = context.new_page(), Watch(context)
    wrong = []
    for path in paths:
        page.set_viewport_size({"width": SIZES[-1], "height": HEIGHT})
        page.goto(f"{demo_url}{path}{'&' if '?' in path else '?'}lang={language}")
        wrong += [f"{path}: {told}" for told in [*watch.take(), *faults(page, icons)]]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("role", "paths"), PLANNING.items())
def test_everybody_can_use_it(role: str, paths: tuple[str, ...], opened: Opened, demo_url: str) -> None:
    page = opened(role, demo_url).new_page()
    wrong = []
    for number, path in enumerate(paths):
        page.goto(f"{demo_url}{path}{'&' if '?' in path else '?'}lang={LANGUAGES[number % 3]}")
        for theme, width in (("light", SIZES[0]), ("dark", SIZES[1])):
            page.set_viewport_size({"width": width, "height": HEIGHT})
            page.evaluate(CHOOSE_THEME, theme)
            wrong += [f"{path} {theme} {width}: {told}" for told in axe(page)]
    assert not wrong, "\n".join(wrong)


def _shown(page: Page, selector: str) -> int:
    return page.locator(selector).evaluate_all("(all) => all.filter((one) => one.checkVisibility()).length")


def test_charts_fit_the_screen_and_have_a_table(opened: Opened, demo_url: str) -> None:
    page = opened("coordinator", demo_url).new_page()
    for width, shown, hidden in (
        (SIZES[0], ".chart-narrow", ".chart-wide"),
        (SIZES[1], ".chart-wide", ".chart-narrow"),
    ):
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.goto("/stock/MOBILE-2/LORA-10?lang=en")
        assert (_shown(page, shown), _shown(page, hidden)) == (2, 0)
    drawing = page.get_by_role("img", name=re.compile("The stock day by day")).first
    expect(drawing).to_be_visible()
    page.get_by_text("The same as a table").first.click()
    expect(page.get_by_role("columnheader", name="Will expire unused")).to_be_visible()


def test_the_head_and_the_items_of_the_board_stay_in_sight(opened: Opened, demo_url: str) -> None:
    page = opened("coordinator", demo_url).new_page()
    page.set_viewport_size({"width": SIZES[1], "height": HEIGHT})
    page.goto("/board?lang=en")
    page.locator(".board-wrap").focus()
    page.locator(".board-wrap").evaluate("(wrap) => wrap.scrollTo(0, 900)")
    head = page.get_by_role("columnheader", name="Item", exact=True)
    wrap = page.locator(".board-wrap").bounding_box()
    box = head.bounding_box()
    assert wrap is not None and box is not None
    assert abs(box["y"] - wrap["y"]) < 4


def test_a_cell_of_the_board_leads_to_the_item_at_the_site(opened: Opened, demo_url: str) -> None:
    page = opened("clinic", demo_url).new_page()
    page.set_viewport_size({"width": SIZES[0], "height": HEIGHT})
    page.goto("/board?lang=en")
    page.locator("a.board-cell").first.click()
    expect(page.get_by_role("heading", name="What becomes of the stock")).to_be_visible()


def test_without_script_everything_is_there(opened: Opened, demo_url: str) -> None:
    page = opened("coordinator", demo_url, java_script_enabled=False).new_page()
    page.goto("/stock/MOBILE-2/LORA-10?lang=en")
    expect(page.locator(".chart-wide").first).to_be_visible()
    page.goto("/calendar?lang=en")
    page.locator("a.month").first.click()
    expect(page.locator("#lots table")).to_be_visible()
    page.goto("/board?lang=en")
    expect(page.locator(".board-cell").first).to_be_visible()
