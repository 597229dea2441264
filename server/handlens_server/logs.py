"""Logs: one JSON object a line on stderr, secrets removed. stdout belongs to the protocol."""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Any

from handlens.browser.secrets import REPLACEMENT, redact

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonLines(logging.Formatter):
    """A record as a JSON object: time, level, logger, message, and what was given as ``extra``."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _OWN}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps({key: _clean(value, key) for key, value in line.items()}, ensure_ascii=False)


def _clean(value: Any, name: str = "") -> Any:
    """``value`` without secrets. Done before it is JSON, whose quotes and escapes hide where a secret begins."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {str(key): _clean(part, str(key)) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(part, name) for part in value]
    text = redact(str(value))
    named = f"{name}={text}"
    return REPLACEMENT if redact(named) != named else text


def to_stderr(level: str) -> None:
    """Send all logging to stderr as JSON lines, from ``level`` up.

    Others than us say no more than info: in detail they log whole messages, and with them pages and signed URLs.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.INFO, logging.getLevelNamesMapping()[level.upper()]))
    for ours in ("handlens", "handlens_server"):
        logging.getLogger(ours).setLevel(level.upper())
    logging.captureWarnings(True)
    for chatty in ("mcp", "asyncio", "uvicorn.access", "httpx2"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
