"""The tables of the usage history, and the steps that bring an older database up to date.

Imported only by what uses a database: SQLAlchemy is an extra.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.dialects.mysql import LONGBLOB, LONGTEXT

metadata = MetaData()
_BIG = BigInteger().with_variant(Integer, "sqlite")
_LONG = Text().with_variant(LONGTEXT(), "mysql", "mariadb")
_BLOB = LargeBinary().with_variant(LONGBLOB(), "mysql", "mariadb")
_MYSQL: dict[str, Any] = {"mysql_row_format": "DYNAMIC", "mysql_charset": "utf8mb4"}


def _exact(length: int) -> String:
    """Text that is compared letter by letter everywhere; MySQL else takes A for a."""
    return String(length).with_variant(String(length, collation="utf8mb4_bin"), "mysql", "mariadb")


version = Table("handlens_schema", metadata, Column("version", Integer, primary_key=True, autoincrement=False))
tasks = Table(
    "usage_tasks",
    metadata,
    Column("id", _BIG, primary_key=True, autoincrement=True),
    Column("console", _exact(191), nullable=False),
    Column("task", _exact(500), nullable=False),
    UniqueConstraint("console", "task", name="usage_task_names"),
    **_MYSQL,
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

consoles = Table(
    "usage_consoles",
    metadata,
    Column("console", _exact(191), primary_key=True),
    Column("looked_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger),
    Column("every_ms", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("failure", String(500)),
    Column("reading", _LONG),
    **_MYSQL,
)
"""Each console as it was seen last; ``reading`` is JSON."""
alerts = Table(
    "usage_alerts",
    metadata,
    Column("task_id", _BIG, primary_key=True, autoincrement=False),
    Column("rule", _exact(100), primary_key=True),
    Column("opened_at", BigInteger, primary_key=True, autoincrement=False),
    Column("since", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("value", Double),
    Column("reason", String(500), nullable=False),
    Column("picture_id", _BIG),
    Index("usage_alerts_open", "closed_at", "opened_at"),
    **_MYSQL,
)
pictures = Table(
    "usage_pictures",
    metadata,
    Column("id", _BIG, primary_key=True, autoincrement=True),
    Column("console", _exact(191), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("media_type", String(32), nullable=False),
    Column("data", _BLOB, nullable=False),
    Column("reading", _LONG),
    Index("usage_pictures_at", "at"),
    **_MYSQL,
)
"""Evidence. ``reading`` is what was read from it, JSON, its boxes in pixels of the picture."""
reviews = Table(
    "usage_reviews",
    metadata,
    Column("id", _BIG, primary_key=True, autoincrement=True),
    Column("task_id", _BIG, nullable=False),
    Column("header", _exact(191), nullable=False),
    Column("field", String(32), nullable=False),
    Column("text", String(500), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("picture_id", _BIG),
    Column("box", String(100)),
    Column("state", String(16), nullable=False),
    Column("corrected", String(500)),
    Column("before", String(500)),
    Column("decided_at", BigInteger),
    Column("decided_by", String(191)),
    Index("usage_reviews_cell", "task_id", "header"),
    Index("usage_reviews_state", "state", "last_at"),
    **_MYSQL,
)
"""Cells that a person should look at. ``text`` stays as it was read; ``before`` is what the history held, JSON."""
learned = Table(
    "usage_learned",
    metadata,
    Column("console", _exact(191), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("word", _exact(191), primary_key=True),
    Column("meaning", String(32), nullable=False),
    **_MYSQL,
)
"""What people taught: a header's field (kind ``column``), a word's status (kind ``status``)."""

_DAY = 86_400_000
COMPRESSED_AFTER_DAYS = 7


def _observed(connection: Connection) -> None:
    metadata.create_all(connection, tables=[tasks, observations])
    if connection.dialect.name != "postgresql":
        return
    if _has_timescale(connection):
        _make_hypertable(connection)
    else:  # PostgreSQL does not keep rows in the order of their key: this index answers bucket queries alone
        connection.execute(
            text("CREATE INDEX IF NOT EXISTS usage_series ON usage_observations (task_id, at) INCLUDE (gpu, cpu)")
        )


def _judged(connection: Connection) -> None:
    metadata.create_all(connection, tables=[consoles, alerts, pictures, reviews, learned])
    if connection.dialect.name != "postgresql":
        return
    if is_hypertable(connection):
        _keep_compressed(connection)
    else:
        connection.execute(text("DROP INDEX IF EXISTS usage_series"))
        columns = "gpu, cpu, memory_used, memory_total"
        connection.execute(text(f"CREATE INDEX usage_series ON usage_observations (task_id, at) INCLUDE ({columns})"))


def _has_timescale(connection: Connection) -> bool:
    found = text("SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'")
    return bool(connection.execute(found).scalar_one())


def is_hypertable(connection: Connection) -> bool:
    """Whether TimescaleDB keeps our observations: not where it came to a database that had them already."""
    if connection.dialect.name != "postgresql" or not _has_timescale(connection):
        return False
    ours = text(
        "SELECT count(*) FROM timescaledb_information.hypertables WHERE hypertable_name = 'usage_observations' "
        "AND format('%I.%I', hypertable_schema, hypertable_name)::regclass = 'usage_observations'::regclass"
    )
    return bool(connection.execute(ours).scalar_one())


def _make_hypertable(connection: Connection) -> None:
    connection.execute(
        text(
            "SELECT create_hypertable('usage_observations', 'at', "
            f"chunk_time_interval => BIGINT '{_DAY}', if_not_exists => true, migrate_data => true)"
        )
    )
    connection.execute(
        text(
            "ALTER TABLE usage_observations SET (timescaledb.compress, "
            "timescaledb.compress_segmentby = 'task_id', timescaledb.compress_orderby = 'at')"
        )
    )


def _keep_compressed(connection: Connection) -> None:
    """Chunks of a week ago are compressed by TimescaleDB's own jobs; they need to know what time it is for us."""
    connection.execute(
        text(
            "CREATE OR REPLACE FUNCTION handlens_now() RETURNS BIGINT LANGUAGE SQL STABLE AS "
            "'SELECT (extract(epoch FROM now()) * 1000)::BIGINT'"
        )
    )
    connection.execute(
        text("SELECT set_integer_now_func('usage_observations', 'handlens_now', replace_if_exists => true)")
    )
    connection.execute(
        text(
            "SELECT add_compression_policy('usage_observations', "
            f"BIGINT '{COMPRESSED_AFTER_DAYS * _DAY}', if_not_exists => true)"
        )
    )


