"""Texts of a picture that the detector passes over, found by what stands beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest
from PIL import Image

from handlens.geometry import Box
from handlens.ocr import Line, Ocr, Word
from handlens.usage.picture import read_picture

pytestmark = pytest.mark.anyio
HEADS = (("Task name", 20.0), ("GPU", 200.0), ("↑↓", 332.0))
VALUES = (("train-bert", 20.0), ("87%", 200.0), ("12%", 300.0))


def line(text: str, left: float, top: float) -> Line:
    box = Box(x=left, y=top, width=8.0 * len(text), height=20)
    return Line(text, box, 0.99, (Word(text, box, 0.99, 0.99),))


class Passing:
    """Finds all but one header, which it reads where it is told to."""

    def __init__(self) -> None:
        self.asked: list[Box] = []

    async def read(self, image: Image.Image, *, screen: bool) -> list[Line]:
        heads = [line(text, left, 10) for text, left in HEADS]
        return [*heads, *(line(text, left, 40 + 30 * n) for n in range(3) for text, left in VALUES)]

    async def reread(self, image: Image.Image, boxes: Sequence[Box]) -> list[Line]:
        self.asked += boxes
        return [line("CPU", box.x, box.y) for box in boxes]


async def test_a_header_of_which_only_the_mark_to_sort_by_was_found_is_read() -> None:
    image = Image.new("RGB", (500, 200), "white")
    image.paste("black", (302, 15, 326, 25))
    ocr = Passing()
    (table,) = (await read_picture(cast("Ocr", ocr), image)).tables
    assert table.headers == ("Task name", "GPU", "CPU")
    (asked,) = ocr.asked
    assert 298 <= asked.x <= 301
    assert 326 <= asked.right <= 331


async def test_nothing_is_read_before_a_mark_where_nothing_is_drawn() -> None:
    ocr = Passing()
    await read_picture(cast("Ocr", ocr), Image.new("RGB", (500, 200), "white"))
    assert ocr.asked == []
