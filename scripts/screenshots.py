"""Make the pictures in docs/screenshots: the pages that people see most, on a phone and on a desk, in Chromium.

    .venv/bin/python scripts/screenshots.py [--url http://127.0.0.1:8000] [--only WORD] [--whole] [--folder FOLDER]

The app must be serving the demonstration there (`make run`); nothing of it is changed.
"""

import argparse
import io
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "relais-demo"  # nosec B105
SIZES = {390: (390, 844), 1440: (1440, 900)}
TALLEST = {390: 1500, 1440: 1300}
"""So much of a long page is shown."""
HEAVIEST = 150_000
PORTRAITS = ("warehouse", "clinic", "coordinator", "donor", "admin", "viewer")
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
)

Step = Callable[[Page], None]


@dataclass(frozen=True)
class Picture:
    """`name` begins its file's name; `go` leads from the home page to what is shown."""

    name: str
    role: str | None
    go: Step
    language: str = "en"
    dark: bool = False

    def file(self, width: int) -> str:
        """Such as `home-coordinator-fr-1440.png`."""
        more = [
            part
            for part in (self.language if self.language != "en" else "", "dark" if self.dark else "")
            if part
        ]
        return "-".join([self.name, *more, str(width)]) + ".png"


def open_at(path: str) -> Step:
    """Go to an address."""
    return lambda page: _open(page, path)


def follow(path: str, link: str, number: int = 0) -> Step:
    """Go to an address and on to a link there: the first that a CSS selector finds, or another by its number."""

    def go(page: Page) -> None:
        _open(page, path)
        address = page.locator(f"main {link}").nth(number).get_attribute("href")
        assert address is not None
        _open(page, address)

    return go


def receive(page: Page) -> None:
    """The receipt form with two lots in it."""
    _open(page, "/receipts/new")
    page.locator("#consent_reference").fill("Letter of 12 May, Directorate of Health, Duhok")
    for number, (item, lot, expiry, quantity) in enumerate(
        (("parac", "PC-2418", "04/2028", "24000"), ("amox", "AX-77120", "2027-11", "6000"))
    ):
        if page.locator(f"[name='lines-{number}-lot']").count() == 0:
            page.locator("[data-add-row]").click()
        row = page.locator("[data-row]").nth(number)
        row.locator(".ts-control").first.click()
        page.keyboard.type(item, delay=20)
        row.locator(".option").first.wait_for()
        page.keyboard.press("Enter")
        row.locator("[name$='-lot']").fill(lot)
        row.locator("[name$='-expires_on']").fill(expiry)
        row.locator("[name$='-quantity']").fill(quantity)
    page.locator(":focus").blur()


A_GIFT = follow("/donations", "a[href*='/donations/DON']", 2)  # some of it dispensed, some on its way
STILL = (
    Picture("login", None, open_at("/login")),
    *(Picture(f"home-{role}", role, open_at("/")) for role in PORTRAITS),
    Picture("receipt-form", "warehouse", receive),
    Picture("receipt", "warehouse", follow("/receipts", "a[href*='/receipts/GRN']")),
    Picture("stock", "coordinator", open_at("/stock")),
    Picture("stock-card", "clinic", open_at("/stock/DARKAR/PARA-500")),
    Picture(
        "requisition-approval",
        "coordinator",
        follow("/requisitions?status=submitted", "a[href*='/requisitions/REQ']"),
    ),
    Picture("shipment", "warehouse", follow("/shipments?status=dispatched", "a[href*='/shipments/SHP']", 1)),
    Picture("donor-gift", "donor", A_GIFT),
    Picture("alerts", "coordinator", open_at("/alerts")),
    *(
        Picture(name, role, go, language)
        for language in ("fr", "ar")
        for name, role, go in (
            ("home-coordinator", "coordinator", open_at("/")),
            ("receipt-form", "warehouse", receive),
            ("donor-gift", "donor", A_GIFT),
        )
    ),
    Picture("home-coordinator", "coordinator", open_at("/"), dark=True),
    Picture("donor-gift", "donor", A_GIFT, dark=True),
)


def main() -> int:
    """Make them. 1 and one line for each that could not be made."""
    parser = argparse.ArgumentParser(description="Make the pictures in docs/screenshots.")
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="where the demonstration is served")
    parser.add_argument("--only", default="", metavar="WORD", help="pictures whose name holds it")
    parser.add_argument("--whole", action="store_true", help="long pages to their end")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "screenshots")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    faults = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=[*QUIET, *_sandbox()])
        for picture in STILL:
            for width in SIZES:
                if options.only not in picture.file(width):
                    continue
                try:
                    shot = _take(browser, options.url, picture, width, whole=options.whole)
                except Exception as fault:
                    print(f"{picture.file(width)}: {str(fault).splitlines()[0]}", file=sys.stderr)
                    faults += 1
                else:
                    (options.folder / picture.file(width)).write_bytes(shot)
                    print(f"{picture.file(width)}  {len(shot) // 1000} kB")
        browser.close()
    return int(faults > 0)


def _take(browser: Browser, url: str, picture: Picture, width: int, *, whole: bool) -> bytes:
    size = {"width": SIZES[width][0], "height": SIZES[width][1]}
    context = browser.new_context(
        base_url=url,
        viewport=size,  # type: ignore[arg-type]
        locale={"en": "en-GB"}.get(picture.language, picture.language),
        color_scheme="dark" if picture.dark else "light",
        reduced_motion="reduce",
        has_touch=width < 500,
        is_mobile=width < 500,
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    try:
        if picture.role:
            _open(page, f"/login?lang={picture.language}")
            page.locator("#email").fill(f"{picture.role}@demo.example")
            page.locator("#password").fill(PASSWORD)
            page.locator(
                "form:has(#password) button[type=submit], form:has(#password) button:not([type])"
            ).first.click()
            page.wait_for_load_state()
        picture.go(page)
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > size["width"]:
            print(
                f"{picture.file(width)}: the page is {wide} wide and runs out of the screen", file=sys.stderr
            )
        for problem in problems:
            print(f"{picture.file(width)}: {problem}", file=sys.stderr)
        tall = int(page.evaluate("document.documentElement.scrollHeight"))
        page.set_viewport_size({"width": width, "height": tall if whole else min(tall, TALLEST[width])})
        page.wait_for_timeout(150)
        return _small(page.screenshot(animations="disabled", caret="hide"))
    finally:
        context.close()


def _open(page: Page, address: str) -> None:
    answer = page.goto(address)
    if answer is None or not answer.ok:
        raise RuntimeError(f"{address} answered {answer.status if answer else 'nothing'}")
    page.wait_for_load_state("networkidle")


def _small(png: bytes) -> bytes:
    """The same picture with as many colours as fit below the limit."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for made in _fewer(picture):
        if len(made) <= HEAVIEST:
            break
    return made


def _fewer(picture: Image.Image) -> Iterator[bytes]:
    for colours in (256, 128, 64, 32):
        into = io.BytesIO()
        few = picture.quantize(colours, method=Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE)
        few.save(into, "PNG", optimize=True)
        yield into.getvalue()


def _chromium() -> str | None:
    named = os.environ.get("RELAIS_CHROMIUM")
    return named or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )


def _sandbox() -> list[str]:
    """Chromium's sandbox does not work as root."""
    return ["--no-sandbox"] if os.geteuid() == 0 else []


if __name__ == "__main__":
    raise SystemExit(main())
