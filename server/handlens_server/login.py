"""`handlens login`: a person logs in, in a visible browser, and the state is saved under a name."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from anyio import to_thread

from handlens.errors import BrowserUnavailable
from handlens_server.settings import Settings, SettingsError

_NAME = re.compile(r"[\w.-]{1,100}")


async def login(settings: Settings, name: str, url: str | None, state: Path | None) -> int:
    """Save a login as ``name``: from a storage-state file, or from what a person does at ``url`` in a window.

    Raises:
        SettingsError: no folder for logins is set, or the name or the file can't be used.
        BrowserUnavailable: no window can be opened here.
    """
    folder = settings.browser.logins
    if folder is None:
        raise SettingsError("Say where logins are kept: --set browser.logins=FOLDER, or in the settings file.")
    if not _NAME.fullmatch(name) or name.startswith("."):
        raise SettingsError(f"{name[:60]!r} is no name for a login: use letters, digits, dots and dashes.")
    if (url is None) == (state is None):
        raise SettingsError("Give the URL to log in at, or --storage-state FILE, not both and not neither.")
    saved = await _from_window(settings, url) if url else _from_file(state or Path())
    await to_thread.run_sync(_keep, folder, name, saved)
    print(f"Saved login {name}: use it as login={name!r} in open_page or a watched console.")  # noqa: T201
    return 0


def _from_file(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
        whole = isinstance(json.loads(text).get("cookies"), list)
    except (OSError, ValueError, AttributeError) as error:
        raise SettingsError(f"{path} is no storage-state file of Playwright: {type(error).__name__}.") from error
    if not whole:
        raise SettingsError(f"{path} is no storage-state file of Playwright: it has no list of cookies.")
    return text


async def _from_window(settings: Settings, url: str) -> str:
    from handlens.browser.launch import start

    if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY") and os.uname().sysname == "Linux":
        raise BrowserUnavailable(
            "There is no screen here to log in at. Log in where there is one, save Playwright's storage state, "
            "and give it as --storage-state FILE."
        )
    options = settings.browser.model_copy(update={"headless": False})
    guard = settings.guard.guard("stdio")
    running = await start(options, guard, seconds=settings.limits.browser_start_seconds)
    try:
        context = await running.browser.new_context()
        page = await context.new_page()
        await page.goto(guard.check_url(url))
        await to_thread.run_sync(input, "Log in, in the window; then press Enter here. ")
        return json.dumps(await context.storage_state())
    finally:
        await running.stop()


def _keep(folder: Path, name: str, state: str) -> None:
    """Write the state for its owner's eyes only, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = folder / f".{name}.part"
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(state)
    part.replace(folder / f"{name}.json")
