"""Pages used as a browser without script does: forms are sent with all that they hold, changed here and there."""

from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse


class _Form(HTMLParser):
    """The fields of the form that posts and holds most fields."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, MultiDict[str, str]]] = []
        self._inside = False
        self._hidden = 0
        self._select: str | None = None
        self._first: str | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "template":
            self._hidden += 1
        if tag == "form":
            self._inside = (given.get("method") or "get").lower() == "post"
            if self._inside:
                self.forms.append((given.get("action") or "", MultiDict()))
        if not self._inside or self._hidden:
            return
        self._control(tag, given, self.forms[-1][1])

    def _control(self, tag: str, given: dict[str, str | None], data: "MultiDict[str, str]") -> None:
        name, value = given.get("name") or "", given.get("value")
        if tag == "input" and name:
            ticked = "checked" in given
            if given.get("type") not in ("checkbox", "radio"):
                data.add(name, value or "")
            elif ticked:
                data.add(name, value or "on")
        elif tag == "select":
            self._select, self._first = name, None
        elif tag == "option" and self._select is not None:
            if "selected" in given:
                data.add(self._select, value or "")
            elif self._first is None:
                self._first = value or ""
        elif tag == "textarea":
            self._area = name
            data.add(name, "")

    def handle_data(self, data: str) -> None:
        if self._inside and self._area and not self._hidden:
            held = self.forms[-1][1]
            held[self._area] = held[self._area] + data

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._hidden -= 1
        elif tag == "form":
            self._inside = False
        elif tag == "textarea":
            self._area = None
        elif tag == "select" and self._select is not None:
            if self._inside and not self._hidden and self._select not in self.forms[-1][1]:
                self.forms[-1][1].add(self._select, self._first or "")
            self._select = None


def fields(page: TestResponse, action: str | None = None) -> MultiDict[str, str]:
    """What a browser would send of the page's largest form, or of the one with that action."""
    reader = _Form()
    reader.feed(page.text)
    fitting = [data for to, data in reader.forms if action is None or to.endswith(action)]
    assert fitting, f"no form in {page.request.path} ({page.status_code})"
    return max(fitting, key=len)


def changed(data: MultiDict[str, str], changes: dict[str, Any]) -> MultiDict[str, str]:
    """`data` with fields set; None takes one out (a box that is not ticked), a list sets several."""
    sent = data.copy()
    for name, value in changes.items():
        sent.poplist(name)
        if isinstance(value, list):
            sent.setlist(name, [str(each) for each in value])
        elif value is not None:
            sent[name] = str(value)
    return sent


def send(client: FlaskClient, path: str, changes: dict[str, Any] | None = None, **more: Any) -> TestResponse:
    """Open a page, change fields of its form, send it."""
    page = client.get(path)
    assert page.status_code == 200, (path, page.status_code, page.text)
    return client.post(path, data=changed(fields(page), (changes or {}) | more))


def resend(
    client: FlaskClient, page: TestResponse, changes: dict[str, Any] | None = None, **more: Any
) -> TestResponse:
    """Send the form of a page that was just shown, with fields changed."""
    return client.post(page.request.path, data=changed(fields(page), (changes or {}) | more))


def post(
    client: FlaskClient, path: str, data: dict[str, Any] | None = None, at: str = "/account"
) -> TestResponse:
    """Send a small form that stands on the page `at` (a button): its token and `data`."""
    token = fields(client.get(at))["csrf_token"]
    return client.post(path, data={"csrf_token": token, **(data or {})})
