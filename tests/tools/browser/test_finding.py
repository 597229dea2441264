"""Which Chromium is run where several are installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from handlens.browser import launch
from handlens.browser.launch import BrowserOptions, find_executable, installed_chromium
from handlens.errors import BrowserUnavailable


def executable(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o755)
    return path


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one folder on the PATH; libraries are in ``lib`` beside it."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(launch, "_LIBRARIES", tmp_path / "lib")
    return tmp_path / "bin"


def test_what_a_launcher_script_of_debian_would_start_is_started_without_it(path: Path) -> None:
    executable(path / "chromium", b"#!/bin/sh\nexec chromium")
    program = executable(path.parent / "lib" / "chromium" / "chromium", b"\x7fELF")
    assert installed_chromium() == program


def test_a_launcher_script_whose_program_is_elsewhere_is_run_itself(path: Path) -> None:
    launcher = executable(path / "chromium", b"#!/bin/sh\nexec /opt/other/chromium")
    assert installed_chromium() == launcher


def test_a_command_that_only_speaks_of_a_snap_is_passed_by(path: Path) -> None:
    executable(path / "chromium-browser", b"#!/bin/sh\n[ -x /snap/bin/chromium ] || exit 1\nexec /snap/bin/chromium")
    assert installed_chromium() is None
    chrome = executable(path / "google-chrome", b"#!/bin/bash\nexec /opt/google/chrome/chrome")
    assert installed_chromium() == chrome


def test_a_program_is_run_itself_whatever_lies_in_the_libraries(path: Path) -> None:
    program = executable(path / "chromium", b"\x7fELF")
    executable(path.parent / "lib" / "chromium" / "chromium", b"\x7fELF")
    assert installed_chromium() == program


def test_playwrights_own_is_run_where_none_is_installed(path: Path, tmp_path: Path) -> None:
    own = executable(tmp_path / "playwright" / "chrome", b"\x7fELF")
    assert find_executable(BrowserOptions(), own) == own
    with pytest.raises(BrowserUnavailable, match="handlens setup"):
        find_executable(BrowserOptions(), tmp_path / "nothing")


def test_one_that_is_set_and_not_there_is_an_error_even_where_another_is(path: Path) -> None:
    executable(path / "chromium", b"\x7fELF")
    with pytest.raises(BrowserUnavailable, match=r"browser\.executable"):
        find_executable(BrowserOptions(executable=path / "none"), Path())
