"""The closed vocabularies of the contract."""

from enum import StrEnum

from inventory.rules.effects import AdjustmentReason as AdjustmentReason
from inventory.rules.packing import PackageKind as PackageKind


class Temperature(StrEnum):
    AMBIENT = "ambient"
    COOL = "cool"
    COLD_CHAIN = "cold_chain"
    FROZEN = "frozen"


class Zone(StrEnum):
    STOCK = "stock"
    QUARANTINE = "quarantine"
    REFUSED = "refused"


class SiteKind(StrEnum):
    WAREHOUSE = "warehouse"
    DISPENSARY = "dispensary"
    MOBILE_CLINIC = "mobile_clinic"
    HOSPITAL = "hospital"
    PARTNER = "partner"


SENSITIVE_BY_DEFAULT = frozenset({SiteKind.DISPENSARY, SiteKind.MOBILE_CLINIC, SiteKind.HOSPITAL})


class SiteStatus(StrEnum):
    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"


class DonationKind(StrEnum):
    GOODS = "goods"
    MONEY = "money"


class RequisitionKind(StrEnum):
    REGULAR = "regular"
    EMERGENCY = "emergency"


class Mode(StrEnum):
    SEA = "sea"
    AIR = "air"
    ROAD = "road"
    HAND = "hand"


class Milestone(StrEnum):
    PACKED = "packed"
    COLLECTED = "collected"
    DEPARTED = "departed"
    TRANSHIPPED = "transhipped"
    ARRIVED_PORT = "arrived_port"
    CUSTOMS_HELD = "customs_held"
    CUSTOMS_CLEARED = "customs_cleared"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"


class Classifier(StrEnum):
    ACTUAL = "actual"
    ESTIMATED = "estimated"
    PLANNED = "planned"


class DisposalMethod(StrEnum):
    RETURN = "return"
    LANDFILL = "landfill"
    ENCAPSULATION = "encapsulation"
    INERTIZATION = "inertization"
    SEWER = "sewer"
    INCINERATION = "incineration"
    CHEMICAL = "chemical"


class StockEventKind(StrEnum):
    CONSUMPTION = "consumption"
    ADJUSTMENT = "adjustment"
    DISPOSAL = "disposal"
    COUNT = "count"
    ZONE_MOVE = "zone_move"
    KIT_ASSEMBLY = "kit_assembly"
    KIT_DISASSEMBLY = "kit_disassembly"


class AlertKind(StrEnum):
    STOCK_OUT = "stock_out"
    EMERGENCY = "emergency"
    REORDER = "reorder"
    OVERSTOCK = "overstock"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    EXPIRY_RISK = "expiry_risk"
    SHIPMENT_LATE = "shipment_late"
    DISCREPANCY = "discrepancy"
    AUTHORISATION_EXPIRING = "authorisation_expiring"
    RECALL = "recall"
    NEEDS_ATTENTION = "needs_attention"
    TEMPERATURE = "temperature"


class Container(StrEnum):
    DRY_20 = "20DC"
    DRY_40 = "40DC"
    HIGH_CUBE_40 = "40HC"
    REEFER_20 = "20RF"
    REEFER_40 = "40RF"


class SyncResult(StrEnum):
    ACCEPTED = "accepted"
    NEEDS_ATTENTION = "needs_attention"
    RESOLVED = "resolved"


class ExcursionKind(StrEnum):
    HEAT = "heat"
    COLD = "cold"
    FREEZING = "freezing"


class ExcursionOutcome(StrEnum):
    HARMLESS = "harmless"
    QUARANTINED = "quarantined"


class PermitKind(StrEnum):
    IMPORT = "import"
    EXPORT = "export"
    MODEL_FORM = "model_form"
    LICENCE = "licence"


class HoldStatus(StrEnum):
    OPEN = "open"
    PROPOSED = "proposed"
    DECIDED = "decided"


class HoldOutcome(StrEnum):
    RELEASE = "release"
    ACCEPT = "accept"
    REFUSE = "refuse"
    RETURN = "return"
    DESTROY = "destroy"
    GONE = "gone"


class AttachmentKind(StrEnum):
    PHOTO = "photo"
    PAPER = "paper"


class CountSheetStatus(StrEnum):
    OPEN = "open"
    RECOUNT = "recount"
    SUBMITTED = "submitted"
    FINAL = "final"
    CANCELLED = "cancelled"


class CountReason(StrEnum):
    BY_HAND = "by_hand"
    CYCLE = "cycle"
    FULL = "full"
    SUSPICION = "suspicion"


class RecallReply(StrEnum):
    OPEN = "open"
    INFORMED = "informed"
    BLOCKED = "blocked"
    RETURNED = "returned"
    NOTHING_LEFT = "nothing_left"


class GoodsCondition(StrEnum):
    GOOD = "good"
    PACKAGING_DAMAGED = "packaging_damaged"
    CRUSHED = "crushed"
    WET = "wet"
    OPENED = "opened"
    LEAKING = "leaking"
    DIRTY = "dirty"
