"""The one Chromium that sessions share: started when needed, again after it died, and at rest when nobody needs it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from handlens.browser.launch import Begun, BrowserOptions, Running, start
from handlens.browser.page_options import PageOptions
from handlens.browser.proxy import GuardedProxy
from handlens.errors import BrowserDied, HandlensError, InvalidInput
from handlens.guard import Guard

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page

    from handlens.browser.launch import Cdp

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FreshPage:
    """An empty page in a context of its own, whose connections pass ``proxy``; ``refusals`` are what that refused."""

    context: BrowserContext
    page: Page
    attach: Callable[[Page], Awaitable[Cdp]]
    proxy: GuardedProxy | None
    refusals: list[str] = field(default_factory=list[str])

    async def close(self) -> None:
        """Also where the page is dead already."""
        from playwright.async_api import Error

        with contextlib.suppress(Error):
            await self.context.close()
        if self.proxy is not None:
            await self.proxy.stop()


class Chromium:
    """Starts, restarts and ends the browser, and makes pages in it. ``on_death`` hears when it ends by itself.

    ``begun`` is what of it somebody has begun to start already.
    """

    def __init__(
        self,
        options: BrowserOptions,
        guard: Guard,
        *,
        seconds: float,
        on_death: Callable[[], None],
        downloads: Path | None = None,
        begun: Begun | None = None,
    ) -> None:
        self._options = options
        self._guard = guard
        self._seconds = seconds
        self._on_death = on_death
        self._downloads = downloads
        self._begun = begun
        self._starting = asyncio.Lock()
        self._running: Running | None = None
        self._spare: asyncio.Task[FreshPage] | None = None
        self._closing = False

    async def started(self) -> Running:
        """The running browser. Raises as `launch.start`."""
        async with self._starting:
            if self._running is None or not self._running.browser.is_connected():
                if self._running is not None:
                    with contextlib.suppress(Exception):  # it is dead: nothing of it can be stopped cleanly
                        await self._running.stop()
                self._running = await self._start()
                self._running.browser.on("disconnected", lambda _: self._on_disconnected())
            return self._running

    def prepare_page(self) -> None:
        """Make a page of the default options ready, so that whoever first opens one has it at once.

        Not where somebody would see it: in a browser with windows, or one that is not ours.
        """
        if self._spare is None and self._options.headless and not self._options.cdp:
            self._spare = asyncio.create_task(self._new_page(PageOptions().context_arguments()))

    async def page(self, options: PageOptions) -> FreshPage:
        """An empty page; the browser starts if it does not run.

        Raises:
            InvalidInput: the browser refuses the options. BrowserDied, BrowserUnavailable: there is no browser.
        """
        arguments = options.context_arguments()
        if arguments == PageOptions().context_arguments() and (ready := await self._take_spare()):
            return ready
        return await self._new_page(arguments)

    async def rest(self) -> None:
        """End the browser for now; the next page starts it again."""
        await self._drop_spare()
        async with self._starting:
            running, self._running = self._running, None
            if running is not None:
                await running.stop()

    async def close(self) -> None:
        """End the browser for good."""
        self._closing = True
        await self.rest()
        if self._begun is not None:
            begun, self._begun = self._begun, None
            begun.discard()
            with contextlib.suppress(Exception):  # it may never have started, and nobody needed it
                if begun.driver is not None:
                    await (await begun.driver).stop()

    async def _start(self) -> Running:
        """Start it to the end, even if the call that needed it is cancelled: a half-started one would stay."""
        with anyio.fail_after(2 * self._seconds, shield=True):
            begun, self._begun = self._begun, None
            return await start(
                self._options, self._guard, seconds=self._seconds, begun=begun, downloads=self._downloads
            )

    def _on_disconnected(self) -> None:
        if not self._closing and self._running is not None:
            self._on_death()

    async def _take_spare(self) -> FreshPage | None:
        spare, self._spare = self._spare, None
        if spare is None:
            return None
        try:
            ready = await asyncio.shield(spare)
        except asyncio.CancelledError:
            self._spare = spare
            raise
        except HandlensError:  # whoever asked makes a page of its own, and hears what is wrong
            return None
        running = self._running
        if ready.page.is_closed() or running is None or ready.context.browser is not running.browser:
            await ready.close()
            return None
        return ready

    async def _drop_spare(self) -> None:
        spare, self._spare = self._spare, None
        if spare is not None:
            with contextlib.suppress(HandlensError):
                await (await spare).close()

    async def _new_page(self, arguments: dict[str, Any]) -> FreshPage:
        running = await self.started()
        refusals: list[str] = []
        proxy = GuardedProxy(self._guard, refusals.append) if self._guard.watches_connections else None
        if proxy is not None:
            arguments = {**arguments, "proxy": {"server": await proxy.start(), "bypass": "<-loopback>"}}
        try:
            return FreshPage(*await self._in_context(running, arguments), running.cdp, proxy, refusals)
        except BaseException as error:
            if proxy is not None:
                await proxy.stop()
            if isinstance(error, TimeoutError):
                raise BrowserDied("The browser no longer answers. Call open_page again.") from error
            raise

    async def _in_context(self, running: Running, arguments: dict[str, Any]) -> tuple[BrowserContext, Page]:
        """A page in a context of its own. Some options are refused by the context, some by its first page."""
        from playwright.async_api import Error

        # Shielded: a context whose opening is cancelled would stay, and nobody know of it.
        with anyio.fail_after(self._seconds, shield=True):
            try:
                context = await running.browser.new_context(**arguments)
                try:
                    return context, await context.new_page()
                except BaseException:
                    await context.close()
                    raise
            except Error as error:
                if not running.browser.is_connected():
                    raise BrowserDied(
                        "The browser ended while the page was being opened. Call open_page again."
                    ) from error
                reason = str(error).splitlines()[0][:300]
                raise InvalidInput(f"The browser refused these page options: {reason}") from error
