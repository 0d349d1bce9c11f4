"""What people do with the pages, for the browser tests: choose an item, go through a form by keyboard, read a table."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

RINGED = """(element) => {
  const style = getComputedStyle(element);
  const box = element.closest(".ts-wrapper");
  const outlined = (each) => each.outlineStyle !== "none" && parseFloat(each.outlineWidth) > 0;
  return outlined(style) || style.boxShadow !== "none" || (box && getComputedStyle(box).boxShadow !== "none")
    || outlined(getComputedStyle(element.parentElement));
}"""
HERE = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const name = at.getAttribute("aria-label") || at.title || at.name || at.innerText || at.id || "";
  return `${at.tagName.toLowerCase()} ${name.trim().slice(0, 60)}`;
}"""


def choose(page: Page, field: str, typed: str, name: str) -> None:
    """Look for something in a field that searches (by the id of its control) and take what is called `name`."""
    page.locator(".ts-control", has=page.locator(f"#{field}-ts-control")).click()
    take(page, typed, name)


def take(page: Page, typed: str, name: str) -> None:
    """Type into the field that searches and has the focus; take what is called `name`, by the keyboard."""
    page.keyboard.type(typed)
    found = page.locator(".ts-dropdown:visible .option", has_text=name).first
    expect(found).to_be_visible()
    for _ in range(20):
        if "active" in (found.get_attribute("class") or "").split():
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def tab_to(page: Page, target: Locator, most: int = 80) -> None:
    """Press Tab until `target` has the focus, which must be seen there."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if target.evaluate("(element) => element === document.activeElement"):
            assert target.evaluate(RINGED), f"the focus is not seen on {page.evaluate(HERE)}"
            return
    raise AssertionError(f"Tab does not lead to {target}")


def told(page: Page, words: str) -> None:
    """What was done is said at the top of the page that follows."""
    expect(page.locator("#messages .notice").first).to_contain_text(words)


def refused(page: Page, *words: str) -> None:
    """The form is shown again, and says why at its head."""
    summary = page.locator("[data-error-summary]").first
    for each in words:
        expect(summary).to_contain_text(each)


def confirm(page: Page, press: Callable[[], None], words: str) -> None:
    """Do what asks first, read the question, and say yes."""
    press()
    dialog = page.locator("dialog#confirm")
    expect(dialog).to_contain_text(words)
    dialog.locator("[data-confirm-yes]").click()


def cells(page: Page, caption: str, row: str) -> list[str]:
    """The words in the row of a table that holds `row`, cell by cell."""
    table = page.locator("table", has=page.locator("caption", has_text=caption))
    found = table.locator("tbody tr", has_text=row)
    expect(found).to_have_count(1)
    return [" ".join(each.split()) for each in found.locator("td").all_inner_texts()]


def fill(page: Page, **values: str) -> None:
    """Type into fields, or choose in them, by name."""
    for name, value in values.items():
        field = page.locator(f"[name={name}]")
        if field.evaluate("(element) => element.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def save(page: Page) -> None:
    """Press the main button of the form."""
    page.locator("main [data-main]").click()


def add(page: Page, path: str, **values: str) -> None:
    """A new entry of the reference data; its page follows."""
    page.goto(path)
    fill(page, **values)
    save(page)
    expect(page.locator("h1")).to_contain_text(values["name"])
