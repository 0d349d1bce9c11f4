"""Who acts in the tests of use cases, and what an error names."""

from typing import Any

from inventory.access import Actor, Role
from inventory.models import Site


def acting(role: Role, *sites: Site, donor_id: int | None = None) -> Actor:
    """Somebody of a role, bound to sites where the role is."""
    everywhere = role in (Role.ADMIN, Role.COORDINATOR, Role.VIEWER)
    bound = None if everywhere else frozenset(site.id for site in sites)
    return Actor(None, f"a {role}", role, bound, donor_id)


COORDINATOR = acting(Role.COORDINATOR)
VIEWER = acting(Role.VIEWER)
DONOR = acting(Role.DONOR, donor_id=1)


def pointers(refused: Any) -> list[str]:
    """The fields that an error names."""
    return [error.pointer for error in refused.value.errors]
