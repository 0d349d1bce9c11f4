"""Artificial worlds have exactly the size that was asked for, and their balances can be proved."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from inventory import clock
from inventory.db import atomically, db
from inventory.errors import Conflict, Invalid
from inventory.ledger import verify
from inventory.models import Balance, Item, Location, Lot, Movement, Policy, Posting, Site
from inventory.models.words import SiteKind
from inventory.services import alerts
from inventory.services.demo.artificial import DAYS, Size, generate, kinds_of
from inventory.services.numbers import next_number


def count(table: type) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize(
    "size", [Size(7, 12, 60, 900), Size(1, 1, 1, 1), Size(3, 5, 4, 50), Size(25, 6, 40, 56)]
)
def test_it_is_exactly_that_size_and_in_order(ready_app: Flask, size: Size):
    atomically(lambda s: generate(s, size, 7))
    assert Size(count(Site), count(Item), count(Lot), count(Movement)) == size
    assert count(Policy) == size.sites * size.items
    assert verify(db.session()).faults == []


def test_its_documents_and_alerts_go_on_from_there(ready_app: Flask):
    atomically(lambda s: generate(s, Size(6, 10, 40, 400), 1))
    year = clock.now().year
    known = db.session.scalars(select(Posting.document).where(Posting.kind == "receipt")).all()
    assert atomically(lambda s: next_number(s, "GRN")) == f"GRN-{year}-{len(known) + 1:06d}"
    assert atomically(alerts.evaluate) == (6 - 1) * 10
    held = select(func.count(Location.site_id.distinct())).join(Balance, Balance.location_id == Location.id)
    assert db.session.scalar(held) == 6
    begun = db.session.scalars(select(func.min(Posting.occurred_on))).one()
    assert (clock.today() - begun).days <= DAYS + 1


def test_kinds_of_sites():
    for sites in (1, 4, 5, 19, 40, 200):
        kinds = kinds_of(sites)
        assert len(kinds) == sites
        assert kinds.count(SiteKind.WAREHOUSE) <= sites / 5
        assert sites < 5 or set(kinds) == set(SiteKind)


def test_a_database_in_use_is_left_alone(ready_app: Flask):
    atomically(lambda s: generate(s, Size(1, 1, 1, 1), 1))
    with pytest.raises(Conflict):
        atomically(lambda s: generate(s, Size(1, 1, 1, 1), 1))


def test_too_few_movements(ready_app: Flask):
    with pytest.raises(Invalid):
        atomically(lambda s: generate(s, Size(5, 5, 50, 49), 1))
    arguments = ["demo", "generate", "--sites", "5", "--items", "5", "--lots", "50", "--movements", "49"]
    result = ready_app.test_cli_runner().invoke(args=arguments)
    assert result.exit_code == 1
    assert "at least" in result.output
    assert count(Site) == 0


def test_the_same_seed_gives_the_same_world(ready_app: Flask):
    arguments = ["demo", "generate", "--sites", "5", "--items", "5", "--lots", "20", "--movements", "200"]
    result = ready_app.test_cli_runner().invoke(args=[*arguments, "--seed", "3"])
    assert result.exit_code == 0, result.output
    assert "movements a second" in result.output
    total = db.session.scalar(select(func.sum(Movement.quantity * Movement.lot_id)))
    db.session.rollback()
    again = Size(5, 5, 20, 200)
    with pytest.raises(Conflict):
        atomically(lambda s: generate(s, again, 3))
    assert total == db.session.scalar(select(func.sum(Movement.quantity * Movement.lot_id)))
