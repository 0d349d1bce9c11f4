"""After how many days the goods of each group are counted again."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from inventory.access import Actor, require
from inventory.errors import msg
from inventory.models import CountInterval
from inventory.rules.cycle_counts import DEFAULTS
from inventory.services import audit
from inventory.services.checks import Checks

LONGEST = 3650


def set_intervals(session: Session, actor: Actor, days: Mapping[str, int | None]) -> None:
    """Set the interval of some groups, in days: 0 never plans a group, None goes back to the default.

    Raises Invalid with each fault at `/GROUP`.
    """
    require(actor, "counts.plan")
    checks = Checks(session)
    for group, value in days.items():
        checks.word(group, DEFAULTS, f"/{group}")
        if value is not None and not 0 <= value <= LONGEST:
            checks.add(f"/{group}", msg("A number of days from 0 to %(most)s, please.", most=LONGEST))
    checks.check()
    for group, value in days.items():
        known = session.get(CountInterval, group)
        if value is None or value == DEFAULTS[group]:
            if known is not None:
                session.delete(known)
        elif known is None:
            session.add(CountInterval(group=group, days=value))
        else:
            known.days = value
    session.flush()
    audit.note(session, actor, "count_intervals", "count intervals", days=dict(days))
