from dataclasses import replace

from inventory.documents import render_waybill
from inventory.documents.waybill import waybill
from tests.documents.examples import CARTON, WAYBILL, pages, reader, text, wording


def test_it_tells_who_carries_what_from_whom_to_whom():
    found = text(render_waybill(WAYBILL, **reader("en")))
    for said in [
        "Waybill SHP-2026-000009",
        "Depot Lyon (FR-LYS)",
        "Hub Erbil (IQ-EBL)",
        "By sea",
        "MEDU1234567",
        "CSQU3054383",
        "FR88120",
        "Pallet: 1 · Carton: 1 · Vehicle: 1",
        "6,000 capsule",
        "1,600",
        "33.1",
        "Packages in all: 4",
        "Carrier's reservations",
        "Signature and stamp",
        "Call before delivery.",
        "Cold chain: 2–8 °C · Do not freeze",
        "Dangerous goods, UN 3166",
        "Page 1 of 1",
    ]:
        assert said in found


def test_lots_are_left_to_the_packing_list():
    assert "B24-1187" not in text(render_waybill(WAYBILL, **reader("en")))


def test_the_same_item_in_two_packages_is_told_once():
    twice = replace(WAYBILL, packages=[replace(CARTON, packages=[CARTON])])
    (package,) = waybill(twice, wording())["packages"]
    assert package["contents"][0] == {"item": "Amoxicillin 500 mg, capsule", "amount": "12,000 capsule"}


def test_what_is_known_of_the_carrier_is_printed_and_the_rest_left_to_write():
    payload = waybill(replace(WAYBILL, carrier="CMA", driver="Ali"), wording())
    assert [one["value"] for one in payload["carriage"]] == ["CMA", "", "Ali"]
    assert [box["name"] for box in payload["signatures"]["boxes"]] == ["", "Ali", ""]


def test_reservations_and_signatures_stay_on_one_page():
    for count in range(1, 40, 6):
        many = replace(WAYBILL, packages=[CARTON] * count)
        (page,) = [page for page in pages(render_waybill(many, **reader("en"))) if "reservations" in page]
        assert "Signature and stamp" in page


def test_french():
    found = text(render_waybill(WAYBILL, **reader("fr")))
    assert "Lettre de voiture" in found
    assert "1 600" in found
    assert "33,1" in found
