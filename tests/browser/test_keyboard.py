"""Without a mouse: everything is reached by Tab and seen there; menus, dialogs, rows; language and colours stay."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import HEIGHT, Opened
from tests.browser.steps import HERE, RINGED, tab_to, take, told

MARK = """() => {
  const kinds = "a[href], button, input, select, textarea, summary, [tabindex]";
  const shown = (each) => each.checkVisibility({ visibilityProperty: true }) && each.getClientRects().length;
  const chosen = (each) => each.type === "radio" && !each.checked
    && document.querySelector(`[name="${each.name}"]:checked`);
  let number = 0;
  for (const each of document.querySelectorAll(kinds)) {
    if (each.tabIndex >= 0 && !each.disabled && each.type !== "hidden" && shown(each) && !chosen(each))
      each.dataset.reach = ++number;
  }
  document.activeElement?.blur();
  return number;
}"""

PAGES = [
    ("warehouse", "/receipts/new", 1440),
    ("coordinator", "/requisitions?status=submitted", 1440),
    ("coordinator", "decide", 1440),
    ("clinic", "/consumptions/new", 390),
    ("donor", "/", 390),
    ("admin", "/users/new", 1440),
]


@pytest.mark.parametrize(("role", "path", "width"), PAGES)
def test_everything_is_reached_and_seen(
    role: str, path: str, width: int, opened: Opened, demo_url: str
) -> None:
    page = opened(role, demo_url, viewport={"width": width, "height": HEIGHT}).new_page()
    if path == "decide":
        page.goto("/requisitions?status=submitted")
        page.locator("main td.main a").first.click()
        page.wait_for_load_state()
    else:
        page.goto(path)
    page.wait_for_load_state("networkidle")
    marked = page.evaluate(MARK)
    assert marked > 5
    reached, order, unseen = set(), [], []
    for _ in range(marked + 20):
        page.keyboard.press("Tab")
        number = page.evaluate("document.activeElement?.dataset.reach ?? null")
        if number is None or number in reached:
            continue
        reached.add(number)
        order.append(int(number))
        at = page.locator(f"[data-reach='{number}']")
        if not at.evaluate(RINGED):
            unseen.append(page.evaluate(HERE))
        hidden = at.evaluate(
            """(each) => {
              const box = each.getBoundingClientRect();
              const bar = document.querySelector(".bottombar");
              const foot = bar && getComputedStyle(bar).display !== "none" && !bar.contains(each)
                ? bar.getBoundingClientRect().top : innerHeight;
              return box.bottom < 0 || box.top > foot;
            }"""
        )
        if hidden:
            unseen.append(f"out of sight: {page.evaluate(HERE)}")
    missed = page.evaluate(
        "(reached) => [...document.querySelectorAll('[data-reach]')]"
        ".filter((each) => !reached.includes(each.dataset.reach))"
        ".map((each) => each.outerHTML.slice(0, 120))",
        list(reached),
    )
    assert not missed
    assert not unseen
    assert order == sorted(order), "Tab goes another way than one reads"


def test_the_skip_link_leads_to_the_content(opened: Opened, demo_url: str) -> None:
    page = opened("coordinator", demo_url).new_page()
    page.goto("/stock")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    expect(page.locator(".skip-link")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_menus_by_keyboard(opened: Opened, demo_url: str) -> None:
    page = opened("coordinator", demo_url, viewport={"width": 390, "height": HEIGHT}).new_page()
    page.goto("/")
    menus = (".topbar .menu:has([hreflang])", ".topbar .menu:has(form)", ".bottombar details")
    for selector in menus:
        menu = page.locator(selector)
        summary = menu.locator("summary")
        tab_to(page, summary)
        page.keyboard.press("Enter")
        first = menu.locator("a").first
        expect(first).to_be_visible()
        tab_to(page, first, 3)
        page.keyboard.press("Escape")
        expect(first).to_be_hidden()
        expect(summary).to_be_focused()
    page.keyboard.press("Enter")
    link = page.locator(".bottombar details").get_by_role("link", name="Reorder levels")
    tab_to(page, link, 40)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Reorder levels")


def test_a_dialog_by_keyboard(opened: Opened, work_url: str) -> None:
    page = opened("coordinator", work_url).new_page()
    page.goto("/requisitions?status=submitted")
    page.locator("main td.main a").last.click()
    cancel = page.get_by_role("button", name="Cancel the requisition")
    dialog = page.locator("dialog#confirm")
    tab_to(page, cancel)
    for leave in ("Escape", "Enter"):  # Enter presses what has the focus: going back
        page.keyboard.press("Enter")
        expect(dialog).to_be_visible()
        expect(dialog.get_by_role("button", name="Go back")).to_be_focused()
        page.keyboard.press("Tab")
        expect(dialog.locator("[data-confirm-yes]")).to_be_focused()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press(leave)
        expect(dialog).to_be_hidden()
        expect(cancel).to_be_focused()
        expect(page.locator("h1")).to_contain_text("Waiting for approval")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    told(page, "is cancelled.")


def test_rows_of_the_receipt_by_keyboard(opened: Opened, work_url: str) -> None:
    page = opened("warehouse", work_url).new_page()
    keys = page.keyboard
    page.goto("/receipts/new")
    tab_to(page, page.locator("#lines-0-item-ts-control"))
    take(page, "parac", "Paracetamol 500 mg")
    for typed in ("K-1", "0429", "10"):
        keys.type(typed)
        keys.press("Enter")
    expect(page.locator(".lot-expiry .date-echo").first).to_have_text("30 Apr 2029")
    expect(page.locator("#lines-1-item-ts-control")).to_be_focused()
    keys.type("PARA-500")
    keys.press("Enter")  # faster than the search: the code is taken as it was typed
    expect(page.locator("[name=lines-1-lot]")).to_be_focused()
    for typed in ("K-2", "04/2030"):
        keys.type(typed)
        keys.press("Tab")
    keys.type("20")
    more = page.locator(".lot-more summary").nth(1)
    tab_to(page, more, 3)
    keys.press("Enter")
    tab_to(page, page.locator("[name=lines-1-damaged]"), 3)
    keys.type("5")
    bin_of_first = page.locator("[data-remove-row]").first
    for _ in range(60):
        if bin_of_first.evaluate("(each) => each === document.activeElement"):
            break
        keys.press("Shift+Tab")
    keys.press("Enter")
    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page.locator("[data-total=quantity]").first).to_have_text("20")
    keys.press("Control+Enter")
    told(page, "is recorded.")
    row = page.locator("tbody tr", has_text="K-2")
    expect(row).to_contain_text("Quarantine 5")
    expect(page.locator("tbody tr", has_text="K-1")).to_have_count(0)


def test_the_language_stays(opened: Opened, work_url: str) -> None:
    page = opened("viewer", work_url).new_page()
    page.goto("/stock?by=lot")
    page.locator(".topbar .menu", has=page.locator("[hreflang]")).locator("summary").click()
    page.locator("[hreflang=fr]").click()
    assert "by=lot" in page.url
    for path in ("/", "/shipments", "/nowhere"):
        page.goto(path)
        assert page.get_attribute("html", "lang") == "fr"
    page.locator(".topbar .menu", has=page.locator("form")).locator("summary").click()
    page.locator(".topbar form[action$=logout] button").click()
    expect(page.locator("h1")).to_have_text("Se connecter")
    page.locator("[name=email]").fill("viewer@demo.example")
    page.locator("[name=password]").fill("relais-demo")
    page.locator("[data-main]").click()
    expect(page.locator("h1")).to_contain_text("Bonjour")


def test_colours_stay(opened: Opened, demo_url: str) -> None:
    context = opened("viewer", demo_url, color_scheme="light")
    page = context.new_page()
    page.goto("/")
    toggle = page.locator("[data-theme-toggle]")

    def shown(of: Page) -> tuple[str | None, str]:
        ground = of.evaluate(
            """new Promise((tell) => requestAnimationFrame(() => requestAnimationFrame(
              () => tell(getComputedStyle(document.body).backgroundColor))))"""
        )
        return of.get_attribute("html", "data-bs-theme"), "dark" if _brightness(ground) < 128 else "light"

    assert shown(page) == ("light", "light")
    page.emulate_media(color_scheme="dark")
    assert shown(page) == ("dark", "dark")  # as the device says
    toggle.click()
    assert shown(page) == ("light", "light")
    expect(toggle).to_contain_text("Colours: light")
    page.goto("/stock")
    assert shown(page) == ("light", "light")
    page.emulate_media(color_scheme="light")
    page.locator("[data-theme-toggle]").click()
    assert shown(page) == ("dark", "dark")
    other = context.new_page()
    other.goto("/alerts")
    assert shown(other) == ("dark", "dark")


def _brightness(colour: str) -> float:
    return sum(map(float, re.findall(r"[\d.]+", colour)[:3])) / 3
