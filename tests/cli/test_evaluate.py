"""`flask alerts evaluate`: site by site, twice at once, killed midway, beside those who post."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from config import ROOT
from inventory import clock
from inventory.access import SYSTEM
from inventory.cli import rounds
from inventory.db import atomically, db
from inventory.models import Alert, AlertRound, Balance, Item, Location, Lot, Site
from inventory.services import alerts
from inventory.services.consumption import Consumption, ConsumptionLine, consume
from inventory.services.demo.artificial import Size, generate
from tests.conftest import SECRET

SITES = 8
Process = subprocess.Popen[str]


@pytest.fixture
def world(ready_app: Flask) -> Flask:
    """Eight sites (one of them a partner's) with sixty items each."""
    atomically(lambda s: generate(s, Size(SITES, 60, 200, 1500), 1))
    return ready_app


@pytest.fixture
def start(world: Flask, real_db: str, tmp_path: Path) -> Callable[..., Process]:
    """Start the command as a process of its own."""

    def call(*more: str) -> Process:
        environ = os.environ | {
            "DATABASE_URL": real_db,
            "RELAIS_INSTANCE": str(tmp_path),
            "SECRET_KEY": SECRET,
        }
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "alerts", "evaluate", *more]
        return subprocess.Popen(
            command, cwd=ROOT, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    return call


def told(process: Process) -> str:
    out, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    return out


def state() -> list[tuple[Any, ...]]:
    """Every alert as it matters, however it came about."""
    db.session.rollback()
    columns = (Alert.kind, Alert.subject, Alert.severity, Alert.quantity, Alert.threshold, Alert.occurrence)
    settled = Alert.resolved_at.is_not(None)
    return [tuple(row) for row in db.session.execute(select(*columns, settled).order_by(*columns, settled))]


def test_twice_at_once_is_as_once(start):
    both = [start(), start()]
    lines = [told(each).strip().splitlines()[-1] for each in both]
    pairs = sum(int(line.split()[0]) for line in lines)
    # Each site was looked at once, or again by whoever began after that.
    assert pairs in range(420, 841), lines
    once = state()
    assert len({row[:2] for row in once}) == len(once) > 100
    assert atomically(alerts.evaluate) == 420
    assert state() == once


def test_killed_midway_it_goes_on_from_there(start, tmp_path):
    first = start()
    until = time.monotonic() + 60
    while first.poll() is None and time.monotonic() < until:
        db.session.rollback()
        if db.session.scalar(select(func.count()).select_from(AlertRound)):
            break
        time.sleep(0.01)
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=60)
    assert "pairs of site and item looked at" in told(start())
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(AlertRound)) == SITES
    rerun = state()
    atomically(alerts.evaluate)
    assert state() == rerun


def test_what_was_done_before_an_interruption_stays_done(world, monkeypatch):
    evaluate_site, seen = alerts.evaluate_site, []

    def interrupted(session, site_id, *args, **kwargs):
        if len(seen) == 3:
            raise KeyboardInterrupt
        seen.append(site_id)
        return evaluate_site(session, site_id, *args, **kwargs)

    monkeypatch.setattr(alerts, "evaluate_site", interrupted)
    with pytest.raises(KeyboardInterrupt):
        rounds.go_round()
    monkeypatch.undo()
    db.session.rollback()
    done = set(db.session.scalars(select(AlertRound.site_id)))
    assert done == set(seen)
    order = alerts.sites_to_evaluate(db.session())
    assert set(order[: SITES - 3]).isdisjoint(done)
    assert rounds.go_round().sites == SITES


def test_a_site_that_fails_does_not_keep_the_others(world, monkeypatch):
    evaluate_site = alerts.evaluate_site

    def failing(session, site_id, *args, **kwargs):
        if site_id == 2:
            raise OperationalError("SELECT", {}, Exception("the disk is full"))
        return evaluate_site(session, site_id, *args, **kwargs)

    monkeypatch.setattr(alerts, "evaluate_site", failing)
    result = world.test_cli_runner().invoke(args=["alerts", "evaluate"])
    assert result.exit_code == 1
    assert "1 sites could not be evaluated" in result.output
    assert "the disk is full" in result.output
    assert "360 pairs of site and item looked at" in result.output
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(AlertRound)) == SITES - 1


def test_beside_those_who_post(world):
    """Consumption all the while: in the end the alerts are what they would be, looked at once."""
    ready, stop, posted = threading.Event(), threading.Event(), []
    stock = (
        select(Site.code, Item.code, Lot.number)
        .join(Location, Location.site_id == Site.id)
        .join(Balance, Balance.location_id == Location.id)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .where(Location.kind == "stock", Balance.on_hand > 0, Lot.expires_on > clock.today())
        .order_by(Lot.id)
    )
    lots = [tuple(row) for row in db.session.execute(stock)]
    db.session.rollback()

    def post() -> None:
        with world.app_context():
            for site, item, lot in lots:
                if stop.is_set():
                    break
                command = Consumption(site, clock.today(), [ConsumptionLine(item, 1, lot)])
                atomically(partial(consume, actor=SYSTEM, command=command))
                posted.append(site)
                ready.set()
            db.session.remove()

    thread = threading.Thread(target=post)
    thread.start()
    try:
        ready.wait(60)
        for _ in range(3):
            assert not rounds.go_round().failed
    finally:
        stop.set()
        thread.join(60)
    assert posted
    left = state()
    atomically(alerts.evaluate)
    assert state() == left


def test_as_if_it_were_another_day(world):
    run = world.test_cli_runner().invoke
    result = run(args=["alerts", "evaluate", "--on", (clock.today() + timedelta(days=400)).isoformat()])
    assert result.exit_code == 0
    assert result.output == "420 pairs of site and item looked at\n"
    expired = select(func.count()).where(Alert.kind == "expired", Alert.resolved_at.is_(None))
    db.session.rollback()
    assert db.session.scalar(expired) > 50
    assert run(args=["alerts", "evaluate", "--on", "tomorrow"]).exit_code == 2


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_that_cannot_be_right_is_refused(world, day):
    result = world.test_cli_runner().invoke(args=["alerts", "evaluate", "--on", day])
    assert result.exit_code == 2 and "cannot be right" in result.output
