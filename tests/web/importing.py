"""The import wizard as a browser without script goes through it."""

import io
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from werkzeug.test import TestResponse

from inventory.models import ImportFile
from tests.web.driving import changed, fields
from tests.web.world import World


def start_clean(app: Any) -> None:
    """The instance folder is the same for all tests of a run."""
    shutil.rmtree(Path(app.config["RELAIS"].instance) / "uploads", ignore_errors=True)


def upload(world: World, role: str, kind: str, name: str, content: bytes | str) -> TestResponse:
    raw = content.encode() if isinstance(content, str) else content
    sent = {"kind": kind, "file": (io.BytesIO(raw), name)}
    return world.post(role, "/imports/new", sent, content_type="multipart/form-data")


def begin(world: World, role: str, kind: str, name: str, content: bytes | str) -> str:
    """Upload, and the address of the import."""
    answer = upload(world, role, kind, name, content)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].removesuffix("/columns").split("localhost")[-1]


def tell(
    world: World, role: str, at: str, changes: Mapping[str, Any] | None = None, query: str = ""
) -> TestResponse:
    """Send the page of the columns as it is, with changes."""
    page = world.get(role, f"{at}/columns{query}")
    assert page.status_code == 200, page.text
    given = {**(changes or {})}
    for header, name in given.pop("columns", {}).items():
        given[column(page, header)] = name
    world.session.commit()
    return world.of(role).post(f"{at}/columns{query}", data=changed(fields(page, ""), given))


def column(page: TestResponse, header: str) -> str:
    found = re.search(rf'for="(column-\d+)"><bdi>{re.escape(header)}</bdi>', page.text)
    assert found is not None, header
    return found.group(1)


def work(world: World, role: str, at: str) -> ImportFile:
    """Go on until the file waits for a person."""
    for _ in range(60):
        file = the_file(world, at)
        if file.status not in ("reading", "checking", "running"):
            return file
        assert world.post(role, f"{at}/work").status_code == 303
    raise AssertionError("it never ends")


def take(world: World, role: str, at: str, what: str = "good") -> ImportFile:
    assert world.post(role, f"{at}/start", {"take": what}).status_code == 303
    return work(world, role, at)


def the_file(world: World, at: str) -> ImportFile:
    world.session.expire_all()
    return world.session.get_one(ImportFile, int(at.rsplit("/", 1)[1]))


def count(world: World, table: Any) -> int:
    world.session.expire_all()
    return world.session.scalar(select(func.count()).select_from(table)) or 0


def uploads(world: World) -> list[str]:
    folder = Path(world.app.config["RELAIS"].instance) / "uploads"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def guessed(page: TestResponse) -> dict[str, str]:
    """header -> the field that the page has chosen."""
    found = {}
    for part in page.text.split("<tr>")[1:]:
        header = re.search(r"<bdi>(.*?)</bdi></label>", part)
        chosen = re.search(r'<option value="([^"]*)" selected>', part)
        if header:
            found[header.group(1)] = chosen.group(1) if chosen else ""
    return found


def name_items(world: World, role: str, at: str, answer: str = "+") -> ImportFile:
    """Go on until every unknown item has the same answer."""
    while work(world, role, at).status == "matching":
        page = world.get(role, f"{at}/items")
        data = {name: answer for name in fields(page, "") if name.startswith("item-")}
        assert world.post(role, f"{at}/items", data).status_code == 303
    return the_file(world, at)
