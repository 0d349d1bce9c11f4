import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.rules.text import UnfitText, clean, fold, is_code


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bersivé", "bersive"),
        ("  PARACÉTAMOL\t500 ", "paracetamol 500"),
        ("Œsophage", "oesophage"),
        ("Straße", "STRASSE"),
        ("İstanbul", "istanbul"),
        ("كوردي", "کوردی"),
        ("ڕۆژ", "روژ"),
        ("هەولێر", "ههولیر"),
        ("دهۆك", "دهوک"),
        ("١٢٣ ۴۵۶", "123 456"),
        ("أَحْمَد", "احمد"),
        ("کـــوردی", "کوردی"),
        ("می‌خواهم", "میخواهم"),
        ("Şengal", "sengal"),
        ("l’aiguille", "l'aiguille"),
        ("Մարտունի", "ՄԱՐՏՈՒՆԻ"),
    ],
)
def test_what_looks_the_same_folds_to_the_same(one, other):
    assert fold(one) == fold(other)


def test_different_words_stay_different():
    assert fold("amoxicillin") != fold("ampicillin")
    assert fold("كلب") != fold("قلب")


@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(), st.text())
def test_case_is_irrelevant(one, other):
    assert fold(one.upper()) == fold(one.upper().lower().upper())


@pytest.mark.parametrize(
    "name",
    [
        "Médecins 🚑",
        "👩🏽‍⚕️ équipe",
        "کۆگای هەولێر",
        "مخزن\u200fأربيل",
        "<b>Gift</b>",
        "O'Neill & Söhne",
        "Մարտունի",
    ],
)
def test_names_keep_their_letters_marks_and_emoji(name):
    assert clean(name) == name


def test_blanks_are_trimmed_and_made_one():
    assert clean("  a \t\n b ") == "a b"
    assert clean(" a  b \r\n\r\n c ", lines=True) == "a b\n\nc"


def test_text_is_composed():
    assert clean("e\u0301") == "é"


@pytest.mark.parametrize(
    "text", ["a\0b", "\x1b[31m", "a\x85", "\ud800", "a\uffff", "invoice\u202egpj.exe", "\u2066a\u2069"]
)
@pytest.mark.parametrize("lines", [False, True])
def test_control_characters_and_overrides_are_refused(text, lines):
    with pytest.raises(UnfitText, match=r"U\+[0-9A-F]{4}"):
        clean(text, lines=lines)


@pytest.mark.parametrize("text", ["LOT\u200f1", "LOT\u200b1", "\ufeffLOT1", "A\u00adB", "A\u202eB"])
def test_invisible_marks_are_refused_in_codes(text):
    with pytest.raises(UnfitText):
        clean(text, code=True)


@given(st.text(), st.booleans(), st.booleans())
def test_cleaned_text_is_clean(text, code, lines):
    try:
        cleaned = clean(text, code=code, lines=lines)
    except UnfitText:
        return
    assert clean(cleaned, code=code, lines=lines) == cleaned
    cleaned.encode()
    assert "\0" not in cleaned


@pytest.mark.parametrize("code", ["A", "ERBIL-HUB", "a_b.c-1", "x" * 32])
def test_codes(code):
    assert is_code(code)


@pytest.mark.parametrize("code", ["", ".", "..", "x" * 33, "a b", "a/b", "é", "A\n", "١"])
def test_what_is_no_code(code):
    assert not is_code(code)
