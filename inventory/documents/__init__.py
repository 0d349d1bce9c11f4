"""Papers as PDF, from plain data: no Flask, no database. See `parts` for what they are made of."""

from inventory.documents.controlled_register import (
    ControlledRegister,
    RegisterLine,
    render_controlled_register,
)
from inventory.documents.disposal_certificate import (
    DisposalCertificate,
    DisposedLine,
    render_disposal_certificate,
)
from inventory.documents.gift_certificate import Gift, GiftCertificate, render_gift_certificate
from inventory.documents.goods_received import (
    Acceptance,
    LineWarning,
    MissingLine,
    ReceiptNote,
    ReceivedLine,
    render_receipt_note,
)
from inventory.documents.packing_list import PackingList, render_packing_list
from inventory.documents.parts import Goods, Organisation, Package, PackedLine, Party, Totals
from inventory.documents.shipment_received import ArrivedLine, ShipmentNote, render_shipment_note
from inventory.documents.waybill import Waybill, render_waybill
from inventory.documents.wording import Direction, Translate

__all__ = [
    "Acceptance",
    "ArrivedLine",
    "ControlledRegister",
    "Direction",
    "DisposalCertificate",
    "DisposedLine",
    "Gift",
    "GiftCertificate",
    "Goods",
    "LineWarning",
    "MissingLine",
    "Organisation",
    "Package",
    "PackedLine",
    "PackingList",
    "Party",
    "ReceiptNote",
    "ReceivedLine",
    "RegisterLine",
    "ShipmentNote",
    "Totals",
    "Translate",
    "Waybill",
    "render_controlled_register",
    "render_disposal_certificate",
    "render_gift_certificate",
    "render_packing_list",
    "render_receipt_note",
    "render_shipment_note",
    "render_waybill",
]
