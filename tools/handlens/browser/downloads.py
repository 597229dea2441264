"""Downloads that a page starts are kept as artifacts of the session's owner, and told in the next result."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from handlens.artifacts import ArtifactStore
from handlens.errors import HandlensError
from handlens.limits import Limits

if TYPE_CHECKING:
    from playwright.async_api import Download

    from handlens.browser.session import Session


class Downloads:
    """Takes over finished downloads, one task each."""

    def __init__(self, artifacts: ArtifactStore, limits: Limits) -> None:
        self._artifacts = artifacts
        self._limits = limits

    def keep(self, session: Session, download: Download) -> None:
        """Begin to keep ``download``; the session hears how it went."""
        session.downloads += 1
        session.spawn(self._keep(session, download))

    async def _keep(self, session: Session, download: Download) -> None:
        name = download.suggested_filename
        failure = await download.failure()  # waits for the end of it
        if failure is not None:
            session.note(f"The download of {name} failed: {failure}.")
            return
        path = Path(await download.path())
        size = (await anyio.Path(path).stat()).st_size
        if size > self._limits.download_bytes:
            await download.delete()
            session.note(f"The download of {name} was dropped: {size:,} bytes (setting limits.download_bytes).")
            return
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        try:
            kept = await self._artifacts.save(path, name=name, media_type=media_type, owner=session.owner)
        except HandlensError as error:
            session.note(f"The download of {name} could not be kept: {error}")
        else:
            session.note(f"Downloaded {name} ({size:,} bytes), kept as {kept.uri}")
