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


def next_numbers(session: Session, prefix: str, many: int) -> list[str]:
    """The next `many` numbers of a series, at once."""
    if not many:
        return []
    series = f"{prefix}-{clock.today().year}"
    last = count_up(session, series, many)
    return [f"{series}-{number:06d}" for number in range(last - many + 1, last + 1)]


def count_up(session: Session, series: str, by: int = 1) -> int:
    """The whole number of a series that is `by` further on; the first is 1."""
    statement = insert_for(session, NumberSeries).values(series=series, last=by)
    counted = session.execute(
        statement.on_conflict_do_update(
            index_elements=["series"], set_={"last": NumberSeries.last + by}
        ).returning(NumberSeries.last)
    )
    return int(counted.scalar_one())
