"""What the browser tests share: who signs in how, and what is looked at on every page."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

Opened = Callable[..., BrowserContext]
"""What the fixture `opened` gives: `opened(role, url)` is the browser of an account of the demonstration."""

ROLES = ("admin", "coordinator", "warehouse", "clinic", "donor", "viewer")
SIZES = (390, 1440)
HEIGHT = 900

# Left in a page's words by a template or script that went wrong.
SLIPS = re.compile(r"(?m)^None$|: None$|\bundefined\b|\bNaN\b|%\(|\{\{|\[object|&(amp|lt|gt|#\d+);")

MEASURE = """() => {
  const root = document.documentElement;
  const cut = [...document.querySelectorAll(".table-wrap")].filter((each) => each.scrollWidth > each.clientWidth + 1);
  return {
    sideways: root.scrollWidth - root.clientWidth,
    cut: cut.map((each) => each.querySelector("caption")?.textContent),
  };
}"""
FACTS = """() => ({
  h1: document.querySelectorAll("h1").length,
  title: document.title,
  lang: document.documentElement.lang,
  dir: document.documentElement.dir,
  words: document.querySelector("main")?.innerText ?? "",
  icons: [...document.querySelectorAll("use")].map((each) => each.getAttribute("href").split("icons.svg"))
    .filter((each) => each[1]).map((each) => each[1].split("#")[1]),
})"""


class Watch:
    """Hears what a browser complains of: console errors and warnings (a broken CSP is one), failed requests."""

    def __init__(self, context: BrowserContext) -> None:
        self.heard: list[str] = []
        context.on("console", self._console)
        context.on("weberror", lambda error: self.heard.append(f"script: {error.error}"))
        context.on("requestfailed", self._failed)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        # What is answered with an error is told of by the response, with its address.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.heard.append(f"{message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # a hint that was asked for as the page was left
            self.heard.append(f"failed: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.heard.append(f"{response.status}: {response.url}")

    def take(self) -> list[str]:
        """What was heard since it was asked last."""
        heard, self.heard = self.heard, []
        return heard


def sign_in(page: Page, base: str, email: str, password: str) -> None:
    """Through the form, as everybody does."""
    page.goto(f"{base}/login")
    page.get_by_label("E-mail address", exact=True).fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "/login" not in url)


def faults(page: Page, icons: set[str], sizes: Iterable[int] = SIZES) -> list[str]:
    """What is wrong with the page that is open, at each width."""
    facts: dict[str, Any] = page.evaluate(FACTS)
    found = []
    if facts["h1"] != 1:
        found.append(f"{facts['h1']} h1")
    name = facts["title"].partition(" · ")[0].strip()
    if not name:
        found.append("no title")
    if not facts["lang"] or not facts["dir"]:
        found.append("no language or direction")
    found += [f"“{slip.group()}” in its words" for slip in SLIPS.finditer(facts["words"])]
    found += [f"no icon {each}" for each in sorted({*filter(None, facts["icons"])} - icons)]
    for width in sizes:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        measured = page.evaluate(MEASURE)
        if measured["sideways"] > 0:
            found.append(f"{measured['sideways']} pixels too wide at {width}")
        found += [f"table “{caption}” is cut at {width}" for caption in measured["cut"]]
    return found
