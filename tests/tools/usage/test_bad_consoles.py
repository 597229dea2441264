"""Consoles at their worst: lists that move, cells that lie, pages that are none."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image

from handlens.errors import ReadingError
from handlens.kit import Kit
from handlens.read_console_usage import ReadConsoleUsageInput, ReadConsoleUsageOutput, read_console_usage

pytestmark = pytest.mark.anyio
Serve = Callable[..., str]
GB, GIB = 10**9, 2**30
HEAD = "<!doctype html><meta charset=utf-8><title>Tasks</title>"


async def read(kit: Kit, url: str, **more: object) -> ReadConsoleUsageOutput:
    return await read_console_usage(ReadConsoleUsageInput(url=url, **more), kit)  # type: ignore[arg-type]


def table(headers: str, *rows: str) -> str:
    lines = "".join(f"<tr>{''.join(f'<td>{cell}' for cell in row.split('|'))}" for row in rows)
    return f"<table><tr>{''.join(f'<th>{header}' for header in headers.split('|'))}{lines}</table>"


async def test_every_way_to_write_that_there_is_no_value_is_null_without_a_doubt(kit: Kit, serve: Serve) -> None:
    ways = ["NaN", "--", "N/A", "-", "—", "n/a", "null", "", "无", "暂无"]
    html = table("Task|GPU|Memory|Status|Started", *(f"t{n}|{way}|{way}|Running|{way}" for n, way in enumerate(ways)))
    answer = await read(kit, serve(HEAD + html))
    assert answer.needs_review == []
    for row, way in zip(answer.rows, ways, strict=True):
        assert (row.gpu_utilization_percent, row.memory_used_bytes, row.start_time) == (None, None, None)
        assert row.inefficient is None, "what was not measured is not idle"
        assert row.cells["GPU"].text == way


@pytest.mark.parametrize(
    ("shown", "field"),
    [
        ("1234%|1 GB|Running", "GPU"),
        ("-3%|1 GB|Running", "GPU"),
        ("100.5%|1 GB|Running", "GPU"),
        ("5% 9%|1 GB|Running", "GPU"),
        ("5%|-4 GB|Running", "Memory"),
        ("5%|90 GB / 40 GB|Running", "Memory"),
        ("5%|99999999999 TiB|Running", "Memory"),
        ("5%|12 MB/s|Running", "Memory"),
    ],
)
async def test_what_can_not_be_is_refused_with_the_raw_kept(kit: Kit, serve: Serve, shown: str, field: str) -> None:
    answer = await read(kit, serve(HEAD + table("Task|GPU|Memory|Status", f"a|{shown}")))
    (doubt,) = answer.needs_review
    assert (doubt.row, doubt.column) == (0, field)
    assert answer.rows[0].cells[field].text == doubt.text
    refused = answer.rows[0].gpu_utilization_percent if field == "GPU" else answer.rows[0].memory_used_bytes
    assert refused is None


async def test_a_ratio_among_percentages_is_left_for_review(kit: Kit, serve: Serve) -> None:
    rows = [f"t{number}|{gpu}" for number, gpu in enumerate(("45%", "0.45", "7", "90%"))]
    answer = await read(kit, serve(HEAD + table("Task|GPU", *rows)))
    assert [row.gpu_utilization_percent for row in answer.rows] == [45, None, 7, 90]
    assert [(doubt.row, doubt.text) for doubt in answer.needs_review] == [(1, "0.45")]


async def test_units_may_change_from_row_to_row(kit: Kit, serve: Serve) -> None:
    html = table("Task|Memory|GPU", "a|512 MiB|5%", "b|1.5 GiB / 4 GiB|5 %", "c|2 GB|0.5%", "d|3,000 MB|5", "e|1Ti|5%")
    answer = await read(kit, serve(HEAD + html))
    assert [row.memory_used_bytes for row in answer.rows] == [2**29, 1.5 * GIB, 2 * GB, 3 * GB, 2**40]
    assert [row.gpu_utilization_percent for row in answer.rows] == [5, 5, 0.5, 5, 5]


async def test_a_cell_merged_over_rows_says_the_same_of_each(kit: Kit, serve: Serve) -> None:
    html = """<table><tr><th>Node<th>Task<th>GPU<tr><td rowspan=2>n1<td>a<td>5%<tr><td>b<td>6%
    <tr><td>n2<td>c<td>7%</table>"""
    answer = await read(kit, serve(HEAD + html))
    assert [(row.cells["Node"].text, row.task_name) for row in answer.rows] == [("n1", "a"), ("n1", "b"), ("n2", "c")]


async def test_two_lists_of_usage_are_both_read(kit: Kit, serve: Serve) -> None:
    both = "<h2>Training</h2>" + table("Task|GPU", "a|5%", "b|6%") + "<h2>Serving</h2>" + table("Task|GPU", "c|7%")
    answer = await read(kit, serve(HEAD + both))
    assert [row.task_name for row in answer.rows] == ["a", "b", "c"]
    assert answer.source.tables == ["Training", "Serving"]


HOVERED = """<style>.tip { position: fixed; top: 0; right: 0 }</style><script>
document.addEventListener("mouseover", (event) => { document.querySelector("[role=tooltip]")?.remove();
  const name = event.target.dataset?.whole; if (!name) return;
  setTimeout(() => { const tip = document.createElement("div"); tip.className = "tip"; tip.role = "tooltip";
    tip.textContent = name; document.body.append(tip); }, 120); });</script>
