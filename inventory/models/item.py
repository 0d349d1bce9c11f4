"""Items: what is stocked, in which unit, and the barcodes of its packs."""

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from inventory.db import Base, Chars
from inventory.models._types import (
    Code,
    CubicMetres,
    Key,
    Kilograms,
    Name,
    Prose,
    Quantity,
    Recorded,
    Word,
    one_of,
)
from inventory.models.words import Temperature

MEDICINES = frozenset({"medicine", "medicines", "drug", "drugs", "vaccine", "vaccines"})
"""Categories whose items are medicines."""


class Item(Base):
    """One catalogue entry; quantities everywhere are whole numbers of `base_unit`."""

    __tablename__ = "item"
    __table_args__ = (one_of("temperature", Temperature),)

    id: Mapped[Key]
    code: Mapped[Code]
    name: Mapped[Name]
    name_fr: Mapped[Name | None]
    inn: Mapped[Name | None]
    strength: Mapped[Name | None]
    dosage_form: Mapped[Name | None]
    atc: Mapped[Word | None]
    base_unit: Mapped[Name]
    category: Mapped[Word] = mapped_column(index=True)
    tracks_expiry: Mapped[bool] = mapped_column(default=True)
    serialised: Mapped[bool] = mapped_column(default=False)
    temperature: Mapped[Word] = mapped_column(default=Temperature.AMBIENT)
    freeze_sensitive: Mapped[bool] = mapped_column(default=False)
    controlled: Mapped[bool] = mapped_column(default=False)
    dangerous: Mapped[bool] = mapped_column(default=False)
    un_number: Mapped[str | None] = mapped_column(Chars(8))
    ven: Mapped[str | None] = mapped_column(Chars(1))
    unit_weight_kg: Mapped[Kilograms | None]
    unit_volume_m3: Mapped[CubicMetres | None]
    search_text: Mapped[Prose] = mapped_column(default="")
    created_at: Mapped[Recorded]

    gtins: Mapped[list["Gtin"]] = relationship(
        back_populates="item", lazy="raise", cascade="all, delete-orphan", order_by="Gtin.gtin"
    )

    def name_in(self, tag: str) -> str:
        """The name in a language (BCP 47), as far as the catalogue knows it: French, or else the common one."""
        return (self.name_fr if tag == "fr" else None) or self.name

    @property
    def is_medicine(self) -> bool:
        """Whether the rules for medicines hold: they share no carton with other goods."""
        return self.category.lower() in MEDICINES


class Gtin(Base):
    """A pack's barcode number (14 digits) and how many base units the pack holds."""

    __tablename__ = "gtin"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_positive"),)

    gtin: Mapped[str] = mapped_column(Chars(14), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    quantity: Mapped[Quantity]

    item: Mapped[Item] = relationship(back_populates="gtins", lazy="raise")
