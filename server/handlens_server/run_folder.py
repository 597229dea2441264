"""The run folder: everything temporary of one process, gone when the process is, however it ends.

`RunFolder` makes the folder and points every child's temporary files into it. A watcher process, started beside it,
waits for its stdin to close, which happens when we end and also when we are killed; then it kills every process that
still carries our mark in its environment and removes the folder.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MARK = "HANDLENS_RUN_FOLDER"
_WAIT = 'while read -r _; do :; done; exec "$@"'
"""The shell waits, which costs a start nothing; Python comes up when there is something to do."""
_CLOSE_SECONDS = 1.5
_PATIENCE_SECONDS = 30.0
_SHORT_PLACE = "/tmp"  # noqa: S108 - mkdtemp makes a private folder there
_LONGEST_PLACE = 38
"""Bytes. A socket's path has 104 at most; the names of our folder and of Chromium's folder and socket take 66."""


class RunFolder:
    """Made at the start of a serving process; `close` removes it. `path` is private to the user."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="handlens-", dir=_place()))
        os.environ["TMPDIR"] = os.environ[MARK] = str(self.path)
        tempfile.tempdir = str(self.path)
        self._watcher = subprocess.Popen(  # noqa: S603
            ["/bin/sh", "-c", _WAIT, "sh", sys.executable, "-I", "-S", __file__, str(self.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def close(self) -> None:
        """End what is left of us, and wait for it a little; what takes longer, the watcher sees to alone."""
        assert self._watcher.stdin is not None
        self._watcher.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._watcher.wait(_CLOSE_SECONDS)


def _place() -> str:
    """Where temporary files go by the environment; but /tmp where that is too long for the browser's sockets."""
    wanted = tempfile.gettempdir()
    too_long = len(os.fsencode(wanted)) > _LONGEST_PLACE
    return _SHORT_PLACE if too_long and os.access(_SHORT_PLACE, os.W_OK | os.X_OK) else wanted


def _watch(folder: str) -> None:
    sys.stdin.buffer.read()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        left = _marked(folder)
        for pid in left:
            _kill(pid)
        shutil.rmtree(folder, ignore_errors=True)
        if (not left and not Path(folder).exists()) or time.monotonic() > deadline:
            return
        time.sleep(0.02)


def _marked(folder: str) -> list[int]:
    """Processes that carry our mark, besides this one. Where /proc is missing, those whose command line names it."""
    mark = f"{MARK}={folder}".encode()
    if not Path("/proc/self").is_dir():
        found = subprocess.run(["pgrep", "-f", folder], capture_output=True, text=True, check=False)  # noqa: S603, S607
        return [int(pid) for pid in found.stdout.split() if int(pid) != os.getpid()]
    pids: list[int] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                pids.append(int(entry.name))
        except OSError:
            continue  # it ended meanwhile, or is not ours to look at
    return pids


def _kill(pid: int) -> None:
    """Kill it, and with it the group that it leads: an engine's workers write over their environment, mark and all."""
    try:
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
    except OSError:
        return  # it ended meanwhile


if __name__ == "__main__":
    _watch(sys.argv[1])
