"""The tables of the usage history, and the steps that bring an older database up to date.

Imported only by what uses a database: SQLAlchemy is an extra.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    func,
    select,
    text,
)

metadata = MetaData()
_BIG = BigInteger().with_variant(Integer, "sqlite")
_BINARY = String(191).with_variant(String(191, collation="utf8mb4_bin"), "mysql", "mariadb")

version = Table("handlens_schema", metadata, Column("version", Integer, primary_key=True, autoincrement=False))
tasks = Table(
    "usage_tasks",
    metadata,
    Column("id", _BIG, primary_key=True, autoincrement=True),
    Column("console", _BINARY, nullable=False),
    Column("task", String(500).with_variant(String(500, collation="utf8mb4_bin"), "mysql", "mariadb"), nullable=False),
    UniqueConstraint("console", "task", name="usage_task_names"),
    mysql_row_format="DYNAMIC",
    mysql_charset="utf8mb4",
)
observations = Table(
    "usage_observations",
    metadata,
    Column("task_id", _BIG, primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("gpu", Double),
    Column("cpu", Double),
    Column("memory_used", BigInteger),
    Column("memory_total", BigInteger),
    Column("status", String(16), nullable=False),
    sqlite_with_rowid=False,
)
"""``at`` is milliseconds since the epoch. The key is the task first: one task's stretch of time lies together."""


def _first(connection: Connection) -> None:
    metadata.create_all(connection)
    if connection.dialect.name == "postgresql":
        _for_timescale(connection)


def _for_timescale(connection: Connection) -> None:
    """A hypertable that compresses what is older than a week, where the extension is installed; else an index that
    answers bucket queries alone, for PostgreSQL does not keep rows in the order of their key."""
    found = connection.execute(text("SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'")).scalar_one()
    if not found:
        connection.execute(
            text("CREATE INDEX IF NOT EXISTS usage_series ON usage_observations (task_id, at) INCLUDE (gpu, cpu)")
        )
        return
    day = 86_400_000
    connection.execute(
        text(
            f"SELECT create_hypertable('usage_observations', 'at', chunk_time_interval => {day}, if_not_exists => true)"
        )
    )
    connection.execute(
        text("ALTER TABLE usage_observations SET (timescaledb.compress, timescaledb.compress_segmentby = 'task_id')")
    )


_STEPS: tuple[Callable[[Connection], None], ...] = (_first,)


def migrate(connection: Connection) -> None:
    """Take every step that the database has not taken yet."""
    version.create(connection, checkfirst=True)
    done = connection.execute(select(func.count()).select_from(version)).scalar_one()
    for number, step in enumerate(_STEPS[done:], start=done + 1):
        step(connection)
        connection.execute(version.insert().values(version=number))
