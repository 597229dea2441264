"""What runs in a PDF worker: one open document at a time, its pages converted on request."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

from handlens.pdf.convert import Converter
from handlens.pdf.options import Options
from handlens.workers import Handler


def serve(*, memory_bytes: int) -> Handler:
    """Handler of a PDF worker; see `handlens.workers`. A document that wants more memory than given fails."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    held: dict[str, Converter] = {}

    def handle(request: dict[str, Any], _body: bytes) -> tuple[dict[str, Any], bytes]:
        match request["do"]:
            case "open":
                _close(held)
                options = Options(**request["options"])
                skip = frozenset(request["skip"])
                converter = Converter(Path(request["path"]), password=request["password"], options=options, skip=skip)
                held["open"] = converter
                return {"pages": converter.page_count, "sample": converter.sample, **converter.facts()}, b""
            case "learn":
                held["open"].learn(request["index"])
                return {}, b""
            case "page":
                result = held["open"].page(request["index"], look=request["look"])
                return result.to_json(), result.body()
            case _:
                _close(held)
                return {}, b""

    return handle


def _close(held: dict[str, Converter]) -> None:
    if "open" in held:
        held.pop("open").close()
