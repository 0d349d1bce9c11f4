"""Holds as rules: why goods are held, and what may become of them."""

import pytest

from inventory.rules import holding


def allowed(cause="short_dated", zone="quarantine", *, expired=False, recalled=False):
    return holding.outcomes(cause, zone, expired=expired, recalled=recalled)


def test_the_worst_rule_is_the_cause():
    assert holding.worst(["label", "returned_or_sample", "short_dated"]) == "returned_or_sample"
    assert holding.worst(["label", "damaged"]) == "damaged"
    assert holding.worst([]) == "by_hand"
    assert holding.worst(["by_hand", "a_rule_of_later_years"]) == "a_rule_of_later_years"


def test_everything_may_become_of_what_a_rule_with_exceptions_holds():
    assert allowed() == ["release", "accept", "refuse", "return", "destroy"]
    assert allowed("damaged") == ["release", "refuse", "return", "destroy"]


@pytest.mark.parametrize(
    "state", [{"expired": True}, {"recalled": True}, {"cause": "returned_or_sample"}], ids=str
)
def test_what_no_exception_may_release(state):
    assert allowed(**state) == ["refuse", "return", "destroy"]
    assert allowed(zone="refused", **state) == ["return", "destroy"]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"expired": True, "recalled": False}, "expired"),
        ({"expired": False, "recalled": True}, "recalled"),
    ],
)
def test_the_rule_is_said(state, said):
    assert said in str(holding.objection("release", "label", "quarantine", **state))


def test_article_five_is_named():
    text = holding.objection("accept", "returned_or_sample", "refused", expired=False, recalled=False)
    assert "article 5" in str(text)


def test_each_rule_with_exceptions_says_its_conditions():
    assert all(holding.conditions(rule) for rule in holding.BY_EXCEPTION)
    assert holding.conditions("damaged") is None
