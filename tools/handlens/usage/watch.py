"""The watcher: looks at many consoles, each on its schedule; keeps what it saw, judges it, and tells people.

A console that can't be read is tried again, more and more seldom, and reported once: an expired login is a failure
to read, never an empty list. Stopping lets the looks that are under way finish.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread

from handlens.browser.browser import PageOptions
from handlens.browser.capture import Region, capture
from handlens.errors import HandlensError
from handlens.geometry import Box
from handlens.kit import Kit
from handlens.usage.alerts import Message, Notifier, message_of
from handlens.usage.console import Look, look_at_page
from handlens.usage.history import History, Observation
from handlens.usage.masking import masked_text
from handlens.usage.profiles import fitting, named
from handlens.usage.rows import Meaning, UsageRow
from handlens.usage.rules import Change, RuleBook, RuleEngine
from handlens.usage.spool import SpooledHistory
from handlens.usage.watch_config import WatchConfig, WatchedConsole

if TYPE_CHECKING:
    from handlens.browser.session import Session

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


class Watcher:
    """Watches until ``stop`` is set. The kit's browser is used; the history and the notifier are the caller's."""

    def __init__(
        self, kit: Kit, config: WatchConfig, book: RuleBook, history: History, notifier: Notifier, evidence: Path
    ) -> None:
        self._kit = kit
        self._config = config
        self._kept = history
        self._history = SpooledHistory(history, config.spool)
        self._notifier = notifier
        self._evidence = evidence
        self._engines = {console.name: RuleEngine(book) for console in config.console}
        self._room = anyio.Semaphore(config.at_once)
        self._writing = anyio.Lock()
        self.conditions = {console.name: Condition() for console in config.console}

    async def run(self, stop: anyio.Event) -> None:
        """Watch all consoles, each in a task of its own, until ``stop``."""
        async with anyio.create_task_group() as group:
            for console in self._config.console:
                group.start_soon(self._watch, console, stop)

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
                look = await self._read(session, console)
                at = datetime.now(UTC)
                changes = self._engines[console.name].read(at, look.rows, _doubted(look))
                await self._keep(console, look, at)
                for change in changes:
                    await self._tell(console, condition, change, look, session)
        finally:
            with anyio.CancelScope(shield=True):
                await self._kit.browser.end(session.id, self._kit.caller)
        if condition.reported:
            await self._notifier.notify(Message(f"[readable again] {console.name}", "The console can be read again."))
        condition.failures, condition.reported, condition.last_failure = 0, False, None
        condition.last_seen, condition.rows = look.observed_at, len(look.rows)

    async def _read(self, session: Session, console: WatchedConsole) -> Look:
        title = await session.page.title()
        profile = named(console.profile) if console.profile else fitting(session.page.url, title)
        meaning = profile.meaning() if profile else Meaning()
        return await look_at_page(session.page, meaning, seconds=console.wait_seconds, most_rows=console.most_rows)

    async def _keep(self, console: WatchedConsole, look: Look, at: datetime) -> None:
        rows = [_observation(console.name, row, at) for row in look.rows if row.task_name]
        old = at - timedelta(days=self._config.retention_days)
        async with self._writing:
            taken = await to_thread.run_sync(self._history.write, rows)
            if not taken:
                log.warning("the history's database is away; %d writes wait", self._history.waiting)
            elif self.conditions[console.name].looks % 500 == 1:
                await to_thread.run_sync(self._kept.forget_before, old)

    async def _tell(
        self, console: WatchedConsole, condition: Condition, change: Change, look: Look, session: Session
    ) -> None:
        name = f"{change.task}: {change.rule}"
        if change.kind == "opened":
            condition.open_alerts.append(name)
        elif name in condition.open_alerts:
            condition.open_alerts.remove(name)
        evidence = await self._crop(change, look.rows, session) if change.kind == "opened" else None
        await self._notifier.notify(message_of(console.name, change, evidence))

    async def _crop(self, change: Change, rows: Sequence[UsageRow], session: Session) -> Path | None:
        """A picture of the task's row, secrets covered; None where the row is not on the page any more."""
        row = next((row for row in rows if row.task_name == change.task), None)
        boxes = [cell.box for cell in row.cells.values() if cell.box and cell.box.area] if row else []
        if not boxes:
            return None
        clip = Box.from_corners(
            max(0.0, min(box.x for box in boxes) - 8),
            max(0.0, min(box.y for box in boxes) - 8),
            max(box.right for box in boxes) + 8,
            max(box.bottom for box in boxes) + 8,
        )
        shot = await capture(session, Region(clip=clip), limits=self._kit.limits, privacy=self._kit.privacy)
        path = self._evidence / f"{change.at:%Y%m%dT%H%M%S%f}.png"
        await anyio.Path(self._evidence).mkdir(parents=True, exist_ok=True)
        await anyio.Path(path).write_bytes(shot.data)
        return path

    async def _failed(self, console: WatchedConsole, condition: Condition, error: HandlensError) -> None:
        condition.failures += 1
        condition.last_failure = masked_text(str(error))[:500]
        log.warning("%s could not be read (%d times): %s", console.name, condition.failures, condition.last_failure)
        if condition.failures >= FAILURES_BEFORE_REPORT and not condition.reported:
            condition.reported = True
            await self._notifier.notify(Message(f"[unreadable] {console.name}", condition.last_failure))

    async def _beat(self) -> None:
        """The heartbeat: a file that says how every console fares, replaced as a whole after every look."""
        told = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "waiting_writes": self._history.waiting,
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
        part = self._config.heartbeat.with_suffix(".part")
        await anyio.Path(part).write_text(json.dumps(told, indent=1, ensure_ascii=False), encoding="utf-8")
        await anyio.Path(part).replace(self._config.heartbeat)


def _observation(console: str, row: UsageRow, at: datetime) -> Observation:
    return Observation(
        console,
        (row.task_name or "")[:500],
        at,
        row.gpu_utilization_percent,
        row.cpu_utilization_percent,
        row.memory_used_bytes,
        row.memory_total_bytes,
        row.status,
    )


def _doubted(look: Look) -> frozenset[tuple[str, str]]:
    """Tasks whose reading waits for review are no evidence, whichever metric it is about."""
    metrics = ("gpu_utilization_percent", "cpu_utilization_percent", "memory_used_bytes", "memory_used_percent")
    names = {look.rows[doubt.row].task_name or "" for doubt in look.doubts}
    return frozenset((name, metric) for name in names for metric in metrics)
