"""What the watcher writes down, and what it knows from before: one place for history, spool, board and reviews.

All calls block. Observations and alerts are never lost (`SpooledHistory`); the rest is told again by the next look.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
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
from handlens.usage.spool import MOST_BYTES, SpooledHistory, State

log = logging.getLogger(__name__)

RETENTION_EVERY = timedelta(hours=12)
UNWATCHED_AFTER = timedelta(hours=1)
UNWATCHED_LOOKS = 50
"""A watch that backs off from a console looks at it at every sixteenth turn."""
MOST_ASKED_AT_ONCE = 50
"""Doubts of one look that are put before people; a list that can't be read would bury them."""
_MOST_BYTES = 2**62


class Ledger:
    """The books of one watch."""

    def __init__(self, history: History, spool: Path, spool_bytes: int = MOST_BYTES) -> None:
        self._history = history
        self._spooled = SpooledHistory(history, spool, most_bytes=spool_bytes)
        self._spool_was: State = "well"
        self._board = Board(history.database)
        self._reviews = Reviews(history.database)
        self._taught: dict[str, tuple[dict[str, str], dict[str, Any]]] = {}
        self._shortened: datetime | None = None
        self._cleared: datetime | None = None

    @property
    def waiting(self) -> int:
        """Writes that the database has not taken yet."""
        return self._spooled.waiting

    @property
    def not_kept(self) -> int:
        """Observations that found the spool full, since the database last had everything."""
        return self._spooled.not_kept.count if self._spooled.not_kept else 0

    def spool_news(self) -> str | None:
        """What people should know of the spool, said once each time that it changes."""
        state = self._spooled.state
        if state == self._spool_was:
            return None
        self._spool_was = state
        lost = self._spooled.not_kept
        if state == "half full":
            return "The history's database is away, and the spool is half full. Once it is full, nothing more is kept."
        if lost and state == "full":
            return (
                f"The spool is full: what is observed from {lost.first.isoformat(timespec='seconds')} on is not kept."
            )
        self._spooled.not_kept = None
        gone = f" {lost.count} observations from {lost.first} to {lost.last} were not kept." if lost else ""
        return f"The history's database has taken what waited in the spool.{gone}"

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

    def close_unwatched(self, watched: Collection[str], now: datetime) -> None:
        """Close the alerts of consoles that nobody looks at any more, once an hour: no rule ever will."""
        if self._cleared is not None and now - self._cleared < UNWATCHED_AFTER:
            return
        self._cleared = now
        try:
            states = {state.console: state for state in self._board.consoles()}
            open_alerts = [alert for alert in self._board.alerts() if alert.console not in watched]
        except StorageError as error:
            log.warning("alerts of consoles that are gone stay open: %s", error)
            return
        gone: list[Alert] = []
        for alert in open_alerts:
            state = states.get(alert.console)
            last, every = (state.looked_at, state.every) if state else (alert.opened_at, timedelta())
            if now - last > max(UNWATCHED_AFTER, UNWATCHED_LOOKS * every):
                gone.append(alert)
        if gone:
            log.warning("%d alerts are closed: their consoles are watched no more", len(gone))
        self.close_alerts(gone, now)

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
