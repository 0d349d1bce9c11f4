import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image, ImageChops
from pypdf import PdfReader

from inventory.documents import (
    Gift,
    Organisation,
    render_disposal_certificate,
    render_gift_certificate,
    render_packing_list,
    render_receipt_note,
    render_shipment_note,
    render_waybill,
)
from inventory.documents import press as pressing
from inventory.documents.disposal_certificate import disposal_certificate
from inventory.documents.gift_certificate import gift_certificate
from inventory.documents.goods_received import receipt_note
from inventory.documents.packing_list import packing_list
from inventory.documents.press import press
from inventory.documents.shipment_received import shipment_note
from inventory.documents.waybill import waybill
from tests.documents.examples import (
    AMOXICILLIN,
    GIFTS,
    PACKING,
    RECEIPT,
    SHIPMENT,
    WAYBILL,
    pages,
    reader,
    text,
    wording,
)
from tests.documents.test_disposal_certificate import BURNT

PAPERS = [
    pytest.param("receipt_note", receipt_note, RECEIPT, render_receipt_note, id="receipt"),
    pytest.param("shipment_note", shipment_note, SHIPMENT, render_shipment_note, id="shipment"),
    pytest.param("packing_list", packing_list, PACKING, render_packing_list, id="packing"),
    pytest.param("waybill", waybill, WAYBILL, render_waybill, id="waybill"),
    pytest.param("gift_certificate", gift_certificate, GIFTS, render_gift_certificate, id="gift"),
    pytest.param(
        "disposal_certificate", disposal_certificate, BURNT, render_disposal_certificate, id="disposal"
    ),
]
ACCENT = (15, 90, 103)
MARKUP = [
    '#panic("no") *bold* _em_ $x^2$ <label> @ref `raw` // gone',
    '#{sys.inputs} #read("style.typ") #import "x.typ": * \\u{41} \\',
    '"}, {"paper": null} /* ... */ = Heading',
    "<script>alert(1)</script> & <b>",
    "- + / ~ -- --- ... ' \" https://example.org",
]


def picture(template, payload):
    (first, *_) = press(template, payload, form="png", ppi=72)
    return Image.open(io.BytesIO(first)).convert("RGB")


def accent_side(image: Any) -> float:
    """Where the title stands: the middle of what bears its colour, from 0 (left) to 1 (right)."""
    difference = ImageChops.difference(image, Image.new("RGB", image.size, ACCENT)).convert("L")
    mask: Any = difference.point([255] + [0] * 255)
    rule = mask.getbbox()[1]  # the rule across the page comes first
    left, _, right, _ = mask.crop((0, rule + 5, *mask.size)).getbbox()
    return float((left + right) / 2 / image.width)


@pytest.mark.parametrize("locale", ["ar", "ckb", "kmr-Arab"])
@pytest.mark.parametrize(("template", "payload", "data", "render"), PAPERS)
def test_right_to_left_papers_begin_on_the_right(template, payload, data, render, locale):
    there = accent_side(picture(template, payload(data, wording(locale))))
    here = accent_side(picture(template, payload(data, wording("fr"))))
    assert here < 0.5 < there


@pytest.mark.parametrize(("template", "payload", "data", "render"), PAPERS)
def test_arabic_words_are_drawn(template, payload, data, render):
    """Text taken back out of an Arabic PDF is garbled, so the picture is looked at."""
    arabic = picture(template, payload(data, wording("ar")))
    ink = sum(1 for value in arabic.convert("L").tobytes() if value < 128)
    assert ink > 2000
    assert "NotoSansArabic" in fonts_of(render(data, **reader("ar")))


def fonts_of(pdf):
    """The names of the fonts of every page."""
    found = []
    for page in PdfReader(io.BytesIO(pdf)).pages:
        resources: Any = page["/Resources"]
        found += [str(font.get_object()["/BaseFont"]) for font in resources["/Font"].values()]
    return " ".join(found)


def drawn(name, locale="ckb"):
    gifts = [Gift(item_name=name, quantity=1, unit="x")]
    payload = gift_certificate(replace(GIFTS, gifts=gifts), wording(locale))
    return press("gift_certificate", payload, form="png", ppi=72)[0]


