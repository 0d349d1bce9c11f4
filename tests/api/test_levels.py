"""Policies for a service level, and taking policies away."""

import pytest

from inventory.access import Role
from tests.api.conftest import good, pointers, problem

SERVICE = {"method": "service", "lead_time_days": 14, "review_period_days": 30, "service_level": "0.95"}
AT = "/sites/DEPOT/policies/PARA500"


def test_a_service_level_is_set_and_told(admin, depot, item):
    told = good(admin.put(AT, SERVICE | {"emergency_days": 5, "order_multiple": 10}))
    assert told == good(admin.get(AT))
    assert (told["service_level"], told["lead_time_days"], told["emergency_days"]) == ("0.95", 14, 5)
    assert not {"maximum", "minimum_months"} & told.keys()
    assert good(admin.put(AT, SERVICE))["emergency_days"] is None


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"service_level": None}, "/service_level"),
        ({"service_level": 1}, "/service_level"),
        ({"service_level": -1}, "/service_level"),
        ({"service_level": "NaN"}, "/service_level"),
        ({"lead_time_days": -1}, "/lead_time_days"),
        ({"lead_time_days": 10**12}, "/lead_time_days"),
        ({"review_period_days": 0}, "/review_period_days"),
        ({"maximum": 5}, "/maximum"),
        ({"method": "guess"}, "/method"),
    ],
)
def test_a_wrong_service_level_is_named(admin, depot, item, wrong, pointer):
    assert pointer in pointers(admin.put(AT, SERVICE | wrong))


def test_a_policy_is_taken_away(admin, depot, item, program):
    good(admin.put(AT, SERVICE))
    problem(program(Role.CLINIC, [depot]).delete(AT), 403)
    assert admin.delete(AT).status_code == 204
    problem(admin.get(AT), 404)
    problem(admin.delete(AT), 404)
    problem(admin.delete("/sites/NONE/policies/PARA500"), 404)
