"""Finding a Chromium, and starting it or connecting to one that runs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from handlens.browser.driver import start_driver
from handlens.browser.installed import installed_chromiums
from handlens.browser.spawn import Spawned, arguments, command_line, is_root
from handlens.errors import BrowserUnavailable

if TYPE_CHECKING:
    from playwright.async_api import Browser, CDPSession, Page, Playwright

    from handlens.browser.pipe import PipeSession
    from handlens.browser.process import Process
    from handlens.guard import Guard

    Cdp = CDPSession | PipeSession

log = logging.getLogger(__name__)

_SAID = re.compile(r"\[err\] (.+)")
_ADVICE = {
    "shared libraries": "Install what it needs: `playwright install-deps chromium`, as root.",
    "sandbox": "If this machine cannot sandbox Chromium, set browser.sandbox = false and open only trusted pages.",
    "X server": "There is no screen here: set browser.headless = true.",
}


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
class Begun:
    """What somebody began to start before it was known what would be needed: Playwright's driver, a browser."""

    driver: Awaitable[Playwright] | None = None
    browser: Spawned | None = None

    def discard(self) -> None:
        """End the browser unused."""
        if self.browser is not None:
            self.browser.discard()


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
    found = [path for path in (*installed_chromiums(), playwrights_own) if path.is_file()]
    if not found:
        raise BrowserUnavailable("No Chromium was found. Run `handlens setup`, or set browser.executable to one.")
    return list(dict.fromkeys(found))


async def start(
    options: BrowserOptions, guard: Guard, *, seconds: float, begun: Begun | None = None, downloads: Path | None = None
) -> Running:
    """Start a browser, or connect to ``options.cdp``, with what was ``begun`` already.

    ``downloads`` is the folder in which the browser gathers files; by default one of Playwright's.

    Raises:
        BrowserUnavailable: none is installed, it does not start, or nothing answers at the CDP URL.
    """
    begun = begun or Begun()
    starting = asyncio.ensure_future(begun.driver or start_driver())
    process: Process | None = None
    try:
        if options.cdp or options.channel:
            begun.discard()
        if options.cdp:
            playwright = await starting
            return Running(playwright, await _connect(playwright, options.cdp, seconds), ours=False)
        if options.channel:
            return await _launch(await starting, options, guard, seconds, downloads)
        process = await _first(options, guard, begun)  # it comes up while the driver does
        playwright = await starting
        failures: list[BrowserUnavailable] = []
        for executable in await asyncio.to_thread(executables, options, Path(playwright.chromium.executable_path)):
            try:
                process = process or await _process(_command(executable, options, guard))
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


async def _first(options: BrowserOptions, guard: Guard, begun: Begun) -> Process | None:
    """The first Chromium that is found without asking Playwright, or what was begun if that is the same.

    None where there is none, or it is no program.
    """
    from handlens.browser.process import Process

    try:
        found = await asyncio.to_thread(executables, options, Path())
        command = _command(found[0], options, guard)
    except BrowserUnavailable:
        begun.discard()
        return None
    if begun.browser is not None and begun.browser.command == command:
        return await Process.of(begun.browser)
    begun.discard()
    with contextlib.suppress(BrowserUnavailable):
        return await _process(command)
    return None


async def _process(command: list[str]) -> Process:
    from handlens.browser.process import Process

    try:
        return await Process.of(Spawned.start(command))
    except OSError as error:
        raise _does_not_start(command[0], [], str(error)) from error


def _command(executable: Path, options: BrowserOptions, guard: Guard) -> list[str]:
    given = _args(options, guard)
    return command_line(executable, given, headless=options.headless, sandbox=sandboxed(options))


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
    return arguments(watched=guard.watches_connections, more=options.args)


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
    if is_root():
        log.warning("running as root: Chromium starts without its sandbox; run handlens as another user if you can")
        return False
    return True


def _first_line(error: object) -> str:
    return str(error).strip().splitlines()[0][:300].rstrip(".") + "."
