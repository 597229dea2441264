"""The eye as a further reader of consoles: heard where the others are unsure, never believed alone."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from mcp import Client
from PIL import Image

from handlens.errors import EyeAnswerInvalid, EyeBusy, EyeUnavailable, ReadingError, TimedOut
from handlens.eye.protocol import EyeStatus
from handlens.kit import Kit
from handlens.read_console_usage import ReadConsoleUsageInput, ReadConsoleUsageOutput, read_console_usage
from handlens.registry import ALL_TOOLS
from handlens.testing.scripted_eye import ScriptedEye
from handlens_server.app import App

pytestmark = pytest.mark.anyio
Serve = Callable[..., str]

HEADERS = ["Task name", "GPU", "Status"]
TASKS = [["train-bert", "87%", "Running"], ["serve-bert", "12%", "Running"], ["eval-qwen", "55%", "Failed"]]


def page(tasks: Sequence[Sequence[str]] = TASKS, bar: str = "") -> str:
    lines = "".join("<tr>" + "".join(f"<td>{text}" for text in task) + "</tr>" for task in tasks)
    head = "".join(f"<th>{header}" for header in HEADERS)
    return f"<!doctype html><meta charset=utf-8><h1>Tasks</h1><table><tr>{head}</tr>{lines}{bar}</table>"


UNSURE = page(bar="<tr><td>impossible<td>1234%<td>Running")
"""One percentage that can't be: the structure reader is unsure of it."""
WITH_IMPOSSIBLE = [*TASKS, ["impossible", "1234%", "Running"]]


def says(rows: Sequence[Sequence[str]], headers: Sequence[str] = HEADERS) -> str:
    return json.dumps({"headers": list(headers), "rows": [list(row) for row in rows]})


def misread(rows: Sequence[Sequence[str]], row: int, column: int, text: str) -> list[list[str]]:
    copy = [list(line) for line in rows]
    copy[row][column] = text
    return copy


def sighted(kit: Kit, *script: str | Exception) -> tuple[Kit, ScriptedEye]:
    eye = ScriptedEye(list(script))
    return replace(kit, eye=eye), eye


async def read(kit: Kit, url: str, **more: object) -> ReadConsoleUsageOutput:
    return await read_console_usage(ReadConsoleUsageInput(url=url, **more), kit)  # type: ignore[arg-type]


async def test_a_plain_table_needs_no_eye(kit: Kit, serve: Serve) -> None:
    seeing, eye = sighted(kit, says([]))
    answer = await read(seeing, serve(page()))
    assert (answer.source.reader, answer.needs_review, eye.asked) == ("structure", [], [])


async def test_what_is_not_plain_is_asked_of_the_eye_and_agreement_is_told(kit: Kit, serve: Serve) -> None:
    seeing, eye = sighted(kit, says(WITH_IMPOSSIBLE))
    answer = await read(seeing, serve(UNSURE))
    assert [asked.effort for asked in eye.asked] == ["routine"]
    assert [(doubt.row, doubt.text) for doubt in answer.needs_review] == [(3, "1234%")]
    assert any("spoke of 12 cells, and 0 are in doubt" in notice for notice in answer.notices)


async def test_a_cell_that_two_looks_read_otherwise_is_for_review_with_both_readings(kit: Kit, serve: Serve) -> None:
    otherwise = misread(TASKS, 1, 1, "72%")
    seeing, eye = sighted(kit, says(otherwise))
    answer = await read(seeing, serve(page()), reader="eye")
    assert [asked.effort for asked in eye.asked] == ["routine", "careful"]
    assert answer.rows[1].gpu_utilization_percent == 12, "the page's own text stays"
    (doubt,) = answer.needs_review
    assert (doubt.row, doubt.column) == (1, "GPU")
    assert "'12%'" in doubt.reason
    assert "'72%'" in doubt.reason
    assert answer.rows[1].cells["GPU"].confidence < 0.85
    assert answer.source.reader == "eye"


@pytest.mark.slow
async def test_a_slip_that_the_careful_look_takes_back_is_no_doubt(kit: Kit, serve: Serve) -> None:
    seeing, _ = sighted(kit, says(misread(TASKS, 0, 0, "tram-bert")), says(TASKS))
    assert (await read(seeing, serve(page()), reader="eye")).needs_review == []


@pytest.mark.slow
async def test_a_row_that_the_eye_missed_shifts_no_other(kit: Kit, serve: Serve) -> None:
    seeing, _ = sighted(kit, says([TASKS[0], TASKS[2]]))
    answer = await read(seeing, serve(page()), reader="eye")
    assert answer.needs_review == []
    assert any("saw 2 rows where the page has 3" in notice for notice in answer.notices)


