"""The last number given in each series of documents."""

from sqlalchemy.orm import Mapped, mapped_column

from inventory.db import Base, Chars
from inventory.models._types import Quantity


class NumberSeries(Base):
    """`series` is a prefix and a year (`GRN-2026`)."""

    __tablename__ = "number_series"

    series: Mapped[str] = mapped_column(Chars(24), primary_key=True)
    last: Mapped[Quantity]
