"""Typed tables by noun: columns, constraints, relationships."""

from inventory.models.account import ApiToken, IdempotencyKey, LoginFailure, User, UserSite
from inventory.models.alert import Alert, AlertRound, AlertRule
from inventory.models.attachment import Attachment, AttachmentContent
from inventory.models.audit import AuditEntry
from inventory.models.authorisation import Authorisation
from inventory.models.bin import Bin, BinMove, BinStock
from inventory.models.controlled import ControlledEntry, ControlledSignature, Permit, PermitLine
from inventory.models.count import CountLine
from inventory.models.count_sheet import CountInterval, CountSheet, CountSheetLine
from inventory.models.donation import Donation, DonationLine, Receipt, ReceiptLine
from inventory.models.donor import Donor
from inventory.models.hold import Hold
from inventory.models.importing import ImportedRow, ImportFile, ImportMapping
from inventory.models.item import Gtin, Item
from inventory.models.location import Location
from inventory.models.lot import Lot, Recall, RecallNotice
from inventory.models.movement import Balance, Movement, Posting, StockDay
from inventory.models.number import NumberSeries
from inventory.models.outbox import Mail, MailPreference
from inventory.models.planning import AssumedDemand, DemandMonth, Kit, KitContent, KitLine, SitePlan
from inventory.models.policy import Policy, PolicyDefault
from inventory.models.requisition import Requisition, RequisitionLine
from inventory.models.shipment import Package, PackageLine, Shipment, ShipmentEvent, ShipmentReceiptLine
from inventory.models.site import Site
from inventory.models.stock_event import StockEvent
from inventory.models.sync import SyncEvent
from inventory.models.temperature import Excursion, TemperatureFile, TemperatureLogger, TemperatureReading
from inventory.models.tracking import TrackingLink

__all__ = [
    "Alert",
    "AlertRound",
    "AlertRule",
    "ApiToken",
    "AssumedDemand",
    "Attachment",
    "AttachmentContent",
    "AuditEntry",
    "Authorisation",
    "Balance",
    "Bin",
    "BinMove",
    "BinStock",
    "ControlledEntry",
    "ControlledSignature",
    "CountInterval",
    "CountLine",
    "CountSheet",
    "CountSheetLine",
    "DemandMonth",
    "Donation",
    "DonationLine",
    "Donor",
    "Excursion",
    "Gtin",
    "Hold",
    "IdempotencyKey",
    "ImportFile",
    "ImportMapping",
    "ImportedRow",
    "Item",
    "Kit",
    "KitContent",
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
    "Permit",
    "PermitLine",
    "Policy",
    "PolicyDefault",
    "Posting",
    "Recall",
    "RecallNotice",
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
    "TemperatureFile",
    "TemperatureLogger",
    "TemperatureReading",
    "TrackingLink",
    "User",
    "UserSite",
]
