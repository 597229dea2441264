"""The process of a Chromium: its command line, how it is started, and how it ends with all that is its own.

Nothing heavy is imported here, so that a browser can come up while everything else is.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import signal
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path

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
_QUIET = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
# With a SOCKS proxy names go to the proxy; these close the two ways round it, local resolution and WebRTC.
_NO_WAY_ROUND = (
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",  # its name in older ones
)
_SHORT_PLACE = "/tmp"  # noqa: S108 - mkdtemp makes a private folder there
_LONGEST_PLACE = 60
"""Bytes. A socket's path has 104 at most, and Chromium puts one of its own into its profile."""
_FIRST_FREE = 10


@dataclass(frozen=True, slots=True)
class Spawned:
    """A Chromium that was started: its ``command``, our end of its debugging pipe, and the folder for what it writes.

    It waits until it is spoken to; whether it works shows then.
    """

    command: list[str]
    pid: int
    pipe: socket.socket
    folder: Path

    @classmethod
    def start(cls, command: list[str]) -> Spawned:
        """Start ``command``, see `command_line`. Raises `OSError`: it can't be run."""
        folder = Path(tempfile.mkdtemp(prefix="chromium-", dir=_place()))
        ours, its = socket.socketpair()
        try:
            pid = _spawn([*command, f"--user-data-dir={folder / 'profile'}"], its.fileno(), folder / "log")
            return cls(command, pid, ours, folder)
        except BaseException:
            ours.close()
            remove(folder)
            raise
        finally:
            its.close()

    def kill(self) -> None:
        """End it and its group at once. Its pid has to be waited for still."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def discard(self) -> None:
        """End it unused, and remove what it wrote."""
        self.pipe.close()
        self.kill()
        os.waitpid(self.pid, 0)
        remove(self.folder)


def usual_command(executable: Path) -> list[str]:
    """The command line that the settings ask for where they say nothing of the browser."""
    return command_line(executable, arguments(watched=False), headless=True, sandbox=not is_root())


def command_line(executable: Path, given: list[str], *, headless: bool, sandbox: bool) -> list[str]:
    """What `Spawned.start` runs: a program, ``given`` arguments, and those that all are started with."""
    return [str(executable), *switches(given, headless=headless, sandbox=sandbox)]


def arguments(*, watched: bool, more: tuple[str, ...] = ()) -> list[str]:
    """The arguments that handlens gives, and ``more``. ``watched``: it connects through a proxy of ours."""
    return [*_QUIET, *(_NO_WAY_ROUND if watched else ()), *more]


def is_root() -> bool:
    """Whether we are root, for whom Chromium refuses its sandbox."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


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


def remove(folder: Path) -> None:
    """Remove a folder in which processes of the browser may write for a moment after it ended."""
    for _ in range(3):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
