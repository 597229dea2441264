"""`handlens setup`: fetches what is missing. Today that is a Chromium."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

from handlens.browser.launch import start
from handlens.errors import BrowserUnavailable
from handlens_server.settings import Settings


def setup(settings: Settings) -> int:
    """Find a Chromium, or install one: Playwright's own first, then the system's. Returns the exit code."""
    if settings.browser.cdp or settings.browser.channel:
        _say("The settings name a browser to use; nothing to fetch.")
        return 0
    found = _chromium(settings)
    if found is None and _playwright_installs():
        found = _chromium(settings)
    if found is None and _system_installs():
        found = _chromium(settings)
    if found is None:
        _say(
            "No Chromium could be installed. Install one (apt install chromium, brew install --cask chromium), "
            "or set browser.executable."
        )
        return 1
    _say(f"Chromium: {found}")
    return 0


def _chromium(settings: Settings) -> Path | None:
    """The Chromium that is found and starts: one whose system libraries are missing is as good as none."""

    async def try_it() -> Path | None:
        guard = settings.guard.guard(settings.transport)
        running = await start(settings.browser, guard, seconds=settings.limits.browser_start_seconds)
        await running.stop()
        return running.executable

    try:
        return asyncio.run(try_it())
    except BrowserUnavailable as error:
        _say(str(error))
        return None


def _playwright_installs() -> bool:
    _say("Installing Playwright's Chromium…")
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    return _runs(command, seconds=600)


def _system_installs() -> bool:
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return False
    _say("Installing the system's Chromium…")
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]):
        if not _runs(command, seconds=900):
            return False
    return True


def _runs(command: list[str], *, seconds: float) -> bool:
    try:
        done = subprocess.run(command, check=False, timeout=seconds, stdin=subprocess.DEVNULL)  # noqa: S603
    except subprocess.TimeoutExpired:
        _say(f"{command[0]} took longer than {seconds:g} seconds.")
        return False
    return done.returncode == 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201
