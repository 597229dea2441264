"""A local file between the watcher and the database: what the database would not take waits here, in order.

Each line is one write. It is removed only after the database has taken it, and the database ignores what it has
already, so nothing is lost when either of the two dies at any moment, and nothing doubled.

A disk is finite: over `most_bytes` what was observed is no longer kept, and counted. What is in the spool stays, and
what becomes of alerts is always kept: it is little, and nobody says it again.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal

from pydantic import TypeAdapter, ValidationError

from handlens.errors import StorageError
from handlens.usage.history import AlertChange, History, Observation

Write = tuple[list[Observation], list[AlertChange]]
State = Literal["well", "half full", "full"]
_WRITE = TypeAdapter[Write | list[Observation]](Write | list[Observation])
MOST_BYTES = 2 * 10**9
"""A day of 200 consoles with 50 tasks each, looked at every minute."""
BYTES_AT_ONCE = 1_000_000
"""Of the spool in one write: line by line, hours of an outage would take long."""


@dataclass(frozen=True, slots=True)
class NotKept:
    """How many observations were not kept because the spool was full, and from when to when they were made."""

    count: int
    first: datetime
    last: datetime

    def and_also(self, batch: list[Observation]) -> NotKept:
        return NotKept(self.count + len(batch), self.first, max(one.at for one in batch))


class SpooledHistory:
    """Writes to a history; while its database is away, to the spool, and asks it again only now and then, for a
    database that hangs takes its time to fail. All calls block."""

    def __init__(
        self, history: History, spool: Path, *, retry_seconds: float = 5.0, most_bytes: int = MOST_BYTES
    ) -> None:
        self._history = history
        self._spool = spool
        self._retry_seconds = retry_seconds
        self._most_bytes = most_bytes
        self.not_kept: NotKept | None = None
        """Since the database last had everything."""
        self._not_before = 0.0
        self._waiting: int | None = None

    @property
    def waiting(self) -> int:
        """Writes that the database has not taken yet."""
        if self._waiting is None:
            self._waiting = 0
            with contextlib.suppress(FileNotFoundError), self._spool.open("rb") as file:
                self._waiting = sum(1 for _ in file)
        return self._waiting

    @property
    def state(self) -> State:
        """Whether there is room for what the database does not take. "full" lasts until the database has taken all."""
        if self.not_kept and self.waiting:
            return "full"
        size = self._spool.stat().st_size if self._spool.exists() else 0
        return "half full" if 2 * size > self._most_bytes else "well"

    def write(self, batch: Iterable[Observation], changes: Iterable[AlertChange] = ()) -> bool:
        """Keep observations and what became of alerts; tells whether the database has them, and all before them.

        Raises:
            StorageError: neither the database nor the spool could take them.
        """
        write = list(batch), list(changes)
        if not self._spool.exists():
            try:
                self._history.write(*write)
            except StorageError:
                self._not_before = time.monotonic() + self._retry_seconds
                self._append(write)  # it is told apart by the caller: False
                return False
            return True
        self._append(write)
        return time.monotonic() >= self._not_before and self.replay()

    def replay(self) -> bool:
        """Give the database what waits, oldest first. What it does not take stays."""
        try:
            with self._spool.open("rb") as file:
                while lines := list(_several(file)):
                    taken_to = file.tell() - sum(map(len, lines))
                    rows, changes = _together(lines)
                    try:
                        self._history.write(rows, changes)
                    except StorageError:
                        self._not_before = time.monotonic() + self._retry_seconds
                        if taken_to:
                            file.seek(taken_to)
                            self._keep(file)
                        return False
        except FileNotFoundError:
            return True
        self._spool.unlink(missing_ok=True)
        self._waiting = 0
        return True

    def _append(self, write: Write) -> None:
        line = _WRITE.dump_json(write)
        try:
            self._spool.parent.mkdir(parents=True, exist_ok=True)
            with self._spool.open("ab") as file:
                if write[0] and file.tell() + len(line) > self._most_bytes:
                    self._leave_out(write[0])
                    line = _WRITE.dump_json(([], write[1]))
                    if not write[1]:
                        return
                if file.tell() and not self._ends_whole():
                    file.write(b"\n")
                file.write(line + b"\n")
                file.flush()
                os.fsync(file.fileno())
            self._waiting = None if self._waiting is None else self._waiting + 1
        except OSError as error:
            raise StorageError(f"The usage spool {self._spool.name} can't be written: {error.strerror}.") from error

    def _leave_out(self, batch: list[Observation]) -> None:
        before = self.not_kept or NotKept(0, min(one.at for one in batch), batch[0].at)
        self.not_kept = before.and_also(batch)

    def _ends_whole(self) -> bool:
        with self._spool.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"

    def _keep(self, left: BinaryIO) -> None:
        """Begin the spool anew with what is left of it."""
        rest = self._spool.with_suffix(".rest")
        with rest.open("wb") as file:
            shutil.copyfileobj(left, file)
            file.flush()
            os.fsync(file.fileno())
        rest.replace(self._spool)
        self._waiting = None


def _several(file: BinaryIO) -> Iterator[bytes]:
    """The next lines, as many as make one write."""
    size = 0
    while size < BYTES_AT_ONCE and (line := file.readline()):
        size += len(line)
        yield line


def _together(lines: Iterable[bytes]) -> Write:
    rows: list[Observation] = []
    changes: list[AlertChange] = []
    for line in lines:
        more, altered = _parsed(line)
        rows += more
        changes += altered
    return rows, changes


def _parsed(line: bytes) -> Write:
    """What a line holds; nothing where a write was cut short (it was never reported as kept)."""
    try:
        write = _WRITE.validate_json(line)
    except ValidationError:
        return [], []
    return write if isinstance(write, tuple) else (write, [])
