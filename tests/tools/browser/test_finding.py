"""Which Chromium is run where several are installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from handlens.browser import installed
from handlens.browser.installed import installed_chromium
from handlens.browser.launch import BrowserOptions, executables, start
from handlens.errors import BrowserUnavailable
from handlens.guard import Guard

pytestmark = pytest.mark.anyio
WORKS = installed_chromium()


def executable(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o755)
    return path


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one folder on the PATH; libraries are in ``lib`` beside it."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(installed, "_LIBRARIES", tmp_path / "lib")
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
    assert executables(BrowserOptions(), own) == [own]
    with pytest.raises(BrowserUnavailable, match="handlens setup"):
        executables(BrowserOptions(), tmp_path / "nothing")


def test_one_that_is_set_and_not_there_is_an_error_even_where_another_is(path: Path) -> None:
    executable(path / "chromium", b"\x7fELF")
    with pytest.raises(BrowserUnavailable, match=r"browser\.executable"):
        executables(BrowserOptions(executable=path / "none"), Path())


async def test_one_that_does_not_start_is_passed_by_for_the_next(path: Path) -> None:
    if WORKS is None:
        pytest.skip("no Chromium is installed besides Playwright's")
    executable(path / "chromium", b"#!/bin/sh\nexit 1")
    (path / "google-chrome").symlink_to(WORKS)
    running = await start(BrowserOptions(), Guard(), seconds=30)
    await running.stop()
    assert running.executable == path / "google-chrome"


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("error while loading shared libraries: libnss3.so", "playwright install-deps"),
        ("FATAL: No usable sandbox!", r"browser\.sandbox = false"),
        ("Missing X server or $DISPLAY", r"browser\.headless"),
        ("dbus is not there", r"browser\.executable"),
    ],
)
async def test_why_a_browser_does_not_start_is_told_with_what_to_do(said: str, advice: str, tmp_path: Path) -> None:
    broken = executable(tmp_path / "chromium", f"#!/bin/sh\necho '{said}' >&2\nexit 1".encode())
    with pytest.raises(BrowserUnavailable, match=advice) as caught:
        await start(BrowserOptions(executable=broken), Guard(), seconds=30)
    assert len(str(caught.value)) < 600
