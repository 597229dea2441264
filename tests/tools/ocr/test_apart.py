"""Columns that stand close are read apart, and words of one text together."""

from __future__ import annotations

import importlib.util

import pytest

if not all(importlib.util.find_spec(name) for name in ("numpy", "cv2")):
    pytest.skip("needs the `ocr` extra", allow_module_level=True)

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from handlens.ocr.apart import apart
from handlens.ocr.detect import Rotated

LINE = 20.0


def drawn(lines: list[list[tuple[float, str]]]) -> tuple[np.ndarray, list[Rotated]]:
    """A picture of lines of text, and a detector's places round each: its texts run together."""
    picture = Image.new("RGB", (900, 40 + 24 * len(lines)), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(13)
    places: list[Rotated] = []
    for number, texts in enumerate(lines):
        top = 20.0 + 24 * number
        for left, text in texts:
            pen.text((left, top), text, "black", font)
        first, last = texts[0][0], texts[-1][0] + pen.textlength(texts[-1][1], font)
        places.append(Rotated((first + last) / 2, top + 8, last - first + 12, LINE, 0.0, 1.0))
    return np.asarray(picture), places


def lefts(places: list[Rotated], line: int) -> list[int]:
    middle = 28 + 24 * line
    return sorted(round(place.cx - place.width / 2) for place in places if abs(place.cy - middle) < 5)


def test_a_gap_that_goes_on_through_the_lines_parts_two_columns() -> None:
    image, places = drawn([[(100.0 - 7 * n, "8" * (n + 1)), (116.0, "node" * (1 + n % 3))] for n in range(5)])
    found = apart(image, places)
    assert [len(lefts(found, line)) for line in range(5)] == [2] * 5


def test_words_that_stand_under_each_other_in_all_lines_are_left_together() -> None:
    image, places = drawn([[(100.0, "2025-03-01"), (176.0, f"1{n}:20")] for n in range(5)])
    assert apart(image, places) == places


def test_places_that_overlap_in_one_line_are_put_together() -> None:
    image, places = drawn([[(100.0, "rabbit"), (300.0, "node")]] + [[(100.0, "hare")]] * 4)
    whole = places[0]
    left = Rotated(whole.cx - whole.width / 4, whole.cy, whole.width / 2 + 60, LINE, 0.0, 1.0)
    right = Rotated(whole.cx + whole.width / 4, whole.cy, whole.width / 2, LINE, 0.0, 1.0)
    again = Rotated(125.0, whole.cy, 60.0, LINE, 0.0, 1.0)
    found = apart(image, [left, right, again, *places[1:]])
    assert len(lefts(found, 0)) == 2


def test_a_place_that_the_detector_made_too_high_is_parted_at_the_same_gaps() -> None:
    lines = [
        [(100.0, "CPU%"), (141.0, "MEM%")],
        *([(100.0, "8" * (1 + n)), (141.0, "7" * (1 + n % 3))] for n in range(4)),
    ]
    image, places = drawn(lines)
    head = places[0]
    high = Rotated(head.cx, head.cy, head.width, 2.2 * LINE, 0.0, 1.0)
    assert len(lefts(apart(image, [high, *places[1:]]), 0)) == 2
