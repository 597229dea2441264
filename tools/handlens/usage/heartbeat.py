"""How every console fares, as the watch knows it, and the file that tells it: replaced as a whole after every look."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import anyio
from anyio import to_thread

from handlens.usage.rules import Change

log = logging.getLogger(__name__)


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

    def remember(self, changes: Iterable[Change]) -> None:
        for change in changes:
            name = f"{change.task}: {change.rule}"
            if change.kind == "opened":
                self.open_alerts.append(name)
            elif name in self.open_alerts:
                self.open_alerts.remove(name)


class Heartbeat:
    """The conditions of the consoles of one watch, in a file."""

    def __init__(self, path: Path, consoles: Iterable[str]) -> None:
        self.conditions = {name: Condition() for name in consoles}
        self._path = path
        self._beating = anyio.Lock()

    async def beat(self, waiting_writes: int, not_kept: int) -> None:
        """Tell it now. What can't be written is logged."""
        told = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "waiting_writes": waiting_writes,
            "not_kept": not_kept,
            "consoles": {name: _told(one) for name, one in self.conditions.items()},
        }
        async with self._beating:
            try:
                await to_thread.run_sync(_replace, self._path, json.dumps(told, indent=1))
            except OSError as error:
                log.warning("the heartbeat can't be written: %s", error.strerror)


def _told(condition: Condition) -> dict[str, object]:
    return {name: value for name, value in asdict(condition).items() if name != "reported"}


def _replace(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
