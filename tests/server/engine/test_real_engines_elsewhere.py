"""Two true engines behind `--engine-url`: they share the work, one keeps a picture, one that dies is done without.

And what random weights say changes no result of a tool: they are found blind, or where they are trusted by force,
every answer is refused or told as doubt.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from fakes.desk import desk
from fakes.real_engine import RunningEngine, frame
from handlens.eye.client import EngineEye
from handlens.eye.protocol import EyeLimits
from handlens.testing.pages import PageServer
from handlens.tool import Picture
from handlens_server.engine.metrics import EngineMetrics, read_metrics
from handlens_server.engine.open import open_sight
from handlens_server.engine.options import EngineOptions

pytestmark = [pytest.mark.anyio, pytest.mark.engine, pytest.mark.timeout(900)]
BOOT_SECONDS = 400
NOT_ASKED = "ight is blind, so it was not asked."


@pytest.fixture(scope="module")
def running_engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[RunningEngine]]:
    """Two of them, each on a port of its own."""
    folder = tmp_path_factory.mktemp("engines")
    engines = [RunningEngine("tiny", folder) for _ in range(2)]
    try:
        for engine in engines:
            engine.wait(400)
        yield engines
    finally:
        for engine in engines:
            engine.kill()


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
        picture = frame(640, 400, seed)
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
    question = asyncio.create_task(eye.ask([picture], "Tell.", str, answer_tokens=1_000))
    async with asyncio.timeout(30):
        while not (await metrics(eye))[0].running:
            await asyncio.sleep(0.02)
    running_engines[0].kill()
    async with asyncio.timeout(240):
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


def elsewhere(engine: RunningEngine, check: str) -> dict[str, str]:
    return {"urls": json.dumps([engine.url]), "api_key": engine.KEY, "check": check}


def bare_of(told: Any) -> Any:
    """The same, without what says that sight was not asked, and without lists that are empty then."""
    if isinstance(told, dict):
        return {name: rest for name, part in told.items() if (rest := bare_of(part)) != []}
    if isinstance(told, list):
        return [bare_of(part) for part in told if part != f"S{NOT_ASKED}"]
    return told.replace("; s" + NOT_ASKED.rstrip("."), "") if isinstance(told, str) else told


async def test_sight_that_is_blind_or_trusted_by_force_changes_no_result(
    folder: Path, tmp_path: Path, site: PageServer, running_engines: list[RunningEngine]
) -> None:
    async with desk(folder, tmp_path, site) as at:
        bare = await at.everything()
    assert bare["click"]["outcome"] == "ambiguous"
    assert bare["rows"]["needs_review"]
    async with desk(folder, tmp_path, site, **elsewhere(running_engines[0], "true")) as at:
        await at.until(lambda sight: sight["state"] == "blind", BOOT_SECONDS)
        assert "drawn squares" in " ".join(at.phases)
        blind = await at.everything()
    assert all(NOT_ASKED.rstrip(".") in json.dumps(told) for told in blind.values())
    assert bare_of(blind) == bare_of(bare)
    async with desk(folder, tmp_path, site, **elsewhere(running_engines[0], "false")) as at:
        await at.until(lambda sight: sight["state"] == "ready", BOOT_SECONDS)
        trusted = await at.everything()
    assert trusted["click"]["outcome"] == "ambiguous"
    assert trusted["pdf"]["markdown"] == bare["pdf"]["markdown"]
    (region,) = trusted["pdf"]["pages"][0]["regions"]
    assert (region["route"], region["note"] != "") == ("text", True)
    assert trusted["rows"]["rows"] == bare["rows"]["rows"]
    assert trusted["rows"]["needs_review"] == bare["rows"]["needs_review"]
    assert any("eye" in notice for notice in trusted["rows"]["notices"])
