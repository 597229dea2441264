"""The watcher: looks at many consoles, each on its schedule; keeps what it saw, judges it, and tells people.

A console that can't be read is tried again, more and more seldom, and reported once: an expired login is a failure
to read, never an empty list. Stopping lets the looks that are under way finish.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
from anyio import to_thread

from handlens.browser.page_options import PageOptions
from handlens.errors import HandlensError
from handlens.kit import Kit
from handlens.usage.alerts import Message, Notifier
from handlens.usage.board import Alert, Evidence, address
from handlens.usage.console import Look
from handlens.usage.heartbeat import Condition, Heartbeat
from handlens.usage.history import History
from handlens.usage.ledger import Ledger, alert_change, observation
from handlens.usage.looking import Wanted, look_at_session
from handlens.usage.masking import masked_text
from handlens.usage.profiles import Profile, fitting, named, of_folder
from handlens.usage.reviews import Decided
from handlens.usage.rows import Meaning
from handlens.usage.rules import Change, RuleBook, RuleEngine, check_gaps
from handlens.usage.seen import (
    UNKNOWN_STATUS,
    Doubtful,
    Values,
    board_reading,
    corrected_row,
    doubtful_cells,
    told_apart,
)
from handlens.usage.telling import Seen, Teller
from handlens.usage.watch_config import WatchConfig, WatchedConsole

if TYPE_CHECKING:
    from handlens.browser.session import Session

T = TypeVar("T")

log = logging.getLogger(__name__)

FAILURES_BEFORE_REPORT = 2
LONGEST_BACK_OFF = 16
DEFAULT_WAIT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class _Judged:
    """A look as the history has it: with what people decided. ``fresh`` is to be asked; ``doubted`` are tasks."""

    look: Look
    fresh: list[Doubtful]
    doubted: set[str]


class Watcher:
    """Watches until ``stop`` is set. The kit's browser is used; the history and the notifier are the caller's."""

    def __init__(
        self, kit: Kit, config: WatchConfig, book: RuleBook, history: History, notifier: Notifier, evidence: Path
    ) -> None:
        check(config, book, of_folder(kit.profiles))
        self._kit = kit
        self._config = config
        self._book = book
        self._ledger = Ledger(history, config.spool, round(config.spool_megabytes * 1e6))
        self._notifier = notifier
        self._evidence = evidence
        self._teller = Teller(kit, notifier, evidence, self._keep_picture)
        self._engines: dict[str, RuleEngine] = {}
        self._resumed: set[str] = set()
        self._room = anyio.Semaphore(config.at_once)
        self._writing = anyio.Lock()
        self._heartbeat = Heartbeat(config.heartbeat, (console.name for console in config.console))
        self.conditions = self._heartbeat.conditions

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
            await self._failed(console, condition, str(error))
        except Exception as error:  # a page that our reader stumbles over must not end the watch of all others
            log.exception("a fault of ours in a look at %s", console.name)
            await self._failed(console, condition, f"handlens failed on it: {type(error).__name__}. See its log.")
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
                profile = await self._profile(session, console)
                meaning = await self._written(
                    self._ledger.meaning, console.name, profile.meaning() if profile else Meaning()
                )
                wanted = Wanted(console.reader, _wait_seconds(console, profile), console.most_rows)
                look = told_apart(await look_at_session(session, self._kit, meaning, wanted))
                seen = Seen(console.name, session, look, meaning, datetime.now(UTC))
                judged: _Judged | None = None
                with anyio.CancelScope(shield=True):  # a page that dies now takes nothing of it along
                    judged = await self._judge(console, seen)
                if judged:
                    await self._show(console, seen, judged)
        finally:
            with anyio.CancelScope(shield=True):
                await self._kit.browser.end(session.id, self._kit.caller)
        if condition.reported:
            self._notifier.post(Message(f"[readable again] {console.name}", "The console can be read again."))
        condition.failures, condition.reported, condition.last_failure = 0, False, None
        condition.last_seen, condition.rows = look.observed_at, len(look.rows)

    async def _profile(self, session: Session, console: WatchedConsole) -> Profile | None:
        own = await to_thread.run_sync(of_folder, self._kit.profiles)
        if console.profile:
            return named(console.profile, own)
        return fitting(session.page.url, await session.page.title(), own)

    async def _written(self, call: Callable[..., T], *arguments: Any) -> T:
        """A call of the ledger, one after the other, in a thread."""
        async with self._writing:
            return await to_thread.run_sync(partial(call, *arguments))

    async def _judge(self, console: WatchedConsole, seen: Seen) -> _Judged | None:
        """Keep what was observed and tell what rules say of it; None while the database is away."""
        name, at = seen.console, seen.at
        cells = doubtful_cells(seen.look, seen.meaning)
        fresh, decided = await self._written(self._ledger.settled, name, at, cells)
        look = _with_decisions(seen.look, decided)
        undecided = [cell for cell in cells if cell not in [one.cell for one in decided]]
        engine = await self._engine(console)
        changes = engine.read(at, look.rows, _doubted(undecided))
        rows = [observation(name, row, at) for row in look.rows if row.task_name]
        try:
            taken = await self._written(self._ledger.keep, rows, [alert_change(name, change) for change in changes])
        finally:  # people are told also where neither the database nor the spool takes it: no rule says it again
            self.conditions[name].remember(changes)
            await self._teller.tell(seen, changes)
        if news := await self._written(self._ledger.spool_news):
            self._notifier.post(Message("[usage history]", news))
        return _Judged(look, fresh, {cell.task for cell in undecided}) if taken else None

    async def _show(self, console: WatchedConsole, seen: Seen, judged: _Judged) -> None:
        """Put the look before people, and what of it is doubtful."""
        name, at = seen.console, seen.at
        reading = board_reading(judged.look, seen.meaning, self._book, judged.doubted)
        reading["address"] = address(console.url)
        await self._written(self._ledger.show, name, at, _every(console), reading)
        if judged.fresh:
            shown = await self._teller.shown(seen, {cell.task for cell in judged.fresh}, whole=True)
            asked = shown.placed(judged.fresh) if shown else judged.fresh
            await self._written(self._ledger.ask, name, at, asked, shown.picture if shown else None)
        await self._written(self._ledger.close_unwatched, set(self.conditions), at)
        await self._written(self._ledger.shorten, at, timedelta(days=self._config.retention_days), self._evidence)

    async def _engine(self, console: WatchedConsole) -> RuleEngine:
        """The console's rules, with the alerts that an earlier watch left open, as soon as the database tells them."""
        name = console.name
        engine = self._engines.setdefault(name, RuleEngine(self._book, _every(console)))
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

    async def _keep_picture(self, console: str, change: Change, picture: Evidence) -> None:
        await self._written(self._ledger.show_evidence, console, alert_change(console, change), picture)

    async def _failed(self, console: WatchedConsole, condition: Condition, why: str) -> None:
        condition.failures += 1
        condition.last_failure = masked_text(why)[:500]
        log.warning("%s could not be read (%d times): %s", console.name, condition.failures, condition.last_failure)
        told = console.name, datetime.now(UTC), _every(console), condition.failures, condition.last_failure
        if not self._ledger.waiting:
            await self._written(self._ledger.show_failure, *told)
        if condition.failures >= FAILURES_BEFORE_REPORT and not condition.reported:
            condition.reported = True
            self._notifier.post(Message(f"[unreadable] {console.name}", condition.last_failure))

    async def _beat(self) -> None:
        await self._heartbeat.beat(self._ledger.waiting, self._ledger.not_kept)


def check(config: WatchConfig, book: RuleBook, own: Sequence[Profile]) -> None:
    """Raises `InvalidInput` or `NotFound` for what no look could ever make good."""
    for console in config.console:
        check_gaps(book, console.name, _every(console))
        if console.profile:
            named(console.profile, own)


def _every(console: WatchedConsole) -> timedelta:
    return timedelta(seconds=console.every_seconds)


def _wait_seconds(console: WatchedConsole, profile: Profile | None) -> float:
    if console.wait_seconds is not None:
        return console.wait_seconds
    return max(DEFAULT_WAIT_SECONDS, profile.wait_seconds if profile else 0)


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
