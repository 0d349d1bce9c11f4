"""The gift certificate: the organisation certifies that the goods are given, not sold.

Donors may see it, so it holds no packing detail, and its caller has already left out whatever the reader
may not know (`consignee` None: the country alone is told).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from inventory.documents.paper import DRAFT, paper
from inventory.documents.parts import Organisation, Party
from inventory.documents.press import press
from inventory.documents.wording import Direction, Payload, Translate, Wording
from inventory.documents.words import MODES, word
from inventory.errors import Message, msg


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift:
    """One item in total. `value` is that of the whole quantity; `serials` name vehicles and devices."""

    item_name: str
    quantity: int
    unit: str
    inn: str = ""
    strength: str = ""
    dosage_form: str = ""
    serials: Sequence[str] = ()
    value: Decimal | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftCertificate:
    """The certificate for a shipment's goods. `country` is where they go (ISO 3166-1 alpha-2)."""

    organisation: Organisation
    number: str
    issued_on: date
    gifts: Sequence[Gift]
    country: str | None = None
    consignee: Party | None = None
    donor: str = ""
    mode: str = ""
    dispatched_on: date | None = None
    value_basis: str = ""
    draft: bool = False


def render_gift_certificate(
    data: GiftCertificate, *, locale: str, direction: Direction, translate: Translate
) -> bytes:
    """The PDF, in the language of `locale`, whose script runs in `direction`."""
    return press("gift_certificate", gift_certificate(data, Wording(locale, direction, translate)))[0]


def gift_certificate(data: GiftCertificate, wording: Wording) -> Payload:
    """What `templates/gift_certificate.typ` shows."""
    fact = wording.fact
    valued = any(gift.value is not None for gift in data.gifts)
    return {
        "paper": paper(
            wording,
            title=msg("Gift certificate"),
            number=data.number,
            organisation=data.organisation,
            issued_on=data.issued_on,
            mark=DRAFT if data.draft else None,
            facts=[
                fact(msg("Consignee"), *wording.party(data.consignee)) if data.consignee else None,
                fact(msg("Country of destination"), wording.country(data.country)),
                fact(msg("Donor"), data.donor),
                fact(msg("Carriage"), word(MODES, data.mode)),
                fact(msg("Sent on"), wording.day(data.dispatched_on) if data.dispatched_on else None),
            ],
        ),
        "labels": wording.labels(
            goods=msg("The goods"),
            item=msg("Item"),
            quantity=msg("Quantity"),
            unit=msg("Unit"),
            value=msg("Value"),
            place=msg("Place"),
            date=msg("Date"),
            name=msg("Name"),
            function=msg("Function"),
            signature=msg("Signature and stamp"),
        ),
        "statement": [wording.say(text) for text in _statement(data, wording, valued)],
        "valued": valued,
        "gifts": [_gift(gift, wording) for gift in data.gifts],
        "totals": _totals(data.gifts, wording) if valued else [],
        "value_basis": _basis(data, wording) if valued else "",
        "date": wording.day(data.issued_on),
    }


def _statement(data: GiftCertificate, wording: Wording, valued: bool) -> list[Message]:
    country = wording.country(data.country)
    name = data.organisation.name
    said = [
        msg(
            "%(organisation)s certifies that the goods listed below are a gift for humanitarian"
            " and medical aid in %(country)s.",
            organisation=name,
            country=country,
        )
        if country
        else msg(
            "%(organisation)s certifies that the goods listed below are a gift for humanitarian"
            " and medical aid.",
            organisation=name,
        ),
        msg(
            "They are given free of charge. Nothing has been or will be paid for them,"
            " and they are not for sale."
        ),
    ]
    if valued:
        said.append(msg("Their value is stated for customs and insurance only."))
    else:
        said.append(msg("They have no commercial value."))
    return said


def _basis(data: GiftCertificate, wording: Wording) -> str:
    if not data.value_basis:
        return ""
    return wording.say(msg("Basis of value: %(basis)s", basis=data.value_basis))


def _gift(gift: Gift, wording: Wording) -> Payload:
    about = [part for part in (gift.inn, gift.strength, gift.dosage_form) if part]
    return {
        "name": wording.say(gift.item_name),
        "about": " · ".join(wording.say(part) for part in about),
        "serials": [wording.say(serial) for serial in gift.serials],
        "quantity": wording.number(gift.quantity),
        "unit": wording.unit(gift.unit),
        "value": wording.money(gift.value, gift.currency),
    }


def _totals(gifts: Sequence[Gift], wording: Wording) -> list[Payload]:
    """A sum a currency; said to be partial where some gifts have no value."""
    sums: dict[str, Decimal] = {}
    for gift in gifts:
        if gift.value is not None:
            sums[gift.currency] = sums.get(gift.currency, Decimal(0)) + gift.value
    partial = any(gift.value is None for gift in gifts)
    label = msg("Total of the values that are known") if partial else msg("Total value")
    return [
        {"label": wording.say(label), "value": wording.money(amount, currency)}
        for currency, amount in sums.items()
    ]
