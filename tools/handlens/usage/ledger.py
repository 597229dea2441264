"""What the watcher writes down, and what it knows from before: one place for history, spool, board and reviews.

All calls block. Observations and alerts are never lost (`SpooledHistory`); the rest is told again by the next look.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from handlens.errors import StorageError
from handlens.usage.board import Alert, Board, Evidence
from handlens.usage.history import AlertChange, History, Observation
from handlens.usage.reviews import Decided, Reviews
from handlens.usage.rows import Meaning, UsageRow
from handlens.usage.rules import Change
from handlens.usage.seen import LONGEST_TASK, Doubtful, taught_meaning
from handlens.usage.spool import SpooledHistory

log = logging.getLogger(__name__)

RETENTION_EVERY = timedelta(hours=12)
MOST_ASKED_AT_ONCE = 50
"""Doubts of one look that are put before people; a list that can't be read would bury them."""
_MOST_BYTES = 2**62


class Ledger:
    """The books of one watch."""

    def __init__(self, history: History, spool: Path) -> None:
        self._history = history
        self._spooled = SpooledHistory(history, spool)
        self._board = Board(history.database)
        self._reviews = Reviews(history.database)
        self._taught: dict[str, tuple[dict[str, str], dict[str, Any]]] = {}
        self._shortened: datetime | None = None

    @property
    def waiting(self) -> int:
        """Writes that the database has not taken yet."""
        return self._spooled.waiting

    def meaning(self, console: str, meaning: Meaning) -> Meaning:
        """The console's meaning with what people taught; while the database is away, as it was known last."""
        if not self.waiting:
            try:
                self._taught[console] = self._board.taught(console)
            except StorageError as error:
                log.warning("what was taught of %s is not known now: %s", console, error)
        return taught_meaning(meaning, *self._taught.get(console, ({}, {})))

    def open_alerts(self, console: str) -> list[Alert] | None:
        """What an earlier watch left open; None while the database is away."""
        try:
            return self._board.alerts(console=console)
        except StorageError as error:
            log.warning("the open alerts of %s are not known: %s", console, error)
            return None

    def close_alerts(self, alerts: Sequence[Alert], at: datetime) -> None:
        """Close what no rule would ever close: the rule is gone, or the alert was opened anew."""
        if alerts:
            told = [(one.console, one.task, one.rule, one.opened_at, one.since) for one in alerts]
            self._spooled.write([], [AlertChange(*one, closed_at=at) for one in told])

    def keep(self, observations: Sequence[Observation], changes: Sequence[AlertChange]) -> bool:
        """Keep what was observed; tells whether the database has it."""
        taken = self._spooled.write(observations, changes)
        if not taken:
            log.warning("the history's database is away; %d writes wait", self.waiting)
        return taken

    def replay(self) -> bool:
        """Try once more to empty the spool."""
        return self._spooled.replay()

    def show(self, console: str, at: datetime, every: timedelta, reading: Mapping[str, Any]) -> None:
        """Put a look on the board. A failure is logged: the next look shows the same."""
        try:
            self._board.seen(console, at, every, reading)
        except StorageError as error:
            log.warning("%s is not shown: %s", console, error)

    def show_failure(self, console: str, at: datetime, every: timedelta, failures: int, failure: str) -> None:
        try:
            self._board.failed(console, at, every, failures, failure)
        except StorageError as error:
            log.warning("that %s can't be read is not shown: %s", console, error)

    def show_evidence(self, console: str, change: AlertChange, picture: Evidence) -> None:
        try:
            self._board.show_evidence(console, change.task, change.rule, change.opened_at, picture)
        except StorageError as error:
            log.warning("an alert of %s has no picture: %s", console, error)

    def settled(self, console: str, at: datetime, cells: Sequence[Doubtful]) -> tuple[list[Doubtful], list[Decided]]:
        """The doubts that are new, as many as a person can bear, and those that are decided."""
        if not cells or self.waiting:
            return [], []
        try:
            fresh, decided = self._reviews.settled(console, at, cells)
        except StorageError as error:
            log.warning("doubts of %s are not asked about: %s", console, error)
            return [], []
        if len(fresh) > MOST_ASKED_AT_ONCE:
            log.warning("%s: %d doubtful cells; %d are put before people", console, len(fresh), MOST_ASKED_AT_ONCE)
        return fresh[:MOST_ASKED_AT_ONCE], decided

    def ask(self, console: str, at: datetime, cells: Sequence[Doubtful], picture: Evidence | None) -> None:
        try:
            self._reviews.ask(console, at, cells, picture)
        except StorageError as error:
            log.warning("doubts of %s are not asked about: %s", console, error)

    def shorten(self, now: datetime, keep: timedelta, evidence: Path) -> None:
        """Retention, twice a day; the files of evidence too."""
        if self._shortened is not None and now - self._shortened < RETENTION_EVERY:
            return
        self._shortened = now
        try:
            for picture in evidence.glob("*.png"):
                if picture.stat().st_mtime < (now - keep).timestamp():
                    picture.unlink(missing_ok=True)
        except OSError as error:
            log.warning("old evidence is still kept: %s", error.strerror)
        try:
            self._history.forget_before(now - keep)
        except StorageError as error:
            log.warning("what is too old is still kept: %s", error)


def observation(console: str, row: UsageRow, at: datetime) -> Observation:
    """A row as the history has it."""
    return Observation(
        console,
        (row.task_name or "")[:LONGEST_TASK],
        at,
        row.gpu_utilization_percent,
        row.cpu_utilization_percent,
        _bytes(row.memory_used_bytes),
        _bytes(row.memory_total_bytes),
        row.status,
    )


def _bytes(size: int | None) -> int | None:
    """None for a size that no database holds and no machine has."""
    return size if size is not None and 0 <= size <= _MOST_BYTES else None


def alert_change(console: str, change: Change) -> AlertChange:
    """What a rule decided, as the history has it."""
    closed = change.at if change.kind == "closed" else None
    task = change.task[:LONGEST_TASK]
    return AlertChange(console, task, change.rule, change.opened_at, change.since, closed, change.value, change.reason)
