"""Rules over usage: what is marked at a read, and what, when it lasts, opens an alert. In TOML::

[[rule]]
name = "idle"
metric = "gpu_utilization_percent"
below = 20                  # or above = 95
for_minutes = 5             # 0: judged at each read alone, only marks
recover = 25                # hysteresis: closes at 25 or more; the threshold itself if absent
min_samples = 3
max_gap_minutes = 3         # a longer silence is no evidence: counting starts anew; absent: three looks, at least 3
tasks = ["*"]               # which tasks, by name
exempt = ["*-debug"]
statuses = ["running", "unknown"]
advice = "release it"

[[maintenance]]             # nothing is counted, opened or closed meanwhile
begin = 2026-03-01T02:00:00+08:00
end = 2026-03-01T04:00:00+08:00
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from handlens.errors import InvalidInput
from handlens.usage.rows import UsageRow
from handlens.usage.status import Status
from handlens.usage.toml_file import load_toml, names_differ

Metric = Literal["gpu_utilization_percent", "cpu_utilization_percent", "memory_used_bytes", "memory_used_percent"]

LONGEST_MINUTES = 366 * 24 * 60
_SHORTEST_GAP = timedelta(minutes=3)
_LOOKS_IN_A_GAP = 3


class Rule(BaseModel):
    """One rule; see the module for the meaning of its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=100)
    metric: Metric
    below: float | None = None
    above: float | None = None
    for_minutes: float = Field(default=0, ge=0, le=LONGEST_MINUTES)
    recover: float | None = None
    min_samples: int = Field(default=3, ge=1)
    max_gap_minutes: float | None = Field(default=None, gt=0, le=LONGEST_MINUTES)
    tasks: list[str] = Field(default=["*"])
    exempt: list[str] = Field(default=[])
    statuses: list[Status] = Field(default=["running", "unknown"])
    advice: str = Field(default="", max_length=500)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.below is None) == (self.above is None):
            raise ValueError("give either below or above")
        threshold, recover = self.threshold, self.recover
        if recover is not None and (recover < threshold if self.below is not None else recover > threshold):
            raise ValueError("recover lies on the wrong side of the threshold")
        return self

    @property
    def threshold(self) -> float:
        return self.below if self.below is not None else self.above or 0.0

    @property
    def sustained(self) -> bool:
        return self.for_minutes > 0

    def gap(self, every: timedelta) -> timedelta:
        """The longest silence that is no break, on a console that is looked at every so often."""
        if self.max_gap_minutes is None:
            return max(_SHORTEST_GAP, _LOOKS_IN_A_GAP * every)
        return timedelta(minutes=self.max_gap_minutes)

    def holds(self, value: float) -> bool:
        """Whether the value is what the rule looks for."""
        return value < self.threshold if self.below is not None else value > self.threshold

    def recovered(self, value: float) -> bool:
        """Whether the value ends an open alert."""
        level = self.recover if self.recover is not None else self.threshold
        return value >= level if self.below is not None else value <= level

    def concerns(self, task: str) -> bool:
        return any(fnmatchcase(task, p) for p in self.tasks) and not any(fnmatchcase(task, p) for p in self.exempt)


class Maintenance(BaseModel):
    """A stretch of time in which nothing is judged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    begin: datetime
    end: datetime

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.begin.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("begin and end need an offset, such as 2026-03-01T02:00:00+08:00")
        if self.end <= self.begin:
            raise ValueError("end is not after begin")
        return self


class RuleBook(BaseModel):
    """All rules of a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: list[Rule] = Field(default=[])
    maintenance: list[Maintenance] = Field(default=[])

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names_differ("rule", [rule.name for rule in self.rule])
        return self


INEFFICIENT = Rule(name="inefficient", metric="gpu_utilization_percent", below=30)
IDLE = Rule(
    name="idle", metric="gpu_utilization_percent", below=20, for_minutes=5, advice="Release it: its GPU is hardly used."
)
DEFAULT_RULES = RuleBook(rule=[INEFFICIENT, IDLE])


def check_gaps(book: RuleBook, console: str, every: timedelta) -> None:
    """Raises `InvalidInput` for a rule that takes every pause between two looks at the console for a break."""
    for rule in book.rule:
        if rule.sustained and rule.gap(every) < every:
            raise InvalidInput(
                f"Rule {rule.name!r} can never open on {console}, looked at every {every.total_seconds():g} s, for "
                f"{rule.max_gap_minutes:g} minutes of silence are a break to it: raise max_gap_minutes or leave it out."
            )


def load_rules(path: Path) -> RuleBook:
    """The rules of a file. Raises `InvalidInput` with the line of the mistake and the reason."""
    return load_toml(path, RuleBook)


