"""Receiving with a hand-held scanner, which types, and with the camera."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, BrowserType, Page, StorageState, expect

from inventory import clock
from tests.browser.looking import Opened, Watch
from tests.browser.steps import cells, choose, told

GS = "\x1d"
PARA, AMOX, UNKNOWN = "09520000000011", "09520000000035", "09506000134352"
FAR = clock.today("Asia/Baghdad") + timedelta(days=1200)
SHOWN = f"{FAR.day} {FAR:%b %Y}"

BURST = """([keys, pace]) => new Promise((done) => {
  const type = (at) => {
    if (at === keys.length) return done();
    const [key, code, shiftKey, ctrlKey] = keys[at];
    const field = document.activeElement ?? document.body;
    const init = { key, code, shiftKey, ctrlKey, bubbles: true, cancelable: true };
    const goes = field.dispatchEvent(new KeyboardEvent("keydown", init));
    if (goes && key.length === 1 && !ctrlKey && field.matches("input, textarea")) {
      document.execCommand("insertText", false, key);
    }
    setTimeout(() => type(at + 1), pace);
  };
  type(0);
})"""
"""Keys as another layout gives them: those of the test's own keyboard are American."""

DETECTOR = """
window.BarcodeDetector = class {
  static async getSupportedFormats() { return ["data_matrix", "code_128", "qr_code", "ean_13", "itf"]; }
  async detect() { return [{ rawValue: TEXT }]; }
};
navigator.mediaDevices.getUserMedia = async () => {
  const canvas = document.createElement("canvas");
  canvas.getContext("2d").fillRect(0, 0, 300, 150);
  return canvas.captureStream(10);
};"""
DENIED = """() => {
  navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("no", "NotAllowedError"); };
}"""


def pack(gtin: str, lot: str, serial: str = "", day: Any = FAR, prefix: str = "]d2") -> str:
    """What a pack's DataMatrix says."""
    return f"{prefix}01{gtin}17{day:%y%m%d}10{lot}" + (f"{GS}21{serial}" if serial else "")


def burst(page: Page, data: str, end: str | None = "Enter") -> None:
    """Type as a scanner does: at once, FNC1 as Ctrl+], and Enter."""
    for index, part in enumerate(data.split(GS)):
        if index:
            page.keyboard.press("Control+BracketRight")
        page.keyboard.type(part)
    if end:
        page.keyboard.press(end)


def row(page: Page, number: int, **values: str) -> None:
    """What stands in a row."""
    for name, value in values.items():
        expect(page.locator(f"[name=lines-{number}-{name}]")).to_have_value(value)


def said(page: Page, words: str) -> None:
    expect(page.locator("[data-scan-said] p").first).to_contain_text(words)


@pytest.fixture
def page(opened: Opened, work_url: str) -> Iterator[Page]:
    """The receipt form, open for the warehouse; nothing may be complained of."""
    context = opened("warehouse", work_url)
    watch = Watch(context)
    page = context.new_page()
    page.goto("/receipts/new")
    yield page
    assert [each for each in watch.take() if "422" not in each] == []


def test_three_lots_by_scanner_alone(page: Page) -> None:
    for lot, count in (("W-1", "120"), ("W-2", None), ("W-3", "9")):
        burst(page, pack(AMOX, lot))
        said(page, f"lot {lot}")
        expect(page.locator("[name$=-quantity]:focus")).to_have_value("500")
        if count:
            page.keyboard.type(count)
        page.keyboard.press("Enter")
    for number, (lot, quantity) in enumerate((("W-1", "120"), ("W-2", "500"), ("W-3", "9"))):
        row(page, number, item="AMOX-500", lot=lot, expires_on=FAR.isoformat(), quantity=quantity)
    page.keyboard.press("Control+Enter")
    expect(page.locator("h1")).to_have_text("Look it over")
    assert cells(page, "Totals", "AMOX-500")[1:3] == ["3", "629 capsule"]
    page.keyboard.press("Tab")
    page.locator("[data-main]").click()
    told(page, "is recorded.")
    assert cells(page, "Lots", "W-1")[3] == "120 capsule"