async def test_a_row_that_only_the_eye_sees_is_told_and_not_kept(kit: Kit, serve: Serve) -> None:
    seeing, _ = sighted(kit, says([*TASKS, ["ghost-task", "99%", "Running"]]))
    answer = await read(seeing, serve(page()), reader="eye")
    assert [row.task_name for row in answer.rows] == ["train-bert", "serve-bert", "eval-qwen"]
    assert any("ghost-task" in notice for notice in answer.notices)


async def test_an_eye_that_makes_things_up_is_left_aside(kit: Kit, serve: Serve) -> None:
    dreamt = [[f"dream-{number}", f"{number * 7}%", "Pending"] for number in range(3)]
    seeing, _ = sighted(kit, says(dreamt))
    answer = await read(seeing, serve(page()), reader="eye")
    assert [row.gpu_utilization_percent for row in answer.rows] == [87, 12, 55]
    assert (answer.needs_review, answer.source.reader) == ([], "structure")
    assert any("left aside" in notice for notice in answer.notices)


FAILURES = [
    EyeUnavailable("The engine went away."),
    EyeBusy("64 questions wait."),
    EyeAnswerInvalid("It spoke prose."),
    TimedOut("No answer in 120 s.", setting="eye.question_seconds"),
]


@pytest.mark.slow
@pytest.mark.parametrize("reader", ["auto", "eye"])
@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
async def test_where_the_eye_fails_the_first_reading_stands_with_a_note(
    kit: Kit, serve: Serve, failure: Exception, reader: str
) -> None:
    seeing, eye = sighted(kit, failure)
    answer = await read(seeing, serve(UNSURE), reader=reader)
    assert len(answer.rows) == 4
    assert answer.source.reader == "structure"
    assert any("could not be asked" in notice and str(failure) in notice for notice in answer.notices)
    assert len(eye.asked) == 1


@pytest.mark.slow
async def test_words_that_are_no_table_fall_back_too(kit: Kit, serve: Serve) -> None:
    seeing, _ = sighted(kit, "I see a lovely console.")
    answer = await read(seeing, serve(page()), reader="eye")
    assert len(answer.rows) == 3
    assert any("could not be asked" in notice for notice in answer.notices)


@pytest.mark.slow
@pytest.mark.parametrize("state", [None, "starting", "down", "blind"])
async def test_reader_eye_without_an_eye_says_what_to_do_instead(kit: Kit, serve: Serve, state: str | None) -> None:
    eye = ScriptedEye([says(TASKS)], EyeStatus(state, "it is a test")) if state else None  # type: ignore[arg-type]
    with pytest.raises(EyeUnavailable, match="reader auto"):
        await read(replace(kit, eye=eye), serve(page()), reader="eye")
    doubtful = await read(replace(kit, eye=eye), serve(UNSURE))
    assert len(doubtful.rows) == 4, "auto reads without it"
    told = [f"Sight is {state}, so it was not asked."] if state else []
    assert [notice for notice in doubtful.notices if "Sight" in notice] == told
    assert not any("Sight" in notice for notice in (await read(replace(kit, eye=eye), serve(page()))).notices)


@pytest.mark.slow
async def test_secrets_are_covered_in_what_the_eye_is_shown_and_masked_in_what_it_says(kit: Kit, serve: Serve) -> None:
    key = "AKIA" + "Q" * 16
    rows = [*TASKS, [f"job {key}", "1234%", "Running"]]
    seeing, eye = sighted(kit, says(misread(rows, 3, 1, "12.34%")))
    answer = await read(seeing, serve(page(rows)))
    assert key not in answer.model_dump_json()
    bare, other = sighted(kit, says(rows))
    await read(bare, serve(page([*TASKS, ["job", "1234%", "Running"]])))
    assert dark(eye) > 1.5 * dark(other), "a bar lies over the key"


def dark(eye: ScriptedEye) -> int:
    """How many pixels of what the eye was shown first are nearly black."""
    with Image.open(io.BytesIO(eye.asked[0].pictures[0].data)) as shown:
        return sum(shown.convert("L").histogram()[:40])


