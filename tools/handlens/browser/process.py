"""A Chromium process of ours: how it is started, where its profile lies, and how it ends with all that is its own."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import re
import shutil
import signal
import socket
import tempfile
from pathlib import Path

from anyio import to_thread

from handlens.browser.pipe import Pipe
from handlens.browser.relay import Relay

_ENABLED = ("CDPScreenshotNewSurface", "SkipListAccountsWithoutGaiaCookies")
_DISABLED = (
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
    # Two pages of Chromium's own in every window, for an address bar that nobody sees: half of what a start costs.
    "AimEnabled",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxPopup",
)
# As Playwright starts it, whose pages we open in it.
_SWITCHES = (
    "--allow-pre-commit-input",
    "--disable-back-forward-cache",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-breakpad",
    "--disable-component-extensions-with-background-pages",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-field-trial-config",
    "--disable-hang-monitor",
    "--disable-infobars",
    "--disable-ipc-flooding-protection",
    "--disable-popup-blocking",
    "--disable-prompt-on-repost",
    "--disable-renderer-backgrounding",
    "--disable-search-engine-choice-screen",
    "--disable-stack-profiler",
    "--enable-unsafe-swiftshader",
    "--force-color-profile=srgb",
    "--metrics-recording-only",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-service-autorun",
    "--no-startup-window",
    "--password-store=basic",
    "--remote-debugging-pipe",
    "--unsafely-disable-devtools-self-xss-warnings",
    "--use-mock-keychain",
)
_HEADLESS = (
    "--headless",
    "--hide-scrollbars",
    "--mute-audio",
    "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4",
)
_SHORT_PLACE = "/tmp"  # noqa: S108 - mkdtemp makes a private folder there
_LONGEST_PLACE = 60
"""Bytes. A socket's path has 104 at most, and Chromium puts one of its own into its profile."""
_FIRST_FREE = 10
_END_SECONDS = 2.0
_READ_BYTES = 1 << 16


class Process:
    """A running Chromium. ``pipe`` speaks to it, and ``url`` is where Playwright's ``connect_over_cdp`` does.

    ``said`` are, once it has ended, the lines that it wrote to stderr.
    """

    def __init__(self, executable: Path, pid: int, pipe: Pipe, folder: Path, server: asyncio.Server) -> None:
        self.executable = executable
        self.pipe = pipe
        self.url = Relay.url(folder / "cdp")
        self._pid = pid
        self._folder = folder
        self._server = server
        self.said: list[str] = []
        self._ended = asyncio.create_task(self._reap())

    @classmethod
    async def start(cls, executable: Path, args: list[str], *, headless: bool, sandbox: bool) -> Process:
        """Start ``executable``; whether it works shows when it is spoken to.

        Raises:
            OSError: it can't be run.
        """
        folder = Path(tempfile.mkdtemp(prefix="chromium-", dir=_place()))
        ours, its = socket.socketpair()
        try:
            command = [str(executable), *switches(args, headless=headless, sandbox=sandbox)]
            pid = _spawn([*command, f"--user-data-dir={folder / 'profile'}"], its.fileno(), folder / "log")
            _, pipe = await asyncio.get_running_loop().create_connection(Pipe, sock=ours)
            return cls(executable, pid, pipe, folder, await Relay.listen(pipe, folder / "cdp"))
        except BaseException:
            ours.close()
            shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            its.close()

    def joined(self) -> None:
        """Playwright is connected: let nobody else come."""
        self._server.close()

    async def stop(self) -> None:
        """End it and all its processes, and remove what it wrote."""
        from playwright.async_api import Error

        with contextlib.suppress(TimeoutError, Error):
            async with asyncio.timeout(_END_SECONDS):
                await self.pipe.send("Browser.close")
                await asyncio.shield(self._ended)
        self.pipe.close()
        if not self._ended.done():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._pid, signal.SIGKILL)
        await self._ended

    async def _reap(self) -> None:
        await to_thread.run_sync(os.waitpid, self._pid, 0, abandon_on_cancel=True)
        self.pipe.close()
        self._server.close()
        with contextlib.suppress(OSError), (self._folder / "log").open("rb") as log:
            self.said = log.read(_READ_BYTES).decode("utf-8", "replace").splitlines()
        await to_thread.run_sync(_remove, self._folder)


def switches(args: list[str], *, headless: bool, sandbox: bool) -> list[str]:
    """The command line of a Chromium; features named in ``args`` are joined with ours, for Chromium reads one list."""
    enabled, disabled, rest = list(_ENABLED), list(_DISABLED), [*_SWITCHES, *(_HEADLESS if headless else ())]
    for arg in args:
        name, _, value = arg.partition("=")
        if name == "--enable-features":
            enabled += value.split(",")
        elif name == "--disable-features":
            disabled += value.split(",")
        else:
            rest.append(arg)
    return [
        *rest,
        *(() if sandbox else ("--no-sandbox",)),
        f"--enable-features={','.join(enabled)}",
        f"--disable-features={','.join(disabled)}",
    ]


def _spawn(command: list[str], its: int, log: Path) -> int:
    """Start ``command`` in a process group of its own, its debugging pipe (descriptors 3 and 4) being ``its``."""
    high = fcntl.fcntl(its, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE)  # not 3 or 4 itself, which are laid anew
    written = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    try:
        return os.posix_spawn(
            command[0],
            command,
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, str(log), written, 0o600),
                (os.POSIX_SPAWN_DUP2, high, 3),
                (os.POSIX_SPAWN_DUP2, high, 4),
            ],
            setpgroup=0,
        )
    finally:
        os.close(high)


def _place() -> str | None:
    """Where to keep a profile and sockets: the usual place, but /tmp where a socket's path or URL can't name that."""
    usual = tempfile.gettempdir()
    fits = len(os.fsencode(usual)) <= _LONGEST_PLACE and re.fullmatch(r"[\w./~+-]+", usual, re.ASCII)
    return None if fits or not os.access(_SHORT_PLACE, os.W_OK | os.X_OK) else _SHORT_PLACE


def _remove(folder: Path) -> None:
    """Processes of the browser may write for a moment after it ended."""
    for _ in range(3):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
