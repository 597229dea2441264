"""A true vLLM on a true Qwen3-VL of tiny shape with random weights: all but the sense of its answers is real."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import jsonschema
import psutil
import pytest
from pydantic import BaseModel, Field, TypeAdapter

from fakes.real_engine import alive, frame, weightless
from handlens.errors import EyeAnswerInvalid, EyeBusy, EyeUnavailable
from handlens.eye import qwen3_vl
from handlens.eye.chat import chat_request, read_chat_response
from handlens.eye.client import EngineEye
from handlens.eye.json_repair import read_json
from handlens.eye.pictures import EncodedPicture
from handlens.eye.protocol import EyeLimits
from handlens.eye.readers import TableAnswer
from handlens.pdf.sight.answers import FigureAnswer
from handlens_server.engine.metrics import EngineMetrics, read_metrics
from handlens_server.engine.open import Sight, open_sight
from handlens_server.run_folder import MARK, RunFolder

pytestmark = [pytest.mark.anyio, pytest.mark.engine, pytest.mark.timeout(600)]
BOOT_SECONDS = 300
THINKER = "Qwen3-VL-tiny-Thinking"
LIMITS = EyeLimits(questions_at_once=16, questions_waiting=8, question_seconds=300, reasoning_tokens=16)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A run folder, so that the engine goes even when this test run is killed."""
    before = {name: os.environ.get(name) for name in ("TMPDIR", MARK)}
    run_folder = RunFolder()
    yield run_folder.path
    run_folder.close()
    tempfile.tempdir = None
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


@pytest.fixture(scope="module")
async def sight(folder: Path) -> AsyncIterator[Sight]:
    plain = weightless("tiny")
    named = ("--served-model-name", plain.model, THINKER)  # one model under two names, so that it can play both tiers
    sight = open_sight(plain.model_copy(update={"args": (*plain.args, *named)}), LIMITS, folder)
    assert sight is not None
    sight.start()
    try:
        async with asyncio.timeout(BOOT_SECONDS):
            await sight.eye.wait()
        yield sight
    finally:
        (child,) = sight.children
        leader = psutil.Process(child.pid) if child.pid else None
        group = [leader, *leader.children(recursive=True)] if leader else []
        await sight.close()
        await until(lambda: not alive(group))  # nothing is left, were it up or in the middle of a start


@pytest.fixture
def eye(sight: Sight) -> EngineEye:
    return sight.eye


async def metrics(eye: EngineEye) -> EngineMetrics:
    return await read_metrics(eye.links[0])


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(BOOT_SECONDS):
        while not await _true(condition()):
            await asyncio.sleep(0.05)


async def _true(value: Any) -> bool:
    return bool(await value if asyncio.iscoroutine(value) else value)


SIZES = [
    (1280, 800), (1920, 1080), (1366, 768), (390, 844), (1024, 1024), (1, 1), (31, 33), (48, 80), (100, 100),
    (256, 256), (257, 255), (640, 16), (16, 640), (3000, 20), (20, 3000), (2560, 1440), (3840, 2160), (800, 4000),
    (1440, 1439), (720, 721),
]  # fmt: skip


async def prompt_tokens(eye: EngineEye, *pictures: EncodedPicture) -> int:
    """What the engine counts for a prompt, asked without our corrections."""
    model = eye.links[0].models[0]
    request = chat_request(model, pictures, "x", sampling={}, answer_tokens=1)
    return read_chat_response(await eye.links[0].chat(request)).usage.prompt_tokens


async def test_the_predicted_tokens_of_a_picture_are_the_engines_count(eye: EngineEye) -> None:
    bare = await prompt_tokens(eye)
    for width, height in SIZES:
        picture = await eye.pictures.encode(frame(width, height))
        assert await prompt_tokens(eye, picture) - bare == qwen3_vl.picture_tokens(picture.size), (width, height)


async def test_every_form_of_answer_comes_in_its_schema(eye: EngineEye) -> None:
    """About one picture and about several. Random weights seldom end: of what is cut off, the whole part must fit."""
    forms: list[Any] = [qwen3_vl.BoxAnswers, qwen3_vl.PointAnswers, TableAnswer, FigureAnswer]

    async def ask(form: Any, count: int) -> None:
        pictures = [frame(320, 240, seed) for seed in range(count)]
        answer = await eye.ask(pictures, "Tell.", str, parse=str, schema=form, answer_tokens=600)
        schema = TypeAdapter(form).json_schema()
        if not answer.truncated:
            jsonschema.validate(json.loads(answer.value), schema)
        jsonschema.validate(read_json(answer.value).value, _with_nothing_required(schema))

    await asyncio.gather(*(ask(form, count) for form in forms for count in (1, 3)))