def test_kurdish_and_armenian_letters_and_emoji_have_shapes_of_their_own():
    """A letter that no font has would look like every other such letter."""
    letters = [*"ڕڵۆێڤەچپگژ", *"ԱԲԳդեև", *"éœçğışŞ", "🚑", "❤"]
    missing = drawn("\U000f0000")
    pictures = [drawn(letter) for letter in letters]
    assert missing not in pictures
    assert len(set(pictures)) == len(letters)


def test_letters_are_joined():
    apart = "\u200c".join("قائمة")
    assert drawn("قائمة", "ar") != drawn(apart, "ar")


@pytest.mark.parametrize("typed", MARKUP)
def test_typed_text_is_printed_never_interpreted(typed):
    goods = replace(AMOXICILLIN, item_name=typed, unit="u", inn=typed)
    line = replace(RECEIPT.lines[1], goods=goods, manufacturer=typed)
    data = replace(
        RECEIPT,
        organisation=Organisation(typed, typed),
        donor=typed,
        note=typed,
        checked_by=typed,
        lines=[line],
    )
    found = text(render_receipt_note(data, **reader("en"))).replace(" ", "")
    assert found.count(typed.replace(" ", "")) >= 6


@pytest.mark.parametrize("typed", MARKUP)
@pytest.mark.parametrize(("template", "payload", "data", "render"), PAPERS)
def test_markup_as_number_of_any_paper(template, payload, data, render, typed):
    assert typed.replace(" ", "") in text(render(replace(data, number=typed), **reader("en"))).replace(
        " ", ""
    )


def test_names_of_every_sort():
    names = {
        "long": "Very long name of a medicine that somebody has typed, 60 letters",
        "unbroken": "X" * 60,
        "emoji": "Kit 🚑 👩‍⚕️ ❤️",
        "arabic": "شيرين أحمد",
        "mixed": "Dr. شيرين أحمد (IQ-12)",
        "turned": "abc\u202e\u2066fed\x00\x1b[31m",
    }
    for locale in ("en", "ar"):
        for name in names.values():
            goods = replace(AMOXICILLIN, item_name=name, lot=name, item_code=name, unit=name)
            line = replace(RECEIPT.lines[0], goods=goods)
            data = replace(RECEIPT, lines=[line], checked_by=name, donor=name)
            assert len(pages(render_receipt_note(data, **reader(locale)))) == 1
    goods = replace(AMOXICILLIN, item_name=names["unbroken"])
    lines = [replace(RECEIPT.lines[0], goods=goods)]
    found = text(render_receipt_note(replace(RECEIPT, lines=lines), **reader("en")))
    assert found.replace(" ", "").count("X" * 60) == 1


@pytest.mark.parametrize(("template", "payload", "data", "render"), PAPERS)
def test_a_paper_is_small_tagged_and_told_its_language(template, payload, data, render):
    pdf = render(data, **reader("fr"))
    assert pdf.startswith(b"%PDF-")
    assert len(pdf) < 120_000
    found = PdfReader(io.BytesIO(pdf))
    assert str(found.root_object["/Lang"]) == "fr"
    assert "/StructTreeRoot" in found.root_object
    about: Any = found.metadata
    assert data.number in str(about["/Title"])
    assert about["/Author"] == "Association Relais"


def test_threads_share_the_press():
    numbers = [f"SHP-2026-{i:06d}" for i in range(24)]
    with ThreadPoolExecutor(6) as pool:
        papers = pool.map(lambda n: render_waybill(replace(WAYBILL, number=n), **reader("en")), numbers)
    for number, pdf in zip(numbers, papers, strict=True):
        assert number in text(pdf)


def test_missing_fonts_are_told_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setattr(pressing, "FONTS", tmp_path)
    pressing._compiler.cache_clear()
    try:
        with pytest.raises(pressing.FontsMissing, match=r"Noto Sans Arabic.*make install"):
            render_gift_certificate(GIFTS, **reader("en"))
    finally:
        pressing._compiler.cache_clear()
