"""What the usage page shows, as JSON. Everything here came from consoles: text, never markup."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from handlens.usage.board import Alert, Board, ConsoleState
from handlens.usage.columns import Field
from handlens.usage.history import Bucket, History
from handlens.usage.reviews import MOST_SHOWN, Review, Reviews
from handlens.usage.status import STATUSES

LATE = 3.0
"""A console that was not looked at for so many of its intervals is late."""
LATE_AT_LEAST = timedelta(minutes=2)
TREND_POINTS = 120
MOST_TRENDS = 500
_MARK = {"gpu": "gpu_utilization_percent", "cpu": "cpu_utilization_percent", "memory_used": "memory_used_bytes"}


def state(history: History) -> dict[str, Any]:
    """Consoles with their tasks, the open alerts and what waits for review. Blocks."""
    board, reviews = Board(history.database), Reviews(history.database)
    now = datetime.now(UTC)
    return {
        "at": now.isoformat(),
        "consoles": [_console(one, now) for one in board.consoles()],
        "alerts": [_alert(one) for one in board.alerts()],
        "reviews": [_review(one) for one in reviews.waiting(MOST_SHOWN)],
        "waiting": reviews.count_waiting(),
        "statuses": list(STATUSES),
        "fields": [field.value for field in Field],
    }


def _console(one: ConsoleState, now: datetime) -> dict[str, Any]:
    rows: list[dict[str, Any]] = one.reading.get("rows", [])
    shown = next((name for name in _MARK if any(row[name] is not None for row in rows)), "gpu")
    return {
        "name": one.console,
        "seen_at": _iso(one.seen_at),
        "late": now - one.looked_at > max(LATE * one.every, LATE_AT_LEAST),
        "failures": one.failures,
        "failure": one.failure,
        "reader": one.reading.get("reader"),
        "rows": rows,
        "total_rows": one.reading.get("total_rows", 0),
        "remarks": one.reading.get("remarks", []),
        "unknown_headers": one.reading.get("unknown_headers", []),
        "unknown_statuses": one.reading.get("unknown_statuses", []),
        "trend": _MARK[shown],
    }


def _alert(one: Alert) -> dict[str, Any]:
    return {
        "console": one.console,
        "task": one.task,
        "rule": one.rule,
        "opened_at": _iso(one.opened_at),
        "since": _iso(one.since),
        "value": one.value,
        "reason": one.reason,
        "picture": one.picture_id,
    }


def _review(one: Review) -> dict[str, Any]:
    box = one.box
    return {
        "id": one.id,
        "console": one.console,
        "task": one.task,
        "header": one.header,
        "field": one.field,
        "text": one.text,
        "reason": one.reason,
        "at": _iso(one.last_at),
        "picture": one.picture_id,
        "box": [box.x, box.y, box.width, box.height] if box else None,
    }


def trends(history: History, console: str, task: str | None, metric: str, hours: float) -> dict[str, Any]:
    """A metric of one task, or of all that a console lists now, as [begin, mean, least, most, samples]. Blocks.

    Raises:
        InvalidInput: there is no such metric.
    """
    width = timedelta(hours=hours) / (TREND_POINTS if task is None else 3 * TREND_POINTS)
    width = timedelta(seconds=max(60, round(width.total_seconds())))
    end = datetime.fromtimestamp(
        -(-datetime.now(UTC).timestamp() // width.total_seconds()) * width.total_seconds(), UTC
    )
    begin = end - timedelta(hours=hours)
    tasks = [task] if task is not None else _listed(history, console)
    found = history.trends(console, metric, begin, end, width, tasks=tasks)
    return {
        "metric": metric,
        "hours": hours,
        "begin": _stamp(begin),
        "end": _stamp(end),
        "bucket": _stamp(width),
        "tasks": {name: _points(buckets) for name, buckets in found.items()},
    }


def _listed(history: History, console: str) -> list[str]:
    """The tasks that a console shows now; processes and pods that were ever seen may be thousands."""
    rows = [row for one in Board(history.database).consoles(console) for row in one.reading.get("rows", [])]
    return [row["task"] for row in rows[:MOST_TRENDS]]


def _points(buckets: Sequence[Bucket]) -> list[list[float]]:
    return [
        [_stamp(one.begin), *(round(n, 3) for n in (one.mean, one.least, one.most)), one.samples] for one in buckets
    ]


def _stamp(moment: datetime | timedelta) -> int:
    seconds = moment.total_seconds() if isinstance(moment, timedelta) else moment.timestamp()
    return round(1000 * seconds)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
