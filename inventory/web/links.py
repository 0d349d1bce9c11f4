"""Where the documents that the ledger names can be read."""

from flask import current_app, url_for

PAGES = {
    "GRN": "receipts.show",
    "SHP": "shipments.show",
    "REQ": "requisitions.show",
    "DON": "donations.show",
    "CON": "consumptions.show",
    "CNT": "counts.show",
    "ADJ": "stock_events.show",
    "DSP": "stock_events.show",
    "ZMV": "stock_events.show",
    "KIT": "stock_events.show",
    "UNK": "stock_events.show",
}


def document_href(number: str | None) -> str | None:
    """The address of a document's page, from its number; None where it has none."""
    endpoint = PAGES.get((number or "").partition("-")[0])
    return url_for(endpoint, number=number) if endpoint in current_app.view_functions else None
