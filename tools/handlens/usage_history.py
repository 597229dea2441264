"""`usage_history`: how a task's usage went, from what the watcher kept, as a series, a summary and a chart."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from anyio import to_thread
from pydantic import BaseModel, ConfigDict, Field

from handlens.errors import InvalidInput, NotFound
from handlens.kit import Kit
from handlens.tool import Picture, ToolInput, ToolOutput, tool
from handlens.usage.chart import chart
from handlens.usage.export import MEDIA_TYPES, Format, export
from handlens.usage.history import Bucket, History, HistoryMetric
from handlens.usage.rows import Text, compact

MOST_POINTS = 300


class UsageHistoryInput(ToolInput):
    console: str = Field(description="Name.", max_length=100)
    task: str = Field(description="Name.", max_length=500)
    metric: Literal["gpu", "cpu", "memory"] = Field(default="gpu", description="% or bytes.")
    hours: float = Field(default=24, description="Past, 24.", gt=0, le=24 * 400)
    bucket_minutes: float | None = Field(default=None, description="Step.", gt=0)
    export: Format | None = Field(default=None, description="All samples.")


_METRICS: dict[str, HistoryMetric] = {
    "gpu": "gpu_utilization_percent",
    "cpu": "cpu_utilization_percent",
    "memory": "memory_used_bytes",
}


class Point(BaseModel):
    model_config = ConfigDict(frozen=True, json_schema_extra=compact)

    at: str
    samples: int
    least: float
    mean: float
    most: float


class UsageHistoryOutput(ToolOutput):
    console: str
    task: str
    metric: str
    bucket_minutes: float
    samples: int
    least: float | None = None
    mean: float | None = None
    most: float | None = None
    series: list[Point] = Field(description="Stretches without a sample are left out.")
    artifact: Text = Field(None, description="The export.")

    def text(self) -> str:
        head = f"{self.metric} of {self.task} on {self.console}"
        if self.least is None or self.mean is None or self.most is None:
            return f"{head}: no sample in this window."
        ends = f"{self.series[0].at} to {self.series[-1].at}"
        return (
            f"{head}, {ends}: {self.samples} samples, least {self.least:.4g}, mean {self.mean:.4g}, "
            f"most {self.most:.4g}; last point {self.series[-1].mean:.4g}."
        )

    def artifacts(self) -> tuple[str, ...]:
        return (self.artifact,) if self.artifact else ()


@tool(title="Usage history", read_only=True, destructive=False, idempotent=True, open_world=False, untrusted=True)
async def usage_history(request: UsageHistoryInput, kit: Kit) -> UsageHistoryOutput:
    """Show a watched task's usage over time."""
    if kit.history is None:
        raise InvalidInput("No usage history is kept here: set history to its database URL, and run `handlens watch`.")
    history, end = kit.history, datetime.now(UTC)
    window = timedelta(hours=request.hours)
    bucket = timedelta(minutes=request.bucket_minutes) if request.bucket_minutes else fitting_bucket(window)
    if window / bucket > MOST_POINTS:
        raise InvalidInput(
            f"That is {window / bucket:,.0f} points; at most {MOST_POINTS} are shown. Take longer buckets, at least "
            f"{window.total_seconds() / 60 / MOST_POINTS:.4g} minutes, or a shorter window."
        )
    buckets = await to_thread.run_sync(_series, history, request, end - window, end, bucket)
    exported = await _exported(history, request, end - window, end, kit) if request.export else None
    samples = sum(one.samples for one in buckets)
    answer = UsageHistoryOutput(
        console=request.console,
        task=request.task,
        metric=_METRICS[request.metric],
        bucket_minutes=round(bucket.total_seconds() / 60, 3),
        samples=samples,
        least=min((one.least for one in buckets), default=None),
        mean=sum(one.mean * one.samples for one in buckets) / samples if samples else None,
        most=max((one.most for one in buckets), default=None),
        series=[_point(one) for one in buckets],
        artifact=exported,
    )
    if not buckets:
        return answer
    title = f"{request.task} · {answer.metric}"
    picture = await to_thread.run_sync(chart, buckets, end - window, end, bucket, title)
    return answer.with_pictures(Picture(picture))


def fitting_bucket(window: timedelta) -> timedelta:
    """The shortest usual bucket of which at most `MOST_POINTS` make the window."""
    usual = (1, 2, 5, 10, 15, 30, 60, 120, 360, 720, 1440, 2880)
    return next(
        (timedelta(minutes=minutes) for minutes in usual if window / timedelta(minutes=minutes) <= MOST_POINTS),
        window / MOST_POINTS,
    )


def _series(
    history: History, request: UsageHistoryInput, begin: datetime, end: datetime, bucket: timedelta
) -> list[Bucket]:
    buckets = history.series(request.console, request.task, _METRICS[request.metric], begin, end, bucket)
    if buckets:
        return buckets
    known = history.consoles()
    if request.console not in known:
        raise NotFound(f"No console {request.console!r} was watched. Consoles: {', '.join(known)[:500] or 'none'}.")
    if request.task not in known[request.console]:
        names = ", ".join(known[request.console][:50])
        raise NotFound(f"No task {request.task[:80]!r} was seen on {request.console}. Tasks: {names[:1_500]}.")
    return []


async def _exported(history: History, request: UsageHistoryInput, begin: datetime, end: datetime, kit: Kit) -> str:
    """The URI of an artifact with every observation of the task in the window."""
    form = request.export or "csv"
    observed = history.observed(begin, end, console=request.console, task=request.task)
    with tempfile.TemporaryDirectory(prefix="handlens-") as folder:
        path = Path(folder) / f"usage.{form}"
        await to_thread.run_sync(export, observed, path, form)
        name, owner = f"{request.task[:60]}.{form}", kit.caller.subject
        kept = await kit.artifacts.save(path, name=name, media_type=MEDIA_TYPES[form], owner=owner)
    return kept.uri


def _point(bucket: Bucket) -> Point:
    return Point(
        at=bucket.begin.isoformat(timespec="seconds"),
        samples=bucket.samples,
        least=round(bucket.least, 2),
        mean=round(bucket.mean, 2),
        most=round(bucket.most, 2),
    )
