"""Column types that many tables share."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer
from sqlalchemy.orm import mapped_column

from inventory import clock
from inventory.db import Chars, Instant, LongChars, Scaled

Big = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit key; SQLite counts up only an INTEGER."""

Key = Annotated[int, mapped_column(Big, primary_key=True)]
Code = Annotated[str, mapped_column(Chars(32), unique=True)]
Number = Annotated[str, mapped_column(Chars(24), unique=True)]
Word = Annotated[str, mapped_column(Chars(32))]
Name = Annotated[str, mapped_column(Chars(200))]
Prose = Annotated[str, mapped_column(LongChars)]
Quantity = Annotated[int, mapped_column(BigInteger)]
When = Annotated[datetime, mapped_column(Instant)]
Recorded = Annotated[datetime, mapped_column(Instant, default=clock.now)]
Day = Annotated[date, mapped_column()]
Kilograms = Annotated[Decimal, mapped_column(Scaled(9))]
CubicMetres = Annotated[Decimal, mapped_column(Scaled(9))]
UnitMoney = Annotated[Decimal, mapped_column(Scaled(6))]
Celsius = Annotated[Decimal, mapped_column(Scaled(2))]
Months = Annotated[Decimal, mapped_column(Scaled(4))]

ItemRef = Annotated[int, mapped_column(ForeignKey("item.id"), index=True)]
SiteRef = Annotated[int, mapped_column(ForeignKey("site.id"), index=True)]
LotRef = Annotated[int, mapped_column(ForeignKey("lot.id"), index=True)]
UserRef = Annotated[int, mapped_column(ForeignKey("account.id"), index=True)]


def one_of(column: str, words: type) -> CheckConstraint:
    """A CHECK that keeps `column` to the words of an enumeration."""
    listed = ", ".join(f"'{word}'" for word in words)  # type: ignore[attr-defined]
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_word")
