"""What is asked for: pages by role, reads of the API, and where the numbers in their addresses come from."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from bench.serving import BenchError

PASSWORD = "relais-demo"
HUB, CLINIC, ITEM = "HUB-ERBIL", "DARKAR", "PARA-500"


@dataclass(frozen=True)
class Target:
    """A GET by somebody; `raw` is SQL that reads about the same from the tables."""

    name: str
    role: str
    path: str
    raw: str | None = None

    @property
    def email(self) -> str:
        """The demonstration's account of the role."""
        return f"{self.role}@demo.example"


def _one(database: sqlite3.Connection, query: str) -> str:
    row = database.execute(query).fetchone()
    if row is None:
        raise BenchError(f"the demonstration holds nothing for: {query}")
    return str(row[0])


def pages(file: Path) -> list[Target]:
    """The pages, with documents of the demonstration in `file`."""
    with sqlite3.connect(file) as database:
        shipment = _one(
            database,
            "SELECT s.number FROM shipment s JOIN package p ON p.shipment_id = s.id WHERE s.status = 'dispatched'"
            " GROUP BY s.id ORDER BY count(*) DESC",
        )
        asked = _one(database, "SELECT number FROM requisition WHERE status = 'submitted' ORDER BY id")
        gift = _one(
            database,
            "SELECT d.number FROM donation d JOIN lot l ON l.donation_id = d.id JOIN donor o ON o.id = d.donor_id"
            " JOIN account a ON a.donor_id = o.id GROUP BY d.id ORDER BY count(*) DESC",
        )
    return [
        Target("home, warehouse", "warehouse", "/"),
        Target("home, clinic", "clinic", "/"),
        Target("home, coordinator", "coordinator", "/"),
        Target("home, donor", "donor", "/"),
        Target("home, administrator", "admin", "/"),
        Target("home, viewer", "viewer", "/"),
        Target("receipt form", "warehouse", "/receipts/new"),
        Target("receipts", "warehouse", "/receipts"),
        Target("stock by item", "coordinator", "/stock"),
        Target("stock by lot", "coordinator", "/stock?by=lot"),
        Target("stock card", "clinic", f"/stock/{CLINIC}/{ITEM}"),
        Target("requisitions", "coordinator", "/requisitions"),
        Target("requisition to approve", "coordinator", f"/requisitions/{asked}"),
        Target("shipments", "warehouse", "/shipments"),
        Target("shipment", "warehouse", f"/shipments/{shipment}"),
        Target("consumption form", "clinic", "/consumptions/new"),
        Target("alerts", "coordinator", "/alerts"),
        Target("donation, as its donor", "donor", f"/donations/{gift}"),
    ]


_SHELF = (
    " FROM balance b JOIN location l ON l.id = b.location_id JOIN site s ON s.id = l.site_id"
    " JOIN lot t ON t.id = b.lot_id JOIN item i ON i.id = t.item_id LEFT JOIN donor d ON d.id = t.donor_id"
    " LEFT JOIN donation g ON g.id = t.donation_id"
    " WHERE l.kind IN ('stock', 'quarantine', 'refused') AND b.on_hand > 0"
)


def reads() -> list[Target]:
    """The reads of the API, each beside plain SQL that finds the same rows."""
    return [
        Target(
            "GET /stock",
            "coordinator",
            "/api/v1/stock?limit=50",
            "SELECT s.code, l.kind, i.code, t.number, t.expires_on, d.code, g.number, b.on_hand, b.reserved,"
            " t.recalled_on"
            f"{_SHELF} ORDER BY s.code, i.code, t.expires_on LIMIT 50",
        ),
        Target(
            "GET /sites/…/stock-status",
            "coordinator",
            f"/api/v1/sites/{CLINIC}/stock-status",
            "SELECT i.code, p.method, p.maximum, p.reorder_point, p.emergency_point, d.day, d.lot_id, t.expires_on,"
            " d.change, d.dispensed FROM stock_day d JOIN item i ON i.id = d.item_id JOIN site s ON s.id = d.site_id"
            " JOIN lot t ON t.id = d.lot_id LEFT JOIN policy p ON p.site_id = s.id AND p.item_id = i.id"
            f" WHERE s.code = '{CLINIC}' ORDER BY i.code, d.day",
        ),
        Target(
            "GET /items?q=",
            "clinic",
            "/api/v1/items?q=paracetamol",
            "SELECT * FROM item"
            " WHERE name LIKE '%paracetamol%' OR inn LIKE '%paracetamol%' OR code LIKE '%paracetamol%'",
        ),
        Target(
            "GET /movements",
            "coordinator",
            f"/api/v1/movements?site={CLINIC}&item={ITEM}&limit=50",
            "SELECT m.id, m.occurred_at, p.recorded_at, i.code, t.number, m.quantity, a.kind, b.kind, m.reason,"
            " p.document, p.by FROM movement m JOIN posting p ON p.id = m.posting_id JOIN lot t ON t.id = m.lot_id"
            " JOIN item i ON i.id = t.item_id JOIN location a ON a.id = m.source_id"
            " JOIN location b ON b.id = m.destination_id"
            f" JOIN site s ON s.id IN (a.site_id, b.site_id) WHERE s.code = '{CLINIC}' AND i.code = '{ITEM}'"
            " ORDER BY m.occurred_at, m.id LIMIT 50",
        ),
        Target(
            "GET /shipments",
            "coordinator",
            "/api/v1/shipments?limit=50",
            "SELECT h.number, h.status, h.mode, h.eta, o.code, d.code, h.dispatched_at, h.received_at, count(p.id),"
            " sum(p.gross_weight_kg), sum(p.volume_m3) FROM shipment h JOIN site o ON o.id = h.origin_id"
            " JOIN site d ON d.id = h.destination_id LEFT JOIN package p ON p.shipment_id = h.id"
            " GROUP BY h.id ORDER BY h.id LIMIT 50",
        ),
        Target(
            "GET /alerts",
            "coordinator",
            "/api/v1/alerts?open=true",
            "SELECT a.*, s.code, i.code FROM alert a LEFT JOIN site s ON s.id = a.site_id"
            " LEFT JOIN item i ON i.id = a.item_id WHERE a.resolved_at IS NULL ORDER BY a.id LIMIT 50",
        ),
    ]
