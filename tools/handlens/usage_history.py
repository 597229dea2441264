"""`usage_history`: how a task's usage went, from what the watcher kept, as a series, a summary and a chart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from anyio import to_thread
from pydantic import BaseModel, ConfigDict, Field

from handlens.errors import InvalidInput, NotFound
from handlens.kit import Kit
from handlens.tool import Picture, ToolInput, ToolOutput, tool
from handlens.usage.chart import chart
from handlens.usage.history import Bucket, History, HistoryMetric
from handlens.usage.rows import compact

MOST_POINTS = 300


class UsageHistoryInput(ToolInput):
    console: str = Field(description="Watched console.", max_length=100)
    task: str = Field(description="Its task.", max_length=500)
    metric: HistoryMetric = Field(default="gpu_utilization_percent", description="What to follow.")
    hours: float = Field(default=24, description="Back from now.", gt=0, le=24 * 400)
    bucket_minutes: float | None = Field(default=None, description="One point; fitting if absent.", gt=0)


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

    def text(self) -> str:
        head = f"{self.metric} of {self.task} on {self.console}"
        if self.least is None or self.mean is None or self.most is None:
            return f"{head}: no sample in this window."
        ends = f"{self.series[0].at} to {self.series[-1].at}"
        return (
            f"{head}, {ends}: {self.samples} samples, least {self.least:.4g}, mean {self.mean:.4g}, "
            f"most {self.most:.4g}; last point {self.series[-1].mean:.4g}."
        )


@tool(title="Usage history", read_only=True, destructive=False, idempotent=True, open_world=False, untrusted=True)
async def usage_history(request: UsageHistoryInput, kit: Kit) -> UsageHistoryOutput:
    """Show a watched task's usage over time: series, summary, chart."""
    if kit.history is None:
        raise InvalidInput("No usage history is kept here: set history to its database URL, and run `handlens watch`.")
    end = datetime.now(UTC)
    window = timedelta(hours=request.hours)
    bucket = timedelta(minutes=request.bucket_minutes) if request.bucket_minutes else fitting_bucket(window)
    if window / bucket > MOST_POINTS:
        raise InvalidInput(
            f"That is {window / bucket:,.0f} points; at most {MOST_POINTS} are shown. Take longer buckets, at least "
            f"{window.total_seconds() / 60 / MOST_POINTS:.4g} minutes, or a shorter window."
        )
    buckets = await to_thread.run_sync(_series, kit.history, request, end - window, end, bucket)
    samples = sum(one.samples for one in buckets)
    answer = UsageHistoryOutput(
        console=request.console,
        task=request.task,
        metric=request.metric,
        bucket_minutes=round(bucket.total_seconds() / 60, 3),
        samples=samples,
        least=min((one.least for one in buckets), default=None),
        mean=sum(one.mean * one.samples for one in buckets) / samples if samples else None,
        most=max((one.most for one in buckets), default=None),
        series=[_point(one) for one in buckets],
    )
    if not buckets:
        return answer
    title = f"{request.task} · {request.metric}"
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
    buckets = history.series(request.console, request.task, request.metric, begin, end, bucket)
    if buckets:
        return buckets
    known = history.consoles()
    if request.console not in known:
        raise NotFound(f"No console {request.console!r} was watched. Consoles: {', '.join(known)[:500] or 'none'}.")
    if request.task not in known[request.console]:
        names = ", ".join(known[request.console][:50])
        raise NotFound(f"No task {request.task[:80]!r} was seen on {request.console}. Tasks: {names[:1_500]}.")
    return []


def _point(bucket: Bucket) -> Point:
    return Point(
        at=bucket.begin.isoformat(timespec="seconds"),
        samples=bucket.samples,
        least=round(bucket.least, 2),
        mean=round(bucket.mean, 2),
        most=round(bucket.most, 2),
    )
