"""Consoles read from their picture alone, by the real recogniser."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from handlens.errors import InvalidInput, ReadingError, Refused
from handlens.kit import Kit
from handlens.open_page import OpenPageInput, Viewport, open_page
from handlens.read_console_usage import ReadConsoleUsageInput, ReadConsoleUsageOutput, read_console_usage
from handlens.screenshot_page import ScreenshotPageInput, screenshot_page
from handlens.scroll_page import ScrollPageInput, scroll_page

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))

from console_pages import make

pytestmark = [
    pytest.mark.slow,
    pytest.mark.anyio,
    pytest.mark.skipif(importlib.util.find_spec("rapidocr") is None, reason="needs the `ocr` extra"),
]
Serve = Callable[..., str]


async def pictured(kit: Kit, url: str) -> ReadConsoleUsageOutput:
    shot = await screenshot_page(ScreenshotPageInput(url=url, full_page=True), kit)
    return await read_console_usage(ReadConsoleUsageInput(image=shot.artifact), kit)


@pytest.mark.parametrize("layout", ["table", "cards", "panel"])
async def test_a_picture_gives_the_rows_that_the_page_has(kit: Kit, serve: Serve, layout: str) -> None:
    page = make(3, rows=1 if layout == "panel" else 6, layout=layout)
    answer = await pictured(kit, serve(page.html))
    assert [row.task_name for row in answer.rows] == [true.fields["task_name"] for true in page.rows]
    shown = [true.fields["gpu_utilization_percent"] for true in page.rows]
    assert [row.gpu_utilization_percent for row in answer.rows] == shown
    assert answer.source.reader == "ocr"


async def test_a_list_drawn_on_a_canvas_is_read_from_its_picture_with_boxes_on_the_page(kit: Kit, serve: Serve) -> None:
    html = """<!doctype html><body style="margin:0"><canvas width=900 height=300></canvas><script>
    const pen = document.querySelector("canvas").getContext("2d"); pen.font = "16px sans-serif";
    const lines = [["Task name", "GPU", "Status"], ["train-bert", "87%", "Running"], ["serve-bert", "12%", "Stopped"]];
    lines.forEach((line, y) => line.forEach((text, x) => pen.fillText(text, 40 + x * 280, 60 + y * 48)));</script>"""
    answer = await read_console_usage(ReadConsoleUsageInput(url=serve(html), wait_seconds=1), kit)
    assert [(row.task_name, row.gpu_utilization_percent, row.status) for row in answer.rows] == [
        ("train-bert", 87, "running"),
        ("serve-bert", 12, "stopped"),
    ]
    box = answer.rows[0].cells["GPU"].box
    assert box is not None
    assert abs(box.x - 320) < 12
    assert box.y < 108 < box.bottom


async def test_a_picture_that_is_no_console_is_an_error(kit: Kit, serve: Serve) -> None:
    with pytest.raises(ReadingError, match="No list"):
        await pictured(kit, serve("<!doctype html><h1>Holiday photos</h1><p>Rome was sunny."))


async def test_a_picture_outside_the_allowed_folders_or_of_no_kind_is_refused(kit: Kit, tmp_path: Path) -> None:
    Image.new("RGB", (10, 10)).save(tmp_path / "a.png")
    with pytest.raises(Refused):
        await read_console_usage(ReadConsoleUsageInput(image=str(tmp_path / "a.png")), kit)
    kept = await kit.artifacts.save(b"not a picture", name="a.png", media_type="image/png", owner=kit.caller.subject)
    with pytest.raises(InvalidInput, match="no picture"):
        await read_console_usage(ReadConsoleUsageInput(image=kept.uri), kit)


SCROLLED = [f"{verb}-{what}" for verb in ("train", "serve", "tune", "check") for what in
            ("bert", "whisper", "ranker", "vision", "speech", "search")]  # fmt: skip


async def test_pictures_of_one_page_that_was_scrolled_give_every_row_once(kit: Kit, serve: Serve) -> None:
    rows = "".join(f"<tr><td>{SCROLLED[n]}<td>{n * 37 % 101}%<td>Running" for n in range(24))
    html = f"""<!doctype html><style>td,th{{padding:9px 60px 9px 0;font:14px sans-serif;text-align:left}}</style>
    <h2>Tasks</h2><table><tr><th>Task name<th>GPU<th>Status{rows}</table>"""
    page = await open_page(OpenPageInput(url=serve(html), viewport=Viewport(width=700, height=480)), kit)
    shots: list[str] = []
    for _ in range(3):  # the last one is at the page's end, so it goes less far
        shot = await screenshot_page(ScreenshotPageInput(session_id=page.session_id), kit)
        shots.append(shot.artifact)
        await scroll_page(ScrollPageInput(session_id=page.session_id, pages=0.7), kit)
    answer = await read_console_usage(ReadConsoleUsageInput(image=shots), kit)
    assert [row.task_name for row in answer.rows] == SCROLLED
    assert [row.gpu_utilization_percent for row in answer.rows] == [n * 37 % 101 for n in range(24)]
    assert any("700" in notice and "boxes" in notice for notice in answer.notices)
