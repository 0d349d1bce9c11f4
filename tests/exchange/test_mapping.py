"""Mappings say which column is which field; what is wrong with one is named."""

from datetime import date

import pytest

from inventory.exchange import bundled
from inventory.exchange.fields import Kind, RowRefusedError, parse, parse_row
from inventory.exchange.mapping import MappingError, load, open_mapped, plain
from inventory.exchange.mapping import parse as read_mapping

STOCK = """
[file]
encoding = "cp1252"
delimiter = ";"

[columns]
item = "Article"
quantity = "Quantité"
expires_on = "Péremption"

[constants]
site = "HUB"
received_on = 2026-03-01

[dates]
expires_on = ["%d/%m/%Y", "%m/%Y"]

[skip]
"Article" = ["Total", "Sous-total"]
"""


def mapped(path, mapping):
    with open_mapped(path, mapping) as table:
        return table, [
            parse(mapping.kind, row.line, row.values, mapping.dates, table.columns) for row in table.rows()
        ]


def test_a_mapping_reads_a_file(tmp_path):
    path = tmp_path / "stock.csv"
    path.write_bytes(
        "Stock\nARTICLE ;quantite;Peremption;Remarque\nA1;5;31/12/2026;x\nTOTAL;5;;\nA2;2;06/2027;\n".encode(
            "cp1252"
        )
    )
    table, rows = mapped(path, read_mapping(STOCK, Kind.RECEIPTS, "mine"))
    assert [(r.item, r.quantity, r.expires_on, r.expiry_precision) for r in rows] == [
        ("A1", 5, date(2026, 12, 31), "day"),
        ("A2", 2, date(2027, 6, 30), "month"),
    ]
    assert {r.site for r in rows} == {"HUB"}
    assert {r.received_on for r in rows} == {date(2026, 3, 1)}
    assert table.unused == []


def test_missing_columns_are_all_named(tmp_path):
    path = tmp_path / "stock.csv"
    path.write_text("Article;Menge\nA1;5\n")
    with pytest.raises(
        MappingError, match=r"The file lacks: Quantité, Péremption. Its columns are: Article, Menge"
    ):
        mapped(path, read_mapping(STOCK, Kind.RECEIPTS, "mine"))


def test_without_a_mapping_columns_bear_the_apis_names(tmp_path):
    path = tmp_path / "use.csv"
    path.write_text("Site,Occurred on,item,quantity,colour\nDSP,2026-03-01,A1,4,red\n")
    table, rows = mapped(path, plain(Kind.CONSUMPTION))
    assert (rows[0].site, rows[0].occurred_on, rows[0].quantity) == ("DSP", date(2026, 3, 1), 4)
    assert table.unused == ["colour"]
    path.write_text("site,item\nDSP,A1\n")
    with pytest.raises(MappingError, match="The file lacks: occurred_on, quantity"):
        mapped(path, plain(Kind.CONSUMPTION))


def test_the_command_line_says_more_than_the_mapping(tmp_path):
    path = tmp_path / "stock.csv"
    path.write_text("Article;Quantité;Péremption\nA1;5;31/12/2026\n", "cp1252")
    mapping = read_mapping(STOCK, Kind.RECEIPTS, "mine").fixed(site="DEPOT")
    assert mapped(path, mapping)[1][0].site == "DEPOT"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[columns\n", "is not TOML"),
        ("[colums]\nitem = 'A'\n", r"unknown keys: colums"),
        ("[columns]\nitme = 'A'\n", r"unknown keys: \[columns\] itme"),
        ("[constants]\nfoo = 1\n", r"unknown keys: \[constants\] foo"),
        ("[constants]\nsite = [1]\n", "site must be one value"),
        ("[file]\nencodng = 'x'\n", r"\[file\] encodng"),
        ("[file]\nheader_row = 0\n", "header_row has no usable value"),
        ("[file]\nheader_row = true\n", "header_row has no usable value"),
        ("[file]\ndelimiter = ';;'\n", "one character"),
        ("[dates]\nexpires_on = '%Q'\n", "no usable format"),
        ("[dates]\nexpires_on = []\n", "no usable format"),
        ("[dates]\nquantity = '%d'\n", r"\[dates\] quantity"),
        ("[columns]\nitem = 3\n", "must be text"),
        ("columns = 3\n", "must be a table"),
        ("[skip]\nA = [[1]]\n", "list of values"),
    ],
)
def test_what_is_wrong_with_a_mapping_is_said(content, said):
    with pytest.raises(MappingError, match=said):
        read_mapping(content, Kind.RECEIPTS, "mine")


def test_a_mapping_that_is_not_there(tmp_path):
    with pytest.raises(MappingError, match="cannot be read"):
        load(tmp_path / "no.toml", Kind.ITEMS)
    (tmp_path / "yes.toml").write_text(STOCK)
    assert load(tmp_path / "yes.toml", Kind.RECEIPTS).constants["site"] == "HUB"


@pytest.mark.parametrize("name", sorted(bundled.BUNDLED))
def test_bundled_mappings_are_whole(name):
    assert bundled.load(name).columns


@pytest.mark.parametrize("word", ["jamais", "N/A", " Non périssable ", "-", "لا يوجد"])
def test_a_word_may_say_that_there_is_no_expiry(word):
    row = parse(Kind.RECEIPTS, 2, {"site": "A", "item": "B", "quantity": 1, "expires_on": word})
    assert row.expires_on is None


def test_a_line_with_more_cells_than_the_header_is_refused(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text("site,item,quantity\nA,B,1\nA,B,1,5\n")
    with open_mapped(path, plain(Kind.RECEIPTS)) as table:
        good, wide = table.rows()
    assert parse_row(Kind.RECEIPTS, good, {}, table.columns).quantity == 1
    with pytest.raises(RowRefusedError, match="1 cells more than the header"):
        parse_row(Kind.RECEIPTS, wide, {}, table.columns)
