"""Places that were found and proved right, for the next visit: no OCR and no model is needed then.

A place is kept only after acting on it had an effect, and counts only on a page where the element is there as it was,
stands where it stood, and nothing else answers the description any better than before. One mismatch, and it is
forgotten. What is kept are digests, so that a folder of them tells nothing of the pages.
"""

from __future__ import annotations

import contextlib
import os
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from anyio import to_thread
from pydantic import TypeAdapter, ValidationError

_IN_PROCESS, _ON_DISK = 2_000, 20_000
_PRUNE_EVERY = 500


@dataclass(frozen=True, slots=True)
class Place:
    """An element by digests; ``sort`` is what can be told of it without them.

    ``number`` of ``count`` tells it from its twins, ``offset`` is a place inside it and ``size`` that place's (CSS
    pixels), ``look`` is how it looked where structure alone could not tell it.
    """

    sort: str
    identity: str
    context: str
    rivals: str
    number: int
    count: int
    offset: tuple[float, float] | None
    size: tuple[float, float]
    look: str


_KEPT = TypeAdapter(Place)


class Memory:
    """Keeps places by key: in this process, and as one small file each in ``folder``, where one is given.

    Several processes may share a folder. What can't be read or written there is as if it had not been kept.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._known: OrderedDict[str, Place] = OrderedDict()
        self._written = 0

    async def get(self, key: str) -> Place | None:
        place = self._known.get(key)
        if place is None and self._folder is not None:
            place = await to_thread.run_sync(self._read, key)
            if place is not None:
                self._known[key] = place
        return place

    async def keep(self, key: str, place: Place) -> None:
        self._known[key] = place
        self._known.move_to_end(key)
        while len(self._known) > _IN_PROCESS:
            self._known.popitem(last=False)
        if self._folder is not None:
            await to_thread.run_sync(self._write, key, place)

    async def evict(self, key: str) -> None:
        self._known.pop(key, None)
        if self._folder is not None:
            await to_thread.run_sync(lambda: self._file(key).unlink(missing_ok=True))

    def _file(self, key: str) -> Path:
        assert self._folder is not None
        return self._folder / key[:2] / f"{key}.json"

    def _read(self, key: str) -> Place | None:
        try:
            return _KEPT.validate_json(self._file(key).read_bytes())
        except (OSError, ValidationError):
            return None

    def _write(self, key: str, place: Place) -> None:
        file = self._file(key)
        with contextlib.suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            part = file.with_suffix(f".{os.getpid()}")
            part.write_bytes(_KEPT.dump_json(place))
            part.replace(file)
            self._written += 1
            if self._written % _PRUNE_EVERY == 1:
                self._prune()

    def _prune(self) -> None:
        assert self._folder is not None
        files = [(file.stat().st_mtime, file) for file in self._folder.glob("*/*.json")]
        for _, file in sorted(files, key=lambda one: one[0])[: max(0, len(files) - _ON_DISK)]:
            file.unlink(missing_ok=True)
