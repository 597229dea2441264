"""Telling people what rules decided, each alert that opens with the picture of its row."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import anyio

from handlens.errors import HandlensError
from handlens.kit import Kit
from handlens.usage.alerts import Notifier, message_of
from handlens.usage.board import Evidence
from handlens.usage.console import Look
from handlens.usage.evidence import Shown, show_rows
from handlens.usage.masking import masked_text
from handlens.usage.rows import Meaning
from handlens.usage.rules import Change

if TYPE_CHECKING:
    from handlens.browser.session import Session

log = logging.getLogger(__name__)

PICTURE_SECONDS = 30.0
"""That the alerts of one look wait for their pictures."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One look, with what is needed to show what it saw."""

    console: str
    session: Session
    look: Look
    meaning: Meaning
    at: datetime


Keep = Callable[[str, Change, Evidence], Awaitable[None]]
"""Keeps the picture of a console's alert in the history."""


class Teller:
    """Posts a message for each change. ``folder`` is for the pictures that are sent."""

    def __init__(self, kit: Kit, notifier: Notifier, folder: Path, keep: Keep) -> None:
        self._kit = kit
        self._notifier = notifier
        self._folder = folder
        self._keep = keep

    async def tell(self, seen: Seen, changes: Sequence[Change]) -> None:
        """Post them all; those that open with a picture, where one is to be had in time."""
        until = anyio.current_time() + PICTURE_SECONDS
        for change in changes:
            path = None
            if change.kind == "opened":
                with anyio.CancelScope(deadline=until):
                    path = await self._pictured(seen, change)
            self._notifier.post(message_of(seen.console, change, path))

    async def shown(self, seen: Seen, tasks: set[str], *, whole: bool) -> Shown | None:
        """A picture for people; without one, they are asked and told all the same."""
        from playwright.async_api import Error

        if seen.session.crashed:
            return None
        try:
            return await show_rows(seen.session, self._kit, seen.look, seen.meaning, tasks, whole=whole)
        except (HandlensError, Error) as error:
            log.warning("no picture of %s: %s", seen.console, masked_text(str(error)))
            return None

    async def _pictured(self, seen: Seen, change: Change) -> Path | None:
        shown = await self.shown(seen, {change.task}, whole=False)
        if shown is None:
            return None
        await self._keep(seen.console, change, shown.picture)
        path = self._folder / f"{change.at:%Y%m%dT%H%M%S%f}-{uuid4().hex[:8]}.png"
        try:
            await anyio.Path(self._folder).mkdir(parents=True, exist_ok=True)
            await anyio.Path(path).write_bytes(shown.picture.data)
        except OSError as error:
            log.warning("the picture of an alert can't be written: %s", error.strerror)
            return None
        return path