def _with_nothing_required(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {name: _with_nothing_required(part) for name, part in schema.items() if name != "required"}
    return [_with_nothing_required(part) for part in schema] if isinstance(schema, list) else schema


class Ticks(BaseModel):
    """An answer that even random weights finish: its length is fixed."""

    name: Annotated[str, Field(max_length=8)]
    ticks: Annotated[list[Literal["yes", "no"]], Field(min_length=5, max_length=5)]


async def test_a_typed_answer_is_right_at_the_first_try(eye: EngineEye) -> None:
    answer = await eye.ask([frame(320, 240), frame(64, 64)], "Tick five.", Ticks)
    assert len(answer.value.ticks) == 5
    assert (answer.tries, answer.truncated) == (1, False)


async def test_words_come_without_a_schema(eye: EngineEye) -> None:
    answer = await eye.ask([frame(320, 240)], qwen3_vl.MARKDOWN_QUESTION, str, answer_tokens=64)
    assert answer.usage.answer_tokens > 0
    assert answer.value


async def test_a_thinking_model_without_a_reasoning_parser_is_not_bound_to_a_schema(
    eye: EngineEye, caplog: pytest.LogCaptureFixture
) -> None:
    """A schema would bind its thoughts too, and it could not think. Random weights never stop thinking."""
    caplog.set_level(logging.DEBUG, "handlens.eye.client")
    with pytest.raises(EyeAnswerInvalid, match="still thinking"):
        await eye.ask(
            [frame(320, 240)], "Where?", str, parse=str, schema=qwen3_vl.BoxAnswers, effort="careful", answer_tokens=16
        )
    thoughts = [record.args for record in caplog.records if "unusable answer" in record.msg]
    assert len(thoughts) == 2
    assert all(args and args[0] == THINKER and not str(args[2]).startswith("[") for args in thoughts)


async def test_sixteen_questions_are_answered_together(eye: EngineEye) -> None:
    peak = 0

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, (await metrics(eye)).running)
            await asyncio.sleep(0.02)

    watcher = asyncio.create_task(watch())
    answers = await asyncio.gather(
        *(eye.ask([frame(320, 240, seed)], "Tell.", str, answer_tokens=128) for seed in range(16))
    )
    watcher.cancel()
    assert all(answer.usage.answer_tokens for answer in answers)
    assert peak >= 8


async def test_a_full_queue_says_so(eye: EngineEye) -> None:
    tasks = [
        asyncio.create_task(eye.ask([frame(320, 240, seed)], "Tell.", str, answer_tokens=200))
        for seed in range(LIMITS.questions_at_once + LIMITS.questions_waiting)
    ]
    await until(lambda: eye.queue.waiting == LIMITS.questions_waiting)
    with pytest.raises(EyeBusy, match=r"eye\.questions_waiting"):
        await eye.ask([frame(320, 240)], "Tell.", str)
    await asyncio.gather(*tasks)


async def test_a_cancelled_question_leaves_the_engine(eye: EngineEye) -> None:
    async def running() -> int:
        return (await metrics(eye)).running

    task = asyncio.create_task(eye.ask([frame(320, 240)], "Tell.", str, answer_tokens=8_000))
    await until(lambda: _is(running, 1))
    task.cancel()
    async with asyncio.timeout(5):
        while await running():
            await asyncio.sleep(0.02)
    assert eye.queue.running == 0


async def _is(count: Callable[[], Any], wanted: int) -> bool:
    return await count() == wanted


async def test_a_second_question_about_a_frame_hits_the_caches(eye: EngineEye) -> None:
    picture = frame(1280, 800, seed=99)
    encoded = eye.pictures.encoded
    await eye.ask([picture], "What is at the top?", str, answer_tokens=16)
    before = await metrics(eye)
    answer = await eye.ask([picture], "What is at the bottom?", str, answer_tokens=16)
    after = await metrics(eye)
    assert eye.pictures.encoded == encoded + 1
    assert answer.usage.cached_tokens is not None
    assert answer.usage.cached_tokens > 0.9 * answer.usage.prompt_tokens
    assert after.picture_hits - before.picture_hits == after.picture_queries - before.picture_queries >= 1
    assert after.prefix_hits > before.prefix_hits


async def test_random_weights_are_found_blind_and_politely_so(sight: Sight) -> None:
    async with EngineEye([child.endpoint for child in sight.children], limits=LIMITS) as checked:
        async with asyncio.timeout(BOOT_SECONDS):
            while "drawn squares" not in checked.status.because:
                await asyncio.sleep(0.1)
        assert checked.status.state == "blind"
        with pytest.raises(EyeUnavailable, match="embedded reader"):
            await checked.ask([frame(320, 240)], "Tell.", str)


async def test_an_engine_killed_in_the_middle_fails_clearly_and_is_started_again(sight: Sight) -> None:
    (child,) = sight.children
    task = asyncio.create_task(sight.eye.ask([frame(320, 240)], "Tell.", str, answer_tokens=8_000))

    async def running() -> int:
        return (await metrics(sight.eye)).running

    await until(lambda: _is(running, 1))
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(EyeUnavailable, match="middle of the question"):
        await task
    async with asyncio.timeout(1):  # at once: whoever asks now takes the embedded reader
        with pytest.raises(EyeUnavailable, match="embedded reader"):
            await sight.eye.ask([frame(320, 240)], "Tell.", str)
    await until(lambda: child.restarts == 1 and child.pid)  # that it comes back is told in test_real_tools
