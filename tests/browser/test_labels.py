"""A label that the app printed is held before the camera, and the lot is there."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import BrowserContext, BrowserType, Page, StorageState, expect
from sqlalchemy import select

from inventory import create_app
from inventory.access import SYSTEM
from inventory.db import session
from inventory.documents.labels import labels
from inventory.documents.press import press
from inventory.documents.wording import Wording
from inventory.extensions import render
from inventory.models import Balance, Item, Location, Lot, Site
from inventory.queries.labels import Wanted, printable
from inventory.rules.label_sheets import SHEETS
from tests.browser.looking import Opened, Watch
from tests.conftest import settings_for

SITE, ITEM = "HUB-ERBIL", "AMOX-500"


@pytest.fixture(scope="module")
def demo_app(demo_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The program itself, on the demonstration."""
    return create_app(settings_for(f"sqlite:///{demo_database}", tmp_path_factory.mktemp("labels")))


@pytest.fixture(scope="module")
def printed(demo_app: Flask) -> tuple[Lot, Image.Image]:
    """A lot of the hub, and its label as a label printer makes it."""
    with demo_app.test_request_context():
        here = (
            select(Balance.lot_id)
            .join(Location, Location.id == Balance.location_id)
            .join(Site, Site.id == Location.site_id)
            .where(Site.code == SITE, Location.kind == "stock", Balance.on_hand > 0)
        )
        lot = (
            session()
            .scalars(
                select(Lot)
                .join(Item, Item.id == Lot.item_id)
                .where(Item.code == ITEM, Lot.id.in_(here))
                .limit(1)
            )
            .one()
        )
        [found] = printable(session(), SYSTEM, Wanted("lot", lot.number, SITE, ITEM), "Demo", "en")
        payload = labels([(found.label, 1)], SHEETS["60x40"], 1, Wording("en", "ltr", render))
        [picture] = press("labels", payload, form="png", ppi=203)
        session().expunge(lot)
    return lot, Image.open(io.BytesIO(picture)).convert("L")


@pytest.fixture
def filming(
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],
    browser_context_args: dict[str, Any],
    states: dict[str, StorageState],
    work_url: str,
    printed: tuple[Lot, Image.Image],
    tmp_path: Path,
) -> Iterator[BrowserContext]:
    """A browser of the warehouse whose camera sees the label, on a dark table and a little askew."""
    frame = Image.new("L", (640, 480), 90)
    frame.paste(printed[1], (80, 80))
    frame = frame.rotate(4, Image.Resampling.BILINEAR, fillcolor=90)
    grey = bytes([128]) * (320 * 240)
    with (tmp_path / "label.y4m").open("wb") as film:
        film.write(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n")
        for _ in range(3):
            film.write(b"FRAME\n" + frame.tobytes() + grey + grey)
    args = [
        *browser_type_launch_args["args"],
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={tmp_path}/label.y4m",
    ]
    browser = browser_type.launch(**{**browser_type_launch_args, "args": args})
    options = {**browser_context_args, "storage_state": states["warehouse"], "base_url": work_url}
    yield browser.new_context(**options, permissions=["camera"])
    browser.close()


def test_a_label_of_ours_before_the_camera(filming: BrowserContext, printed: tuple[Lot, Image.Image]) -> None:
    lot, watch = printed[0], Watch(filming)
    page = filming.new_page()
    page.goto("/receipts/new")
    page.get_by_role("button", name="Camera").click()
    expect(page.locator("[data-scan-said] p").first).to_contain_text(f"lot {lot.number}")
    assert lot.expires_on is not None
    expect(page.locator("[name=lines-0-item]")).to_have_value(ITEM)
    expect(page.locator("[name=lines-0-lot]")).to_have_value(lot.number)
    expect(page.locator("[name=lines-0-expires_on]")).to_have_value(lot.expires_on.isoformat())
    assert watch.take() == []


def test_from_the_stock_card_to_the_paper(
    opened: Opened, work_url: str, printed: tuple[Lot, Image.Image]
) -> None:
    page: Page = opened("warehouse", work_url).new_page()
    page.goto(f"/stock/{SITE}/{ITEM}")
    page.locator("tr", has_text=printed[0].number).get_by_role("link", name="Labels").first.click()
    expect(page.locator("[name=of]")).to_have_value(printed[0].number)
    page.locator("select[name=format]").select_option("60x40")
    page.locator("[name^=n-]").fill("2")
    with page.expect_request(lambda request: "/labels/labels.pdf" in request.url) as asked:
        page.locator("[data-main]").click()
    answer = page.request.get(asked.value.url)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/pdf"
