"""A real browser against a real server. Not under pytest-xdist: one browser serves the whole run."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, StorageState

from config import ROOT
from tests.browser.looking import ROLES, Opened, sign_in
from tests.conftest import SECRET, missing, served

QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str | None:
    """Where the browser is: $RELAIS_CHROMIUM, or the first that is on the PATH."""
    named = os.environ.get("RELAIS_CHROMIUM")
    return named or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )


@pytest.fixture
def backend_name() -> str:
    """One database is enough here: the floors below are tested on both."""
    return "sqlite"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium, told to look for nothing outside; its sandbox does not work as root."""
    path = chromium()
    if path is None:
        missing("Chromium")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": path, "args": QUIET + sandbox}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A desktop of somebody who reads English; nothing moves, so that what is measured is what stays."""
    size = {"width": 1440, "height": 900}
    return {**browser_context_args, "viewport": size, "locale": "en-GB", "reduced_motion": "reduce"}


@pytest.fixture(scope="session")
def demo_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the demonstration that nobody serves: to be copied."""
    folder = tmp_path_factory.mktemp("demo")
    file = folder / "demo.db"
    environ = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{file}",
        "RELAIS_INSTANCE": str(folder),
        "SECRET_KEY": SECRET,
    }
    for words in (["db", "upgrade"], ["demo", "load"]):
        subprocess.run(
            [sys.executable, "-m", "flask", *words], cwd=ROOT, env=environ, check=True, capture_output=True
        )
    return file


@contextlib.contextmanager
def _copy_served(file: Path, folder: Path) -> Iterator[str]:
    shutil.copyfile(file, folder / "demo.db")
    with served(f"sqlite:///{folder}/demo.db", folder) as serving:
        yield serving["BASE_URL"]


@pytest.fixture(scope="session")
def demo_url(demo_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with the demonstration, one for the whole run: for tests that look, not change."""
    with _copy_served(demo_database, tmp_path_factory.mktemp("look")) as url:
        yield url


@pytest.fixture(scope="module")
def work_url(demo_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with a demonstration of the module's own: for tests that change it."""
    with _copy_served(demo_database, tmp_path_factory.mktemp("work")) as url:
        yield url


@pytest.fixture(scope="session")
def states(browser: Browser, browser_context_args: dict[str, Any], demo_url: str) -> dict[str, StorageState]:
    """What a browser keeps once the account of each role has signed in, in English.

    Good for every server with the demonstration: they share the secret key, and cookies know no port.
    """
    found = {}
    for role in ROLES:
        context = browser.new_context(**browser_context_args)
        page = context.new_page()
        page.goto(f"{demo_url}/login?lang=en")
        sign_in(page, demo_url, f"{role}@demo.example", "relais-demo")
        found[role] = context.storage_state()
        context.close()
    return found


@pytest.fixture
def opened(
    browser: Browser, browser_context_args: dict[str, Any], states: dict[str, StorageState]
) -> Iterator[Opened]:
    """`opened("clinic", url)`: a browser of its own in which that account of the demonstration is signed in."""
    contexts: list[BrowserContext] = []

    def open_for(role: str, url: str, **options: Any) -> BrowserContext:
        options = {**browser_context_args, "storage_state": states[role], "base_url": url, **options}
        contexts.append(browser.new_context(**options))
        return contexts[-1]

    yield open_for
    for context in contexts:
        context.close()
