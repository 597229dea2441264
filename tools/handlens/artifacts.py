"""Artifacts: what is too big to return inline, kept on disk under a URI, with an owner, a life and a quota."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import mimetypes
import os
import re
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio import to_thread

from handlens.errors import LimitExceeded, NoSuchArtifact, StorageError
from handlens.limits import Limits

SCHEME = "handlens://artifacts/"
_NAME_BYTES = 120
_EXPIRY_SLACK = 0.1
"""Seconds. Those that end together are removed together."""
_FILE = re.compile(r"([A-Za-z0-9_-]{22})\.(.+)")
_DIGEST = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Artifact:
    """One kept file. ``created`` is seconds since the epoch, ``size`` is bytes, ``owner`` a digest of the owner."""

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
    """A folder of artifacts: ``<folder>/<digest of the owner>/<id>.<name>``.

    The id is 128 random bits, but an id alone opens nothing: every read names the owner.
    What the folder already holds is taken up again, so a folder that outlives the process keeps its artifacts.
    """

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder = folder
        self._limits = limits
        self._known = {artifact.id: artifact for artifact in sorted(_found(folder), key=lambda found: found.created)}
        """The oldest first."""
        self._bytes = sum(artifact.size for artifact in self._known.values())
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
        artifact = Artifact(secrets.token_urlsafe(16), _safe(name), media_type, size, _digest(owner), time.time())
        async with self._saving:  # one at a time, or each would count on the same room
            stale = self._make_room(size)
            await to_thread.run_sync(self._write, artifact, data, stale)
            self._known[artifact.id] = artifact
            self._bytes += size
        self._plan_expiry()
        return artifact

    def path(self, uri: str, *, owner: str) -> Path:
        """Where the artifact lies on disk.

        Raises:
            NoSuchArtifact: unknown, expired, or somebody else's.
        """
        return self._place(self.find(uri, owner=owner))

    def find(self, uri: str, *, owner: str) -> Artifact:
        """What is known about ``uri``, which is a full URI or an id. Raises as `path`."""
        key = uri.removeprefix(SCHEME).partition("/")[0]
        artifact = self._known.get(key)
        if artifact is None or artifact.owner != _digest(owner) or self._expired(artifact):
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
        digest = _digest(owner)
        return [a for a in reversed(self._known.values()) if a.owner == digest and not self._expired(a)]

    def _expired(self, artifact: Artifact) -> bool:
        return time.time() - artifact.created > self._limits.artifact_seconds

    def _plan_expiry(self) -> None:
        """See to it that the oldest is gone from the disk soon after its life has ended."""
        loop = asyncio.get_running_loop()
        if self._expiry is None and self._known:
            left = next(iter(self._known.values())).created + self._limits.artifact_seconds - time.time()
            self._expiry = loop.call_later(max(0.0, left) + _EXPIRY_SLACK, self._expire, loop)

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        self._expiry = None
        stale = list(itertools.takewhile(self._expired, self._known.values()))
        self._forget(stale)
        loop.run_in_executor(None, self._remove, stale)
        self._plan_expiry()

    def _place(self, artifact: Artifact) -> Path:
        return self._folder / artifact.owner / f"{artifact.id}.{artifact.name}"

    def _remove(self, stale: list[Artifact]) -> None:
        for old in stale:
            with contextlib.suppress(OSError):
                self._place(old).unlink()

    def _make_room(self, size: int) -> list[Artifact]:
        quota = self._limits.artifact_bytes
        if size > quota:
            raise LimitExceeded(
                f"An artifact of {size:,} bytes is larger than the {quota:,} bytes kept for all artifacts.",
                setting="limits.artifact_bytes",
            )
        stale: list[Artifact] = []
        excess = self._bytes + size - quota
        for artifact in self._known.values():
            if excess <= 0 and not self._expired(artifact):
                break
            stale.append(artifact)
            excess -= artifact.size
        self._forget(stale)
        return stale

    def _forget(self, artifacts: list[Artifact]) -> None:
        for artifact in artifacts:
            del self._known[artifact.id]
            self._bytes -= artifact.size

    def _write(self, artifact: Artifact, data: bytes | Path, stale: list[Artifact]) -> None:
        self._remove(stale)
        place = self._place(artifact)
        unfinished = place.with_name(f".{artifact.id}")
        try:
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if isinstance(data, bytes):
                unfinished.write_bytes(data)
            else:
                shutil.move(data, unfinished)
                os.utime(unfinished)
            unfinished.rename(place)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise StorageError(
                f"The artifact {artifact.name} ({artifact.size:,} bytes) could not be kept: {error.strerror}. "
                "Free some room in the artifacts folder, or set artifacts_folder to another disk."
            ) from error


def media_type_of(name: str) -> str:
    """What a file of that name is likely to hold."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _found(folder: Path) -> list[Artifact]:
    found: list[Artifact] = []
    for path in folder.glob("*/*"):
        parts = _FILE.fullmatch(path.name)
        if parts and _DIGEST.fullmatch(path.parent.name) and path.is_file():
            about, name = path.stat(), parts[2]
            found.append(Artifact(parts[1], name, media_type_of(name), about.st_size, path.parent.name, about.st_mtime))
    return found


def _digest(owner: str) -> str:
    """A subject as the name of a folder, whatever it holds, and on file systems that don't tell Ann from ann."""
    return hashlib.sha256(owner.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _safe(name: str) -> str:
    """A plain file name: no folders, no control characters."""
    plain = re.sub(r"[^\w.()-]+", "_", name).strip("._")
    return plain.encode()[-_NAME_BYTES:].decode("utf-8", "ignore") or "artifact"
