"""The eye, against engines that answer, stammer, hang up and die."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from pydantic import BaseModel

from fakes.engine import FakeEngine, Reply, saying, words
from fakes.eyes import THINKER, eye_on
from handlens.errors import (
    EyeAnswerInvalid,
    EyeBusy,
    EyeError,
    EyeUnavailable,
    InvalidInput,
    LimitExceeded,
    TimedOut,
)
from handlens.eye import qwen3_vl
from handlens.eye.client import EngineEye, EyeModels
from handlens.eye.engine_link import Endpoint, EngineLink
from handlens.eye.protocol import EyeLimits
from handlens.kit import Caller
from handlens.tool import Picture

pytestmark = pytest.mark.anyio


class Seen(BaseModel):
    colour: str
    count: int


SEEN = '{"colour": "blue", "count": 3}'


async def test_an_answer_has_its_type_and_its_price(picture: Picture) -> None:
    async with FakeEngine(saying(SEEN)).serve() as engine, eye_on(engine) as eye:
        answer = await eye.ask([picture], "What is it?", Seen)
    assert answer.value == Seen(colour="blue", count=3)
    assert (answer.model, answer.tries, answer.truncated) == ("Qwen/Qwen3-VL-4B-Instruct", 1, False)
    assert (answer.usage.prompt_tokens, answer.usage.answer_tokens, answer.usage.cached_tokens) == (10, 5, 4)
    assert engine.keys == {"Bearer k-1"}


async def test_the_picture_comes_first_and_the_question_last(picture: Picture) -> None:
    async with FakeEngine(saying(SEEN)).serve() as engine, eye_on(engine) as eye:
        await eye.ask([picture, picture], "What is it?", Seen)
    (message,) = engine.asked[0]["messages"]
    assert [part["type"] for part in message["content"]] == ["image_url", "image_url", "text"]
    assert message["content"][0]["uuid"]
    assert engine.asked[0]["response_format"]["json_schema"]["schema"] == Seen.model_json_schema()


async def test_a_picture_is_encoded_once_for_any_number_of_questions(make: Callable[..., Picture]) -> None:
    async with FakeEngine(saying("words")).serve() as engine, eye_on(engine) as eye:
        for _ in range(5):
            await eye.ask([make(300, 200)], "What is it?", str)  # equal bytes, another object each time
        await eye.ask([make(300, 200, "red")], "What is it?", str)
        assert eye.pictures.encoded == 2
    urls = {body["messages"][0]["content"][0]["image_url"]["url"] for body in engine.asked}
    assert len(urls) == 2


async def test_a_crowd_that_asks_about_a_new_picture_has_it_encoded_once(make: Callable[..., Picture]) -> None:
    async with FakeEngine(saying("x")).serve() as engine, eye_on(engine) as eye:
        async with anyio.create_task_group() as tasks:
            for _ in range(8):
                tasks.start_soon(eye.ask, [make(300, 200)], "What?", str)
        assert eye.pictures.encoded == 1


async def test_no_more_answer_is_asked_for_than_the_context_has_room(make: Callable[..., Picture]) -> None:
    async with FakeEngine(saying("x"), context=4_096).serve() as engine, eye_on(engine) as eye:
        await eye.ask([make(1280, 800)], "What?", str, answer_tokens=8_192)
        await eye.ask([make(1280, 800)], "What?", str, answer_tokens=16)
    room, little = [body["max_tokens"] for body in engine.asked]
    assert 4_096 - 1_002 - 100 < room < 4_096 - 1_002
    assert little == 16


async def test_a_hosted_api_gets_no_fields_of_vllm(picture: Picture) -> None:
    async with FakeEngine(saying("x"), owner="acme", models=(THINKER,)).serve() as engine, eye_on(engine) as eye:
        await eye.ask([picture], "What?", str, effort="careful")
    assert "top_k" not in engine.asked[0]
    assert "uuid" not in engine.asked[0]["messages"][0]["content"][0]


async def test_a_slip_is_corrected_with_the_reason_shown(picture: Picture) -> None:
    async with FakeEngine(saying('{"colour": "blue"}', SEEN)).serve() as engine, eye_on(engine) as eye:
        answer = await eye.ask([picture], "What is it?", Seen)
    assert answer.tries == 2
    slip, reason = engine.asked[1]["messages"][1:]
    assert slip == {"role": "assistant", "content": '{"colour": "blue"}'}
    assert "count" in reason["content"]


async def test_two_bad_answers_are_a_failure_and_logged_without_secrets(
    picture: Picture, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "AKIA" + "ABCDEFGHIJKLMNOP"
    caplog.set_level(logging.DEBUG, "handlens.eye")
    async with FakeEngine(saying(f"I see {secret}")).serve() as engine, eye_on(engine) as eye:
        with pytest.raises(EyeAnswerInvalid, match="twice"):
            await eye.ask([picture], "What is it?", Seen)
    assert len(engine.asked) == 2
    assert "I see" in caplog.text
    assert secret not in caplog.text
    assert "k-1" not in caplog.text


async def test_an_answer_that_was_cut_off_is_asked_for_again_with_more_room(picture: Picture) -> None:
    replies = [words("# Pag", finish_reason="length"), words("# Page")]

    async def chat(body: dict[str, Any]) -> Reply:
        return replies.pop(0)

    async with FakeEngine(chat).serve() as engine, eye_on(engine) as eye:
        answer = await eye.ask([picture], "Read it.", str, answer_tokens=100)
    assert (answer.value, answer.truncated) == ("# Page", False)
    assert [body["max_tokens"] for body in engine.asked] == [100, 200]


async def test_an_answer_that_is_cut_off_twice_says_so(picture: Picture) -> None:
    async def chat(body: dict[str, Any]) -> Reply:
        return words('["one", "two", "thr', finish_reason="length")

    async with FakeEngine(chat).serve() as engine, eye_on(engine) as eye:
        answer = await eye.ask([picture], "List it.", list[str])
    assert (answer.value, answer.truncated) == (["one", "two"], True)


async def test_white_space_after_a_whole_answer_is_no_cut(picture: Picture) -> None:
    async def chat(body: dict[str, Any]) -> Reply:
        return words(SEEN + "\n" * 50, finish_reason="length")

    async with FakeEngine(chat).serve() as engine, eye_on(engine) as eye:
        answer = await eye.ask([picture], "What?", Seen)
    assert (answer.tries, answer.truncated) == (1, False)


async def test_a_server_without_structured_outputs_is_asked_in_words_from_then_on(picture: Picture) -> None:
    async def chat(body: dict[str, Any]) -> Reply:
        if "response_format" in body:
            return 400, {"error": {"message": "response_format is not supported"}}
        return words(f"Sure:\n```json\n{SEEN}\n```")

    async with FakeEngine(chat).serve() as engine, eye_on(engine) as eye:
        for _ in range(2):
            assert (await eye.ask([picture], "What?", Seen)).value.count == 3
    assert ["response_format" in body for body in engine.asked] == [True, False, False]
    assert '"colour"' in engine.asked[1]["messages"][0]["content"][1]["text"]


async def test_careful_questions_go_to_the_thinking_model(picture: Picture) -> None:
    models = ("Qwen/Qwen3-VL-4B-Instruct", THINKER)
    async with FakeEngine(saying("<think>hm</think>yes"), models=models).serve() as engine, eye_on(engine) as eye:
        careful = await eye.ask([picture], "What?", str, effort="careful")
        routine = await eye.ask([picture], "What?", str)
    assert (careful.model, careful.value, careful.reasoning) == (THINKER, "yes", "hm")
    assert routine.model == models[0]
    assert engine.asked[0]["temperature"] > engine.asked[1]["temperature"] == 0


async def test_a_thinking_model_is_constrained_only_once_its_reasoning_is_seen_apart(picture: Picture) -> None:
    async def chat(body: dict[str, Any]) -> Reply:
        return words(SEEN, reasoning_content="three blue ones")

    async with FakeEngine(chat, models=(THINKER,)).serve() as engine, eye_on(engine) as eye:
        for _ in range(2):
            answer = await eye.ask([picture], "What?", Seen, effort="careful")
            assert answer.reasoning == "three blue ones"
    assert ["response_format" in body for body in engine.asked] == [False, True]


async def test_the_models_can_be_named(picture: Picture) -> None:
    async with FakeEngine(saying("x"), models=("a", "b")).serve() as engine:
        async with eye_on(engine, models=EyeModels(routine="b")) as eye:
            assert (await eye.ask([picture], "What?", str)).model == "b"
        async with eye_on(engine, models=EyeModels(routine="c", careful="d")) as eye:
            with pytest.raises(EyeUnavailable, match="serves"):
                await eye.ask([picture], "What?", str)


async def test_no_more_questions_are_in_the_engine_than_allowed(picture: Picture) -> None:
    full = anyio.Event()

    async def chat(body: dict[str, Any]) -> Reply:
        await full.wait()
        return words("x")

    limits = EyeLimits(questions_at_once=2, questions_waiting=3)
    async with FakeEngine(chat).serve() as engine, eye_on(engine, limits=limits) as eye:
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(eye.ask, [picture], "What?", str)
            await engine.until(lambda: engine.running == 2 and eye.queue.waiting == 3)
            with pytest.raises(EyeBusy, match="questions_waiting"):
                await eye.ask([picture], "What?", str)
            full.set()
        assert (engine.most_at_once, len(engine.asked)) == (2, 5)
        assert (eye.queue.running, eye.queue.waiting) == (0, 0)


async def test_a_cancelled_question_hangs_up_on_the_engine(picture: Picture) -> None:
    async def chat(body: dict[str, Any]) -> Reply:
        await anyio.sleep_forever()
        raise AssertionError

    async with FakeEngine(chat).serve() as engine, eye_on(engine) as eye:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(eye.ask, [picture], "What?", str)
            await engine.until(lambda: engine.running == 1)
            tasks.cancel_scope.cancel()
        await engine.until(lambda: engine.aborted == 1)
        assert eye.queue.running == 0


async def test_closing_lets_asked_questions_end_and_takes_no_more(picture: Picture) -> None:
    gate = anyio.Event()
    answers: list[str] = []

    async def chat(body: dict[str, Any]) -> Reply:
        await gate.wait()
        return words("x")

    async with FakeEngine(chat).serve() as engine, eye_on(engine) as eye, anyio.create_task_group() as tasks:

        async def ask() -> None:
            answers.append((await eye.ask([picture], "What?", str)).value)

        tasks.start_soon(ask)
        await engine.until(lambda: engine.running == 1)
        tasks.start_soon(lambda: eye.close(drain_seconds=5))
        await engine.until(lambda: eye.status.because == "it was closed")
        with pytest.raises(EyeUnavailable):
            await eye.ask([picture], "What?", str)
        gate.set()
    assert answers == ["x"]


async def test_closing_ends_questions_that_are_not_answered_and_asks_them_no_more(picture: Picture) -> None:
    async def chat(body: dict[str, Any]) -> Reply:
        await anyio.sleep_forever()
        raise AssertionError

    async with FakeEngine(chat).serve() as engine, eye_on(engine) as eye, anyio.create_task_group() as tasks:

        async def ask() -> None:
            with pytest.raises(EyeUnavailable, match="closed"), anyio.fail_after(5):
                await eye.ask([picture], "What?", str)

        tasks.start_soon(ask)
        await engine.until(lambda: engine.running == 1)
        await eye.close()
    assert len(engine.asked) == 1


async def test_a_question_that_takes_too_long_names_the_limit(picture: Picture) -> None:
    async def chat(body: dict[str, Any]) -> Reply:
        await anyio.sleep_forever()
        raise AssertionError

    async with FakeEngine(chat).serve() as engine, eye_on(engine, limits=EyeLimits(question_seconds=0.05)) as eye:
        with pytest.raises(TimedOut, match=r"eye\.question_seconds"):
            await eye.ask([picture], "What?", str)
        await engine.until(lambda: engine.aborted == 1)


async def test_a_question_that_is_lost_is_asked_again(picture: Picture) -> None:
    replies: list[Reply | None] = [None, words("x")]

    async def chat(body: dict[str, Any]) -> Reply | None:
        return replies.pop(0)

    async with FakeEngine(chat).serve() as engine, eye_on(engine) as eye:
        assert (await eye.ask([picture], "What?", str)).value == "x"


@pytest.mark.slow
async def test_a_question_that_is_lost_twice_fails_clearly_and_takes_the_engine_out(picture: Picture) -> None:
    async def chat(body: dict[str, Any]) -> Reply | None:
        engine.up = False
        return None

    engine = FakeEngine(chat)
    async with engine.serve(), eye_on(engine) as eye:
        with pytest.raises(EyeUnavailable, match="twice"):
            await eye.ask([picture], "What?", str)
        assert eye.status.state == "down"
        with pytest.raises(EyeUnavailable, match="embedded reader"):
            await eye.ask([picture], "What?", str)
        assert len(engine.asked) == 1
        engine.chat, engine.up = saying("back"), True
        with anyio.fail_after(5):
            await eye.wait()
        assert (await eye.ask([picture], "What?", str)).value == "back"


async def test_a_question_whose_engine_was_found_gone_meanwhile_fails_clearly(picture: Picture) -> None:
    async def chat(body: dict[str, Any]) -> Reply | None:
        eye.links[0].failed("it was killed")
        return None

    async with FakeEngine(chat).serve() as engine, eye_on(engine) as eye:
        with pytest.raises(EyeUnavailable, match=r"in the middle of the question.*it was killed"):
            await eye.ask([picture], "What?", str)


async def test_with_two_engines_a_lost_question_goes_to_the_other(picture: Picture) -> None:
    async def dies(body: dict[str, Any]) -> Reply | None:
        return None

    async with FakeEngine(dies).serve() as bad, FakeEngine(saying("x")).serve() as good, eye_on(bad, good) as eye:
        with anyio.fail_after(5):
            while not all(link.up for link in eye.links):
                await eye.wait("ready")
                await anyio.lowlevel.checkpoint()
        for _ in range(3):
            assert (await eye.ask([picture], "What?", str)).value == "x"
        assert len(bad.asked) <= 1
        assert len(good.asked) == 3


async def test_two_engines_share_the_work_but_one_keeps_a_picture(make: Callable[..., Picture]) -> None:
    async with FakeEngine(saying("x")).serve() as one, FakeEngine(saying("x")).serve() as two, eye_on(one, two) as eye:
        with anyio.fail_after(5):
            while not all(link.up for link in eye.links):
                await anyio.lowlevel.checkpoint()
        for _ in range(4):
            await eye.ask([make(50, 50)], "What?", str)
        assert sorted((len(one.asked), len(two.asked))) == [0, 4]
        for width in range(60, 92):
            await eye.ask([make(width, 50)], "What?", str)
        assert min(len(one.asked), len(two.asked)) >= 6


async def test_a_crowd_about_one_picture_spreads_over_the_engines(picture: Picture) -> None:
    gate = anyio.Event()

    async def chat(body: dict[str, Any]) -> Reply:
        await gate.wait()
        return words("x")

    async with FakeEngine(chat).serve() as one, FakeEngine(chat).serve() as two, eye_on(one, two) as eye:
        with anyio.fail_after(5):
            while not all(link.up for link in eye.links):
                await anyio.lowlevel.checkpoint()
        async with anyio.create_task_group() as tasks:
            for _ in range(12):
                tasks.start_soon(eye.ask, [picture], "What?", str)
            with anyio.fail_after(5):
                while one.running + two.running < 12:
                    await anyio.lowlevel.checkpoint()
            gate.set()
    assert min(one.most_at_once, two.most_at_once) >= 5


@pytest.mark.parametrize(
    ("status", "message", "error"),
    [
        (401, "no", EyeUnavailable),
        (429, "slow down", EyeBusy),
        (413, "large", LimitExceeded),
        (400, "This model's maximum context length is 4096 tokens", LimitExceeded),
        (400, "something else", EyeError),
    ],
)
async def test_a_refusal_tells_what_to_do(picture: Picture, status: int, message: str, error: type[Exception]) -> None:
    async def chat(body: dict[str, Any]) -> Reply:
        return status, {"error": {"message": message}}

    async with FakeEngine(chat).serve() as engine, eye_on(engine) as eye:
        with pytest.raises(error):
            await eye.ask([picture], "What?", str)
    assert len(engine.asked) == 1


@pytest.mark.parametrize("reply", [{}, {"choices": []}, {"choices": "x"}, []])
async def test_a_response_that_is_no_completion_is_a_clear_failure(picture: Picture, reply: Any) -> None:
    async def chat(body: dict[str, Any]) -> Reply:
        return 200, reply

    async with FakeEngine(chat).serve() as engine, eye_on(engine) as eye:
        with pytest.raises(EyeError, match="no chat completion"):
            await eye.ask([picture], "What?", str)


async def test_an_engine_is_reached_through_a_unix_socket(picture: Picture, tmp_path: Path) -> None:
    endpoint = Endpoint("http://engine", socket=tmp_path / "engine.sock")
    async with FakeEngine(saying("x")).serve(endpoint.socket), EngineEye([endpoint], check=False) as eye:
        with anyio.fail_after(5):
            await eye.wait()
        assert (await eye.ask([picture], "What?", str)).value == "x"


async def test_a_waiting_caller_hears_how_many_are_before(picture: Picture) -> None:
    heard: list[str] = []
    gate = anyio.Event()

    async def progress(done: float, total: float | None, message: str) -> None:
        heard.append(message)

    async def chat(body: dict[str, Any]) -> Reply:
        await gate.wait()
        return words("x")

    limits = EyeLimits(questions_at_once=1)
    async with (
        FakeEngine(chat).serve() as engine,
        eye_on(engine, limits=limits) as eye,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(eye.ask, [picture], "What?", str)
        await engine.until(lambda: engine.running == 1)

        async def second() -> None:
            await eye.ask([picture], "What?", str, caller=Caller("me", progress))

        tasks.start_soon(second)
        await engine.until(lambda: eye.queue.waiting == 1)
        gate.set()
    assert heard == ["Waiting to look: 1 questions are before this one.", "Looking."]


async def test_limits_are_named(make: Callable[..., Picture]) -> None:
    limits = EyeLimits(pictures=1, question_characters=10, picture_bytes=1000)
    async with FakeEngine(saying("x")).serve() as engine, eye_on(engine, limits=limits) as eye:
        with pytest.raises(LimitExceeded, match=r"eye\.pictures"):
            await eye.ask([make(9, 9), make(9, 9)], "What?", str)
        with pytest.raises(LimitExceeded, match=r"eye\.question_characters"):
            await eye.ask([make(9, 9)], "What is it that you see?", str)
        with pytest.raises(LimitExceeded, match=r"eye\.picture_bytes"):
            await eye.ask([Picture(b"x" * 2000)], "What?", str)
        with pytest.raises(InvalidInput, match="PNG"):
            await eye.ask([Picture(b"not a picture")], "What?", str)


async def test_a_costly_picture_is_made_smaller(make: Callable[..., Picture]) -> None:
    async with FakeEngine(saying("x")).serve() as engine, eye_on(engine, limits=EyeLimits(picture_tokens=256)) as eye:
        encoded = await eye.pictures.encode(make(2000, 1000))
    assert qwen3_vl.picture_tokens(encoded.size) <= 256
    assert encoded.size.width == pytest.approx(2 * encoded.size.height, abs=2)


async def test_a_test_that_is_not_marked_can_not_reach_an_engine() -> None:
    link = EngineLink(Endpoint("http://127.0.0.1:8000"))
    with pytest.raises(pytest.fail.Exception, match="not marked"):
        await link.get("/v1/models")
