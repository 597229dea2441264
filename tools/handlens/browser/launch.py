"""Finding a Chromium, and starting it or connecting to one that runs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import shutil
import sys
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from handlens.browser.driver import start_driver
from handlens.errors import BrowserUnavailable

if TYPE_CHECKING:
    from playwright.async_api import Browser, CDPSession, Page, Playwright

    from handlens.browser.pipe import PipeSession
    from handlens.browser.process import Process
    from handlens.guard import Guard

    Cdp = CDPSession | PipeSession

log = logging.getLogger(__name__)

_LIBRARIES = Path("/usr/lib")
_SCRIPT_BYTES = 1 << 16
_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "microsoft-edge")
_MAC_APPS = ("Chromium", "Google Chrome", "Microsoft Edge")
_QUIET = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
_SAID = re.compile(r"\[err\] (.+)")
_ADVICE = {
    "shared libraries": "Install what it needs: `playwright install-deps chromium`, as root.",
    "sandbox": "If this machine cannot sandbox Chromium, set browser.sandbox = false and open only trusted pages.",
    "X server": "There is no screen here: set browser.headless = true.",
}
# With a SOCKS proxy names go to the proxy; these close the two ways round it, local resolution and WebRTC.
_NO_WAY_ROUND = (
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",  # its name in older ones
)


class BrowserOptions(BaseModel):
    """Which browser, and how it is run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    executable: Path | None = Field(default=None, description="A Chromium to run; otherwise an installed one is found.")
    channel: str | None = Field(default=None, description="A Playwright channel to run, such as chrome or msedge.")
    cdp: str | None = Field(default=None, description="Connect to the browser at this CDP URL instead of starting one.")
    headless: bool = Field(default=True, description="Run without a window.")
    sandbox: bool | None = Field(default=None, description="Chromium's sandbox; unset means on, except for root.")
    prelaunch: bool | None = Field(default=None, description="Start before the first page; unset: yes over stdio.")
    args: tuple[str, ...] = Field(default=(), description="Further arguments for Chromium.")
    logins: Path | None = Field(default=None, description="Folder of saved logins: NAME.json, storage states.")


@dataclass(frozen=True, slots=True)
class Running:
    """A browser that answers. ``ours`` is false for one that was connected to, which is left running.

    ``process`` is the browser's, and ``executable`` what was started, where we started it ourselves and not Playwright.
    """

    driver: Playwright
    browser: Browser
    ours: bool
    executable: Path | None = None
    process: Process | None = None

    async def cdp(self, page: Page) -> Cdp:
        """Commands to ``page``: straight to the browser where its pipe is ours, else by way of Playwright."""
        session = await page.context.new_cdp_session(page)
        if self.process is None:
            return session
        info = await session.send("Target.getTargetInfo")
        await session.detach()
        return await self.process.pipe.attach(info["targetInfo"]["targetId"])

    async def stop(self) -> None:
        """End the browser if it is ours, and Playwright's driver in any case."""
        async with contextlib.AsyncExitStack() as ending:
            ending.push_async_callback(self.driver.stop)
            if self.process is not None:
                ending.push_async_callback(self.process.stop)
            if self.ours:
                await self.browser.close()


def installed_chromium() -> Path | None:
    """The first Chromium found on the PATH or, on macOS, among the applications."""
    return next(_installed(), None)


def _installed() -> Iterator[Path]:
    for name in _NAMES:
        if (found := shutil.which(name)) and (program := _program(Path(found))):
            yield program
    if sys.platform == "darwin":
        for app in _MAC_APPS:
            path = Path(f"/Applications/{app}.app/Contents/MacOS/{app}")
            if path.exists():
                yield path


def _program(found: Path) -> Path | None:
    """What to run for a command that was found; None for Ubuntu's, where the snap that it speaks of is not installed.

    Debian's is a launcher that takes as long as a page to open. Its flags are for people's desktops; what handlens and
    Playwright need, they pass themselves.
    """
    with found.open("rb") as command:
        script = command.read(_SCRIPT_BYTES)
    if not script.startswith(b"#!"):
        return found
    if b"/snap/bin/chromium" in script and not Path("/snap/bin/chromium").exists():
        return None
    program = _LIBRARIES / found.name / found.name
    return program if os.access(program, os.X_OK) else found


def executables(options: BrowserOptions, playwrights_own: Path) -> list[Path]:
    """The Chromiums to run, each where those before it do not start: the one that is set, else those that are
    installed and then Playwright's.

    Raises:
        BrowserUnavailable: there is none.
    """
    if options.executable is not None:
        if not options.executable.exists():
            raise BrowserUnavailable(
                f"There is no browser at {options.executable} (setting browser.executable). Correct it; or leave it "
                "empty, and run `handlens setup`."
            )
        return [options.executable]
    found = [path for path in (*_installed(), playwrights_own) if path.is_file()]
    if not found:
        raise BrowserUnavailable("No Chromium was found. Run `handlens setup`, or set browser.executable to one.")
    return list(dict.fromkeys(found))


