"""The database: declarative base, column types, and the one place that commits."""

import contextlib
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, Dialect, Engine, MetaData, String, Table, Text, event, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.types import TypeDecorator

from inventory.errors import Superseded

T = TypeVar("T")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table of Relais."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})

_writing: ContextVar[bool] = ContextVar("relais_writing", default=False)


class Instant(TypeDecorator[datetime]):
    """A timezone-aware UTC instant, also on SQLite, which knows no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Scaled(TypeDecorator[Decimal]):
    """A decimal kept as a whole number of 10**-places, exact on both databases."""

    impl = BigInteger
    cache_ok = True

    def __init__(self, places: int) -> None:
        super().__init__()
        self.places = places

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        scaled = Decimal(value).scaleb(self.places)
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{value} has more than {self.places} decimal places")
        return int(scaled)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-self.places)


class Chars(TypeDecorator[str]):
    """Text. What no database can hold (NUL, half of a pair of surrogates) is looked for in vain instead of failing."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or (value.isascii() and "\x00" not in value):
            return value
        return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


class LongChars(Chars):
    """The same, of any length."""

    impl = Text
    cache_ok = True


def session() -> Session:
    """The session of the present request or command."""
    return db.session()


@contextlib.contextmanager
def transaction() -> Iterator[Session]:
    """Everything inside is written together or not at all. Only edges open one; nothing else commits.

    What was read before is let go of first, so that on SQLite the write lock is taken at the start
    (`BEGIN IMMEDIATE`) and no reader has to be turned into a writer midway.
    """
    current = session()
    current.rollback()
    token = _writing.set(True)
    try:
        yield current
        current.commit()
    except BaseException:
        current.rollback()
        raise
    finally:
        _writing.reset(token)


@contextlib.contextmanager
def snapshot() -> Iterator[Session]:
    """Inside, everything is read as it is at one moment, whatever others write meanwhile."""
    current = session()
    current.rollback()
    if current.get_bind().dialect.name == "postgresql":
        current.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    try:
        yield current
    finally:
        current.rollback()


RETRIES = 3
_TRANSIENT = {"40001", "40P01"}  # serialization failure, deadlock


def atomically(work: Callable[[Session], T]) -> T:
    """Do `work` in a transaction; again where another writer got in its way. The edges' way to change things.

    A uniqueness that somebody else's transaction broke first looks different the second time: the row is there.
    """
    for attempt in range(RETRIES + 1):
        try:
            with transaction() as current:
                return work(current)
        except (IntegrityError, OperationalError, StaleDataError, Superseded) as error:
            if attempt == RETRIES or not _worth_another_try(error):
                raise
    raise AssertionError


@contextlib.contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """A part of a transaction that is undone alone where it fails; what was read in it is then forgotten with it.

    A row that was undone may come again, as another, under its id, and the session would show the first.
    """
    session.flush()  # what waits to be written is of the part before
    known = set(session.identity_map.keys())
    try:
        with session.begin_nested():
            yield
    except BaseException:
        for state in session.identity_map.all_states():
            row = state.obj()
            if row is not None and state.key not in known:
                session.expunge(row)
        raise


def _worth_another_try(error: Exception) -> bool:
    if isinstance(error, OperationalError):
        return getattr(error.orig, "sqlstate", None) in _TRANSIENT
    return True


def write_rows(
    session: Session,
    table: Table,
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    raw: Collection[str] = (),
) -> int:
    """Write very many rows past the ORM, values in the order of the columns `names`; how many there were.

    COPY on PostgreSQL, one prepared statement on SQLite. Column defaults are not filled in. The values of the columns
    `raw` are given as both drivers take them.
    """
    connection = session.connection()
    dialect = connection.dialect
    processors = [
        (index, table.c[name].type.dialect_impl(dialect).bind_processor(dialect))
        for index, name in enumerate(names)
        if name not in raw
    ]
    needed = [(index, process) for index, process in processors if process is not None]
    total = 0

    def values() -> Iterator[Sequence[Any]]:
        nonlocal total
        for row in rows:
            total += 1
            ready = list(row)
            for index, process in needed:
                ready[index] = process(ready[index])
            yield ready

    driver: Any = connection.connection.driver_connection
    quoted = ", ".join(f'"{table.c[name].name}"' for name in names)
    if dialect.name == "postgresql":
        with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({quoted}) FROM STDIN') as copy:
            for each in values():
                copy.write_row(each)
    else:
        marks = ", ".join("?" * len(names))
        statement = f'INSERT INTO "{table.name}" ({quoted}) VALUES ({marks})'  # nosec B608: names of our own tables
        driver.executemany(statement, values())
    return total


def continue_counting(session: Session) -> None:
    """Let PostgreSQL number new rows after those that were written with ids of their own. SQLite does so by itself."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in Base.metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None and not column.foreign_keys:
            name = f"pg_get_serial_sequence('\"{table.name}\"', '{column.name}')"
            newest = f'SELECT max("{column.name}") FROM "{table.name}"'  # nosec B608
            session.execute(text(f"SELECT setval({name}, coalesce(({newest}), 0) + 1, false)"))


def prepare_engine(engine: Engine) -> None:
    """Set what each connection and each transaction of `engine` needs."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # we send BEGIN ourselves
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=15000",
            "temp_store=MEMORY",
            "cache_size=-32000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")


def alive() -> None:
    """Ask the database for something; raises what SQLAlchemy raises where it does not answer."""
    session().execute(text("SELECT 1"))
    session().rollback()
