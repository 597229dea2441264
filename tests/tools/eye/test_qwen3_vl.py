"""Tool calls, reasoning, sampling and the price of pictures."""

from __future__ import annotations

import json

import pytest

from handlens.errors import EyeAnswerInvalid, InvalidInput
from handlens.eye.qwen3_vl import (
    PixelBudget,
    edition_of,
    fitted,
    parse_actions,
    picture_tokens,
    resized,
    sampling,
    split_reasoning,
    system_prompt,
)
from handlens.geometry import Point, Size

ARGUMENTS = '{"action": "left_click", "coordinate": [500, 250]}'
CLICK = f'{{"name": "computer_use", "arguments": {ARGUMENTS}}}'


@pytest.mark.parametrize(
    "text",
    [
        f"<tool_call>{CLICK}</tool_call>",
        f"Thought: the button is here.\nAction: click it.\n<tool_call>\n{CLICK}\n</tool_call>",
        f"<tool_call>\n{CLICK}",
        f"<tool_call>{CLICK.replace('}}', ',}}').replace(chr(34), chr(39))}</tool_call>",
        f'<tool_call>{{"name": "computer_use", "arguments": {json.dumps(ARGUMENTS)}}}',
    ],
)
def test_a_click_is_read(text: str) -> None:
    (action,) = parse_actions(text)
    assert action.action == "left_click"
    assert action.point == Point(x=500, y=250)


@pytest.mark.parametrize(
    "arguments",
    [
        '{"action": "key", "keys": ["ctrl", "s"]}',
        '{"action": "type", "text": "hello"}',
        '{"action": "scroll", "pixels": -300}',
        '{"action": "scroll", "pixels": -300, "coordinate": [5, 5]}',
        '{"action": "hscroll", "pixels": 10}',
        '{"action": "wait", "time": 2}',
        '{"action": "terminate", "status": "success"}',
        '{"action": "answer", "text": "42"}',
        '{"action": "left_click_drag", "coordinate": [1, 1000]}',
    ],
)
def test_every_action_is_known(arguments: str) -> None:
    assert len(parse_actions(f'<tool_call>{{"name": "computer_use", "arguments": {arguments}}}</tool_call>')) == 1


def test_several_calls_keep_their_order() -> None:
    actions = parse_actions(f"<tool_call>{CLICK}</tool_call><tool_call>{CLICK.replace('500', '7')}<tool_call>{CLICK}")
    assert [action.point.x for action in actions if action.point] == [500, 7, 500]


@pytest.mark.parametrize(
    "arguments",
    [
        '{"action": "left_click"}',
        '{"action": "left_click", "coordinate": [1500, 2]}',
        '{"action": "left_click", "coordinate": [5]}',
        '{"action": "left_click", "coordinate": "here"}',
        '{"action": "explode"}',
        '{"action": "wait", "time": -1}',
        '{"action": "left_click", "coordinate": [1, 2], "shell": "rm"}',
        "{}",
        "null",
        "[]",
    ],
)
def test_a_call_that_is_not_whole_is_refused(arguments: str) -> None:
    with pytest.raises(EyeAnswerInvalid):
        parse_actions(f'<tool_call>{{"name": "computer_use", "arguments": {arguments}}}</tool_call>')


@pytest.mark.parametrize("text", ["", "click it", CLICK, '<tool_call>{"name": "shell", "arguments": {}}</tool_call>'])
def test_an_answer_without_a_known_call_is_refused(text: str) -> None:
    with pytest.raises(EyeAnswerInvalid):
        parse_actions(text)


def test_the_declared_screen_is_the_grid() -> None:
    assert "1000x1000" in system_prompt()


@pytest.mark.parametrize(
    ("content", "separate", "answer", "reasoning"),
    [
        ("<think>why</think>\n\n[]", None, "[]", "why"),
        ("why\n</think>\n[]", None, "[]", "why"),
        ("<think>\n</think>[]", None, "[]", None),
        ("[]", "why", "[]", "why"),
        ("[]", None, "[]", None),
        ("[]", "", "[]", None),
        ("it says </think> [1, 2]\nso</think>[]", None, "[]", "it says </think> [1, 2]\nso"),
    ],
)  # fmt: skip
def test_reasoning_is_kept_apart(content: str, separate: str | None, answer: str, reasoning: str | None) -> None:
    reply = split_reasoning(content, separate, thinking=True)
    assert (reply.answer, reply.reasoning) == (answer, reasoning)


@pytest.mark.parametrize(("content", "separate"), [("<think>not yet", None), ("", "not yet")])
def test_reasoning_that_never_ends_is_refused(content: str, separate: str | None) -> None:
    with pytest.raises(EyeAnswerInvalid, match="still thinking"):
        split_reasoning(content, separate, thinking=True)


DRAFT = 'Perhaps it is at [{"bbox_2d": [1, 2, 3, 4], "label": "Save"}], but the'


def test_a_draft_in_thoughts_that_were_cut_off_is_no_answer() -> None:
    with pytest.raises(EyeAnswerInvalid, match="still thinking"):
        split_reasoning(DRAFT, None, thinking=True, cut_off=True)
    assert split_reasoning(DRAFT, "why", thinking=True, cut_off=True).answer == DRAFT, "a parser put the thoughts aside"
    assert split_reasoning(DRAFT, None, thinking=False, cut_off=True).answer == DRAFT


def test_editions_and_their_sampling() -> None:
    assert edition_of("Qwen/Qwen3-VL-8B-Thinking-FP8") == "thinking"
    assert edition_of("/models/thinking-machines/Qwen3-VL-8B-Instruct") == "instruct"
    assert sampling("instruct", vllm=True)["temperature"] == 0
    assert sampling("thinking", vllm=True)["temperature"] > 0
    assert "top_k" not in sampling("thinking", vllm=False)


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        ((1280, 800), (1280, 800)),
        ((1920, 1080), (1920, 1088)),
        ((1, 1), (256, 256)),
        ((100, 100), (256, 256)),
        ((3840, 2160), (3840, 2176)),
        ((8000, 6000), (4704, 3520)),
        ((10, 2000), (32, 3648)),
    ],
)
def test_the_preprocessors_resizing_is_known(size: tuple[int, int], shape: tuple[int, int]) -> None:
    found = resized(Size(width=size[0], height=size[1]))
    assert (found.width, found.height) == shape


def test_tokens_are_cells_and_two_markers() -> None:
    assert picture_tokens(Size(width=1280, height=800)) == 1002


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (201, 1), (1, 5000)])
def test_what_the_preprocessor_refuses_is_refused_here(size: tuple[int, int]) -> None:
    with pytest.raises(InvalidInput):
        resized(Size(width=size[0], height=size[1]))


@pytest.mark.parametrize("size", [(1280, 800), (4000, 3000), (6000, 300), (16000, 90), (90, 16000)])
def test_a_fitted_picture_costs_no_more_than_allowed(size: tuple[int, int]) -> None:
    given = Size(width=size[0], height=size[1])
    shape = fitted(given, 1024)
    assert picture_tokens(shape) <= 1024
    if picture_tokens(given) <= 1024:
        assert shape == given
    else:
        assert shape.width <= given.width
        assert shape.height <= given.height


def test_budgets_can_be_told_in_tokens() -> None:
    assert picture_tokens(Size(width=4000, height=3000), PixelBudget.of_tokens(512, 2048)) <= 2050
