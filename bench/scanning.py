"""Twenty lots received by a hand-held scanner, in a browser: seconds for each, from one scan until the next may come.

The scanner is played at the pace of a slow one (8 ms a key); each lot is scanned, counted (four keys and Enter), and
the next one follows as soon as the page is ready for it. What is measured is ours: the typing is told apart. In the end
the receipt is looked over and recorded. `.venv/bin/python -m bench.scanning`
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.serving import app_served, sqlite_place
from inventory import clock

GTINS = ("09520000000011", "09520000000035", "09520000000028", "09520000000110")
PACE = 8.0
"""Milliseconds from key to key."""
READY = """() => document.activeElement?.name?.endsWith("-quantity") && document.activeElement.value !== ""
  && !document.querySelector("[data-scan]").hasAttribute("data-busy")"""


def main() -> int:
    """Measure and print. 1 where there is no browser."""
    parser = argparse.ArgumentParser(description="Receive lots by a hand-held scanner and take the time.")
    parser.add_argument("--lots", type=int, default=20)
    options = parser.parse_args()
    browser = os.environ.get("RELAIS_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print("bench: no Chromium here", file=sys.stderr)
        return 1
    folder = Path(tempfile.mkdtemp(prefix="relais-scan-", dir="/tmp"))
    place = sqlite_place(folder / "app")
    place.flask("db", "upgrade")
    place.flask("demo", "load")
    try:
        with app_served(place) as served, sync_playwright() as play:
            sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
            chromium = play.chromium.launch(executable_path=browser, args=["--disable-gpu", *sandbox])
            page = chromium.new_page(base_url=f"http://127.0.0.1:{served.port}")
            page.goto("/login?lang=en")
            page.fill("[name=email]", "warehouse@demo.example")
            page.fill("[name=password]", "relais-demo")
            page.click("[data-main]")
            page.wait_for_url(lambda url: "/login" not in url)
            _receive(page, options.lots)
            chromium.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _receive(page: Page, lots: int) -> None:
    page.goto("/receipts/new")
    far = clock.today() + timedelta(days=1200)
    waits, wholes = [], []
    begun = time.perf_counter()
    for number in range(lots):
        started = time.perf_counter()
        _keys(page, f"]d201{GTINS[number % len(GTINS)]}17{far:%y%m%d}10BENCH{number:03d}")
        scanned = time.perf_counter()
        page.keyboard.press("Enter")
        page.wait_for_function(READY)
        waits.append(time.perf_counter() - scanned)
        _keys(page, f"{1000 + number}")
        page.keyboard.press("Enter")
        wholes.append(time.perf_counter() - started)
    scanned_all = time.perf_counter() - begun
    page.keyboard.press("Control+Enter")
    page.locator("button[name=confirm]").click()
    page.wait_for_url("**/receipts/GRN*")
    whole = time.perf_counter() - begun
    print(f"{lots} lots scanned and counted in {scanned_all:.1f} s, recorded after {whole:.1f} s")
    print(f"a lot, typing and all: {_told(wholes)} s")
    print(f"from the scan's Enter until the count may be typed: {_told(waits)} s")


def _keys(page: Page, text: str) -> None:
    for key in text:
        page.keyboard.type(key)
        page.wait_for_timeout(PACE)


def _told(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    high = ordered[int(len(ordered) * 0.95) - 1]
    return f"median {statistics.median(ordered):.3f}, 95 % within {high:.3f}"


if __name__ == "__main__":
    raise SystemExit(main())
