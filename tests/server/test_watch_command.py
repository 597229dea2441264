"""`handlens watch` and `handlens login`, as processes and as a person runs them."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from handlens.testing.pages import PageServer, Reply

pytestmark = pytest.mark.slow

HANDLENS = [sys.executable, "-m", "handlens_server"]
LIST = "<!doctype html><table><tr><th>Task name<th>GPU<th>Status</tr><tr><td>a<td>5%<td>Running</tr></table>"

needs_database = pytest.mark.skipif(importlib.util.find_spec("sqlalchemy") is None, reason="needs the `usage` extra")


def configured(folder: Path, url: str) -> Path:
    path = folder / "consoles.toml"
    path.write_text(f'[[console]]\nname = "ours"\nurl = "{url}"\nevery_seconds = 1\nwait_seconds = 1\n')
    return path


@needs_database
def test_one_round_reads_every_console_and_fails_where_one_can_not_be_read(site: PageServer, tmp_path: Path) -> None:
    site.pages["/"] = Reply(LIST)
    config = configured(tmp_path, site.url("/"))
    assert subprocess.run([*HANDLENS, "watch", str(config), "--once"], timeout=60, check=False).returncode == 0
    assert json.loads((tmp_path / "usage.heartbeat.json").read_text())["consoles"]["ours"]["rows"] == 1
    site.pages["/"] = Reply("<!doctype html><title>Sign in</title><input type=password>")
    assert subprocess.run([*HANDLENS, "watch", str(config), "--once"], timeout=60, check=False).returncode == 1
    beat = json.loads((tmp_path / "usage.heartbeat.json").read_text())
    assert "login" in beat["consoles"]["ours"]["last_failure"]


@needs_database
def test_a_watch_ends_at_sigterm(site: PageServer, tmp_path: Path) -> None:
    site.pages["/"] = Reply(LIST)
    watch = subprocess.Popen([*HANDLENS, "watch", str(configured(tmp_path, site.url("/")))])
    beat, deadline = tmp_path / "usage.heartbeat.json", time.monotonic() + 40
    while not beat.exists() and time.monotonic() < deadline:
        os.sched_yield()
    watch.send_signal(signal.SIGTERM)
    assert watch.wait(timeout=20) == 0
    assert beat.exists()


@needs_database
def test_a_watch_has_the_eye_that_is_set_up(site: PageServer, tmp_path: Path) -> None:
    site.pages["/"] = Reply(LIST)
    config = configured(tmp_path, site.url("/"))
    config.write_text(config.read_text() + 'reader = "eye"\n')
    asked = [*HANDLENS, "watch", str(config), "--once"]
    for flags in ([], ["--engine-url", "http://127.0.0.1:9/v1"]):
        assert subprocess.run([*asked, *flags], timeout=60, check=False).returncode == 1
        failure = json.loads((tmp_path / "usage.heartbeat.json").read_text())["consoles"]["ours"]["last_failure"]
        assert "There is no eye" in failure
        assert ("no engine is set up" in failure) == (flags == [])


def test_a_login_is_saved_from_a_storage_state_for_its_owner_alone(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text('{"cookies": [], "origins": []}')
    logins = tmp_path / "logins"
    command = [*HANDLENS, "login", "ours", "--set", f"browser.logins={logins}", "--storage-state"]
    assert subprocess.run([*command, str(state)], timeout=60, check=False).returncode == 0
    assert json.loads((logins / "ours.json").read_text()) == {"cookies": [], "origins": []}
    assert (logins / "ours.json").stat().st_mode & 0o077 == 0
    state.write_text("[]")
    failed = subprocess.run([*command, str(state)], timeout=60, check=False, capture_output=True, text=True)
    assert failed.returncode == 2
    assert "storage-state" in failed.stderr
