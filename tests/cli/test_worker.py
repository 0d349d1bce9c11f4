"""`flask worker` and the commands in processes of their own: ended, killed, and several at once."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from config import ROOT
from inventory import clock
from inventory.access import Role
from inventory.cli.mail import send_due, write_digests
from inventory.db import atomically, db
from inventory.models import Alert, Mail
from inventory.services import outbox
from inventory.services.outbox import CLAIM, Letter
from tests.cli.sink import Sink, listening
from tests.conftest import SECRET
from tests.factories import create_item, create_site, create_user, stock_up


@pytest.fixture
def sink():
    with listening(Sink()) as found:
        yield found


@pytest.fixture
def flask(live_app, real_db, tmp_path, sink):
    """`flask("mail", "send")`: the command in a process of its own."""
    environ = os.environ | {
        "DATABASE_URL": real_db,
        "RELAIS_INSTANCE": str(tmp_path),
        "SECRET_KEY": SECRET,
        "BASE_URL": "http://localhost",
        "SMTP_URL": sink.url,
        "PYTHONUNBUFFERED": "1",
    }
    running = []

    def start(*args: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "flask", *args]
        out = subprocess.PIPE
        process = subprocess.Popen(
            command, cwd=ROOT, env=environ, stdout=out, stderr=subprocess.STDOUT, text=True
        )
        running.append(process)
        return process

    yield start
    for process in running:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.communicate()


@pytest.fixture
def live(live_app):
    """A session on the test's own database."""
    with live_app.app_context():
        yield db.session()
        db.session.remove()


def put(many: int) -> None:
    def write(s) -> None:
        for number in range(many):
            letter = Letter(f"m{number}", "test", f"r{number}@example.org", "en", "News", "Hello", "<p>Hello")
            outbox.write(s, letter, "relais.example.org")

    atomically(write)


def mails(session) -> list[Mail]:
    session.rollback()
    session.expire_all()
    return list(session.scalars(select(Mail).order_by(Mail.id)))


def ended(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    return output


def until(true, seconds: float = 200) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_two_workers_at_once_write_one_digest_each_and_send_it_once(live, flask, sink):
    site = create_site(live, "CAMP", name="Camp")
    people = [create_user(live, Role.CLINIC, [site], password=None) for _ in range(12)]
    item = create_item(live, "AMOX")
    stock_up(live, site, item, 10, expires_in=2)
    live.rollback()
    rounds = [flask("worker", "--once", "--from", "0") for _ in range(2)]
    told = "".join(ended(each) for each in rounds)
    assert "digests written" in told
    assert live.scalars(select(Alert.kind)).all() != []
    assert Counter(each["To"] for each in sink.mails) == {user.email: 1 for user in people}
    assert all(each.sent_at and each.attempts == 1 for each in mails(live))
    assert write_digests() == (0, 0)
    assert send_due(sink.url).sent == 0


def test_a_sender_killed_in_the_middle_loses_nothing(live, flask, sink):
    put(2)
    sink.hold = True
    process = flask("mail", "send")
    assert sink.reached.wait(200)
    process.kill()
    process.wait()
    sink.hold = False
    held, free = mails(live)
    assert (held.sent_at, held.claimed_until is None, free.claimed_until) == (None, False, None)
    live.rollback()
    assert send_due(sink.url).sent == 1  # the other one
    with clock.pretend(clock.now() + CLAIM + timedelta(seconds=1)):
        assert send_due(sink.url).sent == 1
        assert send_due(sink.url).sent == 0
    assert Counter(each["To"] for each in sink.mails) == {"r0@example.org": 1, "r1@example.org": 1}
    assert [each.attempts for each in mails(live)] == [2, 1]


def test_a_worker_that_is_told_to_end_finishes_what_it_does(live, flask, sink):
    put(2000)
    sink.pause = 0.1
    process = flask("worker", "--every", "1")
    until(lambda: len(sink.mails) >= 2)
    process.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    output = ended(process)
    assert time.monotonic() - begun < 60
    assert output.endswith("Ended.\n")
    found = mails(live)
    assert len(sink.mails) == sum(each.sent_at is not None for each in found) < 2000
    assert [each.id for each in found if each.claim is not None] == []


def test_a_worker_goes_on(live, flask, sink):
    sink.data = ["451 later"]
    process = flask("worker", "--every", "1")
    put(2)
    until(lambda: len(sink.mails) == 1)
    put_more = Letter("more", "test", "more@example.org", "en", "News", "Hello", "<p>Hello")
    atomically(lambda s: outbox.write(s, put_more, "relais.example.org"))
    until(lambda: len(sink.mails) == 2)
    process.terminate()
    assert "1 sent, 1 to be tried again later" in ended(process)
