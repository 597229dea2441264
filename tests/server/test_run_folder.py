"""The run folder goes with its process, and takes along what the process left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from fakes.served import marked, until
from handlens_server.run_folder import RunFolder

LEAVES_THINGS = """
import subprocess, sys, time
from handlens_server.run_folder import RunFolder
folder = RunFolder()
(folder.path / "file").write_text("x")
stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", stubborn], start_new_session=True)
print(folder.path, flush=True)
if sys.argv[1] == "close":
    folder.close()
    print("closed", flush=True)
time.sleep(600)
"""


def start(folder: Path, how: str) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", LEAVES_THINGS, how],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def wait_until_gone(folder: Path) -> None:
    until(lambda: not any(folder.iterdir()) and not marked(folder))


@pytest.mark.parametrize("how", ["kill", "close"])
def test_folder_and_children_are_gone_after(folder: Path, how: str) -> None:
    process, path = start(folder, how)
    try:
        if how == "kill":
            assert path.parent == folder
            process.send_signal(signal.SIGKILL)
            wait_until_gone(folder)
        else:
            assert process.stdout is not None
            assert process.stdout.readline() == "closed\n"
            assert not any(folder.iterdir()), "close has waited for it"
            assert not marked(folder)
    finally:
        process.kill()
        process.communicate()


def test_two_processes_do_not_harm_each_other(folder: Path) -> None:
    (first, its), (second, others) = start(folder, "stay"), start(folder, "stay")
    try:
        first.kill()
        first.wait()
        until(lambda: not its.exists() and not marked(its))
        assert (others / "file").read_text() == "x"
        assert len(marked(others)) == 2, "the watcher of the second, and the child that it left"
    finally:
        second.kill()
        second.communicate()
        first.communicate()
        wait_until_gone(folder)


def test_it_is_private_and_children_put_their_temporary_files_into_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TMPDIR", "HANDLENS_RUN_FOLDER"):
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    run = RunFolder()
    try:
        assert run.path.parent == folder
        assert run.path.stat().st_mode & 0o777 == 0o700
        command = [sys.executable, "-c", "import tempfile; print(tempfile.gettempdir())"]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == str(run.path)
    finally:
        run.close()
    assert not run.path.exists()


def test_where_the_temporary_folder_has_a_long_path_the_browsers_sockets_still_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("deep" * 20)
    deep.mkdir()
    for name in ("TMPDIR", "HANDLENS_RUN_FOLDER"):
        monkeypatch.setenv(name, str(deep))
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    run = RunFolder()
    try:
        assert len(str(run.path / "org.chromium.Chromium.aBcDeF" / "SingletonSocket")) < 104
    finally:
        run.close()
