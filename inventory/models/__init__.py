"""Typed tables by noun: columns, constraints, relationships."""

from inventory.models.account import ApiToken, IdempotencyKey, LoginFailure, User, UserSite
from inventory.models.alert import Alert, AlertRound, AlertRule
from inventory.models.audit import AuditEntry
from inventory.models.authorisation import Authorisation
from inventory.models.count import CountLine
from inventory.models.donation import Donation, DonationLine, Receipt, ReceiptLine
from inventory.models.donor import Donor
from inventory.models.importing import ImportedRow, ImportFile, ImportMapping
from inventory.models.item import Gtin, Item
from inventory.models.location import Location
from inventory.models.lot import Lot, Recall
from inventory.models.movement import Balance, Movement, Posting, StockDay
from inventory.models.number import NumberSeries
from inventory.models.outbox import Mail, MailPreference
from inventory.models.planning import AssumedDemand, DemandMonth, Kit, KitLine, SitePlan
from inventory.models.policy import Policy, PolicyDefault
from inventory.models.requisition import Requisition, RequisitionLine
from inventory.models.shipment import Package, PackageLine, Shipment, ShipmentEvent, ShipmentReceiptLine
from inventory.models.site import Site
from inventory.models.stock_event import StockEvent
from inventory.models.sync import SyncEvent
from inventory.models.tracking import TrackingLink

__all__ = [
    "Alert",
    "AlertRound",
    "AlertRule",
    "ApiToken",
    "AssumedDemand",
    "AuditEntry",
    "Authorisation",
    "Balance",
    "CountLine",
    "DemandMonth",
    "Donation",
    "DonationLine",
    "Donor",
    "Gtin",
    "IdempotencyKey",
    "ImportFile",
    "ImportMapping",
    "ImportedRow",
    "Item",
    "Kit",
    "KitLine",
    "Location",
    "LoginFailure",
    "Lot",
    "Mail",
    "MailPreference",
    "Movement",
    "NumberSeries",
    "Package",
    "PackageLine",
    "Policy",
    "PolicyDefault",
    "Posting",
    "Recall",
    "Receipt",
    "ReceiptLine",
    "Requisition",
    "RequisitionLine",
    "Shipment",
    "ShipmentEvent",
    "ShipmentReceiptLine",
    "Site",
    "SitePlan",
    "StockDay",
    "StockEvent",
    "SyncEvent",
    "TrackingLink",
    "User",
    "UserSite",
]
