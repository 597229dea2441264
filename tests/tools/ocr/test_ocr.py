"""OCR on pictures that are drawn here, read by the real models."""

from __future__ import annotations

import importlib.util
import io
import os
import signal

import anyio
import psutil
import pytest
from PIL import Image, ImageDraw, ImageFont

from handlens.errors import ReadingError, TimedOut
from handlens.ocr import Line, Ocr

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(importlib.util.find_spec("rapidocr") is None, reason="needs the `ocr` extra"),
]


def drawn(*texts: tuple[int, int, str], size: tuple[int, int] = (640, 240), points: int = 22) -> Image.Image:
    """Black text on white at the places given (left, top)."""
    picture = Image.new("RGB", size, "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(points)
    for left, top, text in texts:
        pen.text((left, top), text, "black", font)
    return picture


def word(lines: list[Line], text: str) -> tuple[float, float, float, float]:
    box = next(w.box for line in lines for w in line.words if w.text == text)
    return box.x, box.y, box.right, box.bottom


async def test_words_have_their_spaces_and_their_places() -> None:
    picture = drawn((40, 30, "Invoice number 20931"), (40, 90, "Total due: $1,284.50"))
    async with Ocr() as ocr:
        lines = await ocr.read(picture)
    assert [line.text for line in lines] == ["Invoice number 20931", "Total due: $1,284.50"]
    assert [w.text for w in lines[0].words] == ["Invoice", "number", "20931"]
    truth = ImageDraw.Draw(picture).textbbox((40, 30), "Invoice", font=ImageFont.load_default(22))
    assert word(lines, "Invoice") == pytest.approx(truth, abs=7)
    assert all(line.confidence > 0.8 for line in lines)


async def test_columns_of_prose_are_read_one_after_the_other() -> None:
    left = ["the left column begins here", "and it goes on in a second", "line before its third one"]
    right = ["while the right one comes", "only after the left column", "has come to its own end"]
    texts = [(20, 20 + 36 * i, t) for i, t in enumerate(left)] + [(360, 20 + 36 * i, t) for i, t in enumerate(right)]
    async with Ocr() as ocr:
        lines = await ocr.read(drawn(*texts, size=(700, 160)))
    assert [line.text for line in lines] == left + right


async def test_cells_of_a_row_are_read_left_to_right() -> None:
    rows = [("train-7", "A100", "93%"), ("eval-2", "T4", "11%"), ("serve", "L4", "48%")]
    texts = [(20 + 200 * c, 20 + 50 * r, cell) for r, row in enumerate(rows) for c, cell in enumerate(row)]
    async with Ocr() as ocr:
        lines = await ocr.read(drawn(*texts))
    assert [line.text for line in lines] == [cell for row in rows for cell in row]


async def test_a_tilted_line_is_read() -> None:
    picture = drawn((60, 100, "A slightly tilted line of text"), points=26).rotate(4, fillcolor="white")
    async with Ocr() as ocr:
        lines = await ocr.read(picture)
    assert [line.text for line in lines] == ["A slightly tilted line of text"]
    assert lines[0].angle == pytest.approx(-4, abs=1.5)


async def test_text_that_runs_up_the_page_is_read_from_below() -> None:
    picture = drawn((40, 100, "Percent of total"), points=26, size=(400, 240)).rotate(90, expand=True)
    async with Ocr() as ocr:
        lines = await ocr.read(picture)
    assert [line.text for line in lines] == ["Percent of total"]
    first, last = lines[0].words[0].box, lines[0].words[-1].box
    assert first.y > last.y


async def test_an_encoded_picture_is_read_and_transparency_is_white() -> None:
    picture = Image.new("RGBA", (400, 80), (0, 0, 0, 0))
    ImageDraw.Draw(picture).text((20, 20), "Transparent ground", "black", ImageFont.load_default(24))
    data = io.BytesIO()
    picture.save(data, "PNG")
    async with Ocr() as ocr:
        lines = await ocr.read(data.getvalue())
    assert [line.text for line in lines] == ["Transparent ground"]


async def test_an_empty_picture_has_no_lines() -> None:
    async with Ocr() as ocr:
        assert await ocr.read(Image.new("RGB", (300, 200), "white")) == []
        assert await ocr.read(Image.new("RGB", (1, 1), "white")) == []


async def test_the_same_pixels_are_read_once() -> None:
    async with Ocr() as ocr:
        first = await ocr.read(drawn((20, 20, "Remembered")))
        os.kill(ocr.pids[0], signal.SIGKILL)
        assert await ocr.read(drawn((20, 20, "Remembered"))) == first


async def test_what_is_no_picture_is_refused_and_the_worker_lives_on() -> None:
    async with Ocr() as ocr:
        with pytest.raises(ReadingError, match="can't read"):
            await ocr.read(b"GIF89a is not enough")
        pids = ocr.pids
        assert (await ocr.read(drawn((20, 20, "Still here"))))[0].text == "Still here"
        assert ocr.pids == pids


async def test_a_killed_worker_is_started_again() -> None:
    async with Ocr() as ocr:
        await ocr.read(drawn((20, 20, "Before")))
        os.kill(ocr.pids[0], signal.SIGKILL)
        assert (await ocr.read(drawn((20, 20, "After"))))[0].text == "After"


async def test_cancelling_a_reader_kills_its_worker() -> None:
    async with Ocr() as ocr:
        await ocr.read(drawn((20, 20, "Warm")))
        worker = psutil.Process(ocr.pids[0])
        before = worker.cpu_times().user
        page = drawn(*[(20, 20 + 30 * i, f"line {i} of a long page") for i in range(60)], size=(640, 1900))
        async with anyio.create_task_group() as group:
            group.start_soon(ocr.read, page)
            while worker.cpu_times().user < before + 0.05:  # it is in the middle of the page
                await anyio.sleep(0.005)
            group.cancel_scope.cancel()
        assert not worker.is_running()
        assert ocr.pids == []


async def test_a_picture_that_takes_too_long_names_the_setting() -> None:
    async with Ocr(seconds=0.01) as ocr:
        with pytest.raises(TimedOut, match=r"limits\.ocr_seconds"):
            await ocr.read(drawn((20, 20, "Slow")))


async def test_closing_leaves_no_process() -> None:
    async with Ocr(processes=2) as ocr:
        async with anyio.create_task_group() as group:
            group.start_soon(ocr.read, drawn((20, 20, "One")))
            group.start_soon(ocr.read, drawn((20, 20, "Two")))
        pids = ocr.pids
    assert len(pids) == 2
    assert not any(psutil.pid_exists(pid) for pid in pids)


async def test_a_lone_digit_on_a_screen_is_read_upright() -> None:
    texts = [(40 + 90 * column, 30 + 28 * row, text) for row in range(4) for column, text in enumerate(("7", "S", "4"))]
    async with Ocr() as ocr:
        lines = await ocr.read(drawn(*texts, size=(360, 160), points=13), screen=True)
    assert [line.text for line in lines] == ["7", "S", "4"] * 4
