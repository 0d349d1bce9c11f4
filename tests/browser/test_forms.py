"""The forms in a browser: without script, with errors, sent twice, from stale pages, with every kind of text."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, Response, expect

from inventory import clock
from tests.browser.looking import Opened, Watch
from tests.browser.steps import cells, choose, refused, take, told

TODAY = clock.today("Asia/Baghdad")
GOOD = (TODAY + timedelta(days=800)).isoformat()

TYPED = """() => Object.fromEntries(
  [...document.querySelectorAll("main form[method=post] [name]")]
    .filter((each) => !["csrf_token", "token"].includes(each.name) && each.tagName !== "BUTTON")
    .map((each) => [each.name + (each.type === "radio" ? `=${each.value}` : ""),
      ["radio", "checkbox"].includes(each.type) ? each.checked : each.value]))"""
"""Everything that stands in the forms of the page, by name."""


def answer_of(page: Page, press: Any) -> Response:
    """What the server says to the form that `press` sends."""
    with page.expect_response(lambda response: response.request.method == "POST") as caught:
        press()
    return caught.value


def send(page: Page) -> Response:
    """Press the main button of the form."""
    return answer_of(page, page.locator("main form [data-main]").last.click)


# ---- without script -------------------------------------------------------------------------------------------------


def bare(opened: Opened, role: str, url: str) -> Page:
    """A browser in which no script runs."""
    return opened(role, url, java_script_enabled=False).new_page()


def test_signing_in_without_script(opened: Opened, work_url: str) -> None:
    page = opened("clinic", work_url, java_script_enabled=False, storage_state=None).new_page()
    page.goto("/stock")
    page.locator("[name=email]").fill("clinic@demo.example")
    page.locator("[name=password]").fill("not this one")
    page.locator("[data-main]").click()
    refused(page, "do not belong together")
    expect(page.locator("[name=email]")).to_have_value("clinic@demo.example")
    page.locator("[name=password]").fill("relais-demo")
    page.locator("[data-main]").click()
    expect(page.locator("h1")).to_have_text("Stock")  # where one wanted to go
    page.locator("details.menu", has_text="Your account").locator("summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("h1")).to_have_text("Sign in")


def test_a_receipt_of_two_lots_without_script(opened: Opened, work_url: str) -> None:
    page = bare(opened, "warehouse", work_url)
    page.goto("/receipts/new")
    page.locator("[name=reference]").fill("Truck 7")
    first = {"item": "PARA-500", "lot": "NS-1", "expires_on": GOOD, "quantity": "120"}
    for name, value in first.items():
        page.locator(f"[name=lines-0-{name}]").fill(value)
    page.get_by_role("button", name="Add a lot").click()
    second = {
        "item": "Amoxicillin 500 mg, capsule",
        "lot": "NS-2",
        "expires_on": "31/02/2029",
        "quantity": "80",
    }
    for name, value in second.items():
        page.locator(f"[name=lines-1-{name}]").fill(value)
    assert send(page).status == 422
    refused(page, "Line 2 · Expires")
    for index, typed in enumerate((first, {**second, "item": "AMOX-500"})):
        for name, value in typed.items():
            expect(page.locator(f"[name=lines-{index}-{name}]")).to_have_value(value)
    expect(page.locator("[name=reference]")).to_have_value("Truck 7")
    page.locator("[name=lines-1-expires_on]").fill(GOOD)
    send(page)
    told(page, "is recorded.")
    assert cells(page, "Lots", "NS-1")[3] == "120 tablet"
    assert cells(page, "Lots", "NS-2")[3] == "80 capsule"


def test_asking_and_dispensing_without_script(opened: Opened, work_url: str) -> None:
    page = bare(opened, "clinic", work_url)
    page.goto("/requisitions/new")
    page.get_by_role("button", name="Fill in what is suggested").click()
    suggested = page.locator("[name$=-quantity]").count()
    page.get_by_role("button", name="Add a line").click()
    page.locator(f"[name=lines-{suggested}-item]").fill("ibuprofene 400")  # as it is written in French
    page.locator(f"[name=lines-{suggested}-quantity]").fill("1 000")
    send(page)
    told(page, "is sent for approval.")
    assert cells(page, "Lines", "IBU-400")[1] == "1,000"

    page.goto("/consumptions/new")
    page.locator("[name=consultations]").fill("12")
    page.locator("[name=lines-0-item]").fill("PARA-500")
    page.locator("[name=lines-0-quantity]").fill("30")
    page.get_by_role("button", name="Add a line").click()
    page.get_by_role("button", name="Remove this line").last.click()
    expect(page.locator("[name=lines-0-quantity]")).to_have_value("30")
    send(page)
    told(page, "Written down:")


# ---- nothing typed is lost ------------------------------------------------------------------------------------------


def _receipt(page: Page) -> None:
    page.goto("/receipts/new")
    choose(page, "donor", "valmedis", "Laboratoires Valmédis")
    for name in ("reference", "consent_reference", "checked_by"):
        page.locator(f"[name={name}]").fill(f"the {name} “کوردی” <b>")
    choose(page, "lines-0-item", "parac", "Paracetamol 500 mg")
    page.locator("[name=lines-0-lot]").fill("L/1 & 2")
    page.locator("[name=lines-0-expires_on]").fill("13/2027")
    page.locator("[name=lines-0-quantity]").fill("12,5")
    page.locator(".lot-more summary").first.click()
    page.locator("[name=lines-0-zone]").select_option("quarantine")
    page.locator("[name=lines-0-note]").fill("wet on one side")
    page.locator("[name=lines-0-returned_or_sample]").check()
    page.get_by_role("button", name="Add a lot").click()
    page.keyboard.type("no such thing at all")
    page.locator("[name=lines-1-quantity]").fill("7")


def _requisition(page: Page) -> None:
    page.goto("/requisitions/new")
    page.locator("[name=kind][value=emergency]").check()
    page.locator("[name=note]").fill("two\nlines")
    choose(page, "lines-0-item", "parac", "Paracetamol 500 mg")
    page.locator("[name=lines-0-quantity]").fill("-3")


def _dispensing(page: Page) -> None:
    page.goto("/consumptions/new")
    page.locator("[name=consultations]").fill("31")
    choose(page, "lines-0-item", "parac", "Paracetamol 500 mg")
    page.locator("[name=lines-0-quantity]").fill("99999999")
    page.locator("[name=lines-0-lot]").fill("NOWHERE")


def _donation(page: Page) -> None:
    page.goto("/donations/new")
    choose(page, "donor", "valmedis", "Laboratoires Valmédis")
    page.locator("[name=kind][value=money]").check()
    page.locator("[name=amount]").fill("1.234,50")
    page.locator("[name=currency]").fill("euro")
    page.locator("[name=reference]").fill("a gift")


def _site(page: Page) -> None:
    page.goto("/sites/new")
    page.locator("[name=code]").fill("no blanks!")
    page.locator("[name=name]").fill("مستوصف")
    page.locator("[name=kind]").select_option("dispensary")
    choose(page, "country", "iraq", "Iraq")
    page.locator("[name=lead_time_days]").fill("soon")


def _item(page: Page) -> None:
    page.goto("/items/new")
    page.locator("[name=code]").fill("X-1")
    page.locator("[name=name]").fill("Something new")
    page.locator("[name=base_unit]").fill("piece")
    page.locator("[name=gtins-0-gtin]").fill("12345")
    page.locator("[name=gtins-0-quantity]").fill("10")
    page.locator("[name=controlled]").check()


FORMS = {
    "warehouse": [_receipt],
    "clinic": [_requisition, _dispensing],
    "coordinator": [_donation, _site, _item],
}


@pytest.mark.parametrize(
    ("role", "write"),
    [pytest.param(role, each, id=each.__name__) for role, all in FORMS.items() for each in all],
)
def test_nothing_typed_is_lost(role: str, write: Any, opened: Opened, work_url: str) -> None:
    page = opened(role, work_url).new_page()
    write(page)
    before = page.evaluate(TYPED)
    assert send(page).status in (409, 422)
    refused(page, "Nothing was saved yet.")
    assert page.evaluate(TYPED) == before
    expect(page.locator("[data-error-summary]")).to_be_focused()
    faulty = page.locator("[aria-invalid=true]")
    for link in page.locator("[data-error-summary] a").all():
        link.click()
    assert faulty.count() or page.locator("[data-error-summary] li").count()
    for each in faulty.all():
        told_by = (each.get_attribute("aria-describedby") or "").split()
        assert any(page.locator(f"[id='{name}'].field-error").count() for name in told_by)


# ---- sent twice, sent from a stale page -----------------------------------------------------------------------------


def test_a_double_click_dispenses_once(opened: Opened, work_url: str) -> None:
    page = opened("clinic", work_url).new_page()
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    page.goto("/consumptions/new")
    choose(page, "lines-0-item", "parac", "Paracetamol 500 mg")
    page.locator("[name=lines-0-quantity]").fill("11")
    page.locator("main form [data-main]").dblclick()
    told(page, "Written down:")
    assert len(posted) == 1


def test_a_form_sent_again_from_another_tab_counts_once(opened: Opened, work_url: str) -> None:
    context = opened("clinic", work_url)
    token, numbers = str(uuid4()), []
    for page in (context.new_page(), context.new_page()):  # as a browser does that restores a tab
        page.goto("/consumptions/new")
        page.evaluate("(token) => { document.querySelector('main [name=token]').value = token; }", token)
        choose(page, "lines-0-item", "parac", "Paracetamol 500 mg")
        page.locator("[name=lines-0-quantity]").fill("13")
    for page in context.pages:
        send(page)
        told(page, "Written down:")
        numbers.append(page.url)
    assert numbers[0] == numbers[1]


def test_going_back_and_sending_again_works(opened: Opened, work_url: str) -> None:
    """The button is not left held on a page that the browser shows again."""
    page = opened("clinic", work_url).new_page()
    page.goto("/consumptions/new")
    numbers = []
    for _ in range(2):
        choose(page, "lines-0-item", "parac", "Paracetamol 500 mg")
        page.locator("[name=lines-0-quantity]").fill("2")
        send(page)
        told(page, "Written down:")
        numbers.append(page.url)
        page.go_back()
        expect(page.locator("main form [data-main]").last).to_be_enabled()
    assert numbers[0] != numbers[1]


def test_a_stale_page_says_so(opened: Opened, work_url: str) -> None:
    context = opened("coordinator", work_url)
    first, second = context.new_page(), context.new_page()
    first.goto("/requisitions?status=submitted")
    path = first.locator("main td.main a").first.get_attribute("href") or ""
    for page in (first, second):
        page.goto(path)
    assert answer_of(first, first.get_by_role("button", name="Approve these quantities").click).status == 303
    told(first, "is approved.")
    answer = answer_of(second, second.get_by_role("button", name="Approve these quantities").click)
    assert answer.status == 409
    notice = second.locator("[role=alert]").first
    expect(notice).to_contain_text("Nothing was changed")
    expect(notice).to_contain_text(re.compile(r"approved", re.IGNORECASE))
    expect(second.locator("h1")).to_contain_text("Approved")  # as it stands now
    expect(second.get_by_role("button", name="Approve these quantities")).to_have_count(0)


# ---- every kind of text ---------------------------------------------------------------------------------------------

NAMES = {
    "N-KU": "پاراسیتامۆل ٥٠٠ ملگم",
    "N-AR": "باراسيتامول 500 ملغ (أقراص)",
    "N-EMO": "Plasters 🩹 for children 👨‍👩‍👧",
    "N-HTML": '<b>bold</b> & <img src=x onerror=alert(1)> "quoted" \'',
    "N-HY": "Պարացետամոլ",
}


@pytest.mark.parametrize("code", NAMES)
def test_names_are_shown_as_they_are(code: str, opened: Opened, work_url: str) -> None:
    name = NAMES[code]
    lot = name[:10].strip()
    context = opened("coordinator", work_url)
    page, watch = context.new_page(), Watch(context)
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.goto("/items/new")
    for field, value in {"code": code, "name": name, "base_unit": "piece"}.items():
        page.locator(f"[name={field}]").fill(value)
    page.locator("[name=category]").select_option("medicine")
    page.locator("[name=tracks_expiry]").uncheck()
    send(page)
    told(page, name)
    expect(page.locator("h1")).to_contain_text(name)
    assert page.title().startswith(name)

    page.goto(f"/items?q={code}")
    link = page.locator("td.main", has_text=code).locator("a")
    expect(link).to_have_text(name)
    assert link.locator("bdi").count(), "its direction spreads to what stands beside it"

    page.goto("/receipts/new")
    page.locator("[name=site]").select_option("HUB-ERBIL")
    page.locator(".ts-control", has=page.locator("#lines-0-item-ts-control")).click()
    take(page, code, name)
    expect(page.locator(".lot-row .chosen").first).to_contain_text(name)
    page.locator("[name=lines-0-lot]").fill(lot)
    page.locator("[name=lines-0-quantity]").fill("0")
    assert send(page).status == 422
    expect(page.locator(".lot-row .chosen").first).to_contain_text(name)
    expect(page.locator("[name=lines-0-lot]")).to_have_value(lot)
    page.locator("[name=lines-0-quantity]").fill("5")
    send(page)
    told(page, "is recorded.")
    row = cells(page, "Lots", code)
    assert row[0].startswith(name)
    assert row[1].startswith(lot)
    for language, direction in (("ar", "rtl"), ("en", "ltr")):
        page.goto(f"/stock/HUB-ERBIL/{code}?lang={language}")
        assert page.get_attribute("html", "dir") == direction
        expect(page.locator("h1")).to_contain_text(name)
    assert not page.locator("main b, main img").count()
    assert [each for each in watch.take() if not each.startswith("422")] == []