<table><tr><th>Task<th>GPU<tr><td data-whole="inference-serving-bert-large-17">inference-ser…<td>5%
<tr><td data-whole="inference-tuning-9">inference-tun…<td>6%<tr><td>short<td>7%</table>"""


async def test_a_cut_name_is_taken_from_the_tooltip_that_comes_on_hovering(kit: Kit, serve: Serve) -> None:
    answer = await read(kit, serve(HEAD + HOVERED))
    assert [row.task_name for row in answer.rows] == ["inference-serving-bert-large-17", "inference-tuning-9", "short"]


async def test_a_cut_name_without_a_tooltip_stays_as_it_is_shown(kit: Kit, serve: Serve) -> None:
    answer = await read(kit, serve(HEAD + table("Task|GPU", "inference-ser…|5%", "b|6%")))
    assert answer.rows[0].task_name == "inference-ser…"


RESORTING = """<div id=at></div><script>
const tasks = Array.from({length: 25}, (_, n) => [`task-${n}`, n]);
const show = () => { tasks.sort(() => Math.random() - 0.5);
  document.getElementById("at").innerHTML = "<table><tr><th>Task<th>GPU" +
    tasks.map(([name, gpu]) => `<tr><td>${name}<td>${gpu}%`).join("") + "</table>"; };
show(); setInterval(show, 7);</script>"""


async def test_a_list_that_sorts_itself_anew_while_read_mixes_no_rows(kit: Kit, serve: Serve) -> None:
    answer = await read(kit, serve(HEAD + RESORTING), max_rows=0)
    seen = {row.task_name: row.gpu_utilization_percent for row in answer.rows}
    assert seen == {f"task-{number}": number for number in range(25)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("html", "status", "said"),
    [
        ("<h1>登录</h1><form><input type=password></form>", 200, "login"),
        ("<title>会话已过期</title><p>会话已过期，请重新登录</p>", 200, "login"),
        ("<p>请完成安全验证</p>", 200, "captcha"),
        ("<div class='g-recaptcha' style='width:9px;height:9px'></div>" + table("Task|GPU"), 200, "captcha"),
        ("<h1>403 Forbidden</h1>", 403, "error page"),
        ("<p>加载失败</p>", 200, "error page"),
    ],
)
async def test_what_stands_before_a_console_is_named(kit: Kit, serve: Serve, html: str, status: int, said: str) -> None:
    with pytest.raises(ReadingError, match=said):
        await read(kit, serve(HEAD + html, status), wait_seconds=2)


async def test_a_list_of_logins_is_no_login(kit: Kit, serve: Serve) -> None:
    answer = await read(kit, serve(HEAD + table("Job|CPU|Status", "login-service|5%|Running", "captcha-net|6%|Failed")))
    assert [row.task_name for row in answer.rows] == ["login-service", "captcha-net"]


@pytest.mark.slow
async def test_ten_thousand_rows_are_read_each_once(kit: Kit, serve: Serve) -> None:
    html = table("Task|GPU|Memory|Status", *(f"task-{n}|{n % 101}%|{n} MB|Running" for n in range(10_000)))
    answer = await read(kit, serve(HEAD + html), max_rows=50_000)
    assert answer.total_rows == 10_000
    assert answer.artifact is not None
    _, data = await kit.artifacts.read(answer.artifact, owner=kit.caller.subject)
    assert data.count(b'"task_name"') == 10_000
    assert b'"task-9999"' in data


@pytest.mark.slow
async def test_a_picture_of_nothing_is_no_console(kit: Kit) -> None:
    buffer = io.BytesIO()
    Image.radial_gradient("L").resize((900, 600)).save(buffer, "PNG")
    kept = await kit.artifacts.save(buffer.getvalue(), name="a.png", media_type="image/png", owner=kit.caller.subject)
    with pytest.raises(ReadingError, match="No list"):
        await read_console_usage(ReadConsoleUsageInput(image=kept.uri), kit)
