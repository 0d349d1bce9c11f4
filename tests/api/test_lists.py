"""A longer list takes no more questions to the database."""

import pytest

from tests.api.conftest import good
from tests.api.test_donations import MONEY
from tests.api.test_shipments import packed
from tests.factories import create_item, stock_up

LISTS = (
    *(
        "/items",
        "/sites",
        "/donors",
        "/stock",
        "/movements?site=DEPOT&item=PARA500",
        "/sites/DEPOT/stock-status",
    ),
    *("/requisitions", "/shipments", "/donations", "/alerts", "/sync/events"),
)


@pytest.mark.parametrize("path", LISTS)
def test_as_many_queries_for_six_rows_as_for_two(
    admin, session, depot, clinic, item, donor, count_queries, path
):
    stock_up(session, depot, item, 100, donor=donor)

    def grow(many):
        for _ in range(many):
            other = create_item(session)
            stock_up(session, depot, other, 5, expires_in=30)
            shipment = packed(admin, 1)
            good(admin.post("/donations", MONEY | {"shipment": shipment}), 201)
            asked = {"site": "CLINIC", "kind": "regular", "lines": [{"item": "PARA500", "quantity": 1}]}
            good(admin.post("/requisitions", asked), 201)
            bad = {"id": "no uuid", "n": shipment, "data": {"site": "DEPOT"}}
            good(admin.post("/sync", {"device": "d", "events": [bad]}))

    grow(2)
    good(admin.get(path))  # notes the use of the token
    with count_queries() as before:
        good(admin.get(path))
    grow(4)
    with count_queries() as after:
        good(admin.get(path))
    assert len(after) == len(before)
