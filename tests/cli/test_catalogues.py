"""Other people's catalogues taken whole through `flask import items`, with exact totals."""

import csv
import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select

from inventory.models import Item

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "catalogues"
RED_CROSS = DATA / "ifrc_eic_items.csv"
SAHANA = DATA / "sahana_rms_supply_catalog_item.csv"

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the shared catalogues are not on this machine")

MAPPING = """
[columns]
code = "item code"
name = "item description"
unit_volume_m3 = "volume litre"
unit_weight_kg = "weight kg"
[constants]
base_unit = "piece"
category = "relief"
[units]
unit_volume_m3 = "l"
"""


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def run(app, session):
    """`run(path, mapping)`: import items; the summary that is printed last."""

    def go(path: Path, mapping: Path) -> dict[str, int]:
        session.commit()
        told = ["import", "items", str(path), "--mapping", str(mapping), "--skip-bad"]
        lines = app.test_cli_runner().invoke(args=told).stdout.strip().splitlines()
        session.expire_all()
        return json.loads(lines[-1])

    return go


def test_the_red_cross_catalogue_in_litres(run, session, tmp_path):
    """Every item whose code is one; the others, with a slash or a plus, are handed back."""
    copy, mapping = tmp_path / "ifrc.csv", tmp_path / "ifrc.toml"
    copy.write_bytes(RED_CROSS.read_bytes())
    mapping.write_text(MAPPING)
    every = rows(RED_CROSS)
    good = [row for row in every if re.fullmatch(r"[A-Za-z0-9._-]{1,32}", row["item code"])]
    told = run(copy, mapping)
    assert told == {"rows": 2467, "imported": len(good), "refused": 2467 - len(good), "warnings": 0}
    bag = session.scalars(select(Item).where(Item.code == "APACBAGP100")).one()
    assert (bag.unit_volume_m3, bag.unit_weight_kg) == (Decimal("0.0007695"), Decimal("0.058"))
    total = sum(Decimal(row["volume litre"] or 0) for row in good)
    told_total = sum(Decimal(each or 0) for each in session.scalars(select(Item.unit_volume_m3)))
    assert abs(told_total * 1000 - total) < Decimal("0.001")
    assert run(copy, mapping)["imported"] == 0
    assert session.scalar(select(func.count()).select_from(Item)) == len(good)


def test_a_catalogue_with_weights_and_volumes(run, session, tmp_path):
    mapping = tmp_path / "sahana.toml"
    copy = tmp_path / "sahana.csv"
    copy.write_bytes(SAHANA.read_bytes())
    mapping.write_text(
        '[columns]\ncode = "Item Code"\nname = "Item Name"\nbase_unit = "Unit of Measure"\n'
        'unit_weight_kg = "Weight"\n[constants]\ncategory = "relief"\n'
    )
    told, coded = run(copy, mapping), [row for row in rows(SAHANA) if row["Item Code"]]
    assert (told["rows"], told["imported"], told["refused"]) == (24, len(coded), 24 - len(coded))
    weights = sum(Decimal(row["Weight"]) for row in coded)
    assert sum(Decimal(each or 0) for each in session.scalars(select(Item.unit_weight_kg))) == weights
