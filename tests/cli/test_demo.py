"""The demonstration shows something true on every page, and every rule holds in it."""

from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from inventory.access import SYSTEM, Role
from inventory.db import Base, atomically, db
from inventory.errors import Conflict
from inventory.ledger import verify
from inventory.ledger.figures import figures
from inventory.models import (
    Alert,
    Balance,
    Donation,
    Donor,
    Gtin,
    Item,
    Location,
    Lot,
    Package,
    Requisition,
    Shipment,
    Site,
    StockEvent,
    User,
)
from inventory.models.words import SiteKind, SiteStatus, StockEventKind
from inventory.rules.effects import LocationKind
from inventory.rules.identifiers import container_number
from inventory.rules.transitions import TRANSITIONS
from inventory.services import accounts, alerts, demo
from inventory.services.demo.abroad import VIN


def rows(table: Any) -> dict[str, int]:
    """code -> id"""
    return {code: key for key, code in db.session.execute(select(table.id, table.code))}


def seen(column: Any) -> set[str]:
    return {str(word) for word in db.session.scalars(select(column).distinct())}


def test_the_ledger_is_in_order(demo_app: Flask):
    verdict = verify(db.session())
    assert verdict.faults == []
    assert verdict.movements > 5000


def test_every_kind_and_state_is_there(demo_app: Flask):
    assert seen(Site.kind) == set(SiteKind)
    assert seen(Site.status) == set(SiteStatus)
    assert seen(Requisition.status) == set(TRANSITIONS["requisition"])
    assert seen(Shipment.status) == set(TRANSITIONS["shipment"])
    assert seen(Shipment.mode) >= {"sea", "air", "road"}
    assert seen(StockEvent.kind) == set(StockEventKind)
    assert seen(User.role) == set(Role)


def test_every_alert_of_stock_and_shipments_is_open(demo_app: Flask):
    now = {str(kind) for kind in db.session.scalars(select(Alert.kind).where(Alert.resolved_at.is_(None)))}
    assert now >= {*alerts.OF_STOCK, *alerts.OF_SHIPMENTS}
    assert db.session.scalar(select(func.count()).select_from(Alert).where(Alert.resolved_at.is_not(None)))
    assert db.session.scalar(
        select(func.count()).select_from(Alert).where(Alert.acknowledged_at.is_not(None))
    )


def test_the_alerts_are_those_of_today(demo_app: Flask):
    def still_open() -> set[tuple[str, str]]:
        found = db.session.execute(select(Alert.kind, Alert.subject).where(Alert.resolved_at.is_(None)))
        return {(kind, subject) for kind, subject in found}

    before = still_open()
    atomically(alerts.evaluate)
    assert still_open() == before


def test_darkar_ran_out_and_its_demand_knows(demo_app: Flask):
    session = db.session()
    sites, items = rows(Site), rows(Item)
    today = session.scalars(select(func.max(StockEvent.occurred_on))).one()
    known = figures(session, sites["DARKAR"], today, [items["AMOX-500"], items["METRO-250"]])
    assert known[items["AMOX-500"]].usage.days_out > 0
    assert known[items["METRO-250"]].usable == 0


def test_the_ambulance_is_at_martuni_with_its_gear(demo_app: Flask):
    session = db.session()
    lot = session.scalars(select(Lot).where(Lot.serial == VIN)).one()
    held = select(Location.kind, Site.code).join(Balance, Balance.location_id == Location.id)
    held = held.join(Site, Site.id == Location.site_id).where(Balance.lot_id == lot.id, Balance.on_hand > 0)
    assert session.execute(held).all() == [(LocationKind.PARTNER, "MARTUNI-H")]
    shipment = session.scalars(select(Shipment).where(Shipment.reference == "Martuni 1")).one()
    pallets = select(func.sum(Package.gross_weight_kg))
    pallets = pallets.where(Package.shipment_id == shipment.id, Package.kind == "pallet")
    assert session.scalar(pallets) == Decimal(1600)


def test_the_container_is_being_filled_and_paid_for(demo_app: Flask):
    session = db.session()
    shipment = session.scalars(
        select(Shipment)
        .where(Shipment.container == "40HC")
        .options(selectinload(Shipment.packages).selectinload(Package.lines))
    ).one()
    assert shipment.status == "draft"
    box = next(each for each in shipment.packages if each.kind == "container")
    assert container_number(box.container_number or "") == box.container_number
    money = session.scalars(select(Donation).where(Donation.shipment_id == shipment.id)).all()
    assert len(money) == 3
    assert {each.kind for each in money} == {"money"}


def test_donors_see_their_own(demo_app: Flask):
    session = db.session()
    assert {code for code in rows(Donor)} >= {"VALMEDIS", "HYGIA", "HORIZONS"}
    pharma = rows(Donor)["VALMEDIS"]
    late = select(Shipment.status).join(Package, Package.shipment_id == Shipment.id)
    assert session.scalar(select(func.count()).select_from(Lot).where(Lot.donor_id == pharma))
    assert session.scalars(late.where(Shipment.mode == "air")).first() == "dispatched"


def test_items_are_as_in_life(demo_app: Flask):
    session = db.session()
    items = session.scalars(select(Item)).all()
    assert len(items) >= 40
    assert all(item.name_fr for item in items)
    assert {"vehicle", "acupuncture", "art_therapy", "gynaecology", "psychosocial"} <= {
        i.category for i in items
    }
    assert session.scalar(select(func.count()).select_from(Gtin))
    assert any(item.controlled for item in items)
    assert any(item.temperature == "cold_chain" for item in items)


def test_each_login_works(demo_app: Flask):
    found = demo.logins()
    assert [login["role"] for login in found] == list(Role)
    for login in found:

        def role_of(session: Session, login: dict[str, str | None] = login) -> str | None:
            user = accounts.log_in(session, str(login["email"]), str(login["password"]), "::1")
            return user.role if user is not None else None

        role = atomically(role_of)
        assert role == login["role"]


def test_the_login_page_offers_them(demo_app: Flask):
    page = demo_app.test_client().get("/login").text
    assert "warehouse@demo.example" in page
    assert demo.PASSWORD in page


def test_loading_it_again_changes_nothing(demo_app: Flask):
    def counts() -> dict[str, int]:
        return {
            table.name: db.session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }

    before = counts()
    result = demo_app.test_cli_runner().invoke(args=["demo", "load"])
    assert result.exit_code == 0, result.output
    assert "there already" in result.output
    assert counts() == before


def test_a_database_in_use_is_left_alone(ready_app: Flask):
    command = accounts.NewUser("a@example.org", "A", Role.ADMIN, password="a long password")
    atomically(lambda s: accounts.add_user(s, SYSTEM, command).id)
    with pytest.raises(Conflict):
        atomically(demo.load)
    assert ready_app.test_cli_runner().invoke(args=["demo", "load"]).exit_code == 1
    assert "demo.example" not in ready_app.test_client().get("/login").text
