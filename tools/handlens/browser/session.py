"""One session: a page in an isolated browser context, the tabs it opened, and what happened in between."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import anyio

from handlens.browser.own_world import OwnWorlds, own_worlds, reached_by
from handlens.browser.proxy import GuardedProxy
from handlens.errors import BrowserDied, HandlensError, TargetError, TimedOut

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Dialog, Download, Frame, Page

    from handlens.browser.launch import Cdp

log = logging.getLogger(__name__)

DialogAnswer = Literal["dismiss", "accept"]
_MAX_NOTICES = 20
_HARMLESS_SCHEMES = ("", "about", "blob", "chrome-error")
_CLOSED = ("has been closed", "Target closed", "Target crashed", "Page crashed", "Connection closed", "crashed")
_NAVIGATED = ("Execution context was destroyed", "Frame was detached", "frame got detached", "navigating")


@dataclass(eq=False)
class Session:
    """A page that calls share. ``page`` is Playwright's; use it only inside `use`.

    Tabs and pop-ups that the page opens become sessions of their own (``s_ab.2``) in the same context: they share
    cookies, belong to the same owner, and end with the session that opened them.
    """

    id: str
    owner: str
    context: BrowserContext
    page: Page
    attach: Callable[[Page], Awaitable[Cdp]]
    proxy: GuardedProxy | None = None
    parent: Session | None = None
    dialogs: DialogAnswer = "dismiss"
    silent_seconds: float = 45
    """A page that answers nothing for so long is given up."""
    crashed: bool = False
    last_used: float = field(default_factory=time.monotonic)
    refusals: list[str] = field(default_factory=list[str])
    pending: set[asyncio.Future[Any]] = field(default_factory=set[asyncio.Future[Any]])
    downloads: int = 0
    tabs: int = 0
    _notices: list[str] = field(default_factory=list[str])
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _worlds: OwnWorlds | None = None
    _call: anyio.CancelScope | None = None

    def __post_init__(self) -> None:
        reached_by(self.page, self.attach)

    @contextlib.asynccontextmanager
    async def use(self) -> AsyncGenerator[Session]:
        """Hold the page for one call: calls on one session take turns, and Playwright's failures become ours."""
        from playwright.async_api import Error, TimeoutError

        async with self._lock:
            self.last_used = time.monotonic()
            if self.crashed:
                raise self.failure(RuntimeError("crashed before"))
            try:
                async with self._giving_up_on_silence():
                    yield self
            except TimeoutError as error:
                raise TimedOut(
                    f"The page did not answer in time: {_sentence(error)}", setting="limits.navigation_seconds"
                ) from error
            except Error as error:
                raise self.failure(error) from error
            finally:
                self.last_used = time.monotonic()

    @contextlib.asynccontextmanager
    async def _giving_up_on_silence(self) -> AsyncGenerator[None]:
        """End the call once the page answers nothing: a script in an endless loop blocks whatever asks the page.

        So does a navigation whose server has not answered yet, which has its own, shorter limit where we start it.
        """
        silent = False

        async def listen() -> None:
            nonlocal silent
            while not silent:
                await asyncio.sleep(self.silent_seconds)
                try:
                    await asyncio.wait_for(_unless_gone(self.page.evaluate("1")), self.silent_seconds)
                except TimeoutError:
                    silent = True
                    scope.cancel()

        with anyio.CancelScope() as scope:
            self._call = scope
            listener = asyncio.create_task(listen())
            try:
                yield
            finally:
                self._call = None
                listener.cancel()
        if self.crashed and scope.cancelled_caught:
            raise self.failure(RuntimeError("crashed"))
        if silent:
            raise TimedOut(
                f"The page answers nothing for {self.silent_seconds:g} seconds: a script of it does not let go, or the "
                f"server that it navigates to is silent. Close session {self.id} if it stays so.",
                setting="limits.page_silent_seconds",
            )

    def crash(self) -> None:
        """The page's process ended: what the running call still asks of it would never be answered."""
        self.crashed = True
        if self._call is not None:
            self._call.cancel()

    @property
    def busy(self) -> bool:
        return self._lock.locked()

    async def worlds(self) -> OwnWorlds:
        """Our worlds in the page's frames."""
        if self._worlds is None:
            self._worlds = await own_worlds(self.page)
        return self._worlds

    async def cdp(self) -> Cdp:
        """Commands to the page and events of it, opened once."""
        return (await self.worlds()).cdp

    async def run(self, name: str, arguments: dict[str, Any]) -> Any:
        """Call our script ``name`` in the page's main frame. Arguments, result, errors as `OwnWorlds.call`."""
        return await (await self.worlds()).call(name, arguments)

    def note(self, sentence: str) -> None:
        """Keep a sentence for the next result. Where too many come, the first and the newest are kept."""
        if len(self._notices) >= _MAX_NOTICES:
            del self._notices[1]
        self._notices.append(sentence)

    def notices(self) -> list[str]:
        """What happened since the last call that asked: dialogs, downloads, new tabs, refusals. Empties the list."""
        told, self._notices = self._notices, []
        for refusal in dict.fromkeys(self.refusals):
            told.append(f"Refused: {refusal}")
        self.refusals.clear()
        return told[:_MAX_NOTICES]

    def failure(self, error: Exception) -> HandlensError:
        """The failure of ours that a Playwright error means here."""
        text = str(error)
        if self.crashed or self.page.is_closed() or any(sign in text for sign in _CLOSED):
            return BrowserDied(
                f"The page of session {self.id} ended in the middle of the call (it was closed or crashed). "
                "Call open_page to start again."
            )
        if any(sign in text for sign in _NAVIGATED):
            return TargetError("The page navigated during the call. Call again to act on the page that is there now.")
        return TargetError(f"The page would not do it: {_sentence(error)}")

    def spawn(self, work: Awaitable[Any]) -> None:
        """Let ``work`` go on beside the call. If the page is gone by then, so is what it was for."""
        task = asyncio.ensure_future(_unless_gone(work))
        self.pending.add(task)
        task.add_done_callback(self.pending.discard)

    async def settle(self) -> None:
        """Wait for downloads and other loose ends that a call started."""
        if self.pending:
            await asyncio.wait(self.pending, timeout=5)


def watch(session: Session, schemes: tuple[str, ...], keep: Callable[[Session, Download], None]) -> None:
    """Listen to the page of ``session``: dialogs are answered and noted, downloads handed to ``keep``, frames that
    show a refused scheme are emptied, crashes remembered."""
    page = session.page

    async def on_dialog(dialog: Dialog) -> None:
        accept = session.dialogs == "accept"
        session.note(f"{'Accepted' if accept else 'Dismissed'} a {dialog.type} dialog: {dialog.message[:300]!r}")
        await (dialog.accept() if accept else dialog.dismiss())

    def on_frame(frame: Frame) -> None:
        scheme = urlsplit(frame.url).scheme
        if scheme not in schemes and scheme not in _HARMLESS_SCHEMES:
            session.note(f"Emptied a frame that showed a URL of refused scheme {scheme!r}.")
            session.spawn(frame.goto("about:blank"))

    def on_crash(_: Page) -> None:
        session.crash()

    page.on("dialog", lambda dialog: session.spawn(on_dialog(dialog)))
    page.on("framenavigated", on_frame)
    page.on("crash", on_crash)
    page.on("download", lambda download: keep(session, download))


async def _unless_gone(work: Awaitable[Any]) -> None:
    from playwright.async_api import Error

    with contextlib.suppress(Error):
        await work


def _sentence(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].partition(": ")[2][:300] or lines[0][:300]
