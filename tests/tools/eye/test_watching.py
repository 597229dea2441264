"""Which engines are asked: those that can be reached, answer, and were found to see."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from fakes.engine import Chat, FakeEngine, Reply, saying, words
from fakes.eyes import THINKER, eye_on, targets_answer
from handlens.errors import EyeUnavailable, InvalidInput
from handlens.eye import client, engine_link
from handlens.eye.client import EngineEye, EyeModels
from handlens.eye.engine_link import Endpoint, EngineGoneError, EngineLink
from handlens.tool import Picture

pytestmark = pytest.mark.anyio


async def test_an_engine_that_is_not_there_yet_holds_nothing_up(picture: Picture) -> None:
    described = Endpoint("http://127.0.0.1:9", describe=lambda: "loading weights, 40 %")
    async with EngineEye([described]) as eye:
        assert eye.status.state == "starting"
        with pytest.raises(EyeUnavailable, match="loading weights, 40 %"):
            await eye.ask([picture], "What?", str)


async def test_an_engine_that_works_hard_is_not_given_up_for_one_late_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    async with FakeEngine(saying("x")).serve() as engine:
        link = EngineLink(Endpoint(engine.url))
        assert await link.probe()
        engine.silent = True
        monkeypatch.setattr(engine_link, "PROBE_SECONDS", 0.05)
        for _ in range(engine_link.LATE_PROBES - 1):
            await link.probe()
            assert link.up
        await link.probe()
        assert not link.up
        assert "did not say within" in link.because
        await link.close()


def test_an_eye_without_an_engine_is_refused() -> None:
    with pytest.raises(InvalidInput, match="--engine-url"):
        EngineEye([])
    with pytest.raises(InvalidInput, match="no engine URL"):
        EngineEye([Endpoint("ftp://x")])


@pytest.mark.parametrize(
    ("url", "key", "told"),
    [
        ("http://host:abc", None, "no engine URL"),
        ("http://host:99999", None, "no engine URL"),
        ("http://", None, "no engine URL"),
        ("http://user:k-secret@host:x", None, "no engine URL"),
        ("http://host", "k-secret\n", "engine.api_key"),
        ("http://host", "k-secrét", "engine.api_key"),
    ],
)
def test_an_endpoint_that_can_never_be_asked_is_refused_without_its_secrets(
    url: str, key: str | None, told: str
) -> None:
    with pytest.raises(InvalidInput, match=told) as refused:
        EngineEye([Endpoint(url, api_key=key)])
    assert "secr" not in str(refused.value)


async def test_a_proxy_that_can_not_be_used_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "unknown://127.0.0.1:1")
    async with EngineEye([Endpoint("http://host.invalid:9")]) as eye:
        with anyio.fail_after(5):
            while "proxy" not in eye.status.because:
                await anyio.lowlevel.checkpoint()


def test_names_of_endpoints_show_no_secret() -> None:
    endpoint = Endpoint("https://user:pass@host:8443/v1", api_key="k-secret")
    assert endpoint.name == "https://host:8443/v1"
    assert "k-secret" not in repr(endpoint)


@pytest.mark.parametrize("url", ["http://h:1", "http://h:1/", "http://h:1/v1", "http://h:1/v1/"])
def test_an_engine_url_may_end_in_v1_or_not(url: str) -> None:
    assert Endpoint(url).root == "http://h:1"


async def test_an_engine_that_finds_the_drawn_targets_sees() -> None:
    async with FakeEngine(targets_answer(in_pixels=False)).serve() as engine, eye_on(engine, check=True) as eye:
        assert eye.status.ready
    assert len(engine.asked) == 3


async def test_of_two_models_only_the_one_that_sees_is_asked(picture: Picture) -> None:
    sees = targets_answer(in_pixels=False)

    async def chat(body: dict[str, Any]) -> Reply | None:
        if body["model"] == THINKER:
            return words("I can't see")
        if "square" in body["messages"][0]["content"][-1]["text"]:
            return await sees(body)
        return words("x")

    models = ("Qwen/Qwen3-VL-4B-Instruct", THINKER)
    async with FakeEngine(chat, models=models).serve() as engine, eye_on(engine, check=True) as eye:
        answer = await eye.ask([picture], "What?", str, effort="careful")
    assert answer.model == models[0]


async def test_an_engine_without_the_wanted_model_says_what_it_serves() -> None:
    async with FakeEngine(saying("x")).serve() as engine:
        async with EngineEye([Endpoint(engine.url)], models=EyeModels(routine="other")) as eye:
            with anyio.fail_after(5):
                status = await eye.wait("blind")
        assert "only Qwen/Qwen3-VL-4B-Instruct" in status.because


@pytest.mark.parametrize(
    ("chat", "reason"),
    [
        (targets_answer(in_pixels=True), "pixels of the picture"),
        (saying("[]"), "0 places"),
        (saying('[{"bbox_2d": [1, 2, 30, 40], "label": "x"}]'), "cells away"),
        (saying("8585858585"), "did not find 3 of 3"),
    ],
)
async def test_an_engine_that_does_not_see_is_blind_and_left_alone(chat: Chat, reason: str, picture: Picture) -> None:
    async with FakeEngine(chat).serve() as engine, EngineEye([Endpoint(engine.url)]) as eye:
        with anyio.fail_after(5):
            status = await eye.wait("blind")
        assert reason in status.because
        with pytest.raises(EyeUnavailable, match="blind"):
            await eye.ask([picture], "What?", str)


@pytest.mark.slow
async def test_an_engine_that_could_not_be_asked_for_its_sight_is_asked_again(picture: Picture) -> None:
    sees, busy = targets_answer(in_pixels=False), [True]

    async def chat(body: dict[str, Any]) -> Reply | None:
        return (429, {"error": {"message": "slow down"}}) if busy and busy.pop() else await sees(body)

    async with FakeEngine(chat).serve() as engine, EngineEye([Endpoint(engine.url)]) as eye:
        with anyio.fail_after(5):
            assert "too much to do" in (await eye.wait("blind")).because
            await eye.wait("ready")


@pytest.mark.slow
async def test_a_model_that_is_served_anew_is_not_asked_before_it_is_checked(
    picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PROBE_EVERY_SECONDS", 0.0)
    sees = targets_answer(in_pixels=False)

    async def chat(body: dict[str, Any]) -> Reply | None:
        return words("I can't see") if "Other" in body["model"] else await sees(body)

    async with FakeEngine(chat).serve() as engine, EngineEye([Endpoint(engine.url)]) as eye:
        with anyio.fail_after(5):
            await eye.wait("ready")
            engine.models = ("Other-VL-Instruct",)
            assert "Other-VL-Instruct" in (await eye.wait("blind")).because


async def test_a_model_beside_a_blind_one_is_not_asked_in_its_place_unchecked(picture: Picture) -> None:
    sees = targets_answer(in_pixels=False)

    async def chat(body: dict[str, Any]) -> Reply | None:
        if "square" in body["messages"][0]["content"][-1]["text"] and body["model"] == THINKER:
            return await sees(body)
        return words("I can't see")

    models = ("Blind-Instruct", "Never-checked-Instruct", THINKER)
    async with FakeEngine(chat, models=models).serve() as engine, eye_on(engine, check=True) as eye:
        assert (await eye.ask([picture], "What?", str)).model == THINKER


async def test_an_engine_that_lists_models_but_fails_at_each_question_is_tried_ever_more_seldom() -> None:
    async def chat(body: dict[str, Any]) -> Reply:
        return 500, {}

    async with FakeEngine(chat).serve() as engine:
        link = EngineLink(Endpoint(engine.url))
        pauses: list[float] = []
        for _ in range(4):
            assert await link.probe()
            with pytest.raises(EngineGoneError):
                await link.chat({})
            link.failed("it failed inside")
            pauses.append(link.rests)
        await link.close()
    assert pauses == pytest.approx([1, 2, 4, 8], abs=0.2)


async def test_an_engine_that_comes_up_again_may_be_another(picture: Picture) -> None:
    async with FakeEngine(saying("x")).serve() as engine:
        link = EngineLink(Endpoint(engine.url))
        assert await link.probe()
        link.takes_schemas, link.parses_reasoning = False, True
        link.failed("it was replaced")
        assert await link.probe()
        assert (link.takes_schemas, link.parses_reasoning) == (True, False)
        await link.close()
