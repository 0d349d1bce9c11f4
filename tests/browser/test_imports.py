"""A file imported in a browser: dropped or chosen, read while one waits, every step usable by everybody."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from config import ROOT
from tests.browser.looking import Opened, Watch, faults

ROWS = """Inventaire du dépôt;;;;;
Site;Code article;Désignation;N° de lot;Péremption;Quantité
HUB-ERBIL;ADREN-1;Épinéphrine 1 mg/ml;LOT-771;04/2038;120
HUB-ERBIL;DORAPARA5T;PARACETAMOL (acetaminophen), 500 mg, tab.;PX-88;jamais;5000
NULLE-PART;ADREN-1;Épinéphrine 1 mg/ml;LOT-772;04/2038;12,5
"""
DROP = """(text) => {
  const data = new DataTransfer();
  data.items.add(new File([text], "stock.csv", {type: "text/csv"}));
  const zone = document.querySelector("[data-drop-zone]");
  for (const type of ["dragover", "drop"])
    zone.dispatchEvent(new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}));
}"""


@pytest.fixture
def icons() -> set[str]:
    return set((ROOT / "scripts" / "icons.txt").read_text(encoding="utf-8").split())


def looked_at(page: Page, icons: set[str]) -> None:
    """Nothing is wrong with the page, at the width of a phone nor of a desk."""
    assert [each for each in faults(page, icons) if "is cut" not in each] == []
    results = Axe().run(page)
    assert [f"{each['id']}: {each['nodes'][0]['html']}" for each in results.response["violations"]] == []


def test_a_file_is_dropped_told_matched_seen_and_taken(
    opened: Opened, work_url: str, icons: set[str]
) -> None:
    context = opened("coordinator", work_url)
    page, watch = context.new_page(), Watch(context)
    page.goto("/imports/new?kind=receipts")
    looked_at(page, icons)
    page.evaluate(DROP, ROWS)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/columns")
    looked_at(page, icons)
    page.get_by_role("button", name="Check the rows").click()
    page.wait_for_url("**/items")
    looked_at(page, icons)
    page.get_by_role("button", name="These are right").click()
    page.get_by_text("Nothing is written yet").wait_for()
    looked_at(page, icons)
    page.get_by_role("button", name="Take the good row").click()
    page.get_by_role("link", name="Refused rows").wait_for()
    looked_at(page, icons)
    with page.expect_download() as download:
        page.get_by_role("link", name="Refused rows").click()
    assert download.value.suggested_filename == "stock.refused.csv"
    assert "12,5" in Path(download.value.path()).read_text(encoding="utf-8-sig")
    page.goto("/imports")
    looked_at(page, icons)
    assert watch.heard == []


def test_the_same_without_script(opened: Opened, work_url: str, tmp_path: Path) -> None:
    page = opened("coordinator", work_url, java_script_enabled=False).new_page()
    file = tmp_path / "list.csv"
    file.write_text(
        "site,received_on,item,lot,expires_on,quantity\nHUB-ERBIL,2025-11-03,ADREN-1,LX,2038-04,5\n"
    )
    page.goto("/imports/new?kind=receipts")
    page.set_input_files("#file", str(file))
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Check the rows").click()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Take the good row").click()
    page.get_by_role("button", name="Go on").click()
    assert page.get_by_text("Uploaded").is_visible()