@dataclass(frozen=True, slots=True)
class Change:
    """An alert that opened or closed at ``at``. ``since`` is when what it is about began."""

    kind: Literal["opened", "closed"]
    rule: str
    task: str
    at: datetime
    since: datetime
    value: float | None
    reason: str
    opened_at: datetime
    metric: Metric


@dataclass(slots=True)
class _State:
    since: datetime | None = None
    samples: int = 0
    last: datetime | None = None
    opened_at: datetime | None = None


class RuleEngine:
    """Judges the sustained rules over one console's readings, in order of time. Each alert opens and closes once.

    ``every`` is how often the console is looked at.
    """

    def __init__(self, book: RuleBook, every: timedelta = timedelta(minutes=1)) -> None:
        self._book = book
        self._every = every
        self._states: dict[tuple[str, str], _State] = {}

    def resume(self, rule: str, task: str, opened_at: datetime, since: datetime) -> bool:
        """Take up an alert that an earlier watch opened, so that it does not open again but can close.

        Tells whether it was: no rule may be there for it any more, or it is open already.
        """
        concerned = any(known.name == rule and known.sustained and known.concerns(task) for known in self._book.rule)
        state = self._states.get((rule, task))
        if not concerned or (state is not None and state.opened_at is not None):
            return False
        self._states[(rule, task)] = _State(since=since, opened_at=opened_at)
        return True

    def read(
        self, at: datetime, rows: Iterable[UsageRow], doubted: frozenset[tuple[str, str]] = frozenset()
    ) -> list[Change]:
        """What a reading at ``at`` opens and closes. Tasks that are gone, or don't run any more, are closed.

        Args:
            doubted: (task, metric) pairs whose value waits for review; they are no evidence.
        """
        if any(window.begin <= at < window.end for window in self._book.maintenance):
            return []
        changes: list[Change] = []
        present: dict[str, UsageRow] = {row.task_name: row for row in rows if row.task_name}
        for rule in self._book.rule:
            if not rule.sustained:
                continue
            for task, row in present.items():
                if not rule.concerns(task):
                    continue
                if row.status not in rule.statuses:
                    changes += self._end(rule, task, at, f"The task is {row.status}.")
                    continue
                value = None if (task, rule.metric) in doubted else value_of(row, rule.metric)
                if value is not None:
                    changes += self._judge(rule, task, at, value)
            gone = [task for name, task in self._states if name == rule.name and task not in present]
            for task in gone:
                changes += self._end(rule, task, at, "The task is not listed any more.")
        return changes

    def _judge(self, rule: Rule, task: str, at: datetime, value: float) -> list[Change]:
        state = self._states.setdefault((rule.name, task), _State())
        gap = rule.gap(self._every)
        if state.last is not None and state.last - gap <= at <= state.last:
            return []
        silent = state.last is not None and not timedelta(0) < at - state.last <= gap  # or the clock was set back
        state.last = at
        if state.opened_at is not None:
            if not rule.recovered(value):
                return []
            since, opened_at = state.since or state.opened_at, state.opened_at
            state.opened_at, state.since = None, None
            why = "The value recovered."
            return [Change("closed", rule.name, task, at, since, value, why, opened_at, rule.metric)]
        if not rule.holds(value):
            state.since = None
            return []
        if state.since is None or silent:
            state.since, state.samples = at, 0
        state.samples += 1
        if at - state.since < timedelta(minutes=rule.for_minutes) or state.samples < rule.min_samples:
            return []
        state.opened_at = at
        return [Change("opened", rule.name, task, at, state.since, value, rule.advice, at, rule.metric)]

    def _end(self, rule: Rule, task: str, at: datetime, reason: str) -> list[Change]:
        state = self._states.pop((rule.name, task), None)
        if state is None or state.opened_at is None:
            return []
        since, opened_at = state.since or state.opened_at, state.opened_at
        return [Change("closed", rule.name, task, at, since, None, reason, opened_at, rule.metric)]


def marks(book: RuleBook, row: UsageRow) -> list[str]:
    """The names of the rules for a single read that hold for the row."""
    found: list[str] = []
    for rule in book.rule:
        value = value_of(row, rule.metric)
        concerned = rule.concerns(row.task_name or "") and row.status in rule.statuses
        if not rule.sustained and value is not None and concerned and rule.holds(value):
            found.append(rule.name)
    return found


def value_of(row: UsageRow, metric: Metric) -> float | None:
    """The metric of a row, or None where the console does not show it."""
    if metric != "memory_used_percent":
        return getattr(row, metric)
    if row.memory_used_bytes is None or not row.memory_total_bytes:
        return None
    return 100 * row.memory_used_bytes / row.memory_total_bytes
