"""Papers to try: one of each, and a translator that knows some French and Arabic."""

import io
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from pypdf import PdfReader

from inventory.documents import (
    Acceptance,
    ArrivedLine,
    Direction,
    Gift,
    GiftCertificate,
    Goods,
    LineWarning,
    Organisation,
    Package,
    PackedLine,
    PackingList,
    Party,
    ReceiptNote,
    ReceivedLine,
    ShipmentNote,
    Totals,
    Waybill,
)
from inventory.documents.wording import Wording
from inventory.errors import Message, msg

DAY = date(2026, 4, 30)
WORDS = {
    "fr": {
        "Goods received note": "Bon de réception",
        "Packing list": "Liste de colisage",
        "Waybill": "Lettre de voiture",
        "Gift certificate": "Certificat de don",
        "Expiry": "Péremption",
        "Quarantine": "Quarantaine",
        "Carton": "Carton",
        "Page %(page)s of %(pages)s": "Page %(page)s sur %(pages)s",
        "Issued on %(date)s": "Établi le %(date)s",
        "Short by %(quantity)s": "Manque %(quantity)s",
        "Accepted by %(person)s: %(reason)s": "Accepté par %(person)s : %(reason)s",
    },
    "ar": {
        "Goods received note": "سند استلام البضائع",
        "Packing list": "قائمة التعبئة",
        "Waybill": "بوليصة النقل",
        "Gift certificate": "شهادة هبة",
        "Item": "المادة",
        "Page %(page)s of %(pages)s": "الصفحة %(page)s من %(pages)s",
    },
}


def translator(locale: str) -> Callable[[Message], str]:
    words = WORDS.get(locale, {})

    def translate(message: Message) -> str:
        text = words.get(message.text, message.text)
        return text % message.params if message.params else text

    return translate


def reader(locale: str) -> dict[str, Any]:
    """The keyword arguments of a render function for a reader of that language."""
    direction: Direction = "rtl" if locale in {"ar", "ckb", "kmr-Arab"} else "ltr"
    return {"locale": locale, "direction": direction, "translate": translator(locale)}


def wording(locale: str = "en") -> Wording:
    return Wording(**reader(locale))


def pages(pdf: bytes) -> list[str]:
    """The text of each page, blanks made one."""
    found = PdfReader(io.BytesIO(pdf)).pages
    return [re.sub(r"[\s\u200b]+", " ", page.extract_text()) for page in found]


def text(pdf: bytes) -> str:
    return " ".join(pages(pdf))


ORGANISATION = Organisation("Association Relais", "12 rue des Lilas\n69003 Lyon")
DEPOT = Party(name="Depot Lyon", code="FR-LYS", address="ZI Corbas", country="FR")
HUB = Party(name="Hub Erbil", code="IQ-EBL", country="IQ")
AMOXICILLIN = Goods(
    item_code="AMX-500",
    item_name="Amoxicillin 500 mg, capsule",
    unit="capsule",
    lot="B24-1187",
    expires_on=date(2028, 2, 29),
    inn="amoxicillin",
    strength="500 mg",
    dosage_form="capsule, hard",
)
INSULIN = Goods(
    item_code="INS-R",
    item_name="Insulin, regular",
    unit="vial",
    lot="INS77Q",
    expires_on=date(2026, 12, 31),
    expiry_precision="month",
    temperature="cold_chain",
    freeze_sensitive=True,
)
AMBULANCE = Goods(
    item_code="AMB-01",
    item_name="Ambulance",
    unit="piece",
    lot="VF1MA000155555555",
    dangerous=True,
    un_number="UN3166",
)

RECEIPT = ReceiptNote(
    organisation=ORGANISATION,
    number="GRN-2026-000042",
    issued_on=DAY,
    site=DEPOT,
    received_on=date(2026, 4, 28),
    arrived_in_country_on=date(2026, 4, 20),
    donor="Hôpital Saint-Joseph",
    donation="DON-2026-000017",
    consent_reference="MoH/2026/118",
    received_by="Claire Dubois",
    checked_by="Rezan Karim",
    lines=[
        ReceivedLine(
            goods=AMOXICILLIN,
            declared=12000,
            counted=11980,
            damaged=40,
            zone="stock",
            carton="12",
            gross_weight_kg=Decimal("24.5"),
            unit_value=Decimal("0.035"),
            currency="EUR",
            value_basis="wholesale",
        ),
        ReceivedLine(
            goods=INSULIN,
            declared=100,
            counted=100,
            zone="stock",
            warnings=[LineWarning(rule="short_dated", detail=msg("Expires %(on)s.", on=date(2026, 12, 31)))],
            exceptions=[Acceptance(rule="short_dated", accepted_by="Dr Haddad", reason="Used by June")],
        ),
        ReceivedLine(goods=AMBULANCE, counted=1, zone="quarantine"),
    ],
)
SHIPMENT = ShipmentNote(
    organisation=ORGANISATION,
    number="SHP-2026-000009",
    issued_on=DAY,
    origin=DEPOT,
    destination=HUB,
    mode="sea",
    waybill="MEDU1234567",
    container_numbers=["CSQU3054383"],
    seals=["FR88120"],
    dispatched_on=date(2026, 3, 2),
    received_on=DAY,
    lines=[
        ArrivedLine(goods=AMOXICILLIN, sent=6000, received=5940, damaged=20, missing=60),
        ArrivedLine(goods=INSULIN, sent=50, received=50, damaged=0, missing=0),
    ],
)
CARTON = Package(
    label="376012300000000025",
    kind="carton",
    gross_weight_kg=Decimal("18.25"),
    volume_m3=Decimal("0.06"),
    lines=[PackedLine(goods=AMOXICILLIN, quantity=6000), PackedLine(goods=INSULIN, quantity=50)],
)
CONTAINER = Package(
    label="376012300000000001",
    kind="container",
    container_number="CSQU3054383",
    seal="FR88120",
    gross_weight_kg=Decimal("1600"),
    volume_m3=Decimal("33.1"),
    packages=[
        Package(label="376012300000000018", kind="pallet", packages=[CARTON]),
        Package(label="376012300000000049", kind="vehicle", lines=[PackedLine(goods=AMBULANCE, quantity=1)]),
    ],
)
TOTALS = Totals(packages=4, gross_weight_kg=Decimal("1600"), volume_m3=Decimal("33.1"))
PACKING = PackingList(
    organisation=ORGANISATION,
    number="SHP-2026-000009",
    issued_on=DAY,
    consignor=DEPOT,
    consignee=HUB,
    mode="sea",
    container="40HC",
    waybill="MEDU1234567",
    packages=[CONTAINER],
    totals=TOTALS,
)
WAYBILL = Waybill(
    organisation=ORGANISATION,
    number="SHP-2026-000009",
    issued_on=DAY,
    consignor=DEPOT,
    consignee=HUB,
    mode="sea",
    container="40HC",
    waybill="MEDU1234567",
    packages=[CONTAINER],
    totals=TOTALS,
    instructions="Call before delivery.",
)
GIFTS = GiftCertificate(
    organisation=ORGANISATION,
    number="SHP-2026-000009",
    issued_on=DAY,
    country="IQ",
    value_basis="Wholesale price, Iraq",
    gifts=[
        Gift(
            item_name="Amoxicillin 500 mg",
            quantity=6000,
            unit="capsule",
            value=Decimal("210"),
            currency="EUR",
        ),
        Gift(
            item_name="Ambulance",
            quantity=1,
            unit="piece",
            serials=["VF1MA000155555555"],
            value=Decimal("48000.5"),
            currency="EUR",
        ),
    ],
)
