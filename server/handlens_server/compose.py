"""Opens what the tools need, from the settings, and closes it again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from handlens.errors import BrowserUnavailable
from handlens.kit import Kit
from handlens_server.settings import Settings

if TYPE_CHECKING:
    from handlens.browser.launch import Begun
    from handlens_server.app import EyeOf
    from handlens_server.engine.open import Sight

log = logging.getLogger(__name__)

_CLOSE_SECONDS = 1.0


class Composition:
    """The kit of one serving process. It is opened by the first `kit`, for a host should not wait for it."""

    def __init__(self, settings: Settings, folder: Path, *, begun: Begun | None = None) -> None:
        """``begun`` is what of the browser somebody has begun to start already."""
        self._settings = settings
        self._folder = folder
        self._begun = begun
        self._kit: Kit | None = None
        self._sight: Sight | None = None

    def start(self, *, browser: bool = True) -> None:
        """Begin to start what takes long, the engine and the browser, without waiting for it."""
        if browser:
            self._warming = asyncio.create_task(self._warm())
        engine = self._settings.engine
        if self._sight is None and (engine.urls or engine.kind == "vllm"):
            from handlens_server.engine.open import open_sight

            self._sight = open_sight(engine, self._settings.eye, self._folder)
            if self._sight is not None:
                self._sight.start()

    def eye_of(self) -> EyeOf | None:
        """The eye of each request's own client, for ``--engine host``."""
        if self._settings.engine.kind != "host" or self._settings.engine.urls:
            return None
        from handlens_server.sampling import HostEyes

        return HostEyes(self._settings.eye).eye

    async def kit(self) -> Kit:
        """The kit, opened once."""
        if self._kit is None:
            self._kit = self._open()
        return self._kit

    def _open(self) -> Kit:
        from handlens.artifacts import ArtifactStore
        from handlens.browser.browser import Browser
        from handlens.locate.memory import Memory
        from handlens.ocr import Ocr
        from handlens.pdf.documents import Documents
        from handlens.usage.history import History

        settings = self._settings
        guard = settings.guard.guard(settings.transport)
        artifacts = ArtifactStore(settings.artifacts_folder or self._folder / "artifacts", settings.limits)
        browser = Browser(settings.browser, guard, artifacts, settings.limits, begun=self._begun)
        limits = settings.limits
        documents = Documents(processes=limits.document_workers, page_seconds=limits.document_page_seconds)
        return Kit(
            browser=browser,
            artifacts=artifacts,
            guard=guard,
            limits=limits,
            privacy=settings.privacy,
            acting=settings.acting,
            memory=Memory(settings.acting.memory),
            documents=documents,
            eye=self._sight.eye if self._sight else None,
            ocr=Ocr(seconds=limits.ocr_seconds),
            history=History(settings.history.get_secret_value()) if settings.history else None,
            profiles=settings.profiles,
        )

    async def _warm(self) -> None:
        """Start the browser before it is asked for, where the settings say so. A failure is left to the first page."""
        prelaunch = self._settings.browser.prelaunch
        if prelaunch if prelaunch is not None else self._settings.transport == "stdio":
            kit = await self.kit()
            with contextlib.suppress(BrowserUnavailable):
                await kit.browser.start()

    async def close(self) -> None:
        """End everything, but not for ever: what hangs is killed with the run folder."""
        kit, self._kit = self._kit, None
        sight, self._sight = self._sight, None
        await asyncio.gather(_close_kit(kit), _close_sight(sight, self._settings.engine.stop_seconds))


async def _close_kit(kit: Kit | None) -> None:
    if kit is None:
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_CLOSE_SECONDS):
            await kit.ocr.aclose()
            if kit.history is not None:
                await asyncio.to_thread(kit.history.close)
            await kit.documents.aclose()
            await kit.browser.close()


async def _close_sight(sight: Sight | None, stop_seconds: float) -> None:
    if sight is None:
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2 * stop_seconds + _CLOSE_SECONDS):
            await sight.close()
