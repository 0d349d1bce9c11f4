"""Files as people have them are opened without being told what they are."""

import zipfile
from datetime import date, datetime
from decimal import Decimal

import pytest
import xlsxwriter

from inventory.exchange import workbook
from inventory.exchange.reading import FileOptions, open_table
from inventory.exchange.source import UnreadableFile, as_text, folded
from inventory.exchange.text_file import detect, guess_delimiter

FRENCH = "code;désignation;quantité\nA1;Métronidazole, comprimé à croquer;12\nA2;Phénobarbital;3\n"
ARABIC = "code;الاسم;الكمية\nA1;باراسيتامول أقراص;12\nA2;أموكسيسيلين كبسولات;3\n"


def read(path, options=None, wanted=("code",), needed=()):
    with open_table(path, options, wanted, needed) as table:
        return table, [(row.line, row.values) for row in table.rows]


def write_xlsx(path, sheets, merge=()):
    book = xlsxwriter.Workbook(str(path))
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for line, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(line, column, cell, day)
                elif cell is not None:
                    sheet.write(line, column, cell)
        for area, text in merge:
            sheet.merge_range(area, text)
    book.close()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "mac_roman", "cp850"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_encoding_delimiter_and_line_ends_are_found_out(tmp_path, encoding, ends):
    path = tmp_path / "stock.csv"
    path.write_bytes(FRENCH.replace("\n", ends).encode(encoding))
    table, rows = read(path)
    assert table.headers == ["code", "désignation", "quantité"]
    assert rows == [
        (2, {"code": "A1", "désignation": "Métronidazole, comprimé à croquer", "quantité": "12"}),
        (3, {"code": "A2", "désignation": "Phénobarbital", "quantité": "3"}),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "cp1256"])
def test_arabic_text_is_read(tmp_path, encoding):
    path = tmp_path / "stock.csv"
    path.write_bytes(ARABIC.encode("utf-16") if encoding == "utf-16-le" else (ARABIC * 3).encode(encoding))
    assert read(path)[1][0][1]["الاسم"] == "باراسيتامول أقراص"


def test_utf16_without_its_mark(tmp_path):
    path = tmp_path / "stock.txt"
    path.write_bytes("code\tname\nA1\tGauze\n".encode("utf-16-le"))
    assert read(path)[1] == [(2, {"code": "A1", "name": "Gauze"})]


def test_a_late_byte_that_is_not_utf8_is_seen(tmp_path):
    path = tmp_path / "long.csv"
    path.write_bytes(b"code,name\n" + b"A1,Gauze\n" * 200_000 + "A2,Café\n".encode("cp1252"))
    assert detect(path)[0] == "cp1252"


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_delimiters(mark):
    rows = [["code", "name", "price"], ["A1", "Gauze, sterile; 10 cm", "1,5"]]
    text = "\n".join(mark.join(f'"{cell}"' for cell in row) for row in rows)
    assert guess_delimiter("A title, with commas\n\n" + text * 1 + "\n") == mark


def test_excels_own_word_on_the_delimiter(tmp_path):
    path = tmp_path / "stock.csv"
    path.write_text("sep=;\r\ncode;name\r\nA1;Gauze, 10 cm\r\n")
    assert read(path)[1] == [(3, {"code": "A1", "name": "Gauze, 10 cm"})]


def test_titles_above_the_header_and_quoted_line_breaks(tmp_path):
    path = tmp_path / "stock.csv"
    path.write_text('Stock of March,,\n,,\nCode,Name,Code\nA1,"two\nlines",B\n\nA2,x,\n')
    table, rows = read(path)
    assert table.titles == ["Stock of March"]
    assert table.header_line == 3
    assert table.headers == ["Code", "Name", "Code (2)"]
    assert rows == [
        (4, {"Code": "A1", "Name": "two\nlines", "Code (2)": "B"}),
        (7, {"Code": "A2", "Name": "x", "Code (2)": None}),
    ]


def test_headers_are_compared_without_case_accents_and_blanks():
    assert folded("  Numéro_de  LOT ") == folded("NUMERO DE LOT")
    assert folded("expires_on") == folded("Expires on")
    assert folded("ASN/DN #") != folded("ASN DN")


