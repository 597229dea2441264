"""The command line, run as a user runs it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from handlens import __version__
from handlens.registry import ALL_TOOLS
from handlens.testing.pages import PageServer
from handlens_server import hosts

pytestmark = pytest.mark.slow

Serve = Callable[..., str]


def handlens(*arguments: str, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "XDG_CONFIG_HOME": "/nonexistent", **variables}
    command = [sys.executable, "-m", "handlens_server", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=cwd, env=environment, check=False)


def test_tools_prints_every_tool_with_what_it_does() -> None:
    run = handlens("tools")
    assert run.returncode == 0
    for tool in ALL_TOOLS:
        assert f"`{tool.name}`" in run.stdout
        assert tool.description in run.stdout


def test_version_is_printed() -> None:
    assert handlens("--version").stdout.split() == ["handlens", __version__]


def test_settings_prints_values_and_origins_with_secrets_masked() -> None:
    more = ("--engine-url", "http://me:pass-word@gpu:8000")
    tokens = '{"alice": "0123456789abcdef"}'
    run = handlens("settings", "--set", "limits.sessions=4", *more, HANDLENS_HTTP_TOKENS=tokens)
    assert run.returncode == 0
    lines = {line.split()[0]: line for line in run.stdout.splitlines()}
    assert lines["limits.sessions"].split()[1:] == ["4", "flag"]
    assert "0123456789abcdef" not in run.stdout
    assert "pass-word" not in run.stdout
    assert "gpu:8000" in lines["engine.urls"]
    assert len(lines["limits.sessions"]) < 120
    assert lines["http.tokens"].endswith("HANDLENS_HTTP_TOKENS")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["settings", "--set", "limits.sesions=4"],
            "no setting limits.sesions (from flag). Did you mean limits.sessions?",
        ),
        (["settings", "--config", "gone.toml"], "gone.toml can't be read"),
        (["serve", "--port", "99999"], "http.port (from flag)"),
        (["config", "emacs"], "no snippet for 'emacs'. Known hosts: claude-desktop"),
        (["call", "open_page", "{"], "not JSON"),
        (["call", "open_page", "[]"], "JSON object"),
        (["serve", "--transport", "http", "--set", "http.tokens.alice=short"], "at least 16 characters"),
    ],
)
def test_a_mistake_is_one_sentence_on_stderr_and_not_a_traceback(arguments: list[str], message: str) -> None:
    run = handlens(*arguments)
    assert run.returncode == 2
    assert message in run.stderr
    assert run.stderr.startswith("handlens: ")
    assert "Traceback" not in run.stderr
    assert run.stdout == ""


def test_an_unknown_command_is_refused_with_the_known_ones() -> None:
    run = handlens("srve")
    assert run.returncode == 2
    assert "'serve', 'tools', 'call'" in run.stderr


def test_call_prints_text_and_structure_and_saves_pictures_and_artifacts(serve: Serve, tmp_path: Path) -> None:
    url = serve("<title>Shop</title><h1>Orders</h1>")
    arguments = json.dumps({"url": url, "full_page": True})
    run = handlens("call", "screenshot_page", arguments, "-o", str(tmp_path / "out"))
    assert run.returncode == 0, run.stderr
    text, _, structure = run.stdout.partition("\n")
    assert text.startswith(f"{url}: 1280×720 CSS pixels")
    assert json.loads(structure)["url"] == url
    saved = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert saved == ["page.png", "picture-1.png"]
    assert "Scrolling through the page" in run.stderr


def test_call_is_silent_when_its_reader_has_seen_enough(tmp_path: Path) -> None:
    report = Path(__file__).resolve().parents[2] / "examples" / "report"
    read, write = os.pipe()
    os.close(read)
    call = ["call", "pdf_to_markdown", '{"source": "report.pdf"}', "-o", str(tmp_path)]
    command = [sys.executable, "-m", "handlens_server", *call]
    run = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, timeout=60, cwd=report, check=False)
    os.close(write)
    assert run.returncode == 0
    assert "Traceback" not in run.stderr
    assert "BrokenPipe" not in run.stderr


def test_call_fails_with_the_tools_own_words(site: PageServer) -> None:
    run = handlens("call", "screenshot_page", '{"url": "file:///etc/passwd"}')
    assert run.returncode == 1
    assert "URLs of scheme 'file' are refused" in run.stderr
    assert run.stdout == ""
    assert handlens("call", "screenshot").stderr.startswith("Unknown tool 'screenshot'. The tools are: open_page")


def test_doctor_finds_all_well_here_and_says_what_to_do_elsewhere(tmp_path: Path) -> None:
    well = handlens("doctor")
    assert well.returncode == 0, well.stdout
    assert "All is well." in well.stdout
    assert f"{__version__} on Python" in well.stdout
    ill = handlens("doctor", "--browser-executable", str(tmp_path / "none"))
    assert ill.returncode == 1
    assert "wrong browser" in ill.stdout
    assert "handlens setup" in ill.stdout


def test_doctor_notices_a_port_that_is_taken(site: PageServer) -> None:
    run = handlens("doctor", "--set", "transport=http", "--set", f"http.port={site.port}")
    assert run.returncode == 1
    assert f"127.0.0.1:{site.port} can't be used" in run.stdout


def test_setup_finds_the_browser_that_is_there() -> None:
    run = handlens("setup")
    assert run.returncode == 0, run.stderr
    assert "Chromium: /" in run.stderr


def test_config_lists_the_hosts() -> None:
    run = handlens("config")
    assert run.returncode == 0
    assert [line.split()[0] for line in run.stdout.splitlines()] == list(hosts.HOSTS)


def snippet(name: str) -> tuple[list[str], str]:
    """The command that a host would run after taking over its snippet, and the snippet."""
    text = hosts.snippet(name).split("\n", 1)[1]
    if name == "claude-code":
        words = shlex.split(text)
        assert words[:4] == ["claude", "mcp", "add", "handlens"]
        return words[words.index("--") + 1 :], text
    parsed = tomllib.loads(text) if name == "codex" else json.loads(text)
    servers = next(iter(parsed.values()))
    return [servers["handlens"]["command"], *servers["handlens"]["args"]], text


@pytest.mark.parametrize("name", hosts.HOSTS)
@pytest.mark.parametrize("place", ["on the path", "beside python", "nowhere"])
def test_a_snippet_parses_and_names_a_command_that_can_be_run(
    name: str, place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "with space"
    folder.mkdir()
    script = folder / "handlens"
    monkeypatch.setenv("PATH", str(folder) if place == "on the path" else "/nonexistent")
    python = folder / "python" if place == "beside python" else Path(sys.executable)
    if place == "beside python":
        monkeypatch.setattr(sys, "executable", str(python))
    if place != "nowhere":
        script.write_text("#!/bin/sh\n")
        script.chmod(0o755)
    else:
        monkeypatch.setattr(sys, "executable", "/opt/my python/bin/python")
    command, _ = snippet(name)
    module = ["/opt/my python/bin/python", "-m", "handlens_server"]
    assert command == [*(module if place == "nowhere" else [str(script)]), "serve", "--transport", "stdio"]
