"""Nothing that a quick test does may reach a true engine or start one."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from fakes.engine import FakeEngine
from fakes.real_engine import ENVIRONMENT
from handlens.eye.engine_link import EngineLink
from handlens_server.engine.plan import EnginePlan

NOBODY = 9
"""The discard port, where tests ask when nobody shall answer."""


def forbid_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the eye speak only to fakes and sockets of the test, and start no engine of the real environment."""
    request, command = EngineLink._request, EnginePlan.command

    async def guarded_request(link: EngineLink, *given: Any) -> bytes:
        endpoint = link.endpoint
        if endpoint.socket is None and endpoint.root not in FakeEngine.urls and urlsplit(endpoint.root).port != NOBODY:
            pytest.fail(f"a test that is not marked `engine` asked {endpoint.name}")
        return await request(link, *given)

    def guarded_command(plan: EnginePlan, python: Path) -> list[str]:
        if python.is_relative_to(ENVIRONMENT):
            pytest.fail("a test that is not marked `engine` starts a true engine")
        return command(plan, python)

    monkeypatch.setattr(EngineLink, "_request", guarded_request)
    monkeypatch.setattr(EnginePlan, "command", guarded_command)
