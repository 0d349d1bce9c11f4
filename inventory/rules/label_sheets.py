"""Where labels lie on a sheet, and the sheets that are sold. All lengths are hundredths of a millimetre."""

from collections.abc import Iterator
from dataclasses import dataclass

from inventory.errors import Message, msg

MM = 100
A4 = (210 * MM, 297 * MM)
NARROWEST, LOWEST, LARGEST = 25 * MM, 15 * MM, 420 * MM
"""Below the first two no barcode with its words fits; above the third no printer here takes the sheet."""
MOST_LABELS = 2000


class InvalidSheet(ValueError):
    """A sheet that cannot be; `message` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.text)
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A page with `columns` × `rows` labels; `left` and `top` are where the first begins, gaps lie between two.

    Raises InvalidSheet where a label would leave the page, be too small or where there is none.
    """

    page: tuple[int, int]
    label: tuple[int, int]
    columns: int = 1
    rows: int = 1
    left: int = 0
    top: int = 0
    gap: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        """Judge it."""
        if self.columns < 1 or self.rows < 1:
            raise InvalidSheet(msg("A sheet has at least one row and one column of labels."))
        if min(self.left, self.top, *self.gap) < 0:
            raise InvalidSheet(msg("Margins and gaps cannot be negative."))
        if self.label[0] < NARROWEST or self.label[1] < LOWEST:
            raise InvalidSheet(
                msg(
                    "A label is at least %(width)s × %(height)s mm.",
                    width=NARROWEST // MM,
                    height=LOWEST // MM,
                )
            )
        if max(self.page) > LARGEST:
            raise InvalidSheet(msg("A sheet is at most %(most)s mm long.", most=LARGEST // MM))
        x, y = self.place(len(self) - 1)
        if x + self.label[0] > self.page[0] or y + self.label[1] > self.page[1]:
            raise InvalidSheet(msg("The labels do not fit on the page: they would leave it."))

    def __len__(self) -> int:
        return self.columns * self.rows

    def place(self, position: int) -> tuple[int, int]:
        """The upper left corner of the label at `position`: from 0, along the rows."""
        row, column = divmod(position, self.columns)
        return (
            self.left + column * (self.label[0] + self.gap[0]),
            self.top + row * (self.label[1] + self.gap[1]),
        )

    def places(self, count: int, start: int = 1) -> Iterator[tuple[int, int, int]]:
        """(page from 0, x, y) of `count` labels; `start` is the first free label of the first sheet, from 1.

        Raises InvalidSheet.
        """
        if not 1 <= start <= len(self):
            raise InvalidSheet(msg("This sheet has labels 1 to %(most)s.", most=len(self)))
        if count > MOST_LABELS:
            raise InvalidSheet(msg("At most %(most)s labels at a time.", most=MOST_LABELS))
        for number in range(start - 1, start - 1 + count):
            page, position = divmod(number, len(self))
            yield (page, *self.place(position))


def single(width_mm: int, height_mm: int) -> Sheet:
    """A label printer's roll: each label a page."""
    size = (width_mm * MM, height_mm * MM)
    return Sheet(page=size, label=size)


SHEETS = {
    "a4-3x7": Sheet(page=A4, label=(6350, 3810), columns=3, rows=7, left=725, top=1515, gap=(250, 0)),
    "a4-2x7": Sheet(page=A4, label=(9910, 3810), columns=2, rows=7, left=465, top=1515, gap=(250, 0)),
    "a4-3x8": Sheet(page=A4, label=(7000, 3700), columns=3, rows=8, top=50),
    "a4-4x12": Sheet(page=A4, label=(4570, 2120), columns=4, rows=12, left=985, top=2130, gap=(250, 0)),
    "a4-2x2": Sheet(page=A4, label=(10500, 14800), columns=2, rows=2, top=50),
    "a6": single(105, 148),
    "100x150": single(100, 150),
    "100x50": single(100, 50),
    "60x40": single(60, 40),
    "50x30": single(50, 30),
}
"""By the name that a person chooses."""


def for_packages(sheet: Sheet) -> bool:
    """Whether an SSCC fits as GS1-128: 176 modules with its quiet zones, each at least a quarter of a millimetre."""
    return sheet.label[0] >= 60 * MM
