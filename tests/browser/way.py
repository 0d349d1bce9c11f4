"""Those who take part in the whole way, each in a browser of their own."""

from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.looking import Watch, sign_in
from tests.conftest import LiveServer

PASSWORD = "three words together"
PEOPLE = {
    "admin": ("Ada Admin", "ada@relais.example"),
    "coordinator": ("Cora Coordinator", "cora@relais.example"),
    "warehouse": ("Wali Warehouse", "wali@relais.example"),
    "clinic": ("Clara Clinic", "clara@relais.example"),
    "donor": ("Dora Donor", "dora@relais.example"),
}


class Way:
    """The browsers of all who take part; each hears complaints of its own."""

    def __init__(self, browser: Browser, options: dict[str, Any], server: LiveServer) -> None:
        self.browser, self.options, self.url, self.server = browser, options, server.url, server
        self.contexts: list[BrowserContext] = []
        self.watches: dict[str, Watch] = {}
        self.pages: dict[str, Page] = {}

    def page(self, who: str) -> Page:
        """The browser of a role, signed in the first time."""
        if who not in self.pages:
            context = self.browser.new_context(**self.options, base_url=self.url)
            self.contexts.append(context)
            self.watches[who] = Watch(context)
            self.pages[who] = context.new_page()
            if who != "admin":
                sign_in(self.pages[who], self.url, PEOPLE[who][1], PASSWORD)
        return self.pages[who]

    def home(self, who: str) -> Page:
        """The first page of a role."""
        page = self.page(who)
        page.goto(f"{self.url}/")
        return page
