"""An eye on fake engines, and what an engine that truly looks says."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio

from fakes.engine import Chat, FakeEngine, Reply, words
from fakes.looking import find_square
from handlens.eye.client import EngineEye
from handlens.eye.engine_link import Endpoint

THINKER = "Qwen/Qwen3-VL-8B-Thinking"


@asynccontextmanager
async def eye_on(*engines: FakeEngine, **options: Any) -> AsyncGenerator[EngineEye]:
    endpoints = [Endpoint(engine.url, api_key="k-1") for engine in engines]
    async with EngineEye(endpoints, **{"check": False, **options}) as eye:
        with anyio.fail_after(5):
            await eye.wait()
        yield eye


def targets_answer(in_pixels: bool) -> Chat:
    """A model that truly looks."""

    async def chat(body: dict[str, Any]) -> Reply:
        picture, text = body["messages"][0]["content"]
        png = base64.b64decode(picture["image_url"]["url"].partition(",")[2])
        return words(find_square(png, text["text"], in_pixels=in_pixels))

    return chat
