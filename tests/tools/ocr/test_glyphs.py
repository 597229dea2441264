"""What a picture draws the same is the same letter."""

from __future__ import annotations

import importlib.util

import pytest

if not all(importlib.util.find_spec(name) for name in ("numpy", "cv2")):
    pytest.skip("needs the `ocr` extra", allow_module_level=True)

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from handlens.ocr.glyphs import Characters, Drawn, Glyphs, drawn_in

FONT = ImageFont.load_default(15)


def drawn(text: str, ground: str = "white") -> Drawn:
    width = int(FONT.getlength(text)) + 12
    image = Image.new("RGB", (width, 32), ground)
    ImageDraw.Draw(image).text((6, 6), text, "#222", FONT)
    found = drawn_in(np.asarray(image))
    assert found
    return found


def read(shown: str, text: str, score: float = 0.9) -> Characters:
    """Characters where a recogniser would find them, for what is shown."""
    ends = [6 + FONT.getlength(shown[: at + 1]) for at in range(len(shown))]
    starts = [6 + FONT.getlength(shown[:at]) for at in range(len(shown))]
    return Characters(list(text), [(a + b) / 2 for a, b in zip(starts, ends, strict=True)], [score] * len(text))


def learned(*texts: str, ground: str = "white") -> Glyphs:
    glyphs = Glyphs()
    for text in texts:
        glyphs.learn(drawn(text, ground), read(text, text))
    return glyphs


NAMES = "llama", "small", "ocelot", "11.7", "21.5", "17.1", "seq", "ask", "pass"


@pytest.mark.parametrize("ground", ["white", "#f0f3f8"])
def test_a_letter_is_read_as_those_that_are_drawn_like_it(ground: str) -> None:
    glyphs = learned(*NAMES)
    settled = glyphs.settled(drawn("sl7a", ground), read("sl7a", "s17a"))
    assert settled.text == "sl7a"
    assert settled.scores[1] > 0.98


def test_a_digit_among_letters_is_no_witness_for_either() -> None:
    glyphs = learned("sl7a", "ml7a", "ol7a", "al7a")
    assert glyphs.settled(drawn("sl7a"), read("sl7a", "s17a")).text == "s17a"


def test_letters_that_many_a_type_draws_alike_are_left_as_they_were_read() -> None:
    glyphs = learned(*NAMES)
    assert glyphs.settled(drawn("sl7a"), read("sl7a", "sI7a")).text == "sI7a"


def test_beside_a_drawing_that_is_not_known_no_letter_is_surer_than_it_was_read() -> None:
    glyphs = learned(*NAMES)
    assert glyphs.settled(drawn("l7wl"), read("l7wl", "l7wl", 0.6)).scores[-1] == 0.6


def test_a_line_of_known_drawings_needs_no_recogniser() -> None:
    glyphs = learned("12.5 GiB", "21.2 GiB", "15.5 GiB", "22.1 GiB", "51.1 GiB", "52.2 GiB")
    known = glyphs.read(drawn("21.5 GiB"))
    assert known
    assert known.text == "21.5 GiB"


def test_a_line_with_one_drawing_that_is_not_known_is_left_to_the_recogniser() -> None:
    glyphs = learned("12.5 GiB", "21.2 GiB", "15.5 GiB", "22.1 GiB", "51.1 GiB", "52.2 GiB")
    assert glyphs.read(drawn("21.9 GiB")) is None


def test_a_word_with_letters_that_many_a_type_draws_alike_is_left_to_the_recogniser_until_it_was_read_once() -> None:
    glyphs = learned(*NAMES, "call", "calm", "mall")
    assert glyphs.read(drawn("llcl")) is None
    known = glyphs.read(drawn("mall"))
    assert known
    assert known.text == "mall"
