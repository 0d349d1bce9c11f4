"""Migrations: up, down and up again, with data; the head is what the models say."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config import ROOT
from inventory import clock, ledger
from inventory.access import SYSTEM, Role
from inventory.db import Base, db
from inventory.models import Item, Movement, Site
from inventory.services import (
    alert_rules,
    alerts,
    authorisations,
    consumption,
    kits,
    levels,
    outbox,
    packing,
    planning,
    requisitions,
    shipments,
    shipping,
    sites,
)
from tests.factories import create_donor, create_item, create_site, create_user, stock_up

VERSIONS = [each.revision for each in ScriptDirectory(str(ROOT / "migrations")).walk_revisions()][::-1]


@pytest.fixture
def bare_app(live_app: Flask) -> Iterator[Flask]:
    """An app over a database without any table."""
    with live_app.app_context():
        Base.metadata.drop_all(db.engine)
        with db.engine.begin() as connection:
            connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
        yield live_app
        db.session.remove()


@pytest.fixture
def to(bare_app: Flask) -> Callable[..., None]:
    """`to(revision)`: migrate up or down to it."""

    def move(revision: str, *, down: bool = False) -> None:
        db.session.remove()
        (downgrade if down else upgrade)(directory=str(ROOT / "migrations"), revision=revision)

    return move


def fill() -> None:
    """Something in as many tables as one story reaches."""
    session = db.session()
    depot, clinic = create_site(session), create_site(session, kind="dispensary")
    item, donor = create_item(session), create_donor(session)
    create_user(session, Role.CLINIC, [clinic])
    levels = {"method": "fixed", "reorder_point": 50, "maximum": 100, "emergency_point": 20}
    sites.set_policy(session, SYSTEM, clinic.code, item.code, levels)
    stock_up(session, depot, item, 100, lot="L1", donor=donor)
    asked = requisitions.NewRequisition(clinic.code, "regular", [requisitions.AskedLine(item.code, 50)])
    number = requisitions.draft(session, SYSTEM, asked).number
    requisitions.submit(session, SYSTEM, number)
    requisitions.approve(session, SYSTEM, number)
    command = shipments.NewShipment(depot.code, clinic.code, "road", requisition=number)
    shipment = shipments.draft(session, SYSTEM, command).number
    packing.pack_requisition(session, SYSTEM, shipment, packing.NewPackage("pallet"))
    shipping.dispatch(session, SYSTEM, shipment, clock.now())
    arrived = [shipping.ArrivedLine(item.code, "L1", 40, 5)]
    shipping.receive(session, SYSTEM, shipment, shipping.Arrival(clock.now(), arrived))
    line = consumption.ConsumptionLine(item.code, 7)
    consumption.consume(session, SYSTEM, consumption.Consumption(clinic.code, clock.today(), [line]))
    _foresee(session, depot, clinic, item)
    alerts.evaluate(session)
    session.commit()


def _foresee(session: Session, depot: Site, clinic: Site, item: Item) -> None:
    """What people know of the time to come, papers and mails."""
    today, kit = clock.today(), create_item(session)
    kits.set_kit(session, SYSTEM, kits.KitContent(kit.code, 100, Decimal(3), [kits.InKit(item.code, 5)]))
    visits = planning.Plan(clinic.code, today, Decimal(5), 40, 900, kit.code)
    planning.set_plan(session, SYSTEM, visits)
    closed = planning.MonthsByHand(clinic.code, item.code, today, today, Decimal(3), "snow")
    planning.set_months(session, SYSTEM, closed)
    planning.assume(session, SYSTEM, planning.Assumption(clinic.code, item.code, Decimal(9)))
    service = {
        "method": "service",
        "lead_time_days": 7,
        "review_period_days": 30,
        "service_level": Decimal("0.95"),
    }
    levels.set_policy(session, SYSTEM, depot.code, item.code, service)
    levels.propose_defaults(session, SYSTEM)
    alert_rules.set_rule(session, SYSTEM, {"site": clinic.code, "horizons": [60, 30]})
    paper = {"site": clinic.code, "place": "Camp", "valid_from": today, "valid_until": today}
    authorisations.add_authorisation(session, SYSTEM, paper)
    letter = outbox.Letter("test", "digest", "nurse@example.org", "ar", "Subject", "Text", "<p>Text</p>")
    outbox.write(session, letter, "example.org")


def rows() -> dict[str, int]:
    """table -> how many rows it has, of those that are there."""
    with db.engine.connect() as connection:
        there = set(inspect(connection).get_table_names())
        return {
            table.name: connection.scalar(text(f'SELECT count(*) FROM "{table.name}"'))
            for table in Base.metadata.sorted_tables
            if table.name in there
        }


def test_the_head_is_what_the_models_say(to: Callable[..., None]):
    to("head")
    check(directory=str(ROOT / "migrations"))  # ends the program where it is not


def promises() -> dict[str, set[tuple[object, ...]]]:
    """table -> what it promises: its columns, keys and checks by name."""
    seen = inspect(db.engine)
    found: dict[str, set[tuple[object, ...]]] = {}
    for table in set(seen.get_table_names()) - {"alembic_version"}:
        found[table] = {
            *(("column", each["name"], each["nullable"]) for each in seen.get_columns(table)),
            *(("check", each["name"]) for each in seen.get_check_constraints(table)),
            *(("unique", each["name"]) for each in seen.get_unique_constraints(table)),
            *(("key", each["name"], each["referred_table"]) for each in seen.get_foreign_keys(table)),
            *(("index", each["name"], bool(each["unique"])) for each in seen.get_indexes(table)),
            ("primary", *seen.get_pk_constraint(table)["constrained_columns"]),
        }
    return found


def test_every_check_and_key_is_there(to: Callable[..., None]):
    to("head")
    migrated = promises()
    to("base", down=True)
    Base.metadata.create_all(db.engine)
    assert migrated == promises()


def test_up_and_all_the_way_down_and_up_again(to: Callable[..., None]):
    for _ in range(2):
        to("head")
        assert set(inspect(db.engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
        to("base", down=True)
        assert set(inspect(db.engine).get_table_names()) == {"alembic_version"}


def test_down_with_data_in_it(to: Callable[..., None]):
    to("head")
    fill()
    to("base", down=True)
    assert rows() == {}
    to("head")
    assert set(rows().values()) == {0}


def test_each_step_back_and_forth_keeps_the_data(to: Callable[..., None]):
    """Up to the head and back to the first version, one step at a time; what no step takes away is there again."""
    to("head")
    fill()
    before = kept = rows()
    assert before["movement"] > 4
    for revision in VERSIONS[:-1][::-1]:
        to(revision, down=True)
        kept = rows()
        assert {name: kept[name] for name in kept if name in before} == {name: before[name] for name in kept}
    to("head")
    after = rows()
    assert after.keys() == before.keys()
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    session = db.session()
    assert ledger.verify(session).faults == []
    assert {item.base_unit for item in session.scalars(select(Item))} == {"tablet"}
    assert len(session.scalars(select(Movement)).all()) == before["movement"]
    if db.engine.dialect.name == "sqlite":
        assert session.execute(text("PRAGMA foreign_key_check")).all() == []
        assert session.scalar(text("PRAGMA foreign_keys")) == 1


def test_foreign_keys_hold_after_a_migration(to: Callable[..., None]):
    to("head")
    fill()
    with pytest.raises(IntegrityError), db.engine.begin() as connection:
        connection.execute(text("DELETE FROM lot"))


def test_checks_hold_after_a_migration(to: Callable[..., None]):
    to("head")
    fill()
    for wrong in (
        "UPDATE balance SET on_hand = -1 WHERE inside",
        "UPDATE balance SET reserved = 1000 WHERE inside",
        "UPDATE movement SET quantity = 0",
        "UPDATE movement SET destination_id = source_id",
        "UPDATE site SET kind = 'shop'",
        "UPDATE alert SET resolved_at = NULL, kind = 'reorder', subject = 'same'",
    ):
        with pytest.raises(IntegrityError), db.engine.begin() as connection:
            connection.execute(text(wrong))
