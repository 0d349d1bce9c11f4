"""One who asks over one kept connection, and the figures of what was asked."""

import gzip
import http.client
import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from bench.serving import BenchError

CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass
class Answer:
    """Status, headers (names in small letters) and body as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text, unpacked."""
        body = gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body
        return body.decode("utf-8", "replace")


@dataclass
class Client:
    """Keeps its connection, its cookies and its token."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, method: str, path: str, body: bytes | None = None, **more: str) -> Answer:
        """Send a request and read the whole answer. A connection that was closed meanwhile is opened again."""
        headers = self.headers | {name.replace("_", "-"): value for name, value in more.items()}
        try:
            return self._ask(method, path, body, headers)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self._connection.close()
            return self._ask(method, path, body, headers)

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                self._keep(value.split(";")[0])
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content)

    def _keep(self, cookie: str) -> None:
        known = dict(part.split("=", 1) for part in self.headers.get("Cookie", "").split("; ") if part)
        name, _, value = cookie.partition("=")
        self.headers["Cookie"] = "; ".join(f"{each}={text}" for each, text in (known | {name: value}).items())

    def post_json(self, path: str, body: Any, **more: str) -> Answer:
        """POST `body` as JSON."""
        return self.ask("POST", path, json.dumps(body).encode(), Content_Type="application/json", **more)

    def sign_in(self, email: str, password: str) -> None:
        """Sign in through the form, as a person does."""
        found = CSRF.search(self.ask("GET", "/login").text)
        if found is None:
            raise BenchError("the sign-in page has no form")
        form = urlencode({"csrf_token": found[1], "email": email, "password": password}).encode()
        answer = self.ask("POST", "/login", form, Content_Type="application/x-www-form-urlencoded")
        if answer.status not in (302, 303):
            raise BenchError(f"{email} could not sign in: {answer.status}")


@dataclass(frozen=True)
class Figures:
    """Seconds of every try, told in milliseconds."""

    seconds: tuple[float, ...]

    def at(self, share: float) -> float:
        """The value below which `share` of the tries lie, in milliseconds."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def p50(self) -> float:
        """The middle one."""
        return self.at(0.50)

    @property
    def p95(self) -> float:
        """What nineteen of twenty stay below."""
        return self.at(0.95)


def side_by_side(works: Sequence[Callable[[], object]], tries: int, warm: int = 4) -> list[Figures]:
    """Time each of `works` in turn, `tries` rounds of it, so that whatever else the machine does meets all of them."""
    for work in works:
        for _ in range(warm):
            work()
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(tries):
        for work, seconds in zip(works, taken, strict=True):
            begun = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - begun)
    return [Figures(tuple(seconds)) for seconds in taken]
