"""Finding the Chromiums that are installed."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

_LIBRARIES = Path("/usr/lib")
_SCRIPT_BYTES = 1 << 16
_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "microsoft-edge")
_MAC_APPS = ("Chromium", "Google Chrome", "Microsoft Edge")


def installed_chromium() -> Path | None:
    """The first Chromium found on the PATH or, on macOS, among the applications."""
    return next(installed_chromiums(), None)


def installed_chromiums() -> Iterator[Path]:
    """All of them, the one to prefer first."""
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
