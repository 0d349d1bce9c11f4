from dataclasses import replace

from inventory.documents import Package, PackedLine, Totals, render_packing_list
from inventory.documents.packing_list import packing_list
from tests.documents.examples import AMOXICILLIN, CARTON, PACKING, pages, reader, text, wording


def test_every_package_tells_its_label_and_what_it_holds():
    found = text(render_packing_list(PACKING, **reader("en")))
    for said in [
        "Packing list SHP-2026-000009",
        "Depot Lyon (FR-LYS)",
        "Hub Erbil (IQ-EBL)",
        "40-foot high-cube container",
        "376012300000000001",
        "CSQU3054383",
        "Seal FR88120",
        "1,600 kg · 33.1 m³",
        "1.1.1 Carton 376012300000000025",
        "18.25 kg · 0.06 m³",
        "amoxicillin · 500 mg · capsule, hard",
        "6,000 capsule",
        "Cold chain: 2–8 °C · Do not freeze",
        "1.2 Vehicle 376012300000000049",
        "VF1MA000155555555",
        "Dangerous goods, UN 3166",
    ]:
        assert said in found
    assert "Draft" not in found


def test_the_tree_is_told_in_reading_order():
    told = packing_list(PACKING, wording())["packages"]
    assert [(one["place"], one["depth"]) for one in told] == [("1", 0), ("1.1", 1), ("1.1.1", 2), ("1.2", 1)]


def test_lines_of_a_package_that_holds_others_too():
    both = Package(
        label="1", kind="pallet", lines=[PackedLine(goods=AMOXICILLIN, quantity=7)], packages=[CARTON]
    )
    data = replace(PACKING, packages=[both])
    assert "6,007" in text(render_packing_list(data, **reader("en")))


def test_french():
    found = text(render_packing_list(PACKING, **reader("fr")))
    assert "Liste de colisage" in found
    assert "Irak" in found
    assert "1 600 kg · 33,1 m³" in found


def test_a_draft_says_so_and_nothing_packed_is_said():
    empty = replace(PACKING, packages=[], totals=Totals(packages=0), draft=True)
    found = text(render_packing_list(empty, **reader("en")))
    assert "Draft" in found
    assert "Nothing is packed yet." in found


def test_a_package_comes_again_where_it_goes_on_overleaf():
    lines = [PackedLine(goods=replace(AMOXICILLIN, lot=f"LOT{i:04d}"), quantity=1) for i in range(200)]
    found = pages(
        render_packing_list(replace(PACKING, packages=[replace(CARTON, lines=lines)]), **reader("en"))
    )
    assert len(found) > 3
    assert all("Lot or serial" in page and CARTON.label in page for page in found if "LOT" in page)
    assert f"Page {len(found)} of {len(found)}" in found[-1]


def test_a_hundred_cartons():
    cartons = [replace(CARTON, label=f"37601230000000{i:04d}") for i in range(100)]
    found = text(render_packing_list(replace(PACKING, packages=cartons), **reader("en")))
    assert all(carton.label in found for carton in cartons)
    assert "600,000 capsule" in found