@pytest.mark.parametrize(
    "field",
    [
        "[name=reference]",
        "[name=received_on]",
        "[name=lines-0-lot]",
        "[name=lines-0-quantity]",
        "#lines-0-item-ts-control",
        "#scan",
    ],
)
def test_a_scan_in_any_field_leaves_the_field_as_it_was(page: Page, field: str) -> None:
    target = page.locator(field)
    if field == "[name=reference]":
        target.fill("AWB 020")
    before = target.input_value()
    if "lines-0" not in field:
        target.focus()
    else:
        target.click()
    burst(page, pack(PARA, "ANY", "S1"))
    said(page, "lot ANY: 1,000 tablet")
    row(page, 0, item="PARA-500", lot="ANY", expires_on=FAR.isoformat(), quantity="1000")
    if "lines-0" not in field:
        expect(target).to_have_value(before)


def test_the_same_lot_adds_a_pack_but_the_same_pack_does_not(page: Page) -> None:
    for serial in ("A", "B", "B"):
        burst(page, pack(PARA, "SAME", serial), end="Tab")
    said(page, "This very pack, serial B, was scanned already.")
    row(page, 0, lot="SAME", quantity="2000")
    expect(page.locator("[data-row]")).to_have_count(1)
    burst(page, pack(PARA, "SAME"), end=None)  # a scanner that closes with nothing
    said(page, "one more, 3,000 tablet now")
    page.locator("[name=lines-0-quantity]").fill("4x")
    page.keyboard.press("Enter")
    row(page, 0, quantity="4000")


def test_scans_that_come_faster_than_the_server(page: Page) -> None:
    for number in range(6):
        burst(page, pack(PARA, f"Q{number % 3}", f"S{number}"))
    said(page, "lot Q2: one more, 2,000 tablet now")
    for number in range(3):
        row(page, number, lot=f"Q{number}", quantity="2000")


def test_undo_by_button_and_by_key(page: Page) -> None:
    burst(page, pack(PARA, "U1", "A"))
    said(page, "lot U1")
    burst(page, pack(PARA, "U1", "B"))
    said(page, "2,000 tablet")
    burst(page, pack(AMOX, "U2"))
    said(page, "lot U2")
    page.get_by_role("button", name="Undo the last scan").click()
    said(page, "U2")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Control+z")
    row(page, 0, lot="U1", quantity="1000")
    burst(page, pack(PARA, "U1", "B"))
    said(page, "2,000 tablet now")
    for _ in range(2):
        page.get_by_role("button", name="Undo the last scan").click()
    row(page, 0, item="", lot="", expires_on="", quantity="")
    expect(page.get_by_role("button", name="Undo the last scan")).to_be_disabled()


def test_a_french_keyboard(page: Page) -> None:
    """The scanner types as in the United States; the computer is set to French, and swallows the separator's key."""
    digits, given = "1234567890", "&é\"'(-è_çà"
    keys: list[list[Any]] = [["$", "BracketRight", False, False], ["d", "KeyD", False, False]]
    for character in "2" + pack(PARA, "FR7", "S9", prefix=""):
        if character == GS:
            keys.append(["F8", "F8", False, False])
        elif character in digits:
            keys.append([given[digits.index(character)], f"Digit{character}", False, False])
        else:
            keys.append([character, f"Key{character}", True, False])
    keys.append(["Enter", "Enter", False, False])
    page.locator("[name=lines-0-lot]").focus()
    page.evaluate(BURST, [keys, 4])
    said(page, "lot FR7")
    row(page, 0, item="PARA-500", lot="FR7", expires_on=FAR.isoformat())
    expect(page.locator("[data-scan-notes]")).to_contain_text("Set the scanner to this keyboard")


def test_typing_is_left_alone(page: Page) -> None:
    page.locator("[name=lines-0-lot]").focus()
    page.keyboard.type("0123456789012", delay=70)
    page.keyboard.press("Enter")
    row(page, 0, lot="0123456789012")
    page.locator("[name=lines-0-lot]").fill("")
    page.locator("[name=lines-0-lot]").focus()
    page.keyboard.type("PARA-500-BATCH-7")  # a code that is none of GS1's
    page.keyboard.press("Enter")
    row(page, 0, lot="PARA-500-BATCH-7")
    choose(page, "lines-0-item", "parac", "Paracetamol 500 mg")
    row(page, 0, item="PARA-500")


