"""What two readings of one cell, and the other cells of its column, say of how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest
from PIL import Image

from handlens.geometry import Box
from handlens.ocr import Line, Ocr, Word
from handlens.usage.fragments import Fragment, cleaned
from handlens.usage.look_alikes import doubting_look_alikes
from handlens.usage.rows import SURE_ENOUGH
from handlens.usage.second_look import fragment, second_look
from handlens.usage.table import Cell, Table

pytestmark = pytest.mark.anyio
BOX = Box(x=0, y=0, width=90, height=20)


def line(text: str, *least: float) -> Line:
    """A line whose words have least sure characters of these confidences, and are sure on the whole."""
    words = tuple(Word(word, BOX, 0.99, sure) for word, sure in zip(text.split(), least, strict=True))
    return Line(text, BOX, 0.99, words)


class SecondReader:
    """Reads again what it is told to."""

    def __init__(self, *lines: Line) -> None:
        self.lines = lines

    async def reread(self, image: Image.Image, boxes: Sequence[Box]) -> list[Line]:
        assert len(boxes) == len(self.lines)
        return list(self.lines)


async def looked(column: Sequence[tuple[str, float]], *again: Line) -> list[tuple[str, bool]]:
    """The column's texts, and whether each is sure enough, after the doubtful ones were read again."""
    rows = tuple((Cell(text, BOX, sure),) for text, sure in column)
    reader = cast("Ocr", SecondReader(*again))
    table = await second_look(reader, Image.new("RGB", (200, 200), "white"), Table(("Task",), rows))
    return [(row[0].text, row[0].confidence >= SURE_ENOUGH) for row in table.rows]


def test_a_text_is_as_sure_as_its_least_sure_character() -> None:
    assert fragment(line("train-bert-0O17", 0.55)).confidence == 0.55


def test_a_box_before_a_text_does_not_make_it_less_sure() -> None:
    whole = Fragment("0 train-bert", BOX, 0.5, (Fragment("0", BOX, 0.5), Fragment("train-bert", BOX, 0.99)))
    assert cleaned(whole) == Fragment("train-bert", BOX, 0.99)


async def test_what_is_sure_is_not_read_again_unless_it_is_a_name_which_may_lack_a_letter() -> None:
    assert await looked([("87.5%", 0.99)]) == [("87.5%", True)]
    assert await looked([("task-655", 0.98)], line("task-6-655", 0.97)) == [("task-6-655", False)]
    assert await looked([("task-655", 0.995)]) == [("task-655", True)]


async def test_a_stroke_that_reads_as_a_dot_stands_for_no_value() -> None:
    image = Image.new("RGB", (200, 200), "white")
    image.paste("black", (2, 8, 4, 10))  # where cells begin little of it is seen
    table = Table(("GPU",), ((Cell("", BOX),), (Cell("5%", BOX),)))
    read = await second_look(cast("Ocr", SecondReader(line("•", 0.9))), image, table)
    assert read.rows[0][0].text == "-"


async def test_an_empty_cell_is_not_given_the_text_that_reaches_into_it_from_above() -> None:
    image = Image.new("RGB", (200, 200), "white")
    image.paste("black", (10, 4, 60, 15))
    image.paste("black", (40, 26, 47, 27))  # a dash
    above, below = Box(x=8, y=-2, width=60, height=23), Box(x=8, y=11, width=60, height=28)
    table = Table(("GPU",), ((Cell("73.29%", above),), (Cell("", below),), (Cell("5%", above.moved(0, 60)),)))
    read = await second_look(cast("Ocr", SecondReader()), image, table)
    assert [row[0].text for row in read.rows] == ["73.29%", "-", "5%"]


async def test_a_second_reading_that_agrees_says_how_sure_it_is() -> None:
    both = [("job-0lk4", 0.6), ("sd-x1-lora", 0.6)]
    again = line("job-0lk4", 0.98), line("sd-x1-lora", 0.6)
    assert await looked(both, *again) == [("job-0lk4", True), ("sd-x1-lora", False)]


async def test_a_sure_second_reading_stands_against_a_first_one_that_was_not() -> None:
    both = [("resnet50-iagenet", 0.45), ("m1.g5", 0.9)]
    again = line("resnet50-imagenet", 0.99), line("ml.g5", 0.99)
    assert await looked(both, *again) == [("resnet50-imagenet", True), ("ml.g5", False)]


async def test_a_status_that_is_read_twice_is_sure() -> None:
    assert await looked([("已停止", 0.5)], line("已停止", 0.5)) == [("已停止", True)]


