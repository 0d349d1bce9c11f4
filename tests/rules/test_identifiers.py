import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.rules.identifiers import (
    InvalidIdentifier,
    container_number,
    gs1_check,
    gtin14,
    is_sscc,
    sscc,
    vin,
    vin_check,
    vin_check_digit,
)


def test_vectors_of_the_handbook():
    assert gtin14("09506000134352") == "09506000134352"
    assert gs1_check("9506000140445")
    assert is_sscc("106141412345678908")
    assert sscc(0, "3760123", 1)[:17] == "03760123000000001"
    assert sscc(0, "3760123", 1)[17] == "7"
    assert container_number("CSQU3054383") == "CSQU3054383"
    assert container_number("HLXU2008419") == "HLXU2008419"
    assert vin_check("1M8GDM9AXKP042788")
    assert vin_check("1G4AH59H45G118341")
    assert vin_check_digit("WDB9066331S123456") == "9"
    assert not vin_check("WDB9066331S123456")


def test_a_wrong_container_number_says_what_it_should_end_in():
    with pytest.raises(InvalidIdentifier, match="should end in 0"):
        container_number("MSCU6639871")


@pytest.mark.parametrize("text", ["csqu 305438-3", " CSQU 3054383", "CSQU305438/3"])
def test_container_numbers_as_people_write_them(text):
    assert container_number(text) == "CSQU3054383"


@pytest.mark.parametrize(
    "text", ["", "CSQ3054383", "CSQX3054383", "CSQU305438", "CSQU30543833", "ÇSQU3054383"]
)
def test_what_is_no_container_number(text):
    with pytest.raises(InvalidIdentifier, match="three letters"):
        container_number(text)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("96385074", "00000096385074"),
        ("036000291452", "00036000291452"),
        ("4006381333931", "04006381333931"),
        ("400 6381-333931", "04006381333931"),
    ],
)
def test_gtins_of_every_length_become_14_digits(text, digits):
    assert gtin14(text) == digits


@pytest.mark.parametrize(
    "text", ["", "123", "4006381333930", "40063813339310", "abcdefgh", "٤٠٠٦٣٨١٣٣٣٩٣١", "0" * 14]
)
def test_wrong_gtins(text):
    with pytest.raises(InvalidIdentifier):
        gtin14(text)


@given(st.integers(0, 9), st.from_regex(r"[0-9]{7,10}", fullmatch=True), st.integers(0, 999_999))
def test_every_sscc_we_make_is_one_and_no_two_are_alike(extension, prefix, serial):
    made = sscc(extension, prefix, serial)
    assert is_sscc(made)
    assert made != sscc(extension, prefix, serial + 1 if serial < 999_999 else 0)
    wrong = made[:-1] + str((int(made[-1]) + 1) % 10)
    assert not is_sscc(wrong)


@pytest.mark.parametrize(
    ("extension", "prefix", "serial"),
    [(10, "3760123", 1), (0, "37", 1), (0, "376012A", 1), (0, "3760123", 10**9), (0, "3760123", -1)],
)
def test_parts_of_an_sscc_out_of_range(extension, prefix, serial):
    with pytest.raises(ValueError, match="digit"):
        sscc(extension, prefix, serial)


def test_vins():
    assert vin(" wdb 9066331s123456") == "WDB9066331S123456"
    for wrong in (
        "",
        "WDB9066331S12345",
        "WDB9066331S1234567",
        "IDB9066331S123456",
        "ODB9066331S123456",
        "QDB9066331S123456",
        "WDB9066331S12345ß",
    ):
        with pytest.raises(InvalidIdentifier, match="17"):
            vin(wrong)
