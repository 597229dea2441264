"""What is mended in an answer's JSON, and what is not."""

from __future__ import annotations

import pytest

from handlens.errors import EyeAnswerInvalid
from handlens.eye.json_repair import read_json


def test_sound_json_is_taken_as_it_is() -> None:
    read = read_json('{"a": [1, 2.5, null, true, "x"]}')
    assert read.value == {"a": [1, 2.5, None, True, "x"]}
    assert not read.mended
    assert not read.truncated


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{'a': True, 'b': None, 'c': False}", {"a": True, "b": None, "c": False}),
        ("{a: 1, /* why */ b: 2}", {"a": 1, "b": 2}),
        ('{"a": "one\ntwo"}', {"a": "one\ntwo"}),
        ('answer: {"a": -1.5e3}.', {"a": -1500.0}),
        (r'```{"a": "\n\t\"\\\/\u4fdd", }```', {"a": '\n\t"\\/保'}),
        (r"{'path': 'C:\\x', 'odd': '\q'}", {"path": "C:\\x", "odd": "\\q"}),
        ('{"url": "https://x/y", }', {"url": "https://x/y"}),
        (r"{'a': '\ud83d\ude00'}", {"a": "😀"}),
    ],
)
def test_small_slips_are_mended(text: str, value: object) -> None:
    read = read_json(text)
    assert read.value == value
    assert read.mended
    assert not read.truncated


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            '{"of": ["a", "b"], "rows": [["1", "2"], ["3", "4"], ["5',
            {"of": ["a", "b"], "rows": [["1", "2"], ["3", "4"]]},
        ),
        ('{"rows": [["1", "2"], ["3"', {"rows": [["1", "2"]]}),
        ('{"rows": [', {"rows": []}),
        ('["one", "two", "thr', ["one", "two"]),
        ('[{"a": {"b": [{"c": 1}, {"c"', []),
    ],
)  # fmt: skip
def test_only_the_whole_items_of_a_cut_list_are_kept(text: str, value: object) -> None:
    read = read_json(text)
    assert read.value == value
    assert read.truncated


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON at all",
        '{"a": 1} {"a": 2}',
        '{"a": 1, "a": 2}',
        '{"a": 1, b: 2, b: 3}',
        '{"a": maybe}',
        '{"a": 1 "b": 2}',
        '{"a": "cut',
        '{"a": 12',
        "[1, 2, 3",
        '{"a": NaN}',
        '{"a": 0x10}',
        '{"a": 1.2.3}',
        '{"a": "\\u12G4",}',
        "{'a': '\\u1_23'}",
        "{'a': '\\ud83d'}",
        "{'a': 1" + "0" * 5000 + "}",
        '{"a": 1' + "0" * 5000 + "}",
        "[" * 100 + "'x'" + "]" * 100,
        "x" * 1_000_001,
    ],
)
def test_what_would_be_a_guess_is_refused(text: str) -> None:
    with pytest.raises(EyeAnswerInvalid):
        read_json(text)


def test_a_refusal_quotes_little_of_the_answer() -> None:
    key = "k" * 5_000
    with pytest.raises(EyeAnswerInvalid) as refused:
        read_json(f'{{"{key}": 1, "{key}": 2}}')
    assert len(str(refused.value)) < 200


def test_a_large_hostile_answer_is_refused_in_time() -> None:
    for text in ("{" * 400_000, '{"a":[' * 100_000, "[]x" * 50_000 + "{'", "/*" * 400_000, "```" * 200_000):
        try:
            read_json(text)
        except EyeAnswerInvalid:
            continue
