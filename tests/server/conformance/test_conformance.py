"""The official conformance suite, against the fixture server behind the app factory that serves handlens."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes import npm

VERSION = "0.2.0-alpha.12"
SUITE_SECONDS = 400

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(SUITE_SECONDS + 100)]


@pytest.fixture(scope="module")
def suite() -> list[str]:
    """The command that runs the suite."""
    try:
        return [str(npm.node()), str(npm.package("@modelcontextprotocol/conformance", VERSION) / "dist" / "index.js")]
    except npm.NotInstallableError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where the fixture server listens."""
    command = [sys.executable, str(Path(__file__).with_name("fixture.py"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def run(*command: str, folder: Path) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=SUITE_SECONDS, check=False, cwd=folder, encoding="utf-8"
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4_000:]
    return done.stdout


@pytest.mark.parametrize(("revision", "count"), [("2026-07-28", 37), ("2025-11-25", 30)])
def test_every_scored_scenario_passes(suite: list[str], url: str, revision: str, count: int, tmp_path: Path) -> None:
    listed = run(*suite, "list", "--server", "--requirements", revision, folder=tmp_path)
    server_part = listed.partition("Server scenarios")[2].partition("\n\n")[0]
    scored = re.findall(r"^  - (\S+)$", server_part, re.MULTILINE)
    assert len(scored) == count

    told = run(*suite, "server", "--url", url, "--requirements", revision, folder=tmp_path)
    passed = dict(re.findall(r"^✓ (\S+): (\d+) passed, 0 failed", told, re.MULTILINE))
    missed = [name for name in scored if int(passed.get(name, 0)) == 0]
    assert not missed, told[told.find("=== SUMMARY ===") :]