@pytest.mark.slow
async def test_a_long_list_is_shown_in_parts_each_under_the_list_s_head(kit: Kit, serve: Serve) -> None:
    tasks = [[f"task-{number:03}", f"{number}%", "Running"] for number in range(100)]
    parts = [says(tasks[start : start + 40]) for start in (0, 40, 80)]
    seeing, eye = sighted(kit, *parts)
    answer = await read(seeing, serve(page(tasks)), reader="eye", max_rows=0)
    assert len(eye.asked) == 3
    heights = [Image.open(io.BytesIO(asked.pictures[0].data)).height for asked in eye.asked]
    assert heights[0] > 1.5 * heights[2]
    assert any("spoke of 300 cells, and 0 are in doubt" in notice for notice in answer.notices)


async def test_through_a_client_the_doubt_arrives_with_both_readings(kit: Kit, serve: Serve) -> None:
    seeing, _ = sighted(kit, says(misread(TASKS, 2, 2, "Finished")))

    async def the_kit() -> Kit:
        return seeing

    async with Client(App(ALL_TOOLS, the_kit).server(), read_timeout_seconds=60) as client:
        result = await client.call_tool("read_console_usage", {"url": serve(page()), "reader": "eye"})
        blind = await client.call_tool("read_console_usage", {"url": serve(page()), "reader": "telepathy"})
    told = result.structured_content
    assert told is not None
    assert told["needs_review"][0]["reason"] == "the page says 'Failed', the eye twice 'Finished'"
    assert told["rows"][2]["status"] == "failed"
    assert blind.is_error


# --- pictures -------------------------------------------------------------------------------------------------------

CANVAS = """<!doctype html><body style="margin:0"><canvas width=900 height=320></canvas><script>
const pen = document.querySelector("canvas").getContext("2d"); pen.font = "16px Liberation Sans";
const lines = LINES;
lines.forEach((line, y) => line.forEach((text, x) => pen.fillText(text, 40 + x * 280, 60 + y * 48)));</script>"""


def drawn(lines: Sequence[Sequence[str]]) -> str:
    return CANVAS.replace("LINES", json.dumps([list(line) for line in lines]))


@pytest.mark.slow
async def test_what_only_the_eye_finds_is_believed_where_ocr_read_the_same_words(kit: Kit, serve: Serve) -> None:
    """A list without headers: OCR can't tell its columns, the eye names them."""
    seeing, eye = sighted(kit, says(misread(TASKS, 1, 1, "19%")), says(TASKS))
    answer = await read(seeing, serve(drawn(TASKS)), wait_seconds=1)
    assert [row.task_name for row in answer.rows] == ["train-bert", "serve-bert", "eval-qwen"]
    assert answer.source.reader == "eye"
    assert [asked.effort for asked in eye.asked] == ["routine", "careful"]
    assert [(doubt.row, doubt.column) for doubt in answer.needs_review] == [(1, "GPU")]


@pytest.mark.slow
async def test_a_table_that_ocr_saw_nothing_of_is_made_up(kit: Kit, serve: Serve) -> None:
    seeing, _ = sighted(kit, says(TASKS))
    with pytest.raises(ReadingError, match="no list"):
        await read(seeing, serve("<!doctype html><h1>Holiday photos</h1><p>Rome was sunny."), wait_seconds=1)


@pytest.mark.slow
async def test_ocr_s_doubts_are_settled_or_told_by_the_eye(kit: Kit, serve: Serve) -> None:
    dice = random.Random(5)
    rows = [[f"job-{dice.randrange(10**4):04d}", f"{dice.uniform(0, 100):.1f}%", "Running"] for _ in range(4)]
    seeing, eye = sighted(kit, says(rows))
    answer = await read(seeing, serve(drawn([HEADERS, *rows])), reader="eye", wait_seconds=1)
    assert [row.task_name for row in answer.rows] == [row[0] for row in rows]
    assert [row.cells["GPU"].text for row in answer.rows] == [row[1] for row in rows]
    assert (answer.needs_review, answer.source.reader) == ([], "eye")
    assert eye.asked


async def test_a_secret_is_not_told_in_what_the_page_and_the_eye_say(kit: Kit, serve: Serve) -> None:
    key, address = "AKIA" + "A1B2C3D4" * 2, "10.1.2.3"
    rows = [*WITH_IMPOSSIBLE, [f"{key} {address}", "40%", "Running"]]
    covered = says(misread(rows, len(rows) - 1, 0, f"{address} ####"))
    sighted_kit, _ = sighted(kit, covered, covered)
    answer = await read(sighted_kit, serve(page(rows)))
    told = answer.model_dump_json() + answer.text()
    assert any("the eye" in doubt.reason for doubt in answer.needs_review)
    assert key not in told
    assert address not in told
