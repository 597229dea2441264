"""The sessions that live in one shared Chromium: opened, found by their names, and ended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from handlens.browser.chromium import Chromium
from handlens.browser.downloads import Downloads
from handlens.browser.launch import Begun, BrowserOptions
from handlens.browser.navigation import go
from handlens.browser.page_options import PageOptions
from handlens.browser.session import Session, watch
from handlens.errors import BrowserDied, HandlensError, InvalidInput, LimitExceeded, NoSuchSession, NotFound
from handlens.guard import Guard
from handlens.kit import Caller
from handlens.limits import Limits

if TYPE_CHECKING:
    from playwright.async_api import Page

    from handlens.artifacts import ArtifactStore

log = logging.getLogger(__name__)

_ENDED_KEPT = 500


class Browser:
    """Opens, finds and ends sessions. Made in an event loop; `close` ends everything."""

    def __init__(
        self,
        options: BrowserOptions,
        guard: Guard,
        artifacts: ArtifactStore,
        limits: Limits,
        *,
        begun: Begun | None = None,
    ) -> None:
        self.options = options
        self._guard = guard
        self._limits = limits
        self._downloads = Downloads(artifacts, limits)
        self._chromium = Chromium(
            options,
            guard,
            seconds=limits.browser_start_seconds,
            on_death=self._on_death,
            downloads=self._downloads.folder,
            begun=begun,
        )
        self._sessions: dict[str, Session] = {}
        self._ended: dict[str, _End] = {}
        self._opening = 0
        self._sweeper: asyncio.Task[None] | None = None
        self._last_needed = time.monotonic()

    async def start(self) -> None:
        """Start the browser now, and make a page ready, so that the first call does not wait for them."""
        await self._chromium.started()
        self._chromium.prepare_page()
        self._sweep_from_now()

    async def close(self) -> None:
        """End all sessions and the browser."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        roots = [session for session in self._sessions.values() if session.parent is None]
        await asyncio.gather(*(self._end(session, "handlens stopped") for session in roots), return_exceptions=True)
        await self._chromium.close()
        await self._downloads.close()

    async def open(self, caller: Caller, url: str, options: PageOptions | None = None) -> tuple[Session, int | None]:
        """Open ``url`` in a new isolated session; returns it with the HTTP status.

        Raises:
            LimitExceeded: too many sessions. Refused, NavigationFailed, TimedOut: see `navigation.go`.
            BrowserUnavailable: see `launch.start`.
        """
        options = options or PageOptions()
        url = self._guard.check_url(url)
        if len(self._sessions) + self._opening >= self._limits.sessions:
            mine = self._names(caller)
            raise LimitExceeded(
                f"{self._limits.sessions} sessions are open, and no more are allowed at once. "
                f"Call close_page on one you no longer need. Yours: {mine}.",
                setting="limits.sessions",
            )
        self._opening += 1
        try:
            session = await self._new_session(caller.subject, options)
        finally:
            self._opening -= 1
        try:
            async with session.use():
                status = await go(session, url, wait_until=options.wait_until, limits=self._limits)
                await session.page.title()  # a page that answers nothing is not open
        except BaseException as error:
            with contextlib.suppress(Exception), anyio.CancelScope(shield=True):  # what went wrong first matters
                await self._discard(session, error)
            raise
        return session, status

    def session(self, session_id: str, caller: Caller) -> Session:
        """The caller's open session of that name.

        Raises:
            NoSuchSession: never opened, ended (and why), or somebody else's.
        """
        session = self._sessions.get(session_id)
        if session is not None and session.owner == caller.subject:
            return session
        end = self._ended.get(f"{caller.subject} {session_id}")
        why = end.why if end else ""
        if why == _DIED:
            raise BrowserDied(f"Session {session_id} ended: {why}. Call open_page to start again.")
        names = self._names(caller)
        because = f" It ended: {why}." if why else ""
        raise NoSuchSession(
            f"No open session {session_id[:60]!r}.{because} Call open_page first. Open sessions: {names}."
        )

    async def end(self, session_id: str, caller: Caller) -> None:
        """Close the caller's session, and with it the tabs that it opened. Raises as `session`."""
        await self._end(self.session(session_id, caller), "it was closed")

    @property
    def count(self) -> int:
        """Open sessions of all callers."""
        return len(self._sessions)

    def owned(self, caller: Caller) -> list[Session]:
        """The caller's open sessions, oldest first."""
        return [session for session in self._sessions.values() if session.owner == caller.subject]

    @contextlib.asynccontextmanager
    async def page(
        self, caller: Caller, *, session_id: str | None = None, url: str | None = None
    ) -> AsyncGenerator[Session]:
        """The page that a tool works on: an open session, or ``url`` opened for this call and closed after it."""
        if (session_id is None) == (url is None):
            raise InvalidInput("Give either session_id (from open_page) or url, not both and not neither.")
        if session_id is not None:
            async with self.session(session_id, caller).use() as session:
                yield session
            return
        session, _ = await self.open(caller, url or "")
        try:
            async with session.use():
                yield session
        finally:
            with anyio.CancelScope(shield=True):
                await self._end(session, "it was opened for one call")

    def login(self, name: str) -> Path:
        """The storage state of a saved login. Raises `NotFound`, naming those that there are."""
        folder = self.options.logins
        names = sorted(path.stem for path in folder.glob("*.json")) if folder else []
        if folder is None or name not in names:
            known = ", ".join(names) or "none"
            raise NotFound(f"No saved login {name[:60]!r}. Saved logins: {known} (setting browser.logins).")
        return folder / f"{name}.json"

    async def _new_session(self, owner: str, options: PageOptions) -> Session:
        fresh = await self._chromium.page(options)
        self._sweep_from_now()
        session = Session(
            f"s_{secrets.token_hex(3)}",
            owner,
            fresh.context,
            fresh.page,
            fresh.attach,
            proxy=fresh.proxy,
            dialogs=options.dialogs,
            silent_seconds=self._limits.navigation_seconds + self._limits.page_silent_seconds,
        )
        session.refusals = fresh.refusals
        self._adopt(session)
        fresh.context.on("page", lambda opened: self._on_tab(session, opened))
        return session

    def _adopt(self, session: Session) -> None:
        self._sessions[session.id] = session
        watch(session, self._guard.schemes, self._downloads.keep)
        session.page.on("close", lambda _: self._on_closed(session))

    def _on_tab(self, root: Session, page: Page) -> None:
        if page is root.page or any(session.page is page for session in self._sessions.values()):
            return
        # A page that opens tabs without end takes the places of nobody else's pages.
        mine, most = len(self._family(root)) - 1, max(1, self._limits.sessions // 2)
        if mine >= most or len(self._sessions) >= self._limits.sessions:
            why = f"it has {mine} tabs open already" if mine >= most else "limits.sessions are open"
            root.note(f"The page opened another tab; it was closed, for {why}.")
            root.spawn(page.close())
            return
        root.tabs += 1
        tab = Session(
            f"{root.id}.{root.tabs + 1}",
            root.owner,
            root.context,
            page,
            root.attach,
            parent=root,
            dialogs=root.dialogs,
            silent_seconds=root.silent_seconds,
        )
        tab.refusals, tab.pending = root.refusals, root.pending
        self._adopt(tab)
        root.note(f"A new tab opened: {page.url or 'about:blank'} as session_id {tab.id}.")

    def _family(self, session: Session) -> list[Session]:
        """The session and the tabs that it opened."""
        return [s for s in self._sessions.values() if s is session or s.parent is session]

    def _on_closed(self, session: Session) -> None:
        if self._sessions.pop(session.id, None) is not None:
            self._remember(session, _CLOSED)

    def _on_death(self) -> None:
        for session in list(self._sessions.values()):
            del self._sessions[session.id]
            self._remember(session, _DIED)
        for end in self._ended.values():  # pages of a dying browser are closed a moment before it is known to be dead
            if end.why == _CLOSED and time.monotonic() - end.at < _DYING_SECONDS:
                end.why = _DIED
        log.warning("the browser ended; it starts again with the next page")

    async def _end(self, session: Session, why: str) -> None:
        family = self._family(session)
        for member in family:
            self._sessions.pop(member.id, None)
            self._remember(member, why)
        from playwright.async_api import Error

        with contextlib.suppress(Error):  # a dead page is closed already
            await (session.context.close() if session.parent is None else session.page.close())
        if session.proxy is not None:
            await session.proxy.stop()

    async def _discard(self, session: Session, error: BaseException) -> None:
        """End a session whose first page could not be opened, keeping what it downloaded."""
        await session.settle()
        if isinstance(error, HandlensError) and (notices := session.notices()):
            error.args = (" ".join([str(error), *notices]), *error.args[1:])
        await self._end(session, "its page could not be opened")

    def _remember(self, session: Session, why: str) -> None:
        self._ended[f"{session.owner} {session.id}"] = _End(why, time.monotonic())
        while len(self._ended) > _ENDED_KEPT:
            del self._ended[next(iter(self._ended))]

    def _names(self, caller: Caller) -> str:
        return ", ".join(session.id for session in self.owned(caller)) or "none"

    def _sweep_from_now(self) -> None:
        if self._sweeper is None:
            self._sweeper = asyncio.create_task(self._sweep())

    async def _sweep(self) -> None:
        idle = self._limits.session_idle_seconds
        while True:
            await asyncio.sleep(min(30.0, idle / 4, self._limits.browser_idle_seconds / 4))
            for session in list(self._sessions.values()):
                family = self._family(session)
                unused = min(time.monotonic() - s.last_used for s in family)
                if session.parent is None and unused > idle and not any(s.busy for s in family):
                    why = f"it was not used for {idle:g} seconds (setting limits.session_idle_seconds)"
                    await self._end(session, why)
            await self._rest()

    async def _rest(self) -> None:
        """End a browser that has had no session for a while."""
        if self._sessions or self._opening:
            self._last_needed = time.monotonic()
        elif time.monotonic() - self._last_needed > self._limits.browser_idle_seconds:
            await self._chromium.rest()


@dataclass(slots=True)
class _End:
    """Why a session ended, and when on the monotonic clock."""

    why: str
    at: float


_DIED = "the browser ended or was closed"
_CLOSED = "its page was closed"
_DYING_SECONDS = 2.0
