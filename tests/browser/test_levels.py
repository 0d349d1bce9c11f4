"""The table of reorder levels as it is used: arrows, a pasted block, what is suggested, without script."""

from urllib.parse import parse_qs

from playwright.sync_api import Locator, Page, expect

from tests.browser.looking import Opened, Watch

AT = "/policies?site=DARKAR"
PASTE = """(text) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const given = {clipboardData: data, bubbles: true, cancelable: true};
  document.activeElement.dispatchEvent(new ClipboardEvent("paste", given));
}"""


def codes(page: Page) -> list[str]:
    """The items of the rows, from above."""
    return [str(each.get_attribute("value")) for each in page.locator("input[name=pick]").all()]


def cell(page: Page, name: str, code: str) -> Locator:
    """One cell of a row."""
    return page.locator(f'[name="{name}.{code}"]')


def saved(page: Page) -> dict[str, list[str]]:
    """What the browser sends when the table is saved."""
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.get_by_role("button", name="Save the changed rows").last.click()
    page.wait_for_load_state()
    return parse_qs(sent.value.post_data or "", keep_blank_values=True)


def test_the_table_is_filled_in_like_a_spreadsheet(opened: Opened, work_url: str) -> None:
    context = opened("coordinator", work_url)
    page, watch = context.new_page(), Watch(context)
    page.goto(AT)
    first, second, third = codes(page)[:3]
    # Arrows and Enter.
    cell(page, "reorder", first).focus()
    page.keyboard.press("ArrowDown")
    expect(cell(page, "reorder", second)).to_be_focused()
    page.keyboard.press("Enter")
    expect(cell(page, "reorder", third)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(cell(page, "maximum", third)).to_be_focused()
    page.keyboard.press("Shift+Enter")
    expect(cell(page, "maximum", second)).to_be_focused()
    # A block from a spreadsheet, methods by their value or their words.
    cell(page, "method", first).focus()
    page.evaluate(PASTE, "months\t0.5\t1,5\t3\r\nService level\t5\t\t\t14\t30\t95\r\n")
    expect(cell(page, "maximum", first)).to_have_value("3")
    expect(cell(page, "service", second)).to_have_value("95")
    expect(cell(page, "maximum", second)).to_be_disabled()
    expect(page.locator("[data-grid-count]")).to_have_text("2 changed, not saved yet")
    sent = saved(page)
    assert {key.split(".", 1)[1] for key in sent if "." in key} == {first, second}
    expect(page.get_by_text("The levels of 2 items are set.")).to_be_visible()
    expect(cell(page, "reorder", first)).to_have_value("1.5")
    assert int(cell(page, "maximum", second).get_attribute("placeholder") or 0) > 0
    assert watch.take() == []


def test_another_method_starts_with_empty_levels(opened: Opened, work_url: str) -> None:
    page = opened("coordinator", work_url).new_page()
    page.goto(AT)
    code = codes(page)[4]
    before = cell(page, "maximum", code).input_value()
    cell(page, "method", code).select_option("months")
    expect(cell(page, "maximum", code)).to_have_value("")
    cell(page, "method", code).select_option("fixed")
    expect(cell(page, "maximum", code)).to_have_value(before)
    expect(page.locator("[data-grid-count]")).to_have_text("")


def test_what_is_suggested_fills_the_cells(opened: Opened, work_url: str) -> None:
    page = opened("coordinator", work_url).new_page()
    page.goto(AT)
    advised = page.locator("[data-grid-row]:has([data-take])")
    row, another = advised.nth(5), advised.nth(6)
    before = row.locator('[data-cell="maximum"]').input_value()
    row.get_by_role("button", name="Take it").click()
    expect(row.locator('[data-cell="maximum"]')).not_to_have_value(before)
    another.locator("[name=pick]").check()
    page.get_by_role("button", name="Take what is suggested").click()
    expect(page.locator("[data-grid-count]")).to_have_text("2 changed, not saved yet")
    # Nothing is saved by that: whoever leaves is asked, and finds what there was.
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(AT)
    expect(advised.nth(5).locator('[data-cell="maximum"]')).to_have_value(before)


def test_a_fault_keeps_what_was_typed(opened: Opened, work_url: str) -> None:
    page = opened("coordinator", work_url).new_page()
    page.goto(AT)
    code, other = codes(page)[8:10]
    cell(page, "maximum", code).fill("1")
    cell(page, "buffer", other).fill("7")
    saved(page)
    expect(page.locator("[data-error-summary]")).to_contain_text("below the point")
    expect(cell(page, "maximum", code)).to_have_attribute("aria-invalid", "true")
    expect(cell(page, "buffer", other)).to_have_value("7")
    cell(page, "maximum", code).fill("100000")
    saved(page)
    expect(page.get_by_text("The levels of 2 items are set.")).to_be_visible()


def test_the_table_without_script(opened: Opened, work_url: str) -> None:
    page = opened("coordinator", work_url, java_script_enabled=False).new_page()
    page.goto("/policies?site=ERBIL-D")
    code = codes(page)[0]
    page.locator("[data-grid-row]").first.get_by_role("button", name="Take it").click()
    expect(page.locator("h1")).to_have_text("Reorder levels")
    filled = cell(page, "maximum", code).input_value()
    page.get_by_role("button", name="Save the changed rows").last.click()
    expect(page.get_by_text("The levels of one item are set.")).to_be_visible()
    expect(cell(page, "maximum", code)).to_have_value(filled)


def test_suggestions_become_one_draft(opened: Opened, work_url: str) -> None:
    page = opened("coordinator", work_url).new_page()
    page.goto("/suggestions?site=DARKAR")
    if page.locator("[name=kind][type=radio]").count():
        page.locator("[name=kind][value=emergency]").check()
    page.get_by_role("button", name="Make a draft requisition").click()
    expect(page.locator("h1")).to_contain_text("REQ-")
    page.goto("/suggestions?site=DARKAR")
    expect(page.get_by_text("Some of this stands in a draft already:")).to_be_visible()
    expect(page.locator("[name=pick]:checked")).to_have_count(0)
