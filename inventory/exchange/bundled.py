"""Mappings that come with the app: a TOML file each, and code for what TOML cannot say."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.resources import files

from inventory.exchange import scms, stock_count_fr
from inventory.exchange.fields import Kind
from inventory.exchange.mapping import MappedRow, MappedTable, Mapping, parse
from inventory.exchange.notes import Notes
from inventory.exchange.source import as_text


@dataclass(frozen=True, slots=True)
class Bundled:
    """`adapt` turns the rows of a mapped table into rows that the fields of `kind` can read."""

    kind: Kind
    adapt: Callable[[MappedTable, Notes], Iterator[MappedRow]]
    made: frozenset[str]


def as_it_is(table: MappedTable, notes: Notes) -> Iterator[MappedRow]:
    """The rows of a mapping that needs no code beside it. Items without a code of their own get one of their name."""
    return _coded(table.rows()) if "code" in table.mapping.made else table.rows()


def _coded(rows: Iterator[MappedRow]) -> Iterator[MappedRow]:
    for row in rows:
        name = as_text(row.values.get("name"))
        yield replace(row, values={**row.values, "code": scms.item_code(name)}) if name else row


BUNDLED = {
    "monthly-stock-report": Bundled(Kind.CONSUMPTION, as_it_is, frozenset()),
    "scms": Bundled(Kind.SHIPMENTS, scms.adapt, scms.MADE),
    "stock-count-fr": Bundled(Kind.RECEIPTS, stock_count_fr.adapt, stock_count_fr.MADE),
}


def load(name: str) -> Mapping:
    """The mapping `name` of `BUNDLED`."""
    content = files("inventory.exchange").joinpath("mappings", f"{name}.toml").read_text("utf-8")
    return replace(parse(content, BUNDLED[name].kind, name), made=BUNDLED[name].made)
