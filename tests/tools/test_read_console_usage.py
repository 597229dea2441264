"""`read_console_usage` on real pages in a real browser."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from handlens.errors import InvalidInput, NoSuchArtifact, ReadingError
from handlens.kit import Caller, Kit
from handlens.read_console_usage import ReadConsoleUsageInput, ReadConsoleUsageOutput, read_console_usage

pytestmark = pytest.mark.anyio
Serve = Callable[..., str]
GIB = 2**30

HEAD = "<tr><th>Task name<th>Instance type<th>GPU utilization<th>Memory usage<th>Status<th>Start time</tr>"
ROW = "<tr><td>{}<td>ecs.gn7i<td>{}<td>{}<td>{}<td>{}</tr>"


def console(*rows: tuple[str, ...], before: str = "") -> str:
    lines = "".join(ROW.format(*row) for row in rows)
    return f"<!doctype html><html lang=en><meta charset=utf-8><h1>Tasks</h1>{before}<table>{HEAD}{lines}</table>"


BERT = ("train-bert", "87%", "12.5 GiB / 40 GiB", "Running", "2025-03-01 12:00:00")


async def read(kit: Kit, url: str, **more: object) -> ReadConsoleUsageOutput:
    return await read_console_usage(ReadConsoleUsageInput(url=url, **more), kit)  # type: ignore[arg-type]


async def test_a_table_becomes_typed_rows_with_the_raw_text_kept(kit: Kit, serve: Serve) -> None:
    answer = await read(kit, serve(console(BERT)))
    row = answer.rows[0]
    assert (row.task_name, row.instance_type, row.status, row.status_text) == (
        "train-bert",
        "ecs.gn7i",
        "running",
        "Running",
    )
    assert (row.gpu_utilization_percent, row.inefficient) == (87, False)
    assert (row.memory_used_bytes, row.memory_total_bytes) == (round(12.5 * GIB), 40 * GIB)
    assert row.start_time is not None
    assert row.start_time.startswith("2025-03-01T12:00:00")
    assert row.cells["Memory usage"].text == "12.5 GiB / 40 GiB"
    assert row.cells["Memory usage"].confidence == 1
    box = row.cells["GPU utilization"].box
    assert box is not None
    assert box.width > 0
    assert (answer.needs_review, answer.source.reader, answer.next_cursor) == ([], "structure", None)


async def test_chinese_and_two_line_merged_headers_are_understood(kit: Kit, serve: Serve) -> None:
    html = """<!doctype html><meta charset=utf-8><table><thead>
    <tr><th rowspan=2>任务名称<th colspan=2>GPU<th rowspan=2>状态</tr><tr><th>利用率<th>数量</tr></thead>
    <tr><td>训练-甲<td>12.5%<td>2<td>运行中</tr><tr><td>训练-乙<td>--<td>1<td>排队中</tr></table>"""
    first, second = (await read(kit, serve(html))).rows
    assert (first.task_name, first.gpu_utilization_percent, first.status, first.inefficient) == (
        "训练-甲",
        12.5,
        "running",
        True,
    )
    assert first.cells["GPU 数量"].text == "2"
    assert (second.gpu_utilization_percent, second.inefficient, second.status) == (None, None, "pending")


async def test_impossible_values_are_refused_and_left_for_review(kit: Kit, serve: Serve) -> None:
    answer = await read(
        kit, serve(console(("a", "1234%", "50 GB / 40 GB", "Running", "2025-02-30"), ("b", "-3%", "NaN", "", "--")))
    )
    assert [row.gpu_utilization_percent for row in answer.rows] == [None, None]
    assert answer.rows[0].memory_used_bytes is None
    assert {(doubt.row, doubt.column) for doubt in answer.needs_review} == {
        (0, "GPU utilization"),
        (0, "Memory usage"),
        (0, "Start time"),
        (1, "GPU utilization"),
    }
    assert answer.rows[0].cells["GPU utilization"].text == "1234%"


async def test_a_cut_name_is_taken_whole_from_its_tooltip(kit: Kit, serve: Serve) -> None:
    html = console(("<span title='inference-serving-bert-large'>inference-ser…</span>", "5%", "1 GiB", "Running", "--"))
    assert (await read(kit, serve(html))).rows[0].task_name == "inference-serving-bert-large"


async def test_bars_and_icons_say_what_they_stand_for(kit: Kit, serve: Serve) -> None:
    bar = "<div class=progress><div class=progress-bar style='width:42%;height:8px'></div></div>"
    html = console(
        ("a", "<progress max=100 value=37></progress>", "--", "<img alt=Running>", "--"),
        ("b", bar, "--", "<i aria-label=Failed></i>", "--"),
    )
    answer = await read(kit, serve(html))
    assert [row.gpu_utilization_percent for row in answer.rows] == [37, 42]
    assert [row.status for row in answer.rows] == ["running", "failed"]
    assert [(doubt.row, doubt.reason) for doubt in answer.needs_review] == [(1, "read from a bar's length")]


async def test_a_header_that_scrolls_apart_from_its_body_is_joined_to_it(kit: Kit, serve: Serve) -> None:
    rows = "".join(ROW.format(*BERT) for _ in range(2))
    measure = "<tr aria-hidden=true style='height:0'><td><td></tr>"
    html = f"<!doctype html><table><thead>{HEAD}</thead></table><div><table>{measure}{rows}</table></div>"
    assert [row.gpu_utilization_percent for row in (await read(kit, serve(html))).rows] == [87, 87]


async def test_an_aria_grid_in_a_shadow_root_in_a_frame_is_read(kit: Kit, serve: Serve) -> None:
    inner = serve("""<!doctype html><x-grid></x-grid><script>
    customElements.define('x-grid', class extends HTMLElement { connectedCallback() {
      this.attachShadow({mode: 'open'}).innerHTML = `<div role=grid aria-rowcount=3>
      <div role=row><span role=columnheader>Job name</span> <span role=columnheader>GPU</span></div>
      <div role=row><span role=gridcell>alpha</span> <span role=gridcell>55%</span></div>
      <div role=row style="display:none"><span role=gridcell>ghost</span><span role=gridcell>1%</span></div></div>`;
    }});</script>""")
    answer = await read(kit, serve(f"<!doctype html><p style='height:100px'>x</p><iframe src='{inner}'></iframe>"))
    assert [(row.task_name, row.gpu_utilization_percent) for row in answer.rows] == [("alpha", 55)]
    box = answer.rows[0].cells["GPU"].box
    assert box is not None
    assert box.y > 100


async def test_the_legend_of_a_chart_gives_the_last_values_of_what_its_title_names(kit: Kit, serve: Serve) -> None:
    lines = "".join(f"<tr><td>{name}<td>{last}%<td>99%" for name, last in (("train-bert", 12.5), ("serve", 80)))
    html = f"<h2>GPU utilization</h2><svg></svg><table><thead><tr><th>Name<th>Last *<th>Max<tbody>{lines}</table>"
    answer = await read_console_usage(ReadConsoleUsageInput(url=serve(html), wait_seconds=1), kit)
    assert [(row.task_name, row.gpu_utilization_percent) for row in answer.rows] == [
        ("train-bert", 12.5),
        ("serve", 80),
    ]


async def test_cards_of_definition_lists_are_rows_named_by_their_headings(kit: Kit, serve: Serve) -> None:
    card = "<section><h3>{}</h3><dl><dt>GPU<dd>{}<dt>Status<dd>Running<dt>Memory<dd>4 GB</dl></section>"
    answer = await read(kit, serve("<!doctype html>" + card.format("a", "10%") + card.format("b", "90%")))
    assert [(row.task_name, row.gpu_utilization_percent, row.memory_used_bytes) for row in answer.rows] == [
        ("a", 10, 4 * 10**9),
        ("b", 90, 4 * 10**9),
    ]


async def test_of_two_tables_only_the_one_about_usage_is_read(kit: Kit, serve: Serve) -> None:
    members = "<table><tr><th>Name<th>Role</tr><tr><td>Li<td>Admin</tr></table>"
    assert [row.task_name for row in (await read(kit, serve(console(BERT, before=members)))).rows] == ["train-bert"]


@pytest.mark.slow
async def test_a_list_that_comes_late_is_waited_for(kit: Kit, serve: Serve) -> None:
    spinner = "<div class=spinner style='width:9px;height:9px'></div>"
    html = f"""<!doctype html><div id=at>{spinner}</div><script>
    setTimeout(() => {{ document.getElementById('at').innerHTML = `{console(BERT)}`; }}, 2200)</script>"""
    assert len((await read(kit, serve(html))).rows) == 1


@pytest.mark.parametrize(
    ("html", "status", "said"),
    [
        ("<title>Sign in</title><form><input name=user><input type=password></form>", 200, "login"),
        ("<h1>Security check</h1><p>Please verify you are human</p>", 200, "captcha"),
        ("<h1>502 Bad Gateway</h1>", 502, "error page"),
        ("<h1>系统错误</h1>", 200, "error page"),
        ("<h1>Holiday photos</h1><table><tr><th>Place<th>Year</tr><tr><td>Rome<td>2020</tr></table>", 200, "no list"),
    ],
)
@pytest.mark.slow
async def test_a_page_that_is_no_console_is_an_error_that_says_what_it_is(
    kit: Kit, serve: Serve, html: str, status: int, said: str
) -> None:
    with pytest.raises(ReadingError, match=said):
        await read(kit, serve(f"<!doctype html><meta charset=utf-8>{html}", status))


async def test_a_spinner_that_never_ends_is_an_error_after_the_time_given(kit: Kit, serve: Serve) -> None:
    with pytest.raises(ReadingError, match="still loading"):
        await read(kit, serve("<!doctype html><div aria-busy=true>Loading</div>"), wait_seconds=0.5)


async def test_an_empty_list_is_an_answer_with_no_rows(kit: Kit, serve: Serve) -> None:
    html = console().replace("</table>", "<tr><td colspan=6>No data</tr></table>")
    answer = await read(kit, serve(html))
    assert (answer.rows, answer.total_rows) == ([], 0)
    assert "empty" in answer.text()


@pytest.mark.slow
async def test_a_long_list_is_cut_and_its_cursor_gives_every_further_row_once(kit: Kit, serve: Serve) -> None:
    tasks = [f"task-{number}" for number in range(120)]
    answer = await read(kit, serve(console(*((task, "50%", "1 GiB / 2 GiB", "Running", "--") for task in tasks))))
    seen: list[str | None] = []
    answers = 0
    while True:
        answers += 1
        assert len(answer.model_dump_json()) + len(answer.text()) <= kit.limits.inline_characters
        assert answer.first_row == len(seen)
        seen += [row.task_name for row in answer.rows]
        if answer.next_cursor is None:
            break
        answer = await read_console_usage(ReadConsoleUsageInput(cursor=answer.next_cursor), kit)
    assert seen == tasks
    assert 1 < answers < 8
    assert answer.artifact is not None
    _, data = await kit.artifacts.read(answer.artifact, owner=kit.caller.subject)
    whole = json.loads(data)
    assert len(whole["rows"]) == 120
    assert whole["rows"][119]["cells"]["Status"]["box"] is not None


@pytest.mark.slow
async def test_a_row_of_two_hundred_columns_still_fits(kit: Kit, serve: Serve) -> None:
    head = "".join(f"<th>Label {number}" for number in range(200))
    cells = "".join(f"<td>{'long text ' * 30}" for _ in range(200))
    answer = await read(
        kit, serve(f"<!doctype html><table><tr><th>Task name<th>GPU{head}</tr><tr><td>a<td>5%{cells}</tr></table>")
    )
    assert [(row.task_name, row.gpu_utilization_percent) for row in answer.rows] == [("a", 5)]
    assert len(answer.model_dump_json()) + len(answer.text()) <= kit.limits.inline_characters


async def test_secrets_and_private_addresses_are_in_no_row(kit: Kit, serve: Serve) -> None:
    answer = await read(kit, serve(console(("job AKIAABCDEFGHIJKLMNOP on 10.1.2.3", "5%", "1 GiB", "Running", "--"))))
    assert answer.rows[0].task_name == "job [secret] on 10.*.*.3"
    assert "AKIA" not in answer.model_dump_json()
    assert "10.1.2" not in answer.model_dump_json()


async def test_somebody_else_s_cursor_opens_nothing(kit: Kit, serve: Serve) -> None:
    rows = ((f"t{n}", "5%", "1 GiB", "Running", "--") for n in range(100))
    cursor = (await read(kit, serve(console(*rows)))).next_cursor
    with pytest.raises(NoSuchArtifact):
        await read_console_usage(ReadConsoleUsageInput(cursor=cursor), kit.serving(Caller("another")))


@pytest.mark.parametrize(
    "arguments", [{}, {"url": "http://127.0.0.1/", "session_id": "s_1"}, {"url": "http://127.0.0.1/", "cursor": "a:1"}]
)
async def test_arguments_that_do_not_go_together_are_refused(kit: Kit, arguments: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        await read_console_usage(ReadConsoleUsageInput(**arguments), kit)
