"""Finding a Chromium, and starting it or connecting to one that runs."""

from __future__ import annotations

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
    from playwright.async_api import Browser, Playwright

    from handlens.guard import Guard

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
    """A browser that answers. ``ours`` is false for one that was connected to, which is left running."""

    driver: Playwright
    browser: Browser
    ours: bool
    executable: Path | None = None
    """What was started, where it was found and not named by its channel."""

    async def stop(self) -> None:
        """End the browser if it is ours, and Playwright's driver in any case."""
        try:
            if self.ours:
                await self.browser.close()
        finally:
            await self.driver.stop()


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
    playwright = await (driver or start_driver())
    try:
        if options.cdp:
            return Running(playwright, await _connect(playwright, options.cdp, seconds), ours=False)
        if options.channel:
            return await _launch(playwright, None, options, guard, seconds, downloads)
        failures: list[BrowserUnavailable] = []
        for executable in executables(options, Path(playwright.chromium.executable_path)):
            try:
                return await _launch(playwright, executable, options, guard, seconds, downloads)
            except BrowserUnavailable as error:
                log.warning("a Chromium does not start", extra={"why": str(error)})
                failures.append(error)
        raise failures[0]
    except BaseException:
        await playwright.stop()
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


async def _launch(
    driver: Playwright,
    executable: Path | None,
    options: BrowserOptions,
    guard: Guard,
    seconds: float,
    downloads: Path | None,
) -> Running:
    """Start ``executable``, or where that is None the channel of the options."""
    from playwright.async_api import Error

    args = [*_QUIET, *(_NO_WAY_ROUND if guard.watches_connections else ()), *options.args]
    try:
        browser = await driver.chromium.launch(
            executable_path=executable,
            channel=None if executable else options.channel,
            headless=options.headless,
            chromium_sandbox=sandboxed(options),
            args=args,
            downloads_path=downloads,
            timeout=seconds * 1000,
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
        )
    except Error as error:
        raise BrowserUnavailable(f"{executable or options.channel} did not start: {_why_not(error)}") from error
    return Running(driver, browser, ours=True, executable=executable)


def _why_not(error: Exception) -> str:
    """What Playwright says in its first line, or the browser itself among much else; and what to do about it."""
    said = [line for line in _SAID.findall(str(error)) if any(sign in line for sign in _ADVICE)]
    if not said:
        return f"{_first_line(error)} Set browser.executable to one that starts."
    advice = next(advice for sign, advice in _ADVICE.items() if sign in said[0])
    return f"{said[0].strip().rstrip('.')[:300]}. {advice}"


def sandboxed(options: BrowserOptions) -> bool:
    """Whether Chromium gets its sandbox: as set, else unless we are root, for whom Chromium refuses it."""
    if options.sandbox is not None:
        return options.sandbox
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        log.warning("running as root: Chromium starts without its sandbox; run handlens as another user if you can")
        return False
    return True


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:300].rstrip(".") + "."