async def test_what_others_of_the_column_surely_have_is_sure() -> None:
    column = [("V100 x 4", 0.99), ("V100 x 4", 0.99), ("V100 X 4", 0.6)]
    assert await looked(column, line("V100 x 4", 0.7, 0.7, 0.7)) == [("V100 x 4", True)] * 3


async def test_of_what_was_read_in_two_parts_a_letter_that_is_in_both_is_kept_once() -> None:
    parts = Box(x=0, y=0, width=50, height=20), Box(x=44, y=0, width=40, height=20)
    cell = Cell("30 GGiB", Box(x=0, y=0, width=84, height=20), 0.7, pieces=parts)
    reader = cast("Ocr", SecondReader(line("30 GiB", 0.99, 0.99)))
    table = await second_look(reader, Image.new("RGB", (200, 200), "white"), Table(("Memory",), ((cell,),)))
    assert (table.rows[0][0].text, table.rows[0][0].confidence) == ("30 GiB", 0.99)


async def test_a_digit_that_others_of_the_column_have_is_no_surer_for_it() -> None:
    column = [("1", 0.99), ("1", 0.99), ("1", 0.6)]
    assert (await looked(column, line("7", 0.7)))[2][1] is False


def column(*cells: tuple[str, float]) -> list[tuple[str, bool]]:
    table = doubting_look_alikes(Table(("x",), tuple((Cell(text, BOX, sure),) for text, sure in cells)))
    return [(row[0].text, row[0].confidence >= SURE_ENOUGH) for row in table.rows]


def test_types_that_differ_by_a_digit_are_not_doubted_where_every_character_is_sure() -> None:
    assert column(("2xlarge", 0.99), ("12xlarge", 0.99)) == [("2xlarge", True), ("12xlarge", True)]
    assert column(("2xlarge", 0.9), ("12xlarge", 0.99)) == [("2xlarge", False), ("12xlarge", True)]


def test_a_percent_sign_read_as_digits_is_one_where_the_column_has_it() -> None:
    sure = [(f"{n}.{n}%", 0.99) for n in range(5)]
    assert column(*sure, ("70.196", 0.99), ("62.99 6", 0.99))[5:] == [("70.1%", False), ("62.9%", False)]


def test_a_text_that_is_nearly_one_that_the_column_has_often_is_doubted() -> None:
    usual = [(name, 0.99) for name in ("zhang_min", "j.smith", "ops-team")] * 3
    assert column(*usual, ("zhang_ng_min", 0.99), ("jsmith", 0.99), ("li.wei", 0.99))[9:] == [
        ("zhang_ng_min", False), ("jsmith", False), ("li.wei", True),
    ]  # fmt: skip


def test_types_that_differ_by_their_number_are_not_doubted() -> None:
    assert column(*[("gpu.h100.8", 0.99)] * 4, ("gpu.h100.4", 0.99))[4:] == [("gpu.h100.4", True)]


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("ecs.gn7i-c8g1.2xlarge", True),
        ("90.3 GGiB / 128 GiB", False),
        ("90.3 GiB / 128 GiB", True),
        ("127051MiB", True),
        ("V100×4", True),
        ("dlcuz5ą8pjop4ts", False),
        ("dlctcgqSwj6wu7w", False),
        ("job-5l80llxj", False),
        ("bert\nu3n0-jqea-h0l1", False),
        ("dlrm-nightly-0346 1", False),
        ("A100-80G x 1", True),
        ("1ora-4060", False),
        ("job-5k80ffxj", True),
        ("resnet50-imagenet-1", True),
        ("llama-7b-sft-4587", True),
        ("12 MB", True),
    ],
)
def test_a_unit_read_twice_and_a_sign_strange_in_an_identifier_are_doubted(text: str, sure: bool) -> None:
    table = Table(("Machine",), tuple((Cell(one, BOX, 0.99),) for one in (text, "T4", "p4d.24xlarge")))
    assert (doubting_look_alikes(table).rows[0][0].confidence >= SURE_ENOUGH) is sure


def test_what_is_no_number_is_doubted_among_numbers() -> None:
    percentages = [(f"{n}.5%", 0.99) for n in range(10, 20)]
    assert [sure for _, sure in column(("1 90.65%", 0.99), ("--", 0.99), *percentages)] == [False, True, *[True] * 10]


def test_a_one_in_a_word_is_an_l_only_where_the_column_has_that_word() -> None:
    assert column(("1lama-7b", 0.99), ("llama-13b", 0.99))[0] == ("llama-7b", False)
    assert column(("1dhw-lmre", 0.99), ("llama-13b", 0.99))[0][0] == "1dhw-lmre"
