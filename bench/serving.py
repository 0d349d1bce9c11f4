"""Starting what is measured: the app as `make run` does, and the bare one under the same gunicorn settings."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
SECRET = "only-for-the-benchmark-" + "0" * 16
_OURS = (
    "DATABASE_URL",
    "SECRET_KEY",
    "HOST",
    "PORT",
    "BASE_URL",
    "SMTP_URL",
    "RELAIS_INSTANCE",
    "API_RATE_LIMIT",
)


class BenchError(Exception):
    """Something could not be measured; its text says what."""


@dataclass(frozen=True)
class Place:
    """An instance of its own: where its files lie and which database it has."""

    folder: Path
    database_url: str

    @property
    def file(self) -> Path:
        """The SQLite file."""
        return Path(self.database_url.removeprefix("sqlite:///"))

    def environment(self, **more: str) -> dict[str, str]:
        """What a command of the app needs: nothing of the caller's own settings."""
        kept = {name: value for name, value in os.environ.items() if name not in _OURS}
        ours = {"DATABASE_URL": self.database_url, "RELAIS_INSTANCE": str(self.folder), "SECRET_KEY": SECRET}
        return kept | ours | {"DEMO": "no", "HOST": "127.0.0.1", "SMTP_URL": "", "API_RATE_LIMIT": ""} | more

    def flask(self, *words: str, fine: tuple[int, ...] = (0,)) -> tuple[str, float]:
        """Run a command; what it printed and the seconds that it took."""
        begun = time.perf_counter()
        done = subprocess.run(
            [PYTHON, "-m", "flask", *words],
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - begun
        if done.returncode not in fine:
            raise BenchError(f"flask {' '.join(words)} failed: {done.stderr.strip()[-2000:]}")
        return done.stdout, seconds


def sqlite_place(folder: Path) -> Place:
    """A new instance on SQLite in `folder`, which is made."""
    folder.mkdir()
    return Place(folder, f"sqlite:///{folder}/relais.db")


@dataclass(frozen=True)
class Served:
    """A server that answers, and how long it took until it did."""

    port: int
    seconds: float


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def app_served(place: Place) -> Iterator[Served]:
    """The app on `place`, started as `make run` does once everything is set up."""
    port = free_port()
    command = [PYTHON, "scripts/serve.py", "--no-control-socket", "--log-level", "warning"]
    with _running(
        command, place.environment(PORT=str(port)), port, "/healthz", place.folder / "log"
    ) as served:
        yield served


@contextlib.contextmanager
def bare_served(folder: Path) -> Iterator[Served]:
    """The bare app under the same settings of gunicorn."""
    port = free_port()
    command = [PYTHON, "-m", "gunicorn", "--log-level", "warning", "bench.bare:app"]
    environment = sqlite_place(folder).environment(PORT=str(port))
    with _running(command, environment, port, "/html/1", folder / "log") as served:
        yield served


@contextlib.contextmanager
def _running(
    command: list[str], environment: dict[str, str], port: int, path: str, log: Path
) -> Iterator[Served]:
    begun = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        while not _answers(f"http://127.0.0.1:{port}{path}"):
            if process.poll() is not None or time.perf_counter() - begun > 60:
                raise BenchError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.02)
        yield Served(port, time.perf_counter() - begun)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False
