"""Two true engines behind `--engine-url`: they share the work, one keeps a picture, one that dies is done without."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from fakes.real_engine import RunningEngine, frame
from handlens.eye.client import EngineEye
from handlens.eye.protocol import EyeLimits
from handlens.tool import Picture
from handlens_server.engine.metrics import EngineMetrics, read_metrics
from handlens_server.engine.open import open_sight
from handlens_server.engine.options import EngineOptions

pytestmark = [pytest.mark.anyio, pytest.mark.engine, pytest.mark.timeout(900)]
BOOT_SECONDS = 400


@pytest.fixture
async def eye(running_engines: list[RunningEngine], tmp_path: Path) -> AsyncIterator[EngineEye]:
    urls = tuple(engine.url for engine in running_engines)
    options = EngineOptions(urls=urls, api_key=SecretStr(RunningEngine.KEY), check=False)
    sight = open_sight(options, EyeLimits(question_seconds=300), tmp_path)
    assert sight is not None
    sight.start()
    await until_asked(sight.eye, 2)
    yield sight.eye
    await sight.close()


async def until_asked(eye: EngineEye, count: int) -> None:
    """Wait until so many engines are asked."""
    async with asyncio.timeout(BOOT_SECONDS):
        while sum(link.up and link.seeing for link in eye.links) != count:
            await asyncio.sleep(0.1)


async def metrics(eye: EngineEye) -> list[EngineMetrics]:
    return [await read_metrics(link) for link in eye.links]


async def asked(eye: EngineEye, *pictures: Picture) -> list[int]:
    """Ask about each picture at the same time; how many prompt tokens each engine was given."""
    before = await metrics(eye)
    await asyncio.gather(*(eye.ask([picture], "Tell.", str, answer_tokens=64) for picture in pictures))
    return [now.prefix_queries - then.prefix_queries for then, now in zip(before, await metrics(eye), strict=True)]


async def at_home(eye: EngineEye, place: int) -> Picture:
    """A picture that goes to the engine at ``place``, found by asking."""
    for seed in range(1_000, 1_040):
        picture = frame(320, 240, seed)
        if (await asked(eye, picture))[place]:
            return picture
    raise AssertionError("40 pictures in a row went to the other engine")


async def test_two_engines_share_the_work_and_a_picture_stays_where_it_is_known(eye: EngineEye) -> None:
    shares = await asked(eye, *(frame(320, 240, seed) for seed in range(12)))
    assert min(shares) > sum(shares) / 4
    picture = await at_home(eye, 1)
    answer = await eye.ask([picture], "And now?", str, answer_tokens=16)
    assert answer.usage.cached_tokens is not None
    assert answer.usage.cached_tokens > 0.8 * answer.usage.prompt_tokens
    crowd = await asked(eye, *[picture] * 12)
    assert min(crowd) > 0, "a crowd about one picture spreads"


async def test_an_engine_that_dies_is_done_without_until_it_is_back(
    eye: EngineEye, running_engines: list[RunningEngine]
) -> None:
    picture = await at_home(eye, 0)
    question = asyncio.create_task(eye.ask([picture], "Tell.", str, answer_tokens=6_000))
    async with asyncio.timeout(30):
        while not (await metrics(eye))[0].running:
            await asyncio.sleep(0.02)
    running_engines[0].kill()
    async with asyncio.timeout(120):
        assert (await question).value, "the other engine answers the question that was lost"
    async with asyncio.timeout(60):
        for seed in range(6):
            await eye.ask([frame(320, 240, seed)], "Tell.", str, answer_tokens=16)
        await eye.ask([picture], "Tell.", str, answer_tokens=16)
    assert eye.status.because == "1 of 2 engines can be asked"
    running_engines[0].start()
    running_engines[0].wait(BOOT_SECONDS)
    await until_asked(eye, 2)
    assert (await asked(eye, picture))[0], "the picture goes home again"
