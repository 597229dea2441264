"""A local file between the watcher and the database: what the database would not take waits here, in order.

Each line is one write. It is removed only after the database has taken it, and the database ignores what it has
already, so nothing is lost when either of the two dies at any moment, and nothing doubled.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter

from handlens.errors import StorageError
from handlens.usage.history import History, Observation

_OBSERVATIONS = TypeAdapter(list[Observation])


class SpooledHistory:
    """Writes to a history; while its database is away, to the spool. All calls block."""

    def __init__(self, history: History, spool: Path) -> None:
        self._history = history
        self._spool = spool

    @property
    def waiting(self) -> int:
        """Writes that the database has not taken yet."""
        with contextlib.suppress(FileNotFoundError):
            return sum(1 for _ in self._spool.open("rb"))
        return 0

    def write(self, batch: Iterable[Observation]) -> bool:
        """Keep observations; tells whether the database has them, and all that waited before them.

        Raises:
            StorageError: neither the database nor the spool could take them.
        """
        rows = list(batch)
        if not self._spool.exists():
            try:
                self._history.write(rows)
            except StorageError:
                self._append(rows)  # it is told apart by the caller: False
                return False
            return True
        self._append(rows)
        return self.replay()

    def replay(self) -> bool:
        """Give the database what waits, oldest first. What it does not take stays."""
        try:
            lines = self._spool.read_bytes().splitlines()
        except FileNotFoundError:
            return True
        for number, line in enumerate(lines):
            try:
                self._history.write(_parsed(line))
            except StorageError:
                self._keep(lines[number:])
                return False
        self._spool.unlink(missing_ok=True)
        return True

    def _append(self, rows: list[Observation]) -> None:
        line = json.dumps([{**asdict(row), "at": row.at.isoformat()} for row in rows]).encode()
        try:
            self._spool.parent.mkdir(parents=True, exist_ok=True)
            with self._spool.open("ab") as file:
                if file.tell() and not self._ends_whole():
                    file.write(b"\n")
                file.write(line + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StorageError(f"The usage spool {self._spool.name} can't be written: {error.strerror}.") from error

    def _ends_whole(self) -> bool:
        with self._spool.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"

    def _keep(self, lines: list[bytes]) -> None:
        rest = self._spool.with_suffix(".rest")
        rest.write_bytes(b"".join(line + b"\n" for line in lines))
        rest.replace(self._spool)


def _parsed(line: bytes) -> list[Observation]:
    """The observations of a line; none where a write was cut short (it was never reported as kept)."""
    try:
        rows = json.loads(line)
    except ValueError:
        return []
    return _OBSERVATIONS.validate_python(rows)
