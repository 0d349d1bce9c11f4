from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.rules.donation_checks import RULES, ExceptionGiven, Header, Line, check_receipt

RECEIVED = date(2026, 3, 10)
HEADER = Header(RECEIVED, RECEIVED, consent_reference="C-1", announced=True)
LINE = Line(
    item_is_medicine=True,
    quantity=100,
    expires_on=date(2028, 1, 31),
    label_languages=("en", "fr"),
    unit_value=Decimal("0.10"),
    value_basis="generic wholesale price",
    carton="1",
    gross_weight_kg=Decimal("12.5"),
)


def judge(line=LINE, header=HEADER, others=()):
    return check_receipt(header, [line, *others])[0]


def rules(verdict):
    return [finding.rule for finding in verdict.warnings]


def taken(rule, by="A pharmacist", why="used at once"):
    return (ExceptionGiven(rule, by, why),)


def test_a_good_line_goes_to_stock_without_a_word():
    verdict = judge()
    assert (verdict.zone, verdict.placed, verdict.warnings, verdict.errors) == (
        "stock",
        (("stock", 100),),
        (),
        (),
    )


def test_quarantine_can_be_asked_for():
    assert judge(replace(LINE, zone="quarantine")).zone == "quarantine"


@pytest.mark.parametrize(
    ("expires_on", "zone", "found"),
    [
        (date(2026, 3, 9), "refused", ["expired"]),
        (date(2026, 3, 10), "quarantine", ["short_dated"]),
        (date(2027, 3, 9), "quarantine", ["short_dated"]),
        (date(2027, 3, 10), "stock", []),
        (None, "stock", []),
    ],
)
def test_what_is_left_of_its_life_decides(expires_on, zone, found):
    verdict = judge(replace(LINE, expires_on=expires_on))
    assert (verdict.zone, rules(verdict)) == (zone, found)


def test_shelf_life_counts_from_arrival_in_the_country():
    line = replace(LINE, expires_on=date(2027, 1, 1))
    assert judge(line, replace(HEADER, arrived_in_country_on=date(2025, 12, 20))).zone == "stock"
    assert judge(line, replace(HEADER, arrived_in_country_on=None)).zone == "quarantine"


def test_items_without_expiry_have_none():
    assert judge(replace(LINE, tracks_expiry=False, expires_on=date(2020, 1, 1))).warnings == ()


def test_a_short_dated_lot_that_somebody_takes_goes_to_stock_and_is_still_warned_of():
    verdict = judge(replace(LINE, expires_on=date(2026, 9, 1), exceptions=taken("short_dated")))
    assert (verdict.zone, rules(verdict)) == ("stock", ["short_dated"])
    assert [str(message) for message in verdict.warnings[0].said()] == [
        "Expires on 2026-09-01: less than a year after it came.",
        "Accepted by A pharmacist: used at once",
    ]


def test_an_exception_does_not_overrule_the_zone_that_was_asked_for():
    line = replace(LINE, expires_on=date(2026, 9, 1), exceptions=taken("short_dated"), zone="quarantine")
    assert judge(line).zone == "quarantine"


def test_an_expired_lot_never_becomes_usable_stock():
    assert judge(replace(LINE, expires_on=date(2026, 1, 1), exceptions=taken("expired"))).zone == "quarantine"
    assert (
        judge(replace(LINE, expires_on=date(2026, 1, 1), exceptions=taken("short_dated"))).zone == "refused"
    )


@pytest.mark.parametrize(
    ("by", "why", "pointer"), [("", "x", "accepted_by"), (" ", "x", "accepted_by"), ("x", "", "reason")]
)
def test_an_exception_needs_a_name_and_a_reason(by, why, pointer):
    verdict = judge(replace(LINE, expires_on=date(2026, 9, 1), exceptions=taken("short_dated", by, why)))
    assert verdict.zone == "quarantine"
    assert [error.pointer for error in verdict.errors] == [f"/exceptions/0/{pointer}"]


def test_an_exception_to_an_unknown_rule_is_an_error():
    verdict = judge(replace(LINE, exceptions=(*taken("label"), *taken("no_such_rule"))))
    assert [error.pointer for error in verdict.errors] == ["/exceptions/1/rule"]
    assert "short_dated" in str(verdict.errors[0].message)


def test_returned_goods_and_samples_are_refused_whoever_takes_them():
    verdict = judge(replace(LINE, returned_or_sample=True, exceptions=taken("returned_or_sample")))
    assert (verdict.zone, verdict.refused_exceptions) == ("refused", ("returned_or_sample",))
    assert str(verdict.warnings[0].accepted) == "Nobody can accept this."


@pytest.mark.parametrize(
    ("languages", "zone", "found"),
    [
        (("de", "zh"), "quarantine", ["label"]),
        (("de", "FR-fr"), "stock", []),
        (("ckb_IQ",), "stock", []),
        (None, "stock", ["label"]),
        ((), "stock", ["label"]),
    ],
)
def test_staff_must_be_able_to_read_the_label(languages, zone, found):
    verdict = judge(replace(LINE, label_languages=languages))
    assert (verdict.zone, rules(verdict)) == (zone, found)


def test_a_label_that_staff_do_not_read_can_be_accepted():
    assert judge(replace(LINE, label_languages=("de",), exceptions=taken("label"))).zone == "stock"


