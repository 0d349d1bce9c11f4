"""Writing: receipts and consumption through the API, rows through `flask import`; beside the same rows written raw."""

import csv
import itertools
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from bench import raw
from bench.serving import ROOT, BenchError, Place, sqlite_place
from bench.talk import Client
from bench.targets import CLINIC, HUB, ITEM

ITEMS = ("PARA-500", "IBU-400", "AMOX-500", "AMLO-5", "METF-500")
DONOR = "VALMEDIS"
SHARED = ROOT.parent / "shared" / "data" / "scms" / "scms_sample.csv"


@dataclass
class Rate:
    """So many things in so many seconds; `raw`, `bare` and `postgresql` are rates beside it, where there is one."""

    name: str
    many: int
    seconds: float
    unit: str
    raw: float | None = None
    bare: float | None = None
    note: str = ""
    clients: int = 0
    postgresql: float | None = None

    @property
    def rate(self) -> float:
        """Things a second."""
        return self.many / self.seconds


_numbers = itertools.count(1)


def receipt() -> dict[str, object]:
    """A receipt of five lots that were never seen before."""
    number, today = next(_numbers), date.today()  # noqa: DTZ011  (the machine's day will do)
    lines = [
        {
            "item": item,
            "lot": f"BENCH-{number}-{place}",
            "quantity": 100 + place,
            "expires_on": (today + timedelta(days=700 + place)).isoformat(),
            "label_languages": ["en"],
            "unit_value": "0.05",
            "currency": "EUR",
            "value_basis": "wholesale",
        }
        for place, item in enumerate(ITEMS)
    ]
    head = {"site": HUB, "donor": DONOR, "received_on": today.isoformat(), "consent_reference": "BENCH"}
    return head | {"lines": lines}


def consumption() -> dict[str, object]:
    """One tablet handed out today."""
    today = date.today().isoformat()  # noqa: DTZ011
    return {"site": CLINIC, "occurred_on": today, "lines": [{"item": ITEM, "quantity": 1}]}


def poster(port: int, path: str, token: str, make: Callable[[], dict[str, object]]) -> Callable[[], int]:
    """Sends one more of them and answers how many bytes came back."""
    client = Client(port, {"Authorization": f"Bearer {token}"})

    def send() -> int:
        answer = client.post_json(path, make())
        if answer.status not in (200, 201):
            raise BenchError(f"POST {path} answered {answer.status}: {answer.text[:500]}")
        return len(answer.body)

    return send


def together(senders: list[Callable[[], int]], each: int) -> float:
    """Seconds until every sender has sent `each`, all at the same time."""
    faults: list[BaseException] = []

    def work(send: Callable[[], int]) -> None:
        try:
            for _ in range(each):
                send()
        except BaseException as fault:  # told below, in the thread that started this one
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(send,)) for send in senders]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise BenchError(f"{faults[0]}")
    return time.perf_counter() - begun


def receipts(
    port: int,
    token: str,
    clients: int,
    each: int,
    bare: int | None = None,
    place: Place | None = None,
    folder: Path | None = None,
) -> Rate:
    """Receipts of five lines a second; beside the bare app at a port, and raw where there is a SQLite file."""
    senders = [poster(port, "/api/v1/receipts", token, receipt) for _ in range(clients)]
    size = max(send() for send in senders)
    before = raw.remember(place.file, folder / f"receipts-{clients}.db") if place and folder else None
    many = clients * each
    found = Rate(
        f"POST /receipts, {clients} client{'s' if clients > 1 else ''}",
        many,
        together(senders, each),
        "receipts",
    )
    found.clients = clients
    if bare:
        found.bare = many / together(
            [poster(bare, f"/json/{size}", token, receipt) for _ in range(clients)], each
        )
    if before:
        seconds, rows = raw.write_again(before, many)
        found.raw, found.note = many / seconds, f"5 lines, {rows / many:.0f} rows each"
    return found


def imported(folder: Path, rows_wanted: int | None = None) -> Rate:
    """Rows a second of `flask import shipments` into an empty database, from its start to its end."""
    place = sqlite_place(folder)
    place.flask("db", "upgrade")
    file, words = (
        (SHARED, ["--mapping", "scms"]) if SHARED.exists() else (_made(folder, rows_wanted or 2000), [])
    )
    before = raw.remember(place.file, folder / "import.db")
    printed, seconds = place.flask("import", "shipments", str(file), *words, "--skip-bad", fine=(0, 1))
    told = json.loads(printed.strip().splitlines()[-1])
    begun = time.perf_counter()
    with file.open(encoding="utf-8", errors="replace", newline="") as text:
        lines = sum(1 for _ in csv.reader(text)) - 1
    reading = time.perf_counter() - begun
    writing, written = raw.write_again(before, 1)
    what = "the SCMS sample" if words else "made rows"
    return Rate(
        f"flask import shipments, {what}",
        told["rows"],
        seconds,
        "rows",
        lines / (reading + writing),
        note=f"{written / max(told['rows'], 1):.0f} rows written for each",
    )


def _made(folder: Path, rows: int) -> Path:
    """A CSV of shipments, three lines each, for machines without the shared sample."""
    place = Place(folder, f"sqlite:///{folder}/relais.db")
    for kind, header, lines in (
        (
            "sites",
            "code,name,kind,country",
            ["BENCH-A,Bench A,warehouse,FR", "BENCH-B,Bench B,dispensary,IQ"],
        ),
        ("items", "code,name,base_unit,category", [f"BENCH-{n},Item {n},tablet,medicine" for n in range(50)]),
    ):
        made = folder / f"{kind}.csv"
        made.write_text("\n".join([header, *lines, ""]))
        place.flask("import", kind, str(made))
    file = folder / "shipments.csv"
    head = "line_id,reference,origin,destination,mode,item,quantity,delivered_on"
    body = [
        f"{n},BENCH-{n // 3},BENCH-A,BENCH-B,road,BENCH-{n % 50},{10 + n % 90},2025-03-{1 + n % 28:02d}"
        for n in range(rows)
    ]
    file.write_text("\n".join([head, *body, ""]))
    return file
