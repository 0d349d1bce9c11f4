"""A real browser against a real server. Not under pytest-xdist: one browser serves the whole run."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from config import ROOT
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
def demo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with the demonstration, one for the whole run: for tests that look, not change."""
    folder = tmp_path_factory.mktemp("demo")
    database = f"sqlite:///{folder}/demo.db"
    environ = {**os.environ, "DATABASE_URL": database, "RELAIS_INSTANCE": str(folder), "SECRET_KEY": SECRET}
    for words in (["db", "upgrade"], ["demo", "load"]):
        subprocess.run(
            [sys.executable, "-m", "flask", *words], cwd=ROOT, env=environ, check=True, capture_output=True
        )
    with served(database, folder) as serving:
        yield serving["BASE_URL"]
