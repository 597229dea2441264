"""Over stdio: stdout carries the protocol and nothing else, stderr JSON lines without secrets, whatever comes in."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.served import CLEAN, INITIALIZE, Host, rpc, until
from fakes.tools import AWS_KEY
from handlens.testing.pages import PageServer, redirect

pytestmark = pytest.mark.slow

BEARER = "abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.fixture
def host(folder: Path) -> Iterator[Host]:
    host = Host(folder, "--log-level", "debug")
    yield host
    host.process.kill()
    host.process.communicate()


def closed(host: Host) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Close stdin, and read to their ends stdout as messages and stderr as log lines; whatever is neither fails."""
    out, error = host.process.communicate(timeout=20)
    return [json.loads(line) for line in out.splitlines()], [json.loads(line) for line in error.splitlines()]


def test_whatever_happens_stdout_is_protocol_and_stderr_is_json_lines(host: Host, site: PageServer) -> None:
    site.pages |= {
        "/": f"<title>{AWS_KEY}</title><p>Authorization: Bearer {BEARER}<script>alert('{AWS_KEY}')</script>",
        "/loop": redirect("/loop"),
    }
    headers = {"Authorization": f"Bearer {BEARER}"}
    calls = [
        ("open_page", {"url": site.url(), "extra_headers": headers}),
        ("open_page", {"url": f"{site.url()}?key={AWS_KEY}"}),
        ("open_page", {"url": f"{site.url('/loop')}?key={AWS_KEY}"}),
        ("open_page", {"url": f"ftp://{AWS_KEY}"}),
        ("open_page", {"url": site.url(), "extra_headers": {**headers, "bad header": BEARER}}),
        ("open_page", {"url": site.url(), "extra_headers": [headers]}),
        ("open_page", {"nonsense": AWS_KEY}),
        ("screenshot_page", {"session_id": AWS_KEY}),
        ("screenshot_page", {"url": site.url(), "wait_for": "css=]["}),
        ("no_such_tool", {"key": AWS_KEY}),
    ]
    answers = [host.ask("tools/call", {"name": name, "arguments": arguments}) for name, arguments in calls]
    messages, logs = closed(host)
    for part in (answers, messages, logs):
        told = json.dumps(part)
        assert AWS_KEY not in told
        assert BEARER not in told
    assert all(message["jsonrpc"] == "2.0" for message in messages)
    assert [answer["result"].get("isError", False) for answer in answers[:3]] == [False, False, True]


@pytest.mark.parametrize(
    "nonsense", [b"{", b"[]", b"null", b'"x"', b"\xff\xfe\x00", b'{"jsonrpc": "2.0"}', b"x" * 200_000, b""]
)
def test_nonsense_is_survived(host: Host, nonsense: bytes) -> None:
    assert host.process.stdin is not None
    host.process.stdin.write(nonsense + b"\n")
    host.process.stdin.flush()
    assert host.ask("tools/list", {})["result"]["tools"]
    closed(host)
    assert host.process.returncode == 0


def test_a_page_whose_texts_are_cut_in_the_middle_of_characters_does_not_end_it(host: Host, site: PageServer) -> None:
    script = "document.title = b.ariaLabel = 'a\\ud83d'; alert('\\ude00 b')"
    site.pages["/"] = f"<button id=b>Go</button><script>{script}</script>"
    calls = {
        "open_page": {},
        "describe_page": {},
        "screenshot_page": {"marks": True},
        "click_described_element": {"description": "the a button", "dry_run": True},
    }
    for name, arguments in calls.items():
        answer = host.ask("tools/call", {"name": name, "arguments": {"url": site.url(), **arguments}})
        assert not answer["result"].get("isError"), answer


@pytest.mark.parametrize("first", [b"", b"\n", b"{\n", b'{"jsonrpc": "2.0", "id": 1, "method": "initialize"}\n'])
def test_a_host_that_leaves_at_once_leaves_nothing_behind(folder: Path, first: bytes) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "handlens_server", "serve"],
        input=first,
        capture_output=True,
        timeout=30,
        check=False,
        env={**os.environ, **CLEAN, "TMPDIR": str(folder)},
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    for line in done.stdout.splitlines():
        assert json.loads(line)["jsonrpc"] == "2.0"
    until(lambda: not any(folder.iterdir()))


def test_ctrl_c_ends_it_quietly(host: Host) -> None:
    host.process.send_signal(signal.SIGINT)
    _, error = host.process.communicate(timeout=10)
    assert host.process.returncode == 130
    assert b"Traceback" not in error


def test_a_second_handshake_is_answered_like_the_first(host: Host) -> None:
    again = host.ask("initialize", INITIALIZE["params"])
    assert again["result"]["serverInfo"]["name"] == "handlens"
    assert host.ask("ping", rpc("ping")["params"])["result"] == {}
