"""Forty programs at ten tablets, through the server that production runs: ten get one, thirty are told why not."""

import concurrent.futures
import json
import urllib.error
import urllib.request
from collections import Counter

import pytest

from inventory import clock
from tests.api.test_idempotency import world

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def post(url, token, body):
    """(status, media type) of a POST."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers, method="POST")
    try:
        with OPENER.open(request, timeout=60) as answer:
            return answer.status, answer.headers["Content-Type"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"]


@pytest.mark.slow
def test_forty_at_ten_give_exactly_ten(live_server):
    token = world(live_server.app)
    body = {
        "site": "DEPOT",
        "occurred_on": clock.today().isoformat(),
        "lines": [{"item": "PARA500", "quantity": 1}],
    }
    url = f"{live_server.url}/api/v1/consumptions"
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        answers = Counter(status for status, _ in pool.map(lambda _: post(url, token, body), range(40)))
    assert answers == {201: 10, 409: 30}


def test_a_huge_body_gets_its_answer(live_server):
    """The sender gets to read it, although the body was not wanted."""
    token = world(live_server.app)
    for size in (2, 20):
        answer = post(f"{live_server.url}/api/v1/donors", token, b" " * (size * 1024 * 1024))
        assert answer == (413, "application/problem+json")
