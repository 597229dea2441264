"""Downloads that a page starts are kept as artifacts of the session's owner, and told in the next result."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread

from handlens.artifacts import ArtifactStore, media_type_of
from handlens.errors import HandlensError
from handlens.limits import Limits

if TYPE_CHECKING:
    from playwright.async_api import Download

    from handlens.browser.session import Session

_LOOK_SECONDS = 0.2


class Downloads:
    """Takes over finished downloads, one task each, and stops those that grow too large.

    ``folder`` is where the browser gathers them, each in a file whose name Playwright does not tell before it is whole.
    So a file that is new is taken for that of a download that has none; two that begin at once may be mixed up for as
    long as both run.
    """

    def __init__(self, artifacts: ArtifactStore, limits: Limits) -> None:
        self._artifacts = artifacts
        self._limits = limits
        self.folder = Path(tempfile.mkdtemp(prefix="handlens-downloads-"))
        self._running: dict[Download, Path | None] = {}
        self._oversized: set[Download] = set()
        self._measurer: asyncio.Task[None] | None = None

    def keep(self, session: Session, download: Download) -> None:
        """Begin to keep ``download``; the session hears how it went."""
        session.downloads += 1
        self._running[download] = None
        if self._measurer is None:
            self._measurer = asyncio.create_task(self._measure())
        session.spawn(self._keep(session, download))

    async def close(self) -> None:
        """Remove the folder."""
        if self._measurer is not None:
            self._measurer.cancel()
        await to_thread.run_sync(lambda: shutil.rmtree(self.folder, ignore_errors=True))

    async def _keep(self, session: Session, download: Download) -> None:
        name = download.suggested_filename
        try:
            failure = await download.failure()  # waits for the end of it
        finally:
            del self._running[download]
        limit = f"{self._limits.download_bytes:,} bytes (setting limits.download_bytes)"
        if download in self._oversized:
            self._oversized.discard(download)
            session.note(f"The download of {name} was dropped: it is larger than {limit}.")
            return
        if failure is not None:
            session.note(f"The download of {name} failed: {failure}.")
            return
        path = Path(await download.path())
        size = (await anyio.Path(path).stat()).st_size
        if size > self._limits.download_bytes:
            await download.delete()
            session.note(f"The download of {name} was dropped: its {size:,} bytes are more than {limit}.")
            return
        media_type = media_type_of(name)
        try:
            kept = await self._artifacts.save(path, name=name, media_type=media_type, owner=session.owner)
        except HandlensError as error:
            session.note(f"The download of {name} could not be kept: {error}")
        else:
            session.note(f"Downloaded {name} ({size:,} bytes), kept as {kept.uri}")

    async def _measure(self) -> None:
        """While downloads run, cancel those whose files have grown too large."""
        from playwright.async_api import Error

        while self._running:
            sizes = await to_thread.run_sync(_growing, self.folder)
            new = iter(set(sizes).difference(path for path in self._running.values() if path))
            for download, path in list(self._running.items()):
                file = self._running[download] = path if path in sizes else next(new, None)
                if file is not None and sizes[file] > self._limits.download_bytes:
                    self._oversized.add(download)
                    with contextlib.suppress(Error):  # it ended meanwhile
                        await download.cancel()
            await asyncio.sleep(_LOOK_SECONDS)
        self._measurer = None


def _growing(folder: Path) -> dict[Path, int]:
    """The files that are not whole yet, and their sizes."""
    sizes: dict[Path, int] = {}
    for path in folder.glob("*.crdownload"):
        with contextlib.suppress(OSError):  # it became whole meanwhile
            sizes[path] = path.stat().st_size
    return sizes
