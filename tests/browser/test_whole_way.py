"""The main job from end to end, by each role in a browser: from a donor's gift to the shelf and back to the donor."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from config import ROOT
from inventory import clock
from inventory.services import setup
from tests.browser.looking import sign_in
from tests.browser.steps import add, cells, choose, confirm, fill, refused, save, tab_to, take, told
from tests.browser.way import PASSWORD, PEOPLE, Way
from tests.conftest import SECRET, LiveServer

TODAY = clock.today("Asia/Baghdad")
EARLY, LATE = (TODAY + timedelta(days=days) for days in (430, 800))

SECRETS = ("Tel Uskuf", "Wali", "Clara", "Cora", "Other Foundation", "OTHER", "kept from outsiders", "O-77")
"""What the donor must not read: the name of a sensitive site, people, other donors, notes, their lots."""


@pytest.fixture
def way(browser: Browser, browser_context_args: dict[str, Any], live_server: LiveServer) -> Iterator[Way]:
    """An empty installation, and nobody's browser open yet."""
    found = Way(browser, browser_context_args, live_server)
    yield found
    for context in found.contexts:
        context.close()


def test_the_whole_way(way: Way) -> None:
    administrator_sets_up(way)
    coordinator_records_the_gift(way)
    warehouse_receives_by_keyboard_alone(way)
    other_donors_goods_come_through_the_api(way)
    clinic_asks_for_what_is_suggested(way)
    coordinator_approves_in_part(way)
    number = warehouse_sends_what_expires_first(way)
    clinic_receives_and_dispenses(way, number)
    who_should_act_is_told(way, number)
    coordinator_settles_the_discrepancy(way, number)
    donor_sees_what_became_of_it(way, number)
    verified = subprocess.run(
        [sys.executable, "-m", "flask", "ledger", "verify"],
        check=False,
        cwd=ROOT,
        env=way.server.environ,
        capture_output=True,
        text=True,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
    heard = {who: watch.take() for who, watch in way.watches.items()}
    assert heard == {who: [] for who in PEOPLE} | {
        "clinic": [f"409: {way.url}/consumptions/new"],
        "coordinator": [f"422: {way.url}/shipments/{number}/settle"],
    }


# ---- the administrator ----------------------------------------------------------------------------------------------


def administrator_sets_up(way: Way) -> None:
    page = way.page("admin")
    page.goto(f"/first?token={setup.token(SECRET)}")
    name, email = PEOPLE["admin"]
    page.locator("[name=name]").fill(name)
    page.locator("[name=email]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    told(page, "Your account is made.")
    sign_in(page, way.url, email, PASSWORD)
    expect(page.locator("h1")).to_contain_text("Hello, Ada Admin")

    add(
        page,
        "/sites/new",
        code="HUB",
        name="Hub, Erbil",
        kind="warehouse",
        country="IQ",
        timezone="Asia/Baghdad",
    )
    add(
        page,
        "/sites/new",
        code="USKUF",
        name="Dispensary, Tel Uskuf",
        kind="dispensary",
        country="IQ",
        supplied_by="HUB",
        lead_time_days="14",
        timezone="Asia/Baghdad",
    )
    add(
        page,
        "/items/new",
        code="AMOX-500",
        name="Amoxicillin 500 mg, capsule",
        name_fr="Amoxicilline 500 mg, gélule",
        category="medicine",
        base_unit="capsule",
    )
    add(page, "/donors/new", code="GIVER", name="Laboratoire Généreux")
    add(page, "/donors/new", code="OTHER", name="Other Foundation")
    sites = {"warehouse": "HUB", "clinic": "USKUF"}
    for role, (name, email) in PEOPLE.items():
        if role == "admin":
            continue
        page.goto("/users/new")
        fill(page, name=name, email=email, role=role, password=PASSWORD)
        if role in sites:
            page.locator(f"[name=sites][value={sites[role]}]").check()
        if role == "donor":
            choose(page, "donor", "genereux", "Laboratoire Généreux")
        save(page)
        told(page, f"{name} may sign in now.")
    page.goto("/policies?site=USKUF")
    choose(page, "item", "amoxi", "Amoxicillin")
    page.get_by_role("button", name="Go on").click()
    fill(page, emergency_point="50", reorder_point="200", maximum="600")
    save(page)
    told(page, "The reorder levels are set.")


# ---- the goods come -------------------------------------------------------------------------------------------------


def coordinator_records_the_gift(way: Way) -> None:
    page = way.home("coordinator")
    for donor, reference in (
        ("Laboratoire Généreux", "Antibiotics for winter"),
        ("Other Foundation", "Promise of OTHER"),
    ):
        page.goto("/")
        page.get_by_role("link", name="Record a donation").click()
        choose(page, "donor", donor[:6], donor)
        fill(page, reference=reference)
        choose(page, "lines-0-item", "amoxicilin", "Amoxicillin 500 mg")  # one letter is missing
        fill(page, **{"lines-0-quantity": "1000"})
        save(page)
        expect(page.locator("h1")).to_have_text(reference)


def warehouse_receives_by_keyboard_alone(way: Way) -> None:
    page = way.home("warehouse")
    keys = page.keyboard
    tab_to(page, page.get_by_role("link", name="Receive goods"))
    keys.press("Enter")
    expect(page.locator("h1")).to_have_text("Goods received")
    tab_to(page, page.locator("#donation-ts-control"))
    take(page, "Laboratoire", "Laboratoire Généreux")
    tab_to(page, page.locator("[name=consent_reference]"))
    keys.type("Letter of the ministry 12/44")
    for index, (lot, expiry, quantity) in enumerate((("G-1", EARLY, "300"), ("G-2", LATE, "700"))):
        if not index:
            tab_to(page, page.locator("#lines-0-item-ts-control"))
        take(page, "amox", "Amoxicillin 500 mg")
        expect(page.locator(f"[name=lines-{index}-lot]")).to_be_focused()
        keys.type(lot)
        keys.press("Enter")
        keys.type(expiry.isoformat())
        keys.press("Enter")
        expect(page.locator(f"[name=lines-{index}-quantity]")).to_be_focused()
        keys.type(quantity)
        if not index:
            keys.press("Enter")
            expect(page.locator("#lines-1-item-ts-control")).to_be_focused()
    expect(page.locator("[data-total=quantity]").first).to_have_text("1,000")
    keys.press("Control+Enter")
    expect(page.locator("h1")).to_contain_text("GRN-")
    lots = page.locator("table", has=page.locator("caption", has_text="Lots")).locator("tbody tr")
    expect(lots).to_have_count(2)
    for row in lots.all():
        expect(row).to_contain_text("In stock")

    page.goto("/stock?by=lot")
    assert "300 capsule" in cells(page, "Stock by lot", "G-1")[-2]
    assert "700 capsule" in cells(page, "Stock by lot", "G-2")[-2]
    expect(page.locator(".stat", has_text="Usable")).to_contain_text("1,000")


def other_donors_goods_come_through_the_api(way: Way) -> None:
    admin = way.page("admin")
    admin.goto("/users")
    admin.get_by_role("link", name="Wali Warehouse").click()
    fill(admin, label="Scanner at the door")
    save(admin)
    token = admin.locator(".notice .code").inner_text()
    line = {"item": "AMOX-500", "lot": "O-77", "expires_on": str(LATE), "quantity": 500}
    answer = admin.request.post(
        "/api/v1/receipts",
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "the-way"},
        data={"site": "HUB", "donor": "OTHER", "received_on": str(TODAY), "lines": [line]},
    )
    assert answer.status == 201, answer.text()


# ---- a dispensary asks, and is sent what expires first --------------------------------------------------------------


def clinic_asks_for_what_is_suggested(way: Way) -> None:
    page = way.home("clinic")
    page.get_by_role("link", name="Request").click()
    page.get_by_role("button", name="Fill in what is suggested").click()
    expect(page.locator("[name=lines-0-quantity]")).to_have_value("600")
    expect(page.locator("[data-row]").first).to_contain_text("Amoxicillin 500 mg")
    page.locator("[name=note]").fill("Winter is near")
    save(page)
    told(page, "is sent for approval.")


def coordinator_approves_in_part(way: Way) -> None:
    page = way.home("coordinator")
    card = page.locator(".card", has_text="Requisitions to decide on")
    card.locator("a", has_text="REQ-").click()
    asked, free = cells(page, "Lines to decide", "AMOX-500")[1:3]
    assert (asked, free.split()[0]) == ("600", "1,500")
    page.locator("[name=lines-0-approved]").fill("400")
    page.get_by_role("button", name="Approve these quantities").click()
    told(page, "is approved.")
    assert cells(page, "Lines", "AMOX-500")[1:3] == ["600", "400"]


def warehouse_sends_what_expires_first(way: Way) -> str:
    page = way.home("warehouse")
    page.locator(".card", has_text="Approved, to be sent").locator("a", has_text="REQ-").click()
    page.get_by_role("link", name="Prepare the shipment").click()
    expect(page.locator("[name=destination]")).to_have_value("USKUF")
    fill(page, eta=str(TODAY + timedelta(days=2)))
    page.locator("[name=mode][value=road]").check()
    save(page)
    number = page.locator("h1").inner_text().split()[0]
    page.get_by_role("button", name="Pack everything approved").click()
    told(page, "Everything approved is packed.")
    packed = page.locator(".package-lines li").all_inner_texts()
    assert [re.findall(r"G-\d|O-\d+|\b\d+(?= capsule)", each) for each in packed] == [
        ["G-1", "300"],
        ["G-2", "100"],
    ]

    page.locator("#event summary").click()
    fill(
        page, **{"event-milestone": "collected", "event-place": "Erbil", "event-note": "kept from outsiders"}
    )
    page.locator("#event [data-main]").click()
    told(page, "Written into the timeline.")
    page.locator("[name=send-waybill]").fill("WB-1")
    confirm(page, page.get_by_role("button", name="It has left").click, "Has it left?")
    told(page, f"{number} has left.")
    expect(page.locator("h1")).to_contain_text("On its way")
    return number


def clinic_receives_and_dispenses(way: Way, number: str) -> None:
    page = way.home("clinic")
    page.locator(".card", has_text="On the way").get_by_role("link", name=number).click()
    page.get_by_role("link", name="Count what arrived").click()
    page.get_by_label("Damaged of lot G-1").fill("20")
    page.get_by_label("Received of lot G-2").fill("90")
    save(page)
    told(page, f"{number} is received.")
    assert cells(page, "What did not arrive whole", "G-1")[2:] == ["300", "300", "20", "0"]
    assert cells(page, "What did not arrive whole", "G-2")[2:] == ["100", "90", "0", "10"]

    way.home("clinic").get_by_role("link", name="Dispense", exact=False).first.click()
    fill(page, consultations="31")
    choose(page, "lines-0-item", "amox", "Amoxicillin 500 mg")
    page.locator("[name=lines-0-quantity]").fill("900")
    expect(page.locator("[data-row-hint]")).to_contain_text("Only 370 capsule")
    save(page)
    refused(page, "Line 1 · Quantity")
    page.locator("[name=lines-0-quantity]").fill("200")
    expect(page.locator("[data-row-hint]")).to_contain_text("Take lot G-1")
    save(page)
    told(page, "Written down: ")
    expect(page.locator("main")).to_contain_text("G-1")


# ---- who should act is told -----------------------------------------------------------------------------------------


def who_should_act_is_told(way: Way, number: str) -> None:
    for who in ("clinic", "coordinator", "admin"):
        alerts = way.home(who).locator(".card", has_text="Alerts").first
        expect(alerts.locator("li", has_text="To reorder")).to_contain_text("Amoxicillin 500 mg")
        expect(alerts.locator("li", has_text="Discrepancy")).to_contain_text(number)
    alerts = way.home("warehouse").locator(".card", has_text="Alerts").first
    expect(alerts.locator("li", has_text="Discrepancy")).to_contain_text(number)
    expect(alerts.locator("li", has_text="To reorder")).to_have_count(0)  # another site's business
    page = way.page("clinic")
    page.goto("/alerts?kind=reorder")
    expect(page.locator(".alert-card")).to_contain_text("Suggested: 430")


def coordinator_settles_the_discrepancy(way: Way, number: str) -> None:
    page = way.home("coordinator")
    page.locator(".card", has_text="Alerts").first.locator("li", has_text="Discrepancy").locator("a").click()
    page.locator("#settle summary").click()
    page.locator("[name=settle-lines-0-quantity]").fill("6")
    page.get_by_role("button", name="It was found").click()
    told(page, "Found: it stands in stock now.")
    page.locator("#settle summary").click()
    expect(page.locator("[name=settle-lines-0-quantity]")).to_have_value("4")
    give_up = page.get_by_role("button", name="Write it off")
    confirm(page, give_up.click, "as lost?")
    refused(page, "Why it is given up")
    page.locator("[name=settle-reason]").fill("Fell off the truck")
    confirm(page, give_up.click, "as lost?")
    told(page, "Written off.")

    page.goto("/disposals/new?site=USKUF")
    fill(page, site="USKUF", method="incineration", witness="Berîvan Xelîl")
    choose(page, "lines-0-item", "amox", "Amoxicillin 500 mg")
    fill(page, **{"lines-0-lot": "G-1", "lines-0-zone": "quarantine", "lines-0-quantity": "20"})
    save(page)
    told(page, "Written down")
    alerts = way.home("coordinator").locator(".card", has_text="Alerts").first
    expect(alerts.locator("li", has_text="Discrepancy")).to_have_count(0)
    expect(alerts.locator("li", has_text="To reorder")).to_have_count(1)


# ---- word of it to the donor ----------------------------------------------------------------------------------------


def donor_sees_what_became_of_it(way: Way, number: str) -> None:
    page = way.home("donor")
    read: list[str] = []

    def look(open_page: Callable[[], object]) -> None:
        open_page()
        page.wait_for_load_state()
        read.append(page.content())

    look(page.reload)
    gift = page.locator(".card", has_text="Antibiotics for winter")
    look(gift.get_by_role("link", name="Follow it").click)
    expect(page.locator("h1")).to_have_text("Antibiotics for winter")
    parts = dict(each.rsplit("\n", 1) for each in page.locator(".parts-legend li").all_inner_texts())
    amounts = {label.strip(): int(value.replace(",", "")) for label, value in parts.items()}
    assert amounts == {"Dispensed to patients": 200, "In stock": 776, "Disposed of": 20, "Lost": 4}
    assert sum(amounts.values()) == 1000
    row = cells(page, "What became of each item", "Amoxicillin 500 mg")
    assert row[1:] == ["1,000", "776", "0", "200", "0", "20", "4"]

    look(page.get_by_role("link", name=number).click)
    expect(page.locator(".page-lead")).to_have_text(re.compile("Hub, Erbil.*Iraq", re.S))
    timeline = page.locator(".timeline-title").all_inner_texts()
    assert timeline == ["Collected", "Left the sender", "Received and counted"]
    assert "400 capsule" in cells(page, "Your gift in it", "Amoxicillin")[-1]
    look(lambda: page.goto("/shipments"))
    look(lambda: page.goto("/donations"))
    for secret in SECRETS:
        assert not any(secret in content for content in read), f"the donor reads “{secret}”"

    context = way.pages["donor"].context
    other = way.page("coordinator")
    other.goto("/donations?donor=OTHER")
    numbers = other.locator("main a", has_text="DON-").all_inner_texts()
    assert len(numbers) == 2  # what was promised, and what came unannounced
    closed = ["/stock", "/receipts", "/sites", "/users", "/alerts", f"/shipments/{number}/packing-list.pdf"]
    for path in closed:
        assert context.request.get(path).status == 403, path
    for path in (f"/donations/{each}" for each in numbers):
        assert context.request.get(path).status == 404, path