def test_workbook_values_keep_their_types(tmp_path):
    path = tmp_path / "stock.xlsx"
    write_xlsx(
        path,
        {
            "A": [
                ["Title"],
                [],
                ["code", "lot", "price", "day", "flag"],
                ["A1", 1234, 1.25, date(2026, 3, 1), True],
            ]
        },
    )
    table, rows = read(path)
    assert (table.titles, table.header_line) == (["Title"], 3)
    values = {"code": "A1", "lot": 1234, "price": Decimal("1.25"), "day": date(2026, 3, 1), "flag": True}
    assert rows == [(4, values)]
    assert as_text(rows[0][1]["lot"]) == "1234"


def test_merged_text_stands_for_its_rows_but_a_merged_number_counts_once(tmp_path):
    path = tmp_path / "stock.xlsx"
    rows = [
        ["code", "lot", "quantity"],
        [None, "L1", None],
        [None, "L2", None],
        [None, "L3", None],
        ["B", "L4", 5],
    ]
    write_xlsx(path, {"A": rows}, merge=[("A2:A4", "AX"), ("C2:C4", 30)])
    found = read(path)[1]
    assert [row["code"] for _, row in found] == ["AX", "AX", "AX", "B"]
    assert [row["quantity"] for _, row in found] == [30, None, None, 5]


def test_the_sheet_is_the_one_that_has_the_header(tmp_path):
    path = tmp_path / "stock.xlsx"
    write_xlsx(path, {"Read me": [["some code here"]], "Lots": [["code", "lot"], ["A1", "L1"]]})
    assert read(path, wanted=("code", "lot"))[0].sheet == "Lots"


def test_several_sheets_must_be_told_apart(tmp_path):
    path = tmp_path / "stock.xlsx"
    write_xlsx(path, {"One": [["code"], ["A1"]], "Two": [["code"], ["A2"]]})
    with pytest.raises(UnreadableFile, match="--sheet: One, Two"):
        read(path)
    assert read(path, FileOptions(sheet=" two"))[1] == [(2, {"code": "A2"})]
    with pytest.raises(UnreadableFile, match="no sheet named Three"):
        read(path, FileOptions(sheet="Three"))


def test_what_a_mapping_says_of_the_file_is_followed(tmp_path):
    path = tmp_path / "stock.csv"
    path.write_bytes("code,x\ncode|prix €\nA1|3\n".encode("cp1252"))
    options = FileOptions(encoding="windows-1252", delimiter="|", header_row=2)
    assert read(path, options)[1] == [(3, {"code": "A1", "prix €": "3"})]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 ...", "neither CSV nor XLSX"),
        (bytes(range(256)) * 4, "neither CSV nor XLSX"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64), "save it as .xlsx"),
        (b"PK\x03\x04broken", "damaged"),
        (b"name,quantity\nGauze,3\n", "No header row"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(tmp_path, content, said):
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=said) as caught:
        read(path)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UnreadableFile, match="cannot be read: No such file"):
        read(tmp_path / "nothing.csv")


def test_a_zip_that_is_no_workbook_and_one_that_swells(tmp_path, monkeypatch):
    plain = tmp_path / "plain.xlsx"
    with zipfile.ZipFile(plain, "w") as archive:
        archive.writestr("hello.txt", "hello")
    with pytest.raises(UnreadableFile, match="no XLSX workbook"):
        read(plain)
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (32 << 20))
    with pytest.raises(UnreadableFile, match="far more than it should"):
        read(bomb)
    write_xlsx(tmp_path / "big.xlsx", {"A": [["code"], ["A1"]]})
    monkeypatch.setattr(workbook, "MAX_BYTES", 100)
    with pytest.raises(UnreadableFile, match="larger than"):
        read(tmp_path / "big.xlsx")


def test_a_broken_line_is_named(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text("code,name\nA1,ok\nA2," + "x" * 200_000 + "\n")
    with pytest.raises(UnreadableFile, match="Line 3"):
        read(path)


def test_instants_in_workbooks(tmp_path):
    path = tmp_path / "stock.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.write(0, 0, "code")
    sheet.write_datetime(
        1, 0, datetime(2026, 3, 1, 12, 30), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    )
    book.close()
    assert read(path)[1] == [(2, {"code": datetime(2026, 3, 1, 12, 30)})]


def test_a_line_that_never_ends_is_no_table(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("code,name\n" + "1," * 600_000)
    with pytest.raises(UnreadableFile, match="Line 2 is longer"):
        read(path)


def test_cells_beyond_the_header_are_counted(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text("code,name\nA1,ok,,\nA2,one,two,three,\n")
    with open_table(path, None, ("code",)) as table:
        assert [row.beyond for row in table.rows] == [0, 2]
