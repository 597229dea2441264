"""Logs are JSON lines on stderr, without secrets, whatever was logged."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest

from fakes.tools import AWS_KEY
from handlens_server.logs import JsonLines, to_stderr


def line(message: str, *arguments: object, error: BaseException | None = None, **extra: Any) -> dict[str, Any]:
    record = logging.makeLogRecord({"name": "x", "levelno": 30, "levelname": "WARNING", "msg": message, **extra})
    record.args = arguments
    if error is not None:
        record.exc_info = (type(error), error, error.__traceback__)
    text = JsonLines().format(record)
    assert "\n" not in text
    return json.loads(text)


def test_a_record_becomes_one_object_with_its_extras() -> None:
    told = line("opened %s", "a page", tool="open_page", seconds=1.5)
    assert (told["level"], told["logger"], told["message"]) == ("warning", "x", "opened a page")
    assert (told["tool"], told["seconds"]) == ("open_page", 1.5)


@pytest.mark.parametrize(
    "secret",
    [
        AWS_KEY,
        "Authorization: Bearer abcdefghijklmnopqrstuvwxyz",
        '{"access_token": "abcdefghijklmnopqrstuvwxyz"}',
        "password='abcdefghijklmnopqrstuvwxyz'",
        "-----BEGIN PRIVATE KEY-----\nabcdefghijklmnopqrstuvwxyz\n-----END PRIVATE KEY-----",
    ],
)
def test_secrets_are_removed_wherever_they_stand_and_the_line_stays_json(secret: str) -> None:
    value = AWS_KEY if secret == AWS_KEY else "abcdefghijklmnopqrstuvwxyz"
    told = line("it said %s", secret, why=secret, parts=[secret, {"deep": secret}], error=RuntimeError(secret))
    assert value not in json.dumps(told)
    assert "[secret]" in told["message"]
    assert "[secret]" in told["exception"]


def test_what_is_named_like_a_secret_is_one() -> None:
    told = line("sent", password="abcdefghijklmnopqrstuvwxyz", api_key="abcdefghijklmnopqrstuvwxyz")
    assert "abcdef" not in json.dumps(told)


def test_an_exception_is_kept_with_its_traceback() -> None:
    try:
        raise ValueError("inside")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "broke", (), sys.exc_info())
    told = json.loads(JsonLines().format(record))
    assert "ValueError: inside" in told["exception"]
    assert "test_logs.py" in told["exception"]


def test_what_json_does_not_know_is_written_as_text() -> None:
    assert line("x", place=object)["place"] == "<class 'object'>"


def test_at_debug_level_only_we_speak_in_detail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others log whole messages there: pages, pictures, signed URLs."""
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", root.handlers[:])
    before = {name: logging.getLogger(name).level for name in ("", "handlens", "handlens_server")}
    try:
        to_stderr("debug")
        assert logging.getLogger("handlens.browser.proxy").isEnabledFor(logging.DEBUG)
        for other in ("sse_starlette.sse", "mcp.server", "PIL", "httpcore2"):
            assert not logging.getLogger(other).isEnabledFor(logging.DEBUG)
        to_stderr("error")
        assert not logging.getLogger("handlens_server.app").isEnabledFor(logging.WARNING)
    finally:
        logging.captureWarnings(False)
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