def drop_chunks(connection: Connection, before: int) -> None:
    """TimescaleDB's retention: whole days that end before a moment (milliseconds since the epoch)."""
    statement = text("SELECT drop_chunks('usage_observations', older_than => CAST(:before AS BIGINT))")
    connection.execute(statement, {"before": before})


_STEPS: tuple[Callable[[Connection], None], ...] = (_observed, _judged)


def migrate(connection: Connection) -> None:
    """Take every step that the database has not taken yet; several that open it at once take turns."""
    with _turn(connection):
        if not inspect(connection).has_table(version.name):
            version.create(connection, checkfirst=True)
        done = connection.execute(select(func.count()).select_from(version)).scalar_one()
        for number, step in enumerate(_STEPS[done:], start=done + 1):
            step(connection)
            connection.execute(version.insert().values(version=number))


@contextmanager
def _turn(connection: Connection) -> Generator[None]:
    """Nobody else changes the tables meanwhile."""
    kind = connection.dialect.name
    if kind == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(7203180)"))
    elif kind == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text("SELECT GET_LOCK('handlens_schema', 20)"))
    try:
        yield
    finally:
        if kind in ("mysql", "mariadb"):
            connection.exec_driver_sql("COMMIT")  # before the next may look: each change of a table was its own
            connection.execute(text("SELECT RELEASE_LOCK('handlens_schema')"))
