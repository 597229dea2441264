"""What was observed, kept: SQLAlchemy over SQLite, PostgreSQL (with TimescaleDB where it is there) or MariaDB/MySQL.

One row an observation: a task of a console at a moment. Writing the same observation again changes nothing, so a
replay after a failure can't double anything. All calls block: async callers run them in a thread.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from handlens.errors import InvalidInput
from handlens.usage.database import ANSWER_SECONDS, Database, insert_ignoring, schema

if TYPE_CHECKING:
    from sqlalchemy import Connection

HistoryMetric = Literal["gpu_utilization_percent", "cpu_utilization_percent", "memory_used_bytes", "memory_total_bytes"]
METRICS: dict[str, str] = {
    "gpu_utilization_percent": "gpu",
    "cpu_utilization_percent": "cpu",
    "memory_used_bytes": "memory_used",
    "memory_total_bytes": "memory_total",
}
_BATCH = 5_000
_LONG_SECONDS = 3_600.0
"""For an export or the retention, which go through everything."""


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
class AlertChange:
    """An alert of a task that opened at ``opened_at``, or, with ``closed_at``, has closed."""

    console: str
    task: str
    rule: str
    opened_at: datetime
    since: datetime
    closed_at: datetime | None = None
    value: float | None = None
    reason: str = ""


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

    def __init__(self, url: str, *, seconds: float = ANSWER_SECONDS) -> None:
        self.database = Database(url, seconds=seconds)

    def open(self) -> None:
        """Connect, and bring the tables up to date."""
        self.database.open()

    def close(self) -> None:
        self.database.close()

    def write(self, batch: Iterable[Observation], changes: Iterable[AlertChange] = ()) -> None:
        """Keep observations and what became of alerts, all or none; what is there already is left as it is."""
        rows, altered = list(batch), list(changes)
        names = {(row.console, row.task) for row in rows} | {(change.console, change.task) for change in altered}
        with self.database.begin("written") as connection:
            ids = self.database.task_ids(connection, names)
            insert = insert_ignoring(schema().observations, connection.dialect.name)
            for start in range(0, len(rows), _BATCH):
                connection.execute(insert, [_stored(row, ids) for row in rows[start : start + _BATCH]])
            for change in altered:
                _keep_change(connection, change, ids[(change.console, change.task)])
        self.database.remember(ids)

    def series(
        self, console: str, task: str, metric: str, begin: datetime, end: datetime, bucket: timedelta
    ) -> list[Bucket]:
        """The metric from ``begin`` to before ``end`` in buckets; those without a sample are left out."""
        return self.trends(console, metric, begin, end, bucket, tasks=[task]).get(task, [])

    def trends(
        self,
        console: str,
        metric: str,
        begin: datetime,
        end: datetime,
        bucket: timedelta,
        *,
        tasks: Collection[str] | None = None,
    ) -> dict[str, list[Bucket]]:
        """As `series`, for these tasks of the console, or all that were ever seen on it."""
        names, observations = schema().tasks, schema().observations
        from sqlalchemy import func, select

        column = observations.c[METRICS[_known(metric)]]
        width = max(1, round(bucket.total_seconds() * 1000))
        start = observations.c.at - observations.c.at % width
        wanted = select(names.c.id, names.c.task).where(names.c.console == console)
        if tasks is not None:
            wanted = wanted.where(names.c.task.in_(tasks))
        found: dict[str, list[Bucket]] = {}
        with self.database.begin("read") as connection:
            for number, name in connection.execute(wanted.order_by(names.c.task)).all():
                query = (
                    select(start, func.count(column), func.min(column), func.avg(column), func.max(column))
                    .where(observations.c.task_id == number, column.is_not(None))
                    .where(observations.c.at >= stamp(begin), observations.c.at < stamp(end))
                    .group_by(start)
                    .order_by(start)
                )
                found[name] = [
                    Bucket(moment(int(at)), n, float(low), float(mean), float(high))
                    for at, n, low, mean, high in connection.execute(query)
                ]
        return {name: buckets for name, buckets in found.items() if buckets}

    def observed(
        self, begin: datetime, end: datetime, *, console: str | None = None, task: str | None = None
    ) -> Iterator[Observation]:
        """Observations from ``begin`` to before ``end`` as they were kept, by console, task and time; for an export."""
        tasks, observations = schema().tasks, schema().observations
        from sqlalchemy import select

        query = select(tasks.c.id, tasks.c.console, tasks.c.task).order_by(tasks.c.console, tasks.c.task)
        if console is not None:
            query = query.where(tasks.c.console == console)
        if task is not None:
            query = query.where(tasks.c.task == task)
        with self.database.begin("read", seconds=_LONG_SECONDS) as connection:
            for number, in_console, name in connection.execute(query).all():
                rows = (
                    select(observations)
                    .where(observations.c.task_id == number)
                    .where(observations.c.at >= stamp(begin), observations.c.at < stamp(end))
                    .order_by(observations.c.at)
                )
                for row in connection.execute(rows.execution_options(yield_per=_BATCH)).mappings():
                    numbers = {metric: row[column] for metric, column in METRICS.items()}
                    yield Observation(in_console, name, moment(row["at"]), **numbers, status=row["status"])

    def consoles(self) -> dict[str, list[str]]:
        """Every console with the tasks that were ever seen on it."""
        tasks = schema().tasks
        from sqlalchemy import select

        known: dict[str, list[str]] = {}
        with self.database.begin("read") as connection:
            for console, task in connection.execute(select(tasks.c.console, tasks.c.task).order_by(tasks.c.task)):
                known.setdefault(console, []).append(task)
        return known

    def count(self) -> int:
        observations = schema().observations
        from sqlalchemy import func, select

        with self.database.begin("read") as connection:
            return connection.execute(select(func.count()).select_from(observations)).scalar_one()

    def forget_before(self, oldest: datetime) -> int:
        """Retention: drop what is older; returns how many observations went (0 where whole chunks were dropped).

        A picture stays for as long as a review or an alert shows it.
        """
        from sqlalchemy import select, union

        tables, limit = schema(), stamp(oldest)
        observations, gone = tables.observations, 0
        with self.database.begin("shortened", seconds=_LONG_SECONDS) as connection:
            if tables.is_hypertable(connection):
                tables.drop_chunks(connection, limit)
            else:
                for (number,) in connection.execute(select(tables.tasks.c.id)).all():
                    past = observations.c.task_id == number, observations.c.at < limit
                    gone += connection.execute(observations.delete().where(*past)).rowcount
            connection.execute(tables.reviews.delete().where(tables.reviews.c.last_at < limit))
            connection.execute(tables.alerts.delete().where(tables.alerts.c.closed_at < limit))
            numbers = [table.c.picture_id for table in (tables.reviews, tables.alerts)]
            shown = union(*(select(number).where(number.is_not(None)) for number in numbers))
            old = tables.pictures.c.at < limit, tables.pictures.c.id.not_in(shown)
            connection.execute(tables.pictures.delete().where(*old))
            return gone


def stamp(at: datetime) -> int:
    """Milliseconds since the epoch."""
    return round(at.timestamp() * 1000)


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _stored(row: Observation, ids: dict[tuple[str, str], int]) -> dict[str, Any]:
    return {
        "task_id": ids[(row.console, row.task)],
        "at": stamp(row.at),
        **{column: getattr(row, metric) for metric, column in METRICS.items()},
        "status": row.status,
    }


def _keep_change(connection: Connection, change: AlertChange, task_id: int) -> None:
    alerts = schema().alerts
    key = {"task_id": task_id, "rule": change.rule, "opened_at": stamp(change.opened_at)}
    opened = {"since": stamp(change.since), "value": change.value, "reason": change.reason[:500]}
    connection.execute(insert_ignoring(alerts, connection.dialect.name), [{**key, **opened}])
    if change.closed_at is not None:
        same = [alerts.c[name] == value for name, value in key.items()]
        connection.execute(alerts.update().where(*same).values(closed_at=stamp(change.closed_at)))


def _known(metric: str) -> str:
    if metric not in METRICS:
        raise InvalidInput(f"No metric {metric[:60]!r}. Metrics: {', '.join(METRICS)}.")
    return metric
