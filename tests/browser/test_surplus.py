"""Surplus in a browser: chosen, refused, made into a draft, approved; usable by everybody."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.looking import SIZES, Opened, Watch
from tests.browser.steps import refused, told


def test_from_a_proposal_to_an_approved_shipment(opened: Opened, work_url: str) -> None:
    page = opened("coordinator", work_url).new_page()
    page.goto("/")
    page.get_by_role("link", name="Surplus", exact=True).first.click()
    boxes = page.locator("input[name=take]")
    count = boxes.count()
    assert count, "the demonstration has surplus to show"
    page.get_by_label("Choose all on this page").check()
    expect(page.locator("input[name=take]:checked")).to_have_count(count)
    page.get_by_label("Choose all on this page").uncheck()
    boxes.first.check()
    quantity = page.locator("input[name^='q-']").first
    proposed = int(quantity.input_value())
    quantity.fill(str(proposed + 1))
    page.get_by_role("button", name="Make draft shipments").click()
    refused(page, f"Only {proposed:,} are proposed now.".replace(",", ""))
    expect(boxes.first).to_be_checked()
    expect(quantity).to_have_value(str(proposed + 1))
    quantity.fill(str(proposed))
    page.get_by_role("button", name="Make draft shipments").click()
    told(page, "A draft shipment is made.")
    expect(page.get_by_text("Waits for approval")).to_be_visible()
    expect(page.get_by_role("link", name="Send it off")).to_have_count(0)
    page.get_by_role("button", name="Approve", exact=True).click()
    told(page, "is approved. It may leave now.")
    expect(page.get_by_role("link", name="Send it off")).to_be_visible()


def test_it_can_be_used_by_everybody(opened: Opened, demo_url: str) -> None:
    context = opened("coordinator", demo_url)
    page, watch = context.new_page(), Watch(context)
    for language in ("en", "ar"):
        page.goto(f"/surplus?lang={language}")
        for width in SIZES:
            page.set_viewport_size({"width": width, "height": 900})
            found = Axe().run(page).response["violations"]
            assert [each["id"] for each in found] == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto("/surplus?lang=en")
    assert watch.take() == []