def test_which_languages_staff_read_is_a_setting():
    assert check_receipt(HEADER, [LINE], readable_languages=["de-DE"])[0].zone == "quarantine"


def test_other_goods_need_no_told_label():
    assert judge(replace(LINE, item_is_medicine=False, label_languages=None)).warnings == ()


@pytest.mark.parametrize(
    ("changed", "rule"),
    [({"consent_reference": None}, "consent"), ({"announced": False}, "unannounced")],
)
def test_what_a_donation_should_have_had_only_warns(changed, rule):
    verdict = judge(header=replace(HEADER, **changed))
    assert (verdict.zone, rules(verdict)) == ("stock", [rule])
    assert judge(header=replace(HEADER, has_donor=False, **changed)).warnings == ()


def test_a_line_can_be_unannounced_in_an_announced_donation():
    assert rules(judge(replace(LINE, announced=False))) == ["unannounced"]
    assert rules(judge(header=replace(HEADER, announced=None))) == []


def test_a_value_needs_its_basis():
    assert rules(judge(replace(LINE, value_basis=None))) == ["value_basis"]
    assert rules(judge(replace(LINE, value_basis=None, unit_value=None))) == ["value_basis"]
    bought = replace(HEADER, has_donor=False)
    assert rules(judge(replace(LINE, value_basis=None, unit_value=None), bought)) == []
    assert rules(judge(replace(LINE, value_basis=None), bought)) == ["value_basis"]


@pytest.mark.parametrize(
    ("weight", "said"), [("30", None), ("30.001", "one person"), ("50", "one person"), ("50.1", "guidelines")]
)
def test_heavy_cartons_only_warn(weight, said):
    verdict = judge(replace(LINE, gross_weight_kg=Decimal(weight)))
    assert verdict.zone == "stock"
    assert rules(verdict) == (["carton_weight"] if said else [])
    assert said is None or said in str(verdict.warnings[0].detail)


def test_a_carton_that_was_not_weighed_warns():
    assert rules(judge(replace(LINE, gross_weight_kg=None))) == ["carton_weight"]
    assert rules(judge(replace(LINE, gross_weight_kg=None, carton=None))) == []
    assert rules(judge(replace(LINE, gross_weight_kg=None), others=[LINE])) == []


def test_an_ambulance_is_no_carton():
    ambulance = Line(
        item_is_medicine=False,
        quantity=1,
        tracks_expiry=False,
        serialised=True,
        gross_weight_kg=Decimal(2800),
        unit_value=Decimal(1),
        value_basis="x",
    )
    assert judge(ambulance).warnings == ()


def test_medicines_with_other_goods_in_one_carton_warn_on_each_line():
    soap = replace(LINE, item_is_medicine=False)
    verdicts = check_receipt(
        HEADER,
        [LINE, soap, replace(soap, carton="2"), replace(LINE, carton=None), replace(soap, carton=None)],
    )
    assert [rules(v) for v in verdicts] == [["mixed_carton"], ["mixed_carton"], [], [], []]


def test_what_is_damaged_goes_to_quarantine():
    assert judge(replace(LINE, damaged=7)).placed == (("stock", 93), ("quarantine", 7))
    assert judge(replace(LINE, damaged=1)).placed == (("stock", 99), ("quarantine", 1))
    whole = judge(replace(LINE, damaged=100))
    assert (whole.zone, whole.placed) == ("quarantine", (("quarantine", 100),))
    assert judge(replace(LINE, damaged=7, zone="quarantine")).placed == (("quarantine", 100),)
    assert judge(replace(LINE, damaged=7, expires_on=date(2020, 1, 1))).placed == (("refused", 100),)


@pytest.mark.parametrize("damaged", [-1, 101])
def test_no_more_can_be_damaged_than_came(damaged):
    assert [error.pointer for error in judge(replace(LINE, damaged=damaged)).errors] == ["/damaged"]


lines = st.builds(
    Line,
    item_is_medicine=st.booleans(),
    quantity=st.just(10),
    damaged=st.integers(0, 10),
    tracks_expiry=st.booleans(),
    expires_on=st.none() | st.dates(RECEIVED - timedelta(days=400), RECEIVED + timedelta(days=800)),
    label_languages=st.none() | st.lists(st.sampled_from(["en", "de"]), max_size=2).map(tuple),
    carton=st.none() | st.sampled_from(["1", "2"]),
    gross_weight_kg=st.none() | st.sampled_from([Decimal(5), Decimal(60)]),
    returned_or_sample=st.booleans(),
    zone=st.sampled_from(["stock", "quarantine"]),
    exceptions=st.lists(
        st.builds(ExceptionGiven, st.sampled_from(RULES), st.just("A"), st.just("b")), max_size=3
    ).map(tuple),
)


@given(st.lists(lines, max_size=5))
def test_nothing_is_lost_and_no_expired_lot_is_stock(given_lines):
    for line, verdict in zip(given_lines, check_receipt(HEADER, given_lines), strict=True):
        assert sum(quantity for _, quantity in verdict.placed) == line.quantity
        assert all(quantity > 0 for _, quantity in verdict.placed)
        assert set(rules(verdict)) <= set(RULES)
        assert not verdict.errors
        if {"expired", "returned_or_sample"} & set(rules(verdict)):
            assert "stock" not in dict(verdict.placed)
        if line.zone == "quarantine":
            assert verdict.zone != "stock"
