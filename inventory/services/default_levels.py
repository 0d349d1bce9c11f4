"""The levels that we recommend where nothing else is set: a service level by VEN class, days by kind of site.

Days from asking to having goods, and between two deliveries, are what is usual in the field: a mobile clinic is
restocked at its base every week or two, a dispensary or hospital monthly, a warehouse waits for donations from abroad.
"""

from decimal import Decimal
from typing import Any

from inventory.rules.levels import SERVICE_LEVELS

_DAYS = {
    "warehouse": (60, 30, 30),
    "hospital": (14, 30, 7),
    "dispensary": (14, 30, 7),
    "mobile_clinic": (7, 14, 3),
}
"""kind of site -> (lead time, review period, days that an emergency delivery takes at the longest)"""

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
    for kind, (lead, review, emergency) in _DAYS.items()
    for ven in ("V", "E", "N", None)
)
"""What `levels.set_default` takes; for items without a VEN class as for essential ones."""
