"""The first page in a real browser: everything it asks for is there, and its own rules are kept."""

from playwright.sync_api import Page

from tests.conftest import LiveServer

SIZES = (390, 1440)
DIRECTIONS = {"en": "ltr", "fr": "ltr", "ar": "rtl"}


def test_the_first_page_loads_whole(page: Page, live_server: LiveServer):
    told: list[str] = []
    failed: list[str] = []
    page.on(
        "console", lambda message: told.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("response", lambda response: failed.append(response.url) if response.status >= 400 else None)
    page.on("requestfailed", lambda request: failed.append(request.url))
    for language, direction in DIRECTIONS.items():
        for width in SIZES:
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{live_server.url}/?lang={language}")
            page.wait_for_load_state("networkidle")
            assert page.url.startswith(f"{live_server.url}/login")
            assert page.get_attribute("html", "dir") == direction
            assert page.get_attribute("html", "lang") == language
            sideways = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
            assert not sideways, f"something sticks out at {width} pixels in {language}"
    assert (told, failed) == ([], [])
