"""What doctor says of sight."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Any

import pytest

from fakes.engine import FakeEngine, Reply, saying, words
from fakes.looking import find_square
from handlens.eye.protocol import EyeLimits
from handlens_server.engine.diagnosis import diagnose
from handlens_server.engine.options import EngineOptions

pytestmark = pytest.mark.anyio
LIMITS = EyeLimits()


async def sees(body: dict[str, Any]) -> Reply:
    picture, text = body["messages"][0]["content"]
    return words(find_square(base64.b64decode(picture["image_url"]["url"].partition(",")[2]), text["text"]))


async def test_an_engine_that_sees_is_well(tmp_path: Path) -> None:
    async with FakeEngine(sees).serve() as engine:
        found = await diagnose(EngineOptions(urls=(engine.url,)), LIMITS, tmp_path)
    assert found.state == "ok"
    assert "Qwen/Qwen3-VL-4B-Instruct" in found.found


async def test_a_blind_engine_is_named_with_the_reason(tmp_path: Path) -> None:
    async with FakeEngine(saying("8585858585")).serve() as engine:
        found = await diagnose(EngineOptions(urls=(engine.url,)), LIMITS, tmp_path)
    assert found.state == "wrong"
    assert "blind" in found.found
    assert "did not find 3 of 3 drawn squares" in found.found
    assert "embedded reader" in found.advice


async def test_an_engine_that_is_not_there_is_said(tmp_path: Path) -> None:
    found = await diagnose(EngineOptions(urls=("http://127.0.0.1:9",)), LIMITS, tmp_path)
    assert found.state == "wrong"
    assert "can't be reached" in found.found


async def test_of_two_engines_the_one_that_is_not_there_is_named(tmp_path: Path) -> None:
    async with FakeEngine(sees).serve() as engine:
        found = await diagnose(EngineOptions(urls=(engine.url, "http://127.0.0.1:9")), LIMITS, tmp_path)
    assert found.state == "note"
    assert "1 of 2 engines can be asked" in found.found
    assert "http://127.0.0.1:9: it can't be reached (All connection attempts failed)" in found.found


async def test_a_model_that_is_not_served_is_told_which_are(tmp_path: Path) -> None:
    async with FakeEngine(sees).serve() as engine:
        found = await diagnose(EngineOptions(urls=(engine.url,), model="qwen3-vl"), LIMITS, tmp_path)
    assert found.state == "wrong"
    assert "only Qwen/Qwen3-VL-4B-Instruct: name one with --model" in found.found


@pytest.mark.parametrize(("status", "hint"), [(401, "is engine.api_key right?"), (404, "an OpenAI-compatible API?")])
async def test_an_api_that_refuses_is_said_with_what_may_be_wrong(tmp_path: Path, status: int, hint: str) -> None:
    async with FakeEngine(sees, refuses=status).serve() as engine:
        found = await diagnose(EngineOptions(urls=(engine.url,)), LIMITS, tmp_path)
    assert f"HTTP {status}" in found.found
    assert hint in found.found


async def test_no_engine_is_no_fault(tmp_path: Path) -> None:
    assert (await diagnose(EngineOptions(), LIMITS, tmp_path)).state == "note"
    assert (await diagnose(EngineOptions(kind="host"), LIMITS, tmp_path)).state == "note"


async def test_a_python_without_vllm_is_said(tmp_path: Path) -> None:
    options = EngineOptions(kind="vllm", python=Path(sys.executable), model=str(tmp_path))
    found = await diagnose(options, LIMITS, Path("/tmp"))
    assert found.state == "wrong"
    assert "No module named" in found.found
