"""How goods came: seal, logger, storage class, label, condition, papers, packing list, and which zone wins."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import product

import pytest

from inventory.rules.donation_checks import (
    NO_EXCEPTION,
    RULES,
    ExceptionGiven,
    Header,
    Line,
    check_receipt,
    worst_zone,
)
from inventory.rules.donation_facts import LABEL_PARTS

RECEIVED = date(2026, 3, 10)
HEADER = Header(RECEIVED, RECEIVED, consent_reference="C-1", announced=True)
LINE = Line(
    item_is_medicine=True,
    quantity=100,
    expires_on=date(2028, 1, 31),
    label_languages=("en",),
    unit_value=Decimal("0.10"),
    value_basis="generic",
    carton="1",
    gross_weight_kg=Decimal("12.5"),
)
COLD = replace(LINE, temperature="cold_chain")


def judge(line=LINE, header=HEADER, others=()):
    return check_receipt(header, [line, *others])[0]


def found(line=LINE, header=HEADER, others=()):
    verdict = judge(line, header, others)
    return verdict.zone, [each.rule for each in verdict.warnings]


@pytest.mark.parametrize(
    ("zones", "wins"),
    [
        ([], "stock"),
        (["stock"], "stock"),
        (["stock", "quarantine"], "quarantine"),
        (["quarantine", "stock", "stock"], "quarantine"),
        (["quarantine", "refused"], "refused"),
        (["refused", "stock"], "refused"),
        (["stock", "quarantine", "refused"], "refused"),
    ],
)
def test_refused_goes_before_quarantine_before_stock(zones, wins):
    assert worst_zone(zones) == wins
    assert worst_zone(reversed(zones)) == wins


def test_nothing_is_said_where_nothing_new_was_told():
    assert found() == ("stock", [])
    assert found(COLD) == ("stock", [])
    assert found(replace(COLD, freeze_sensitive=True, controlled=True, strength="500 mg")) == ("stock", [])


@pytest.mark.parametrize(
    ("told", "zone", "rules"),
    [
        ({"registered": False}, "quarantine", ["not_on_list"]),
        ({"registered": False, "on_list": False}, "quarantine", ["not_on_list"]),
        ({"on_list": False}, "stock", ["not_on_list"]),
        ({"on_list": True, "registered": True, "quality_seen": True}, "stock", []),
        ({"quality_seen": False}, "quarantine", ["source_quality"]),
        ({"label_missing": ("batch", "inn")}, "quarantine", ["label", "label"]),
        ({"label_missing": ("route",)}, "quarantine", ["label"]),
        ({"label_missing": ("route",), "dosage_form": "tablet"}, "stock", []),
        ({"label_missing": ("route",), "dosage_form": "injection"}, "quarantine", ["label"]),
        ({"condition": "good"}, "stock", []),
        ({"condition": "dirty"}, "stock", ["condition"]),
        ({"condition": "packaging_damaged"}, "stock", ["condition"]),
        ({"condition": "wet"}, "quarantine", ["condition"]),
        ({"condition": "crushed"}, "quarantine", ["condition"]),
        ({"condition": "leaking"}, "quarantine", ["condition"]),
        ({"condition": "opened"}, "quarantine", ["condition"]),
        ({"declared": 100}, "stock", []),
        ({"declared": 90}, "stock", ["packing_list"]),
        ({"declared": 0}, "stock", ["packing_list"]),
        ({"storage": "ambient"}, "stock", []),
        ({"storage": "cool"}, "stock", ["storage"]),
        ({"storage": "cold_chain"}, "quarantine", ["storage"]),
        ({"storage": "ambient", "temperature": "cold_chain"}, "quarantine", ["storage"]),
        ({"declared_weight_kg": Decimal("12.5")}, "stock", []),
        ({"declared_weight_kg": Decimal("12.1")}, "stock", []),
        ({"declared_weight_kg": Decimal("18")}, "stock", ["carton_weight"]),
        ({"pack_quantity": 100, "usual_packs": (100, 1000)}, "stock", []),
        ({"pack_quantity": 20, "usual_packs": (100, 1000)}, "stock", ["pack_size"]),
        ({"pack_quantity": 20}, "stock", []),
        ({"presentation": "250 mg capsule", "strength": "500 mg"}, "stock", ["unusual_form"]),
        ({"presentation": "Clamoxyl 0.5 g", "strength": "500 mg"}, "stock", []),
        ({"presentation": "syrup", "dosage_form": "tablet"}, "stock", ["unusual_form"]),
        ({"presentation": "Doliprane", "strength": "500 mg", "dosage_form": "tablet"}, "stock", []),
    ],
)
def test_each_rule_of_a_line(told, zone, rules):
    assert found(replace(LINE, **told)) == (zone, rules)


def test_every_missing_part_is_named():
    verdict = judge(replace(LINE, label_missing=LABEL_PARTS))
    assert len([each for each in verdict.warnings if each.rule == "label"]) == len(LABEL_PARTS)
    assert str(verdict.warnings[1].detail) == "The label lacks the batch number."


def test_where_some_are_damaged_only_those_wait():
    verdict = judge(replace(LINE, condition="wet", damaged=10))
    assert verdict.placed == (("stock", 90), ("quarantine", 10))
    assert [each.rule for each in verdict.warnings] == ["condition"]


@pytest.mark.parametrize(
    ("told", "ambient", "cold"),
    [
        ({"seal_declared": "SL 1-2", "seal_found": "sl12"}, "stock", "stock"),
        ({"seal_intact": True}, "stock", "stock"),
        ({"seal_declared": "A1", "seal_found": "A2"}, "stock", "quarantine"),
        ({"seal_intact": False}, "stock", "quarantine"),
        ({"seal_declared": "A1"}, "stock", "stock"),
    ],
)
def test_a_broken_seal_keeps_what_is_cold_or_controlled(told, ambient, cold):
    header = replace(HEADER, costs_paid_by="donor", **told)
    assert judge(LINE, header).zone == ambient
    assert judge(COLD, header).zone == cold
    assert judge(replace(LINE, controlled=True), header).zone == cold
    said = [each.rule for each in judge(LINE, header).warnings]
    silent = told.get("seal_intact") is True or told.get("seal_found") == "sl12"
    assert said == ([] if silent else ["seal"])


@pytest.mark.parametrize(
    ("low", "high", "alarm", "ambient", "cold", "freezing"),
    [
        ("2.0", "8.0", False, [], [], []),
        ("2.0", "8.1", None, [], ["logger"], []),
        ("1.9", None, None, ["logger"], ["logger"], ["logger"]),
        ("0", "5", None, ["logger"], ["logger"], ["logger"]),
        (None, "30", None, [], ["logger"], []),
        (None, "30.5", None, ["logger"], ["logger"], ["logger"]),
        (None, None, True, ["logger"], ["logger"], ["logger"]),
        (None, None, False, [], [], []),
    ],
)
def test_the_logger_decides_over_what_is_kept_cold_or_must_not_freeze(
    low, high, alarm, ambient, cold, freezing
):
    header = replace(
        HEADER,
        logger_low=Decimal(low) if low else None,
        logger_high=Decimal(high) if high else None,
        logger_alarm=alarm,
    )
    assert found(LINE, header) == ("stock", ambient)
    assert found(COLD, header) == ("quarantine" if cold else "stock", cold)
    sensitive = replace(LINE, freeze_sensitive=True)
    assert found(sensitive, header) == ("quarantine" if freezing else "stock", freezing)


def test_who_pays_is_asked_where_the_arrival_is_told():
    assert found(LINE, replace(HEADER, vehicle="34 ABC 12")) == ("stock", ["costs"])
    assert found(LINE, replace(HEADER, vehicle="34 ABC 12", costs_paid_by="the donor")) == ("stock", [])
    assert found(LINE, replace(HEADER, vehicle="34 ABC 12", has_donor=False)) == ("stock", [])


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule not in NO_EXCEPTION])
def test_exceptions_are_taken_where_the_rule_allows_them(rule):
    told = {
        "label": {"label_missing": ("inn",)},
        "not_on_list": {"registered": False},
        "source_quality": {"quality_seen": False},
        "storage": {"storage": "cold_chain"},
        "short_dated": {"expires_on": date(2026, 9, 1)},
    }.get(rule)
    if told is None:
        return
    exception = (ExceptionGiven(rule, "Dr Azad", "seen and judged"),)
    assert judge(replace(LINE, **told)).zone == "quarantine"
    verdict = judge(replace(LINE, exceptions=exception, **told))
    assert (verdict.zone, verdict.failed) == ("stock", ())
    assert str(verdict.warnings[0].accepted) == "Accepted by Dr Azad: seen and judged"


@pytest.mark.parametrize(
    ("rule", "told"),
    [("condition", {"condition": "wet"}), ("returned_or_sample", {"returned_or_sample": True})],
)
def test_no_exception_from_what_is_broken_or_was_returned(rule, told):
    verdict = judge(replace(LINE, exceptions=(ExceptionGiven(rule, "Dr Azad", "please"),), **told))
    assert verdict.zone != "stock"
    assert verdict.refused_exceptions == (rule,)


def test_an_exception_from_one_rule_leaves_the_others():
    line = replace(
        LINE, quality_seen=False, registered=False, exceptions=(ExceptionGiven("source_quality", "A", "B"),)
    )
    assert judge(line).zone == "quarantine"
    assert judge(line).failed == ("not_on_list",)


def test_nothing_is_lost_whatever_is_told():
    for condition, storage, quality, damaged in product(
        (None, "wet", "dirty"), (None, "cold_chain"), (None, True, False), (0, 1, 100)
    ):
        verdict = judge(
            replace(LINE, condition=condition, storage=storage, quality_seen=quality, damaged=damaged)
        )
        assert sum(quantity for _, quantity in verdict.placed) == 100
        assert all(each.rule in RULES for each in verdict.warnings)
