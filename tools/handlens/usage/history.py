"""What was observed, kept: SQLAlchemy over SQLite, PostgreSQL (with TimescaleDB where it is there) or MariaDB/MySQL.

One row an observation: a task of a console at a moment. Writing the same observation again changes nothing, so a
replay after a failure can't double anything. All calls block: async callers run them in a thread.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from handlens.errors import InvalidInput, StorageError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

HistoryMetric = Literal["gpu_utilization_percent", "cpu_utilization_percent", "memory_used_bytes", "memory_total_bytes"]
METRICS: dict[str, str] = {
    "gpu_utilization_percent": "gpu",
    "cpu_utilization_percent": "cpu",
    "memory_used_bytes": "memory_used",
    "memory_total_bytes": "memory_total",
}
_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Observation:
    """One task of one console at one moment. Percentages 0 to 100, sizes in bytes."""

    console: str
    task: str
    at: datetime
    gpu_utilization_percent: float | None = None
    cpu_utilization_percent: float | None = None
    memory_used_bytes: int | None = None
    memory_total_bytes: int | None = None
    status: str = "unknown"


@dataclass(frozen=True, slots=True)
class Bucket:
    """What was observed from ``begin`` on, for the length of one bucket."""

    begin: datetime
    samples: int
    least: float
    mean: float
    most: float


class History:
    """A database of observations. ``url`` is SQLAlchemy's, such as ``sqlite:///usage.db``.

    Raises:
        StorageError: the database can't be reached, or refuses. Nothing of the failed call is kept.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._engine: Engine | None = None
        self._task_ids: dict[tuple[str, str], int] = {}

    def open(self) -> None:
        """Connect, and bring the tables up to date."""
        if self._engine is None:
            _schema()
            engine = _engine(self._url)
            with _failing("opened"), engine.begin() as connection:
                _schema().migrate(connection)
            self._engine = engine

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None
            self._task_ids.clear()

    def write(self, batch: Iterable[Observation]) -> None:
        """Keep observations, all or none; those that are there already are left as they are."""
        observations = _schema().observations
        rows = list(batch)
        with _failing("written"), self._connected().begin() as connection:
            ids = self._ids(connection, {(row.console, row.task) for row in rows})
            insert = _insert_ignoring(observations, connection.dialect.name)
            for start in range(0, len(rows), _BATCH):
                connection.execute(insert, [_stored(row, ids) for row in rows[start : start + _BATCH]])
        self._task_ids |= ids

    def series(
        self, console: str, task: str, metric: str, begin: datetime, end: datetime, bucket: timedelta
    ) -> list[Bucket]:
        """The metric from ``begin`` to before ``end`` in buckets; those without a sample are left out."""
        tasks, observations = _schema().tasks, _schema().observations
        from sqlalchemy import func, select

        column = observations.c[METRICS[_known(metric)]]
        width = max(1, round(bucket.total_seconds() * 1000))
        start = observations.c.at - observations.c.at % width
        query = (
            select(start.label("begin"), func.count(column), func.min(column), func.avg(column), func.max(column))
            .select_from(observations.join(tasks, tasks.c.id == observations.c.task_id))
            .where(tasks.c.console == console, tasks.c.task == task)
            .where(observations.c.at >= _stamp(begin), observations.c.at < _stamp(end), column.is_not(None))
            .group_by(start)
            .order_by(start)
        )
        with _failing("read"), self._connected().connect() as connection:
            found = connection.execute(query).all()
        return [Bucket(_moment(int(at)), n, float(low), float(mean), float(high)) for at, n, low, mean, high in found]

    def consoles(self) -> dict[str, list[str]]:
        """Every console with the tasks that were ever seen on it."""
        tasks = _schema().tasks
        from sqlalchemy import select

        known: dict[str, list[str]] = {}
        with _failing("read"), self._connected().connect() as connection:
            for console, task in connection.execute(select(tasks.c.console, tasks.c.task).order_by(tasks.c.task)):
                known.setdefault(console, []).append(task)
        return known

    def count(self) -> int:
        observations = _schema().observations
        from sqlalchemy import func, select

        with _failing("read"), self._connected().connect() as connection:
            return connection.execute(select(func.count()).select_from(observations)).scalar_one()

    def forget_before(self, moment: datetime) -> int:
        """Retention: drop what is older; returns how many observations went."""
        observations = _schema().observations
        with _failing("shortened"), self._connected().begin() as connection:
            return connection.execute(observations.delete().where(observations.c.at < _stamp(moment))).rowcount

    def _connected(self) -> Engine:
        self.open()
        assert self._engine is not None
        return self._engine

    def _ids(self, connection: Connection, names: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
        tasks = _schema().tasks
        from sqlalchemy import select

        known = {name: self._task_ids[name] for name in names if name in self._task_ids}
        missing = sorted(names - known.keys())
        if missing:
            insert = _insert_ignoring(tasks, connection.dialect.name)
            connection.execute(insert, [{"console": console, "task": task} for console, task in missing])
            for console in {console for console, _ in missing}:
                wanted = {task for one, task in missing if one == console}
                rows = connection.execute(select(tasks.c.id, tasks.c.task).where(tasks.c.console == console))
                known |= {(console, task): number for number, task in rows if task in wanted}
        return known


def _schema() -> ModuleType:
    """The tables, imported only now: SQLAlchemy is heavy, and an extra."""
    try:
        from handlens.usage import history_schema
    except ImportError as error:
        raise InvalidInput("A usage history needs the `usage` extra: pip install 'handlens[usage]'.") from error
    return history_schema


def _engine(url: str) -> Engine:
    from sqlalchemy import create_engine, event
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    try:
        parsed = make_url(url)
        timeout = {"timeout": 30} if parsed.get_backend_name() == "sqlite" else {"connect_timeout": 5}
        engine = create_engine(parsed, pool_pre_ping=True, connect_args=timeout)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise InvalidInput(
            "The history's database URL can't be used. Give one such as sqlite:///usage.db, "
            "postgresql+psycopg://user@host/name or mysql+pymysql://user@host/name, and install its driver "
            "with pip install 'handlens[usage]'."
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _tune_sqlite)
    return engine


def _tune_sqlite(connection: Any, _: object) -> None:
    """Readers beside one writer, and a commit that survives the process (not a power cut within the last second)."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def _insert_ignoring(table: Any, dialect: str) -> Any:
    """An insert that leaves rows which are there already as they are."""
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert

        return insert(table).on_conflict_do_nothing()
    if dialect in ("mysql", "mariadb"):
        return table.insert().prefix_with("IGNORE")
    return table.insert().prefix_with("OR IGNORE")


def _stored(row: Observation, ids: dict[tuple[str, str], int]) -> dict[str, Any]:
    return {
        "task_id": ids[(row.console, row.task)],
        "at": _stamp(row.at),
        "gpu": row.gpu_utilization_percent,
        "cpu": row.cpu_utilization_percent,
        "memory_used": row.memory_used_bytes,
        "memory_total": row.memory_total_bytes,
        "status": row.status,
    }


def _known(metric: str) -> str:
    if metric not in METRICS:
        raise InvalidInput(f"No metric {metric[:60]!r}. Metrics: {', '.join(METRICS)}.")
    return metric


def _stamp(moment: datetime) -> int:
    """Milliseconds since the epoch."""
    return round(moment.timestamp() * 1000)


def _moment(stamp: int) -> datetime:
    return datetime.fromtimestamp(stamp / 1000, UTC)


@contextmanager
def _failing(what: str) -> Generator[None]:
    """Turns the database's failures into ours, without its URL or what was written."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except SQLAlchemyError as error:
        raise StorageError(
            f"The usage history could not be {what}: {type(error).__name__}. "
            "Check that its database runs and may be written."
        ) from error
