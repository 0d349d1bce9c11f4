"""A file on its way in: unpacked once, each row found again, in the order of its documents."""

import stat
from datetime import date, datetime
from decimal import Decimal

import pytest

from inventory.errors import msg
from inventory.exchange import spool as module
from inventory.exchange.fields import RowFault
from inventory.exchange.source import UnreadableFile
from inventory.exchange.spool import BAD, DONE, GOOD, KNOWN, Entry, Spool
from inventory.exchange.uploads import Uploads


@pytest.fixture
def spool(tmp_path):
    made = Spool(tmp_path / "rows")
    yield made
    made.close()


def test_cells_come_back_as_they_were(spool):
    cells = ["x", 1, Decimal("1.50"), date(2026, 1, 2), datetime(2026, 1, 2, 3, 4), True, None, "last"]
    assert spool.fill([(1, list(cells)), (2, [None, None]), (7, ["y", None])]) == 2
    assert list(spool.sheet().rows) == [(1, cells), (7, ["y"])]
    assert spool.cells([7]) == {7: ["y"]}
    assert spool.last_raw() == 7


def test_too_many_rows_are_refused_and_nothing_kept(spool, monkeypatch):
    monkeypatch.setattr(module, "MAX_ROWS", 2)
    with pytest.raises(UnreadableFile, match="more than 2 rows"):
        spool.fill((line, ["x"]) for line in range(1, 5))
    assert spool.last_raw() == 0


def entry(line, group, state=GOOD, sort=""):
    return Entry(line, state, {"quantity": line}, (), f"b{line}", f"d{line}", sort, group)


def test_slices_hold_whole_documents(spool):
    with spool.writing():
        spool.add(
            [
                entry(1, "b"),
                entry(2, "a"),
                entry(3, "b"),
                entry(4, "c", BAD),
                entry(5, "a", KNOWN),
                entry(6, "d"),
            ]
        )
    assert spool.line_up() == 5
    assert [each.line for each in spool.slice(0, 1, 9, whole=True)] == [2, 5]
    assert [each.line for each in spool.slice(0, 1, 9, whole=False)] == [2]
    assert [each.line for each in spool.slice(2, 100, 1, whole=False)] == [1, 3]
    assert [each.line for each in spool.slice(0, 100, 100, whole=True)] == [2, 5, 1, 3, 6]
    assert spool.taken_before(2, "a").line == 5
    assert spool.taken_before(4, "b") is None
    with spool.writing():
        spool.judge({1: (DONE, ()), 3: (BAD, [RowFault(3, "Qty", msg("No %(x)s", x=1))])})
    assert spool.taken_before(4, "b").line == 1
    assert spool.counts() == {DONE: 1, BAD: 2, GOOD: 2, KNOWN: 1}
    shown, total = spool.page(BAD, 1, 1)
    assert (total, [str(fault.message) for fault in shown[0].faults]) == (2, ["No 1"])


def test_uploads_are_their_owners_alone_and_go(tmp_path):
    import io

    uploads = Uploads(tmp_path)
    key, size = uploads.save(io.BytesIO(b"abc"), 3)
    assert size == 3
    assert stat.S_IMODE(uploads.upload(key).stat().st_mode) == 0o600
    with uploads.spool(key):
        pass
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "uploads").iterdir()} == {0o600}
    with pytest.raises(UnreadableFile, match="larger"):
        uploads.save(io.BytesIO(b"abcd"), 3)
    with uploads.alone(key) as mine, uploads.alone(key) as other:
        assert (mine, other) == (True, False)
    with pytest.raises(ValueError, match="no key"):
        uploads.upload("../secret")
    uploads.drop(key)
    assert list((tmp_path / "uploads").iterdir()) == []
