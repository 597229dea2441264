"""A true vLLM serving a Thinking edition the way handlens plans it: with its reasoning put aside."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from fakes.real_engine import frame, weightless
from handlens.errors import EyeAnswerInvalid
from handlens.eye import qwen3_vl
from handlens.eye.chat import chat_request, read_chat_response
from handlens.eye.json_repair import read_json
from handlens.eye.protocol import EyeLimits
from handlens_server.engine.open import open_sight

pytestmark = [pytest.mark.anyio, pytest.mark.engine, pytest.mark.timeout(600)]
CLOSE = 151668
"""The token </think>."""


async def test_reasoning_comes_apart_and_only_the_answer_is_bound_to_the_schema() -> None:
    options = weightless("tiny")
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "Qwen3-VL-tiny-Thinking"
        model.symlink_to(options.model)
        options = options.model_copy(update={"model": str(model)})
        sight = open_sight(options, EyeLimits(reasoning_tokens=32), Path(folder))
        assert sight is not None
        sight.start()
        try:
            async with asyncio.timeout(300):
                await sight.eye.wait()
            # Random weights never stop thinking by themselves.
            with pytest.raises(EyeAnswerInvalid, match="still thinking"):
                await sight.eye.ask([frame(64, 64)], "Where?", str, effort="careful", answer_tokens=16)
            (link,) = sight.eye.links
            assert link.parses_reasoning
            # With the closing tag made likely they stop at once, and what follows must be in the schema.
            request = chat_request(
                str(model),
                [await sight.eye.pictures.encode(frame(64, 64))],
                "Where?",
                sampling={"temperature": 0, "logit_bias": {str(CLOSE): 100}},
                answer_tokens=400,
                schema=TypeAdapter(qwen3_vl.PointAnswers).json_schema(),
            )
            said = read_chat_response(await link.chat(request))
            reply = qwen3_vl.split_reasoning(said.content, said.reasoning, thinking=True)
            assert isinstance(read_json(reply.answer).value, list)
        finally:
            await sight.close()