def test_the_wrong_thing_scanned(page: Page) -> None:
    burst(page, "]C100106141412345678908")
    said(page, "This is the label of a parcel, 106141412345678908")
    burst(page, "]d2" + "99" + "X" * 20 + "hello world")
    expect(page.locator("[data-scan-said] p").first).to_have_class("scan-line tone-danger")
    burst(page, pack(PARA, "OK1", day=clock.today() - timedelta(days=40)))
    expect(page.locator("[data-scan-notes]")).to_contain_text("It expired on")
    row(page, 0, lot="OK1")


def test_an_unknown_pack_is_asked_for(page: Page) -> None:
    burst(page, pack(UNKNOWN, "NEW1"))
    said(page, f"No item has the barcode {UNKNOWN} yet.")
    row(page, 0, item="", lot="NEW1", expires_on=FAR.isoformat(), note=f"Barcode {UNKNOWN}")
    page.get_by_role("button", name="Tell the coordinator").click()
    said(page, "The coordinators are told.")


def test_an_unknown_pack_is_learned_on_the_spot(opened: Opened, work_url: str) -> None:
    page = opened("coordinator", work_url).new_page()
    page.goto("/receipts/new")
    for serial in ("1", "2"):
        burst(page, pack(UNKNOWN, "NEW2", serial))
    expect(page.locator("[data-row][data-packs='2']")).to_have_count(1)
    page.get_by_role("button", name="Which item is it?").click()
    page.locator("#scan-learn-item-ts-control").click()
    page.keyboard.type("ibu")
    page.locator("#scan-learn .option", has_text="Ibuprofen 400 mg").click()
    page.locator("#scan-learn-quantity").fill("0")
    page.locator("[data-scan-learn]").click()
    expect(page.locator("[data-scan-learn-error]")).to_have_text("Say how many units a pack holds.")
    page.locator("#scan-learn-quantity").fill("30")
    page.keyboard.press("Enter")
    row(page, 0, item="IBU-400", lot="NEW2", quantity="60", note="")
    expect(page.locator("[name=lines-0-quantity]")).to_be_focused()
    burst(page, pack(UNKNOWN, "NEW3"))
    said(page, "lot NEW3: 30 tablet")


def test_a_label_of_our_own(page: Page) -> None:
    """With the item's code where it has no barcode, and no prefix."""
    burst(page, f"240PARA-500{GS}10OWN1{GS}17{FAR:%y%m%d}3020")
    said(page, "lot OWN1: 20 tablet")
    row(page, 0, item="PARA-500", lot="OWN1", expires_on=FAR.isoformat(), quantity="20")


def test_typed_into_the_box(page: Page) -> None:
    page.locator("#scan").fill(f"(01){PARA}(10)BOX")
    page.locator("#scan").press("Enter")
    said(page, "lot BOX: 1,000 tablet")
    expect(page.locator("#scan")).to_have_value("")
    expect(page.locator("[name=lines-0-quantity]")).to_be_focused()


# ---- other pages -----------------------------------------------------------------------------------------------------


def test_counting_by_scanner(opened: Opened, work_url: str) -> None:
    page = opened("warehouse", work_url).new_page()
    page.goto("/counts/new?site=HUB-ERBIL&blind=1")
    listed = page.locator("tr", has=page.locator("[name$=-item][value=AMOX-500]")).first
    lot = listed.locator("[name$=-lot]").input_value()
    counted = listed.locator("[name$=-counted]")
    burst(page, f"]d201{AMOX}10{lot}")
    expect(counted).to_be_focused()
    expect(counted).to_have_value("500")
    burst(page, f"]d201{AMOX}10{lot}")
    expect(counted).to_have_value("1000")
    page.keyboard.type("731")
    page.keyboard.press("Enter")
    expect(counted).to_have_value("731")
    burst(page, f"]d201{AMOX}10NOBODY-KNOWS")
    expect(page.locator("[name=others-0-lot]")).to_have_value("NOBODY-KNOWS")
    expect(page.locator("[name=others-0-counted]")).to_have_value("500")
    assert page.url.endswith("blind=1")


