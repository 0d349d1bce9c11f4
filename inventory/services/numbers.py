"""Numbers of documents: a prefix, the year, six digits, in the order of their making."""

from sqlalchemy.orm import Session

from inventory import clock
from inventory.ledger import insert_for
from inventory.models import NumberSeries


def next_number(session: Session, prefix: str) -> str:
    """The next number of a series (`GRN-2026-000001`).

    Take it before any stock is locked: two documents of a kind wait here for each other.
    """
    series = f"{prefix}-{clock.today().year}"
    return f"{series}-{count_up(session, series):06d}"


def count_up(session: Session, series: str) -> int:
    """The next whole number of a series, from 1."""
    statement = insert_for(session, NumberSeries).values(series=series, last=1)
    counted = session.execute(
        statement.on_conflict_do_update(
            index_elements=["series"], set_={"last": NumberSeries.last + 1}
        ).returning(NumberSeries.last)
    )
    return int(counted.scalar_one())
