"""How migrations run: online only, over the application's engine, whole or not at all."""

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text
from sqlalchemy.types import TypeEngine

import inventory.models  # noqa: F401  (every table)
from inventory.db import Base, Chars, Instant, LongChars, Scaled


def render_item(kind: str, thing: object, autogen_context: object) -> str | bool:
    """Our own column types, written as what the database sees."""
    if kind == "type" and isinstance(thing, Scaled):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(thing, LongChars):
        return "sa.Text()"
    if kind == "type" and isinstance(thing, Chars):
        return f"sa.String(length={thing.impl_instance.length})"
    if kind == "type" and isinstance(thing, Instant):
        return "sa.DateTime(timezone=True)"
    return False


def compare_type(
    _context: object,
    _column: object,
    _metadata_column: object,
    found: TypeEngine[object],
    wanted: TypeEngine[object],
) -> bool | None:
    """Our own types are the same as what they are kept as."""
    return False if isinstance(wanted, Scaled | Instant) else None


def migrate(connection: Connection) -> None:
    """Run what is asked for in one transaction.

    On SQLite foreign keys are off meanwhile: a table that is copied and dropped would take its children's rows along.
    They are checked before the end.
    """
    sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=compare_type,
        render_item=render_item,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
        if sqlite:
            broken = connection.execute(text("PRAGMA foreign_key_check")).all()
            if broken:
                raise RuntimeError(f"a migration would leave rows without what they belong to: {broken[:5]}")


def run() -> None:
    """Open a connection with foreign keys off (SQLite knows them per connection) and migrate."""
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        try:
            migrate(connection)
            connection.commit()
        finally:
            connection.rollback()
            if engine.dialect.name == "sqlite":
                connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")


run()
