"""Artifacts: what is too big to return inline, kept on disk under a URI, with an owner, a life and a quota."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import anyio
from anyio import to_thread

from handlens.errors import LimitExceeded, NoSuchArtifact, StorageError
from handlens.limits import Limits

SCHEME = "handlens://artifacts/"
_NAME_BYTES = 120
_EXPIRY_SLACK = 0.1
"""Seconds. Those that end together are removed together."""
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True, slots=True)
class Artifact:
    """One kept file. ``created`` is seconds since the epoch, ``size`` is bytes."""

    id: str
    name: str
    media_type: str
    size: int
    owner: str
    created: float

    @property
    def uri(self) -> str:
        return f"{SCHEME}{self.id}/{self.name}"


class ArtifactStore:
    """A folder of artifacts: ``<folder>/<id>/<name>`` with its description beside it in ``artifact.json``.

    The id is 128 random bits, but an id alone opens nothing: every read names the owner.
    What the folder already holds is taken up again, so a folder that outlives the process keeps its artifacts.
    """

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder = folder
        self._limits = limits
        self._known: dict[str, Artifact] = dict(_found(folder))
        self._saving = anyio.Lock()
        self._expiry: asyncio.TimerHandle | None = None
        with contextlib.suppress(RuntimeError):  # no event loop yet: the first to be saved sees to it
            self._plan_expiry()

    async def save(self, data: bytes | Path, *, name: str, media_type: str, owner: str) -> Artifact:
        """Keep bytes, or take over a file (which is moved). Expired and, for room, the oldest artifacts go.

        Raises:
            LimitExceeded: larger than the whole quota.
            StorageError: the disk is full or the folder is gone. Nothing half-written stays.
        """
        size = len(data) if isinstance(data, bytes) else (await anyio.Path(data).stat()).st_size
        artifact = Artifact(secrets.token_urlsafe(16), _safe(name), media_type, size, owner, time.time())
        async with self._saving:  # one at a time, or each would count on the same room
            stale = self._make_room(size)
            await to_thread.run_sync(self._write, artifact, data, stale)
            self._known[artifact.id] = artifact
        self._plan_expiry()
        return artifact

    def path(self, uri: str, *, owner: str) -> Path:
        """Where the artifact lies on disk.

        Raises:
            NoSuchArtifact: unknown, expired, or somebody else's.
        """
        artifact = self.find(uri, owner=owner)
        return self._folder / artifact.id / artifact.name

    def find(self, uri: str, *, owner: str) -> Artifact:
        """What is known about ``uri``, which is a full URI or an id. Raises as `path`."""
        key = uri.removeprefix(SCHEME).partition("/")[0]
        artifact = self._known.get(key)
        if artifact is None or artifact.owner != owner or self._expired(artifact):
            raise NoSuchArtifact(f"No artifact {uri[:120]!r}: it never was, has expired, or belongs to another caller.")
        return artifact

    async def read(self, uri: str, *, owner: str) -> tuple[Artifact, bytes]:
        """The artifact and its bytes. Raises as `path`."""
        artifact, path = self.find(uri, owner=owner), self.path(uri, owner=owner)
        try:
            return artifact, await to_thread.run_sync(path.read_bytes)
        except OSError as error:
            raise NoSuchArtifact(f"Artifact {artifact.uri} can no longer be read: {error.strerror}.") from error

    def owned(self, owner: str) -> list[Artifact]:
        """The caller's artifacts, newest first."""
        mine = [a for a in self._known.values() if a.owner == owner and not self._expired(a)]
        return sorted(mine, key=lambda artifact: artifact.created, reverse=True)

    def _expired(self, artifact: Artifact) -> bool:
        return time.time() - artifact.created > self._limits.artifact_seconds

    def _plan_expiry(self) -> None:
        """See to it that the oldest is gone from the disk soon after its life has ended."""
        loop = asyncio.get_running_loop()
        if self._expiry is None and self._known:
            oldest = min(artifact.created for artifact in self._known.values())
            left = oldest + self._limits.artifact_seconds - time.time()
            self._expiry = loop.call_later(max(0.0, left) + _EXPIRY_SLACK, self._expire, loop)

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        self._expiry = None
        stale = [artifact for artifact in self._known.values() if self._expired(artifact)]
        for artifact in stale:
            del self._known[artifact.id]
        loop.run_in_executor(None, self._remove, stale)
        self._plan_expiry()

    def _remove(self, stale: list[Artifact]) -> None:
        for old in stale:
            shutil.rmtree(self._folder / old.id, ignore_errors=True)

    def _make_room(self, size: int) -> list[Artifact]:
        quota = self._limits.artifact_bytes
        if size > quota:
            raise LimitExceeded(
                f"An artifact of {size:,} bytes is larger than the {quota:,} bytes kept for all artifacts.",
                setting="limits.artifact_bytes",
            )
        stale = [a for a in self._known.values() if self._expired(a)]
        kept = sorted((a for a in self._known.values() if a not in stale), key=lambda artifact: artifact.created)
        total = sum(a.size for a in kept) + size
        for artifact in kept:
            if total <= quota:
                break
            stale.append(artifact)
            total -= artifact.size
        for artifact in stale:
            del self._known[artifact.id]
        return stale

    def _write(self, artifact: Artifact, data: bytes | Path, stale: list[Artifact]) -> None:
        self._remove(stale)
        place = self._folder / artifact.id
        try:
            place.mkdir(parents=True, mode=0o700)
            if isinstance(data, bytes):
                (place / artifact.name).write_bytes(data)
            else:
                shutil.move(data, place / artifact.name)
            (place / "artifact.json").write_text(json.dumps(asdict(artifact)), encoding="utf-8")
        except OSError as error:
            shutil.rmtree(place, ignore_errors=True)
            raise StorageError(
                f"The artifact {artifact.name} ({artifact.size:,} bytes) could not be kept: {error.strerror}. "
                "Free some room in the artifacts folder, or set artifacts_folder to another disk."
            ) from error


def _found(folder: Path) -> list[tuple[str, Artifact]]:
    found: list[tuple[str, Artifact]] = []
    for description in folder.glob("*/artifact.json"):
        try:
            artifact = Artifact(**json.loads(description.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            continue  # not ours, or half-written by a process that was killed
        if _ID.fullmatch(artifact.id) and description.parent.name == artifact.id:
            found.append((artifact.id, artifact))
    return found


def _safe(name: str) -> str:
    """A plain file name: no folders, no control characters, not the description's own name."""
    plain = re.sub(r"[^\w.()-]+", "_", name).strip("._")
    plain = plain.encode()[-_NAME_BYTES:].decode("utf-8", "ignore") or "artifact"
    return f"_{plain}" if plain == "artifact.json" else plain