async def start(
    options: BrowserOptions,
    guard: Guard,
    *,
    seconds: float,
    driver: Awaitable[Playwright] | None = None,
    downloads: Path | None = None,
) -> Running:
    """Start a browser, or connect to ``options.cdp``, with ``driver`` if it was started already.

    ``downloads`` is the folder in which the browser gathers files; by default one of Playwright's.

    Raises:
        BrowserUnavailable: none is installed, it does not start, or nothing answers at the CDP URL.
    """
    starting = asyncio.ensure_future(driver or start_driver())
    process: Process | None = None
    try:
        if options.cdp:
            playwright = await starting
            return Running(playwright, await _connect(playwright, options.cdp, seconds), ours=False)
        if options.channel:
            return await _launch(await starting, options, guard, seconds, downloads)
        process = await _begin(options, guard)  # it comes up while the driver does
        playwright = await starting
        failures: list[BrowserUnavailable] = []
        for executable in executables(options, Path(playwright.chromium.executable_path)):
            try:
                process = process or await _process(executable, options, guard)
                browser = await _join(playwright, process, seconds, downloads)
                return Running(playwright, browser, ours=True, executable=executable, process=process)
            except BrowserUnavailable as error:
                log.warning("a Chromium does not start", extra={"why": str(error)})
                failures.append(error)
                process = None
        raise failures[0]
    except BaseException:
        if process is not None:
            await process.stop()
        await (await starting).stop()
        raise


async def _connect(driver: Playwright, url: str, seconds: float) -> Browser:
    from playwright.async_api import Error

    try:
        return await driver.chromium.connect_over_cdp(url, timeout=seconds * 1000)
    except Error as error:
        raise BrowserUnavailable(
            f"No browser answers at the CDP URL {url!r}: {_first_line(error)} Start it with "
            "--remote-debugging-port, or leave setting browser.cdp empty to have one started."
        ) from error


async def _begin(options: BrowserOptions, guard: Guard) -> Process | None:
    """The first Chromium that is found without asking Playwright; None where there is none, or it is no program."""
    with contextlib.suppress(BrowserUnavailable):
        return await _process(executables(options, Path())[0], options, guard)
    return None


async def _process(executable: Path, options: BrowserOptions, guard: Guard) -> Process:
    from handlens.browser.process import Process

    try:
        args = _args(options, guard)
        return await Process.start(executable, args, headless=options.headless, sandbox=sandboxed(options))
    except OSError as error:
        raise _does_not_start(executable, [], str(error)) from error


async def _join(driver: Playwright, process: Process, seconds: float, downloads: Path | None) -> Browser:
    """Connect Playwright to the browser that we started; end it where that fails."""
    from playwright.async_api import Error

    joining = asyncio.ensure_future(
        driver.chromium.connect_over_cdp(process.url, is_local=True, artifacts_dir=downloads, timeout=seconds * 1000)
    )
    why = "it ended at once."
    try:
        await asyncio.wait((joining, process.pipe.closed), return_when=asyncio.FIRST_COMPLETED)
        if joining.done():
            browser = joining.result()
            process.joined()
            return browser
    except Error as error:
        why = str(error)
    except BaseException:
        joining.cancel()
        await process.stop()
        raise
    joining.cancel()
    await process.stop()
    raise _does_not_start(process.executable, process.said, why)


async def _launch(
    driver: Playwright, options: BrowserOptions, guard: Guard, seconds: float, downloads: Path | None
) -> Running:
    """Have Playwright start the browser of a channel, which it knows where to find."""
    from playwright.async_api import Error

    try:
        browser = await driver.chromium.launch(
            channel=options.channel,
            headless=options.headless,
            chromium_sandbox=sandboxed(options),
            args=_args(options, guard),
            downloads_path=downloads,
            timeout=seconds * 1000,
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
        )
    except Error as error:
        raise _does_not_start(options.channel, _SAID.findall(str(error)), str(error)) from error
    return Running(driver, browser, ours=True)


def _args(options: BrowserOptions, guard: Guard) -> list[str]:
    return [*_QUIET, *(_NO_WAY_ROUND if guard.watches_connections else ()), *options.args]


def _does_not_start(what: object, said: list[str], otherwise: str) -> BrowserUnavailable:
    """The failure, with what the browser said if that tells what to do about it, and the advice."""
    telling = [line for line in said if any(sign in line for sign in _ADVICE)]
    if not telling:
        why = f"{_first_line(otherwise)} Set browser.executable to one that starts."
    else:
        advice = next(advice for sign, advice in _ADVICE.items() if sign in telling[0])
        why = f"{telling[0].strip().rstrip('.')[:300]}. {advice}"
    return BrowserUnavailable(f"{what} did not start: {why}")


def sandboxed(options: BrowserOptions) -> bool:
    """Whether Chromium gets its sandbox: as set, else unless we are root, for whom Chromium refuses it."""
    if options.sandbox is not None:
        return options.sandbox
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        log.warning("running as root: Chromium starts without its sandbox; run handlens as another user if you can")
        return False
    return True


def _first_line(error: object) -> str:
    return str(error).strip().splitlines()[0][:300].rstrip(".") + "."
