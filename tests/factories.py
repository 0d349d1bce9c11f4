"""Typed makers of what tests need, through the use cases; each commits, for `transaction()` lets go of what is not.

`create_site(session)`, `create_item(session)`, `create_donor(session)`, `create_user(session, Role.CLINIC, [site])`,
`stock_up(session, site, item, 100, expires_in=365)`, `sign_in(client, user)`.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import count
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from inventory import clock
from inventory.access import SYSTEM, Role
from inventory.models import Donor, Item, Lot, Receipt, Site, User
from inventory.services import accounts, catalogue, donors, receipts, sites
from inventory.services.receipts import NewReceipt, NewReceiptLine

PASSWORD = "correct horse battery"
_numbers = count(1)


def create_site(session: Session, code: str | None = None, **fields: Any) -> Site:
    """An open warehouse in Iraq that is not sensitive, unless told otherwise."""
    code = code or f"SITE-{next(_numbers)}"
    given = {"code": code, "name": f"Site {code}", "kind": "warehouse", "country": "IQ", "sensitive": False}
    site = sites.add_site(session, SYSTEM, given | fields)
    session.commit()
    return site


def create_item(session: Session, code: str | None = None, **fields: Any) -> Item:
    """A medicine in tablets."""
    code = code or f"ITEM-{next(_numbers)}"
    given = {"code": code, "name": f"Item {code}", "base_unit": "tablet", "category": "medicine"}
    item = catalogue.add_item(session, SYSTEM, given | fields)
    session.commit()
    return item


def create_donor(session: Session, code: str | None = None, name: str | None = None) -> Donor:
    """A donor."""
    code = code or f"DONOR-{next(_numbers)}"
    donor = donors.add_donor(session, SYSTEM, {"code": code, "name": name or f"Donor {code}"})
    session.commit()
    return donor


def create_user(
    session: Session,
    role: Role | str,
    sites: Sequence[Site] = (),
    donor: Donor | None = None,
    email: str | None = None,
    name: str | None = None,
    password: str | None = PASSWORD,
) -> User:
    """An account with the password `PASSWORD`; making one without (None) is a hundred times faster."""
    command = accounts.NewUser(
        email=email or f"user{next(_numbers)}@example.org",
        name=name or f"{role} person",
        role=str(role),
        sites=[site.code for site in sites],
        donor=donor.code if donor else None,
        password=password,
    )
    user = accounts.add_user(session, SYSTEM, command)
    session.commit()
    return user


def sign_in(client: FlaskClient, user: User) -> FlaskClient:
    """`client` with a session of that account."""
    with client.session_transaction() as cookies:
        cookies["_user_id"] = f"{user.id}:{user.session_key}"
        cookies["_fresh"] = True
    return client


def stock_up(
    session: Session,
    site: Site,
    item: Item,
    quantity: int,
    *,
    lot: str | None = None,
    expires_in: int | None = 700,
    donor: Donor | None = None,
    received_on: date | None = None,
    zone: str = "stock",
) -> Lot:
    """`quantity` of a new lot received at a site; it expires in so many days (None: never)."""
    today = clock.today(site.timezone)
    number = lot or f"L{next(_numbers)}"
    line = NewReceiptLine(
        item=item.code,
        lot=number,
        quantity=quantity,
        expires_on=None if expires_in is None else today + timedelta(days=expires_in),
        zone=zone,
        exceptions=[receipts.LineException("short_dated", "test", "a test needs it")],
    )
    command = NewReceipt(
        site=site.code,
        received_on=received_on or today,
        lines=[line],
        donor=donor.code if donor else None,
        consent_reference="test",
    )
    made: Receipt = receipts.receive(session, SYSTEM, command)
    session.commit()
    found = session.get_one(Receipt, made.id)
    return receipts.get_receipt(session, SYSTEM, found.number).lines[0].lot
