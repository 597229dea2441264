"""The watcher: looks at many consoles, each on its schedule; keeps what it saw, judges it, and tells people.

A console that can't be read is tried again, more and more seldom, and reported once: an expired login is a failure
to read, never an empty list. Stopping lets the looks that are under way finish.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

import anyio
from anyio import to_thread

from handlens.browser.page_options import PageOptions
from handlens.errors import HandlensError
from handlens.kit import Kit
from handlens.usage.alerts import Message, Notifier, message_of
from handlens.usage.board import Alert, Evidence, address
from handlens.usage.console import Look
from handlens.usage.evidence import Shown, show_rows
from handlens.usage.history import History
from handlens.usage.ledger import Ledger, alert_change, observation
from handlens.usage.looking import Wanted, look_at_session
from handlens.usage.masking import masked_text
from handlens.usage.profiles import fitting, named
from handlens.usage.reviews import Decided
from handlens.usage.rows import Meaning
from handlens.usage.rules import Change, RuleBook, RuleEngine
from handlens.usage.seen import (
    UNKNOWN_STATUS,
    Doubtful,
    Values,
    board_reading,
    corrected_row,
    doubtful_cells,
    told_apart,
)
from handlens.usage.watch_config import WatchConfig, WatchedConsole

if TYPE_CHECKING:
    from handlens.browser.session import Session

T = TypeVar("T")

log = logging.getLogger(__name__)

FAILURES_BEFORE_REPORT = 2
LONGEST_BACK_OFF = 16


@dataclass(slots=True)
class Condition:
    """How one console fares."""

    looks: int = 0
    failures: int = 0
    reported: bool = False
    last_seen: str | None = None
    last_failure: str | None = None
    rows: int = 0
    open_alerts: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class _Seen:
    """One look, with what is needed to show what it saw."""

    console: WatchedConsole
    session: Session
    look: Look
    meaning: Meaning
    at: datetime


class Watcher:
    """Watches until ``stop`` is set. The kit's browser is used; the history and the notifier are the caller's."""

    def __init__(
        self, kit: Kit, config: WatchConfig, book: RuleBook, history: History, notifier: Notifier, evidence: Path
    ) -> None:
        self._kit = kit
        self._config = config
        self._book = book
        self._ledger = Ledger(history, config.spool, round(config.spool_megabytes * 1e6))
        self._notifier = notifier
        self._evidence = evidence
        self._engines: dict[str, RuleEngine] = {}
        self._resumed: set[str] = set()
        self._room = anyio.Semaphore(config.at_once)
        self._writing = anyio.Lock()
        self._beating = anyio.Lock()
        self.conditions = {console.name: Condition() for console in config.console}

    async def run(self, stop: anyio.Event) -> None:
        """Watch all consoles, each in a task of its own, until ``stop``."""
        async with anyio.create_task_group() as messages:
            messages.start_soon(self._notifier.run)
            async with anyio.create_task_group() as group:
                for console in self._config.console:
                    group.start_soon(self._watch, console, stop)
            await self._notifier.close()
            messages.cancel_scope.cancel()
        async with self._writing:
            await to_thread.run_sync(self._ledger.replay)
        await self._beat()

    async def _watch(self, console: WatchedConsole, stop: anyio.Event) -> None:
        due = time.monotonic()
        while not stop.is_set():
            async with self._room:
                if stop.is_set():
                    return
                await self.look(console)
            failures = self.conditions[console.name].failures
            pause = console.every_seconds * min(LONGEST_BACK_OFF, 2 ** max(0, failures - 1))
            due = max(due + pause, time.monotonic())
            with anyio.move_on_after(due - time.monotonic()):
                await stop.wait()

    async def look(self, console: WatchedConsole) -> None:
        """One look: read, keep, judge, tell. What fails is remembered and reported, not raised."""
        condition = self.conditions[console.name]
        condition.looks += 1
        try:
            await self._look(console, condition)
        except HandlensError as error:
            await self._failed(console, condition, error)
        await self._beat()

    async def _look(self, console: WatchedConsole, condition: Condition) -> None:
        options = PageOptions(
            storage_state=self._kit.browser.login(console.login) if console.login else console.storage_state,
            timezone=console.timezone,
            locale=console.locale,
        )
        session, _ = await self._kit.browser.open(self._kit.caller, console.url, options)
        try:
            async with session.use():
                meaning = await self._meaning(session, console)
                wanted = Wanted(console.reader, console.wait_seconds, console.most_rows)
                look = told_apart(await look_at_session(session, self._kit, meaning, wanted))
                await self._seen(_Seen(console, session, look, meaning, datetime.now(UTC)))
        finally:
            with anyio.CancelScope(shield=True):
                await self._kit.browser.end(session.id, self._kit.caller)
        if condition.reported:
            self._notifier.post(Message(f"[readable again] {console.name}", "The console can be read again."))
        condition.failures, condition.reported, condition.last_failure = 0, False, None
        condition.last_seen, condition.rows = look.observed_at, len(look.rows)

    async def _meaning(self, session: Session, console: WatchedConsole) -> Meaning:
        title = await session.page.title()
        profile = named(console.profile) if console.profile else fitting(session.page.url, title)
        meaning = profile.meaning() if profile else Meaning()
        return await self._written(self._ledger.meaning, console.name, meaning)

    async def _written(self, call: Callable[..., T], *arguments: Any) -> T:
        """A call of the ledger, one after the other, in a thread."""
        async with self._writing:
            return await to_thread.run_sync(partial(call, *arguments))

    async def _seen(self, seen: _Seen) -> None:
        """Keep first: what follows may fail, but what was observed is never lost."""
        name, at = seen.console.name, seen.at
        cells = doubtful_cells(seen.look, seen.meaning)
        fresh, decided = await self._written(self._ledger.settled, name, at, cells)
        look = _with_decisions(seen.look, decided)
        undecided = [cell for cell in cells if cell not in [one.cell for one in decided]]
        engine = await self._engine(name)
        changes = engine.read(at, look.rows, _doubted(undecided))
        rows = [observation(name, row, at) for row in look.rows if row.task_name]
        try:
            taken = await self._written(self._ledger.keep, rows, [alert_change(name, change) for change in changes])
        finally:  # people are told also where neither the database nor the spool takes it: no rule says it again
            for change in changes:
                await self._tell(seen, change)
        if news := await self._written(self._ledger.spool_news):
            self._notifier.post(Message("[usage history]", news))
        if not taken:
            return
        every = timedelta(seconds=seen.console.every_seconds)
        reading = board_reading(look, seen.meaning, self._book, {cell.task for cell in undecided})
        reading["address"] = address(seen.console.url)
        await self._written(self._ledger.show, name, at, every, reading)
        if fresh:
            shown = await self._shown(seen, {cell.task for cell in fresh}, whole=True)
            asked = shown.placed(fresh) if shown else fresh
            await self._written(self._ledger.ask, name, at, asked, shown.picture if shown else None)
        await self._written(self._ledger.close_unwatched, set(self.conditions), at)
        await self._written(self._ledger.shorten, at, timedelta(days=self._config.retention_days), self._evidence)

    async def _engine(self, name: str) -> RuleEngine:
        """The console's rules, with the alerts that an earlier watch left open, as soon as the database tells them."""
        engine = self._engines.setdefault(name, RuleEngine(self._book))
        if name in self._resumed:
            return engine
        alerts = await self._written(self._ledger.open_alerts, name)
        if alerts is None:
            return engine
        self._resumed.add(name)
        left: list[Alert] = []
        for alert in alerts:
            if engine.resume(alert.rule, alert.task, alert.opened_at, alert.since):
                self.conditions[name].open_alerts.append(f"{alert.task}: {alert.rule}")
            else:
                left.append(alert)
        await self._written(self._ledger.close_alerts, left, datetime.now(UTC))
        return engine

    async def _tell(self, seen: _Seen, change: Change) -> None:
        open_alerts = self.conditions[seen.console.name].open_alerts
        name = f"{change.task}: {change.rule}"
        path = None
        if change.kind == "opened":
            open_alerts.append(name)
            shown = await self._shown(seen, {change.task}, whole=False)
            if shown:
                path = await self._saved(change, shown.picture)
                kept = alert_change(seen.console.name, change)
                await self._written(self._ledger.show_evidence, seen.console.name, kept, shown.picture)
        elif name in open_alerts:
            open_alerts.remove(name)
        self._notifier.post(message_of(seen.console.name, change, path))

    async def _shown(self, seen: _Seen, tasks: set[str], *, whole: bool) -> Shown | None:
        """A picture for people; without one, they are asked and told all the same."""
        try:
            return await show_rows(seen.session, self._kit, seen.look, seen.meaning, tasks, whole=whole)
        except HandlensError as error:
            log.warning("no picture of %s: %s", seen.console.name, masked_text(str(error)))
            return None

    async def _saved(self, change: Change, picture: Evidence) -> Path | None:
        path = self._evidence / f"{change.at:%Y%m%dT%H%M%S%f}-{uuid4().hex[:8]}.png"
        try:
            await anyio.Path(self._evidence).mkdir(parents=True, exist_ok=True)
            await anyio.Path(path).write_bytes(picture.data)
        except OSError as error:
            log.warning("the picture of an alert can't be written: %s", error.strerror)
            return None
        return path

    async def _failed(self, console: WatchedConsole, condition: Condition, error: HandlensError) -> None:
        condition.failures += 1
        condition.last_failure = masked_text(str(error))[:500]
        log.warning("%s could not be read (%d times): %s", console.name, condition.failures, condition.last_failure)
        every = timedelta(seconds=console.every_seconds)
        told = console.name, datetime.now(UTC), every, condition.failures, condition.last_failure
        if not self._ledger.waiting:
            await self._written(self._ledger.show_failure, *told)
        if condition.failures >= FAILURES_BEFORE_REPORT and not condition.reported:
            condition.reported = True
            self._notifier.post(Message(f"[unreadable] {console.name}", condition.last_failure))

    async def _beat(self) -> None:
        """The heartbeat: a file that says how every console fares, replaced as a whole after every look."""
        told = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "waiting_writes": self._ledger.waiting,
            "not_kept": self._ledger.not_kept,
            "consoles": {
                name: {
                    "looks": one.looks,
                    "failures": one.failures,
                    "last_seen": one.last_seen,
                    "last_failure": one.last_failure,
                    "rows": one.rows,
                    "open_alerts": one.open_alerts,
                }
                for name, one in self.conditions.items()
            },
        }
        async with self._beating:
            try:
                await to_thread.run_sync(_replace, self._config.heartbeat, json.dumps(told, indent=1))
            except OSError as error:
                log.warning("the heartbeat can't be written: %s", error.strerror)


def _replace(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _with_decisions(look: Look, decided: Sequence[Decided]) -> Look:
    """The look with the values that people corrected."""
    values: dict[str, Values] = {}
    for one in decided:
        values.setdefault(one.cell.task, {}).update(one.values)
    return replace(look, rows=[corrected_row(row, values.get(row.task_name or "", {})) for row in look.rows])


def _doubted(cells: Sequence[Doubtful]) -> frozenset[tuple[str, str]]:
    """Tasks whose reading waits for review are no evidence, whichever metric it is about."""
    metrics = ("gpu_utilization_percent", "cpu_utilization_percent", "memory_used_bytes", "memory_used_percent")
    names = {cell.task for cell in cells if cell.reason != UNKNOWN_STATUS}
    return frozenset((name, metric) for name in names for metric in metrics)
