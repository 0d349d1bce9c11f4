"""One run: what is measured, in its order."""

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import evaluation, raw, statements, targets, writes
from bench.serving import BenchError, Place, Served, app_served, bare_served, sqlite_place
from bench.talk import Client, Figures, side_by_side
from bench.targets import Target
from bench.weights import Weight, weigh
from scripts.postgres import PostgresMissing, serving

ROLES = ("admin", "coordinator", "warehouse", "clinic", "donor", "viewer")
WEIGHED = ("home, coordinator", "receipt form", "stock by item", "donation, as its donor")


@dataclass
class Latency:
    """One page or call: ours, and what it stands beside."""

    ours: Figures
    bare: Figures
    raw: Figures | None = None
    size: int = 0
    statements: int | None = None
    postgresql: Figures | None = None


@dataclass
class Bench:
    """The figures. `tries` is how often each page is asked for."""

    folder: Path
    tries: int
    say: Callable[[str], None]
    facts: dict[str, Any] = field(default_factory=dict)
    pages: dict[str, Latency] = field(default_factory=dict)
    calls: dict[str, Latency] = field(default_factory=dict)
    rates: list[writes.Rate] = field(default_factory=list)
    weights: dict[str, Weight] = field(default_factory=dict)

    def measure(self, *, postgresql: bool) -> None:
        """Everything, one after the other."""
        self.facts |= {"cores": os.cpu_count(), "python": platform.python_version(), "tries": self.tries}
        self.facts["busy"] = round(os.getloadavg()[0], 1)
        self.say("the demonstration, on SQLite")
        place = sqlite_place(self.folder / "sqlite")
        place.flask("db", "upgrade")
        self.facts["demonstration_seconds"] = round(place.flask("demo", "load")[1], 1)
        tokens = _tokens(place)
        kept = self.folder / "relais.backup"
        place.flask("backup", str(kept))
        pages, reads = targets.pages(place.file), targets.reads()
        with bare_served(self.folder / "bare") as bare, app_served(place) as app:
            self.facts["start_seconds"] = round(app.seconds, 1)
            people = _people(app)
            callers = {
                role: Client(app.port, {"Authorization": f"Bearer {token}"}) for role, token in tokens.items()
            }
            self.say(f"{len(pages)} pages")
            for target in pages:
                self.pages[target.name] = self._beside(target, people[target.role], bare, "html")
            for name in WEIGHED:
                target = next(each for each in pages if each.name == name)
                self.weights[name] = weigh(people[target.role], target.path)
            self.weights["sign-in"] = weigh(Client(app.port), "/login")
            self.say(f"{len(reads) + 1} calls of the API")
            for target in reads:
                read = raw.reader(place.file, target.raw or "")
                self.calls[target.name] = self._beside(target, callers[target.role], bare, "json", read)
            self._consumption(place, app, bare, tokens["clinic"])
            self.say("receipts")
            for clients, each in ((1, self.tries), (8, max(4, self.tries // 4))):
                self.rates.append(
                    writes.receipts(
                        app.port, tokens["warehouse"], clients, each, bare.port, place, self.folder
                    )
                )
        for target in (*pages, *reads):
            found = self.pages.get(target.name) or self.calls[target.name]
            found.statements = statements.count(place, target, tokens)
        self.say("an import")
        self.rates.append(writes.imported(self.folder / "import"))
        place.flask("ledger", "verify")
        self.say("alerts of 100,000 pairs")
        evaluations = evaluation.evaluated(self.folder / "evaluation")
        self.rates += evaluations
        if postgresql:
            self._on_postgresql(kept, tokens, pages, reads, evaluations)

    def _beside(
        self,
        target: Target,
        client: Client,
        bare: Served,
        kind: str,
        read: Callable[[], object] | None = None,
    ) -> Latency:
        """Ours, the bare app answering as many bytes, and the raw read, in turn."""
        size = len(_get(client, target).body)
        idle = Client(bare.port)
        works: list[Callable[[], object]] = [
            lambda: _get(client, target),
            lambda: idle.ask("GET", f"/{kind}/{size}"),
        ]
        found = side_by_side([*works, read] if read else works, self.tries)
        return Latency(found[0], found[1], found[2] if read else None, size)

    def _consumption(self, place: Place, app: Served, bare: Served, token: str) -> None:
        """One tablet handed out, again and again."""
        send = writes.poster(app.port, "/api/v1/consumptions", token, writes.consumption)
        size = send()
        idle = writes.poster(bare.port, f"/json/{size}", token, writes.consumption)
        before = raw.remember(place.file, self.folder / "consumption.db")
        ours, theirs = side_by_side([send, idle], self.tries, warm=0)
        seconds, _rows = raw.write_again(before, self.tries)
        self.calls["POST /consumptions"] = Latency(ours, theirs, Figures((seconds / self.tries,)), size)

    def _on_postgresql(
        self,
        kept: Path,
        tokens: dict[str, str],
        pages: list[Target],
        reads: list[Target],
        evaluations: list[writes.Rate],
    ) -> None:
        """The same, fewer times, on a server of our own that keeps what it is told; the data is the same backup."""
        try:
            with serving(durable=True) as server:
                self.say("the same on PostgreSQL")
                place = Place(self.folder / "sqlite", server.create("bench"))
                place.flask("restore", str(kept))
                with app_served(place) as app:
                    people = _people(app)
                    for target in pages:
                        self.pages[target.name].postgresql = self._alone(target, people[target.role])
                    for target in reads:
                        caller = Client(app.port, {"Authorization": f"Bearer {tokens[target.role]}"})
                        self.calls[target.name].postgresql = self._alone(target, caller)
                    send = writes.poster(
                        app.port, "/api/v1/consumptions", tokens["clinic"], writes.consumption
                    )
                    self.calls["POST /consumptions"].postgresql = side_by_side([send], self.tries // 2)[0]
                    for rate in self.rates:
                        if rate.clients:
                            there = writes.receipts(
                                app.port, tokens["warehouse"], rate.clients, max(4, self.tries // 4)
                            )
                            rate.postgresql = there.rate
                self.say("alerts of 100,000 pairs there")
                world = Place(self.folder / "sqlite", server.create("pairs"))
                evaluation.on_postgresql(world, evaluations)
        except PostgresMissing as why:
            self.facts["postgresql"] = str(why)

    def _alone(self, target: Target, client: Client) -> Figures:
        return side_by_side([lambda: _get(client, target)], max(8, self.tries // 2))[0]


def _get(client: Client, target: Target) -> Any:
    answer = client.ask("GET", target.path)
    if answer.status != 200:
        raise BenchError(f"GET {target.path} as {target.role} answered {answer.status}: {answer.text[:300]}")
    return answer


def _tokens(place: Place) -> dict[str, str]:
    return {
        role: place.flask("tokens", "create", "--email", f"{role}@demo.example")[0].strip()
        for role in ("coordinator", "warehouse", "clinic")
    }


def _people(app: Served) -> dict[str, Client]:
    """Somebody of each role, signed in."""
    people = {role: Client(app.port) for role in ROLES}
    for role, client in people.items():
        client.sign_in(f"{role}@demo.example", targets.PASSWORD)
    return people