def test_dispensing_by_scanner(opened: Opened, work_url: str) -> None:
    page = opened("clinic", work_url).new_page()
    page.goto("/consumptions/new")
    burst(page, pack(PARA, "D1"))
    row(page, 0, item="PARA-500", lot="D1", quantity="1000")
    expect(page.locator("[name=lines-0-quantity]")).to_be_focused()


# ---- the camera ------------------------------------------------------------------------------------------------------


def film(file: Path, data: str) -> None:
    """A few frames (YUV4MPEG) of a label that lies on a table."""
    code = zxingcpp.create_barcode(data, zxingcpp.BarcodeFormat.DataMatrix, gs1=True)
    label = Image.fromarray(code.to_image(scale=8)).convert("L")
    frame = Image.new("L", (640, 480), 120)
    frame.paste(255, (150, 70, 490, 410))
    label.thumbnail((300, 300))
    frame.paste(label, ((640 - label.width) // 2, (480 - label.height) // 2))
    grey = bytes([128]) * (320 * 240)
    with file.open("wb") as film_of:
        film_of.write(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n")
        for _ in range(3):
            film_of.write(b"FRAME\n" + frame.tobytes() + grey + grey)


@pytest.fixture
def filming(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], tmp_path: Path
) -> Iterator[Browser]:
    """A browser whose camera sees a pack."""
    film(tmp_path / "pack.y4m", f"(01){PARA}(17){FAR:%y%m%d}(10)CAM1(21)S1")
    more = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={tmp_path}/pack.y4m",
    ]
    args = [*browser_type_launch_args["args"], *more]
    browser = browser_type.launch(**{**browser_type_launch_args, "args": args})
    yield browser
    browser.close()


def test_the_camera_reads_a_pack(
    filming: Browser, browser_context_args: dict[str, Any], states: dict[str, StorageState], work_url: str
) -> None:
    options = {**browser_context_args, "storage_state": states["warehouse"], "base_url": work_url}
    context = filming.new_context(**options, permissions=["camera"])
    watch = Watch(context)
    page = context.new_page()
    page.goto("/receipts/new")
    page.get_by_role("button", name="Camera").click()
    said(page, "lot CAM1: 1,000 tablet")
    row(page, 0, item="PARA-500", lot="CAM1", expires_on=FAR.isoformat(), quantity="1000")
    expect(page.locator("#scan-camera")).not_to_be_visible()
    assert page.evaluate("document.querySelector('#scan-camera video').srcObject") is None
    page.get_by_role("button", name="Camera").click()
    page.locator("[data-camera-stay]").check()
    expect(page.locator("[data-camera-said]")).to_contain_text("was scanned already")
    expect(page.locator("#scan-camera")).to_be_visible()
    row(page, 0, quantity="1000")
    assert watch.take() == []


def test_the_browsers_own_reader(opened: Opened, work_url: str) -> None:
    """Where there is one that knows these codes nothing is loaded."""
    context = opened("warehouse", work_url)
    context.add_init_script(f"const TEXT = {json.dumps(pack(PARA, 'OWN', prefix=''))};" + DETECTOR)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.goto("/receipts/new")
    page.get_by_role("button", name="Camera").click()
    said(page, "lot OWN: 1,000 tablet")
    assert [each for each in asked if "zxing" in each] == []


def test_a_camera_that_is_denied(opened: Opened, work_url: str) -> None:
    page = opened("warehouse", work_url).new_page()
    page.goto("/receipts/new")
    page.evaluate(DENIED)
    page.get_by_role("button", name="Camera").click()
    expect(page.locator("[data-camera-said]")).to_contain_text("The browser may not use the camera.")
    page.get_by_role("button", name="Close the camera").click()
    expect(page.locator("#scan")).to_be_focused()


def test_no_camera(page: Page) -> None:
    page.get_by_role("button", name="Camera").click()
    expect(page.locator("[data-camera-said]")).to_contain_text("Type the code in the box")
