"""What only pixels tell is read from canvases and pictures, scored as the rest, and clicked at its place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conftest import Serve
from handlens.click_described_element import (
    ClickDescribedElementInput,
    ClickDescribedElementOutput,
    click_described_element,
)
from handlens.kit import Kit
from handlens.locate.memory import Memory
from handlens.locate.tally import Tally
from handlens.ocr import Ocr
from handlens.open_page import OpenPageInput, open_page

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

CANVAS = """<!doctype html><body style="margin:30px"><h1>Remote desktop</h1>
<canvas id=c width=640 height=420 style="border:1px solid #888"></canvas><script>
const pen = c.getContext('2d'); pen.font = '16px sans-serif'; pen.textBaseline = 'middle';
const button = (x, y, text, colour) => { pen.fillStyle = colour; pen.fillRect(x, y, 130, 36);
  pen.fillStyle = colour === '#eee' ? 'black' : 'white'; pen.fillText(text, x + 24, y + 18); };
button(60, 60, 'Start job', '#1b66c9'); button(260, 60, 'Stop job', '#d7263d'); button(60, 300, 'Settings', '#eee');
pen.fillStyle = '#138a36'; pen.beginPath(); pen.arc(500, 300, 30, 0, 7); pen.fill();
pen.fillStyle = '#8f2fc2'; pen.beginPath(); pen.moveTo(400, 330); pen.lineTo(460, 330);
pen.lineTo(430, 270); pen.fill();
c.onclick = e => { document.body.dataset.clicked = e.offsetX + ',' + e.offsetY; };
</script>"""


async def click(kit: Kit, url: str, description: str) -> tuple[ClickDescribedElementOutput, tuple[int, ...] | None]:
    session = (await open_page(OpenPageInput(url=url), kit)).session_id
    answer = await click_described_element(ClickDescribedElementInput(session_id=session, description=description), kit)
    async with kit.browser.page(kit.caller, session_id=session) as open_session:
        at = await open_session.page.evaluate("document.body.dataset.clicked || null")
    return answer, tuple(round(float(part)) for part in at.split(",")) if at else None


@pytest.mark.parametrize(
    ("description", "area"),
    [
        ("Stop job", (260, 60, 390, 96)),
        ("the Start job button", (60, 60, 190, 96)),
        ("the settings button", (60, 300, 190, 336)),
        ("the green circle", (470, 270, 530, 330)),
        ("the purple triangle", (400, 270, 460, 330)),
        ("the red button", (260, 60, 390, 96)),
    ],
)
async def test_what_is_drawn_on_a_canvas_is_clicked(
    kit: Kit, serve: Serve, description: str, area: tuple[int, int, int, int]
) -> None:
    answer, at = await click(replace(kit, memory=Memory()), serve(CANVAS), description)
    assert at is not None, answer.text()
    assert area[0] <= at[0] <= area[2]
    assert area[1] <= at[1] <= area[3]
    assert answer.target is not None
    assert "read in the canvas" in answer.target.because


async def test_what_is_not_drawn_is_not_clicked(kit: Kit, serve: Serve) -> None:
    answer, at = await click(replace(kit, memory=Memory()), serve(CANVAS), "the Download report button")
    assert answer.outcome in ("not_found", "ambiguous")
    assert at is None


async def test_the_second_time_nothing_is_read_unless_the_drawing_changed(kit: Kit, serve: Serve) -> None:
    keen = replace(kit, memory=Memory(), tally=Tally())
    url = serve(CANVAS)
    assert (await click(keen, url, "Stop job"))[1]
    assert keen.tally.read == 1
    answer, at = await click(keen, url, "Stop job")
    assert (keen.tally.read, keen.tally.recalled) == (1, 1)
    assert answer.target is not None
    assert at is not None
    assert 260 <= at[0] <= 390


async def test_structure_that_is_sure_needs_no_reading(kit: Kit, serve: Serve) -> None:
    keen = replace(kit, memory=Memory(), tally=Tally())
    answer, _ = await click(keen, serve(f"{CANVAS}<button onclick='this.remove()'>Log out</button>"), "Log out")
    assert (answer.outcome, keen.tally.read) == ("clicked", 0)


async def test_without_ocr_the_answer_says_what_was_not_read(
    kit: Kit, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlens.ocr.service.available", lambda: False)
    bare = replace(kit, memory=Memory(), ocr=Ocr())
    page = f"{CANVAS}<button>Stop all</button><button>Stop some</button>"
    answer, _ = await click(bare, serve(page), "stop")
    assert answer.outcome == "ambiguous"
    assert "were not read" in answer.candidates[0].because
