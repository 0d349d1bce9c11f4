"""Who may do what: one table of permissions by role, and small predicates about sites and donors. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from inventory.errors import Forbidden, NotFound, msg


class Role(StrEnum):
    """The roles of contract.md."""

    ADMIN = "admin"
    COORDINATOR = "coordinator"
    WAREHOUSE = "warehouse"
    CLINIC = "clinic"
    DONOR = "donor"
    VIEWER = "viewer"


EVERYWHERE = frozenset({Role.ADMIN, Role.COORDINATOR, Role.VIEWER})
"""Roles that are not bound to sites of their own."""

_LEADS = frozenset({Role.ADMIN, Role.COORDINATOR})
_STORES = _LEADS | {Role.WAREHOUSE}
_FIELD = _STORES | {Role.CLINIC}
_STAFF = _FIELD | {Role.VIEWER}

PERMISSIONS: dict[str, frozenset[Role]] = {
    "home.see": frozenset(Role),
    "account.own": frozenset(Role),
    "items.see": _STAFF,
    "items.write": _LEADS,
    "sites.see": _STAFF,
    "sites.write": _LEADS,
    "donors.see": _STAFF,
    "donors.write": _LEADS,
    "policies.see": _STAFF,
    "policies.write": _LEADS,
    "users.manage": frozenset({Role.ADMIN}),
    "mail.manage": frozenset({Role.ADMIN}),
    "tokens.own": frozenset(Role),
    "donations.see": _STAFF | {Role.DONOR},
    "donations.write": _STORES,
    "donations.export": _STAFF,
    "receipts.see": _STAFF,
    "receipts.write": _FIELD,
    "receipts.reverse": _STORES,
    "stock.see": _STAFF,
    "stock.scan": _STAFF,
    "network.see": EVERYWHERE,
    "consumptions.write": _FIELD,
    "adjustments.write": _FIELD,
    "disposals.write": _FIELD,
    "counts.write": _FIELD,
    "counts.finalise": _FIELD,
    "counts.plan": _LEADS,
    "zone_moves.write": _FIELD,
    "holds.see": _STAFF,
    "holds.propose": _FIELD,
    "holds.decide": _STORES,
    "postings.reverse": _FIELD,
    "bins.see": _STAFF,
    "bins.write": _STORES,
    "put_aways.write": _FIELD,
    "labels.print": _STAFF,
    "recalls.write": _LEADS,
    "recalls.answer": _FIELD,
    "kits.see": _STAFF,
    "kits.assemble": _STORES,
    "kits.take_apart": _FIELD,
    "requisitions.see": _STAFF,
    "requisitions.write": _FIELD,
    "requisitions.approve": _LEADS,
    "shipments.see": _STAFF | {Role.DONOR},
    "shipments.papers": _STAFF,
    "shipments.gift_certificate": _STAFF | {Role.DONOR},
    "shipments.write": _STORES,
    "shipments.receive": _FIELD,
    "surplus.see": _STAFF,
    "surplus.write": _LEADS,
    "tracking.write": _LEADS,
    "alerts.see": _STAFF,
    "alerts.acknowledge": _FIELD,
    "alerts.rules": _LEADS,
    "authorisations.see": _STAFF,
    "authorisations.write": _LEADS,
    "register.see": _STAFF,
    "register.sign": _FIELD,
    "permits.see": _STAFF,
    "permits.write": _LEADS,
    "temperatures.see": _STAFF,
    "temperatures.import": _FIELD,
    "temperatures.write": _STORES,
    "excursions.judge": _LEADS,
    "attachments.see": _STAFF | {Role.DONOR},
    "attachments.write": _FIELD,
    "attachments.approve": _LEADS,
    "sync.write": _FIELD,
    "exports.see": _STAFF,
    "imports.write": _FIELD,
    "imports.items": _LEADS,
    "imports.sites": _LEADS,
    "imports.receipts": _STORES,
    "imports.shipments": _STORES,
    "imports.consumption": _FIELD,
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: an account as the rest of the program sees it. `sites` are site ids; None means every site."""

    user_id: int | None
    name: str
    role: Role
    sites: frozenset[int] | None = None
    donor_id: int | None = None

    def can(self, permission: str) -> bool:
        """Whether this role holds `permission`; an unknown permission is a mistake in the program."""
        return self.role in PERMISSIONS[permission]

    def sees_site(self, site_id: int | None) -> bool:
        """Whether stock and documents of that site are this actor's business."""
        return self.role is not Role.DONOR and (self.sites is None or site_id in self.sites)


SYSTEM = Actor(user_id=None, name="system", role=Role.ADMIN)
"""The program itself: commands run by an operator at the console."""


def actor_for(user_id: int, name: str, role: Role, sites: Iterable[int], donor_id: int | None) -> Actor:
    """The actor of an account; roles bound to sites see those alone."""
    bound = None if role in EVERYWHERE else frozenset(sites)
    return Actor(user_id, name, role, bound, donor_id)


def require(actor: Actor, permission: str) -> None:
    """Raise Forbidden unless the role holds the permission."""
    if not actor.can(permission):
        raise Forbidden(msg("Your account may not do this. Ask a coordinator if you need it."))


def require_site(actor: Actor, permission: str, site_id: int) -> None:
    """Raise Forbidden unless the role holds the permission and the site is one of the actor's."""
    require(actor, permission)
    if not actor.sees_site(site_id):
        raise Forbidden(msg("This site is not one of yours. Ask an administrator to add it to your account."))


def require_any_site(actor: Actor, site_ids: Iterable[int | None]) -> None:
    """Raise NotFound unless one of the sites is the actor's: a document elsewhere is not known to exist."""
    if not any(actor.sees_site(site_id) for site_id in site_ids):
        raise NotFound(msg("Not found."))


View = TypeVar("View", bound=Callable[..., Any])
MARK = "relais_permission"
PUBLIC = "public"


def requires(permission: str) -> Callable[[View], View]:
    """Mark an endpoint: only roles with `permission` get in. The edges' guards read the mark."""
    if permission not in PERMISSIONS:
        raise KeyError(permission)

    def mark(view: View) -> View:
        setattr(view, MARK, permission)
        return view

    return mark


def public(view: View) -> View:
    """Mark an endpoint as open to everybody, signed in or not."""
    setattr(view, MARK, PUBLIC)
    return view


def permission_of(view: Any) -> str | None:
    """The permission that an endpoint was marked with, `public`, or None: then nobody gets in."""
    found = getattr(view, MARK, None)
    return found if found is None else str(found)
