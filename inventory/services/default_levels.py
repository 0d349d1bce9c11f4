"""The levels that we recommend where nothing else is set: a service level by VEN class, days by kind of site."""

from decimal import Decimal
from typing import Any

from inventory.rules.advice import USUAL_DAYS
from inventory.rules.levels import SERVICE_LEVELS

PROPOSED: tuple[dict[str, Any], ...] = tuple(
    {
        "site_kind": kind,
        "ven": ven,
        "method": "service",
        "lead_time_days": lead,
        "review_period_days": review,
        "emergency_days": emergency,
        "service_level": Decimal(str(SERVICE_LEVELS[ven or "E"])),
    }
    for kind, (lead, review, emergency) in USUAL_DAYS.items()
    for ven in ("V", "E", "N", None)
)
"""What `levels.set_default` takes; for items without a VEN class as for essential ones."""
