"""Tables from nothing but the places of texts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from handlens.geometry import Box
from handlens.usage.fragments import Fragment
from handlens.usage.layout import tables_in
from handlens.usage.layout_legends import NO_VALUE
from handlens.usage.rows import telling, typed_rows, usage_tables
from handlens.usage.table import Cell, RawTable, Table, as_pairs, scrolled_together, unfold
from handlens.usage.times import Clock

Line = tuple[float, list[tuple[float, str]]]


def written(*lines: Line) -> list[Fragment]:
    """Fragments of 14-pixel type: (top, [(left, text), …])."""
    return [
        Fragment(text, Box(x=left, y=top, width=7.0 * len(text), height=26))
        for top, texts in lines
        for left, text in texts
    ]


def shown(table: Table) -> list[dict[str, str]]:
    return [dict(zip(table.headers, (cell.text for cell in row), strict=True)) for row in table.rows]


def test_lines_under_a_line_of_headers_are_rows() -> None:
    (table,) = tables_in(
        written(
            (0, [(20, "Training tasks")]),
            (60, [(20, "Task name"), (300, "GPU"), (420, "Status")]),
            (100, [(20, "train-bert"), (300, "87%"), (420, "● Running")]),
            (140, [(20, "serve-bert"), (420, "Stopped")]),
        )
    )
    assert shown(table) == [
        {"Task name": "train-bert", "GPU": "87%", "Status": "Running"},
        {"Task name": "serve-bert", "GPU": "", "Status": "Stopped"},
    ]


def test_a_name_that_wraps_stays_in_its_row() -> None:
    (table,) = tables_in(
        written(
            (60, [(20, "Task name"), (300, "GPU"), (420, "Status")]),
            (100, [(20, "inference-serving-"), (300, "87%"), (420, "Running")]),
            (118, [(20, "bert-large")]),
            (160, [(20, "b"), (300, "5%"), (420, "Failed")]),
            (200, [(20, "c"), (300, "6%"), (420, "Failed")]),
        )
    )
    assert [row["Task name"] for row in shown(table)] == ["inference-serving-bert-large", "b", "c"]


def test_texts_that_touch_are_cut_where_the_column_ends_and_doubted() -> None:
    rows = [(100.0 + 40 * n, [(20.0, "a" * 10), (230.0, "2025-03-01"), (420.0, "Running")]) for n in range(5)]
    touching = (300.0, [(20.0, "inference-serving-bert-large-12025-03-01"), (420.0, "Running")])
    (table,) = tables_in(written((60, [(20, "Task name"), (230, "Start time"), (420, "Status")]), *rows, touching))
    last = table.rows[-1]
    assert last[1].text.endswith("2025-03-01")
    assert last[0].confidence <= 0.5


def test_the_pages_of_a_list_are_no_row() -> None:
    (table,) = tables_in(
        written(
            (60, [(20, "任务名称"), (300, "GPU 利用率"), (520, "状态")]),
            (100, [(20, "a"), (300, "87%"), (520, "运行中")]),
            (180, [(300, "共 120 条"), (420, "1 2 3"), (520, "10 条/页")]),
        )
    )
    assert len(table.rows) == 1


def test_cards_are_rows_named_by_their_headings() -> None:
    def card(left: float, top: float, name: str, gpu: str, state: str) -> list[tuple[float, list[tuple[float, str]]]]:
        return [
            (top, [(left, name)]),
            (top + 30, [(left, "GPU"), (left + 150, gpu)]),
            (top + 54, [(left, "Owner"), (left + 150, "li")]),
            (top + 78, [(left, "Status"), (left + 150, state)]),
        ]

    fragments = written(*card(20, 60, "a", "1%", "Running"), *card(420, 60, "b", "2%", "Queued"))
    fragments += written(*card(20, 200, "c", "3%", "Failed"))
    (table,) = tables_in(fragments)
    assert [(row["Name"], row["GPU"], row["Owner"], row["Status"]) for row in shown(table)] == [
        ("a", "1%", "li", "Running"), ("b", "2%", "li", "Queued"), ("c", "3%", "li", "Failed"),
    ]  # fmt: skip


def test_a_panel_of_names_over_values_is_one_row() -> None:
    (table,) = tables_in(
        written(
            (60, [(20, "Task name"), (300, "GPU"), (580, "Status")]),
            (84, [(20, "a"), (340, "87%"), (593, "Running")]),
            (130, [(20, "Memory"), (300, "Owner"), (580, "Start time")]),
            (154, [(20, "4 GiB"), (300, "li"), (580, "2025-03-01")]),
        )
    )
    assert shown(table) == [
        {
            "Task name": "a",
            "GPU": "87%",
            "Status": "Running",
            "Memory": "4 GiB",
            "Owner": "li",
            "Start time": "2025-03-01",
        }
    ]


def test_text_that_is_no_console_gives_no_table() -> None:
    assert (
        tables_in(written((0, [(20, "Holiday photos")]), (40, [(20, "Rome was sunny."), (300, "We had ice cream.")])))
        == []
    )


def test_looks_at_a_scrolled_list_are_put_together_without_double_rows() -> None:
    def look(*names: str) -> Table:
        return Table(("Task", "GPU", "Status"), tuple((Cell(name), Cell("5%"), Cell("Running")) for name in names))

    (whole,) = scrolled_together([look("a", "b", "c", "d"), look("c", "d", "e"), look("e", "f")])
    assert [row[0].text for row in whole.rows] == ["a", "b", "c", "d", "e", "f"]


def test_a_menu_beside_the_list_is_no_part_of_it() -> None:
    menu = [(40.0 + 33 * n, [(10.0, word)]) for n, word in enumerate(("Overview", "Jobs", "Models", "Nodes", "Cost"))]
    rows = [(100.0 + 40 * n, [(220.0, f"job-{n}"), (400.0, f"{n}7%"), (520.0, "Running")]) for n in range(4)]
    (table,) = tables_in(written(*menu, (60, [(220, "Task name"), (400, "GPU"), (520, "Status")]), *rows))
    assert [row["Task name"] for row in shown(table)] == ["job-0", "job-1", "job-2", "job-3"]


def test_headers_of_two_lines_are_one() -> None:
    (table,) = tables_in(
        written(
            (51, [(300, "Resources")]),
            (64, [(20, "Task name"), (600, "Status")]),
            (77, [(300, "GPU"), (420, "Memory")]),
            (130, [(20, "a"), (300, "87%"), (420, "4 GB"), (600, "Running")]),
        )
    )
    assert shown(table) == [{"Task name": "a", "Resources GPU": "87%", "Resources Memory": "4 GB", "Status": "Running"}]


def test_a_header_of_three_lines_is_one_though_not_all_of_its_lowest_line_is_known() -> None:
    (table,) = tables_in(
        written(
            (60, [(500, "Resources")]),
            (84, [(20, "Task"), (200, "Machine type"), (350, "Status")]),
            (108, [(500, "CPU usage"), (600, "Mem used / total"), (760, "GPUA")]),
            (150, [(20, "train-a"), (200, "T4"), (350, "Running"), (500, "5%"), (600, "1/2 GiB"), (760, "9%")]),
            (190, [(20, "train-b"), (200, "T4"), (350, "Failed"), (500, "6%"), (600, "1/2 GiB"), (760, "8%")]),
        )
    )
    assert shown(table)[1] == {
        "Task": "train-b", "Machine type": "T4", "Status": "Failed", "Resources CPU usage": "6%",
        "Resources Mem used / total": "1/2 GiB", "Resources GPUA": "8%",
    }  # fmt: skip


def test_an_arrow_that_is_wrapped_under_its_header_is_no_part_of_it() -> None:
    (table,) = tables_in(
        written(
            (60, [(20, "Task name"), (200, "GPU %"), (350, "Instance type")]),
            (82, [(20, "ΔV"), (350, "ΔV")]),
            (130, [(20, "train-a"), (200, "5%"), (350, "T4")]),
            (170, [(20, "train-b"), (200, "6%"), (350, "T4")]),
        )
    )
    assert table.headers == ("Task name", "GPU %", "Instance type")


def test_arrows_to_sort_by_are_no_part_of_a_header() -> None:
    (table,) = tables_in(
        written(
            (60, [(20, "Task name AV"), (300, "GPU ▲V"), (420, "Status t1")]),
            (100, [(20, "a"), (300, "87%"), (420, "Running")]),
        )
    )
    assert table.headers == ("Task name", "GPU", "Status")


def test_a_wrapped_number_is_the_end_of_its_name_and_a_row_of_few_values_is_a_row() -> None:
    def row(top: float, name: str, *values: str) -> list[tuple[float, list[tuple[float, str]]]]:
        cells = [(300.0 + 120 * n, value) for n, value in enumerate(values) if value]
        return [(top, [(20.0, f"{name}-"), *cells]), (top + 22, [(20.0, "1843")])]

    (table,) = tables_in(
        written(
            (20, [(20, "Task name"), (300, "GPU"), (420, "Status"), (540, "Owner"), (660, "Memory")]),
            *row(60, "train", "87%", "Running", "li", "4 GB"),
            *row(140, "wait", "", "Pending", "", ""),
            *row(220, "serve", "5%", "Running", "li", "4 GB"),
            *row(300, "eval", "5%", "Failed", "li", "4 GB"),
            (380, [(500, "1 2 3")]),
        )
    )
    assert [cells["Task name"] for cells in shown(table)] == [
        "train-1843",
        "wait-1843",
        "serve-1843",
        "eval-1843",
    ]


def test_a_name_that_runs_into_its_value_is_cut_off_it() -> None:
    run_on = Fragment(
        "Memory 38.9 GB",
        Box(x=300, y=90, width=98, height=26),
        1.0,
        (
            Fragment("Memory", Box(x=300, y=90, width=42, height=26)),
            Fragment("38.9", Box(x=349, y=90, width=28, height=26)),
            Fragment("GB", Box(x=384, y=90, width=14, height=26)),
        ),
    )
    (table,) = tables_in(
        [
            *written(
                (60, [(20, "job-a"), (300, "job-b")]),
                (90, [(20, "Memory"), (120, "4 GB")]),
                (116, [(20, "Status"), (120, "Running"), (300, "Status"), (400, "Failed")]),
            ),
            run_on,
        ]
    )
    assert [cells["Memory"] for cells in shown(table)] == ["4 GB", "38.9 GB"]


def test_a_title_close_over_the_headers_is_no_part_of_them() -> None:
    (table,) = tables_in(
        written(
            (30, [(16, "Training tasks")]),
            (60, [(20, "Task name"), (300, "GPU"), (420, "Status")]),
            (100, [(20, "a"), (300, "87%"), (420, "Running")]),
        )
    )
    assert table.headers == ("Task name", "GPU", "Status")


def test_a_second_line_that_looks_larger_where_a_picture_is_cut_does_not_end_its_list() -> None:
    rows = [
        (100.0 + 50 * n, [(20.0, f"task-{n}"), (300.0, f"{n}7%"), (420.0, "Running"), (560.0, "root")])
        for n in range(6)
    ]  # fmt: skip
    seconds = [(top + 20, [(20.0, f"id-abc{n}x")]) for n, (top, _) in enumerate(rows)]
    lines = written((60, [(20, "Task name"), (300, "GPU"), (420, "Status"), (560, "Owner")]), *rows, *seconds)
    larger = [replace(one, box=replaced_height(one.box, 42)) if one.text == "id-abc2x" else one for one in lines]
    (table,) = tables_in(larger)
    assert len(table.rows) == 6


def replaced_height(box: Box, height: float) -> Box:
    return Box(x=box.x, y=box.y - (height - box.height) / 2, width=box.width, height=height)


def test_a_list_is_found_though_other_things_stand_in_its_lines() -> None:
    side = [(60.0 + 31 * n, [(5.0, f"eth{n}"), (80.0, f"{n}2Kb"), (140.0, "8Kb")]) for n in range(6)]
    heads = [(230.0, "CPU%"), (300.0, "RES"), (370.0, "PID"), (430.0, "USER"), (500.0, "S"), (540.0, "Command")]
    rows = [
        (83.0 + 23 * n, [(230.0, f"0.{n}"), (300.0, f"{n}5M"), (370.0, f"12{n}"), (430.0, "root"), (500.0, "S"),
                         (540.0, f"python -m serve {n}")])
        for n in range(8)
    ]  # fmt: skip
    (table,) = tables_in(written(*side, (60, heads), *rows))
    assert table.headers == tuple(name for _, name in heads)
    assert [row[-1].text for row in table.rows] == [f"python -m serve {n}" for n in range(8)]


def test_what_follows_a_list_further_off_and_across_its_columns_is_no_row() -> None:
    rows = [(100.0 + 30 * n, [(20.0, f"job-{n}"), (200.0, f"{n}7%"), (260.0, "Running")]) for n in range(6)]
    (table,) = tables_in(
        written(
            (60, [(20, "Task name"), (200, "GPU"), (260, "Status")]),
            *rows,
            (310, [(20, "2 warnings since 2026-11-22 06:00:39 (+0000) on cluster")]),
            (340, [(20, "CRITICAL"), (260, "cpu")]),
        )
    )
    assert [row["Task name"] for row in shown(table)] == [f"job-{n}" for n in range(6)]


def test_a_foot_that_begins_with_the_length_of_a_page_is_no_row() -> None:
    (table,) = tables_in(
        written(
            (60, [(20, "Name"), (300, "GPU"), (520, "State"), (700, "Worker")]),
            (100, [(20, "a"), (300, "87%"), (520, "SUCCESS"), (700, "celery@vm")]),
            (160, [(20, "15"), (60, "Showing 1 to 15 of 29 tasks"), (600, "Previous"), (690, "1"), (720, "Next")]),
        )
    )
    assert len(table.rows) == 1


def test_headers_read_as_one_are_parted_where_two_texts_stand_under_them() -> None:
    both = Fragment(
        "NI S", Box(x=300, y=60, width=40, height=26), 1.0,
        (Fragment("NI", Box(x=300, y=60, width=15, height=26)), Fragment("S", Box(x=330, y=60, width=8, height=26))),
    )  # fmt: skip
    rows = [(100.0 + 30 * n, [(20.0, f"job-{n}"), (150.0, "5%"), (305.0, "0"), (331.0, "R")]) for n in range(4)]
    (table,) = tables_in([*written((60, [(20, "Task name"), (150, "CPU")]), *rows), both])
    assert table.headers == ("Task name", "CPU", "NI", "S")
    assert [cell.text for cell in table.rows[0]] == ["job-0", "5%", "0", "R"]


def test_a_header_is_not_parted_between_the_characters_of_a_word() -> None:
    duration, box = "运行时长1", Box(x=300, y=60, width=57, height=26)
    signs = tuple(Fragment(sign, Box(x=300 + 12 * at, y=60, width=12, height=26)) for at, sign in enumerate(duration))
    rows = written(*((100.0 + 30 * n, [(20.0, f"job-{n}"), (150.0, "5%")]) for n in range(4)))
    for n in range(4):
        hours, minutes = written((100 + 30 * n, [(300, "26h"), (325, "20m")]))
        rows.append(Fragment("26h 20m", Box(x=300, y=hours.box.y, width=46, height=26), 1.0, (hours, minutes)))
    heads = [*written((60, [(20, "Task name"), (150, "CPU")])), Fragment(duration, box, 1.0, signs)]
    (table,) = tables_in([*heads, *rows])
    assert table.headers == ("Task name", "CPU", duration)


def test_a_time_stays_with_its_date_though_the_next_column_begins_left_of_its_values() -> None:
    heads = written((60, [(20, "Task name"), (300, "Created"), (436, "GPU usage")]))
    rows = written(*((100.0 + 30 * n, [(20.0, f"job-{n}"), (476.0 + n % 4 * 8, "63.3%")]) for n in range(13)))
    for n in range(13):
        date, time = written((100 + 30 * n, [(300, "2025-03-09"), (377, "19:59")]))
        rows.append(Fragment("2025-03-09 19:59", Box(x=300, y=date.box.y, width=112, height=26), 1.0, (date, time)))
    (table,) = tables_in([*heads, *rows])
    assert shown(table)[0] == {"Task name": "job-0", "Created": "2025-03-09 19:59", "GPU usage": "63.3%"}


def test_the_end_of_a_name_belongs_to_it_though_an_icon_moves_its_start() -> None:
    heads = (60.0, [(20.0, "任务名称"), (300.0, "GPU"), (420.0, "状态")])
    first = [(100.0, [(40.0, "resnet50-"), (300.0, "5%"), (420.0, "运行中")]), (118.0, [(20.0, "9710")])]
    (table,) = tables_in(written(heads, *first, (160, [(40, "b"), (300, "6%"), (420, "失败")])))
    assert [row["任务名称"] for row in shown(table)] == ["resnet50-9710", "b"]


def test_arrows_read_as_digits_and_a_box_to_tick_do_not_part_the_lines_of_a_header() -> None:
    (table,) = tables_in(
        written(
            (51, [(300, "Resources")]),
            (64, [(4, "0"), (30, "Task name"), (600, "Priority 1"), (700, "Status")]),
            (77, [(300, "GPU %"), (420, "CPU")]),
            (130, [(30, "a"), (300, "87%"), (420, "4%"), (600, "6"), (700, "Running")]),
        )
    )
    assert shown(table)[0]["Task name"] == "a"
    assert shown(table)[0]["Resources GPU %"] == "87%"


def test_what_opens_a_row_is_no_part_of_its_name_and_texts_far_apart_in_a_cell_are_doubted() -> None:
    (table,) = tables_in(
        written(
            (60, [(200, "Task name"), (300, "GPU"), (420, "Status")]),
            (100, [(130, "V"), (210, "vm"), (300, "87%"), (420, "Running"), (600, "92")]),
            (140, [(205, "agent"), (300, "5%"), (420, "Running")]),
        )
    )
    assert [row["Task name"] for row in shown(table)] == ["vm", "agent"]
    assert [row[2].note is None for row in table.rows] == [False, True]


def test_a_heading_with_a_tag_beside_it_names_its_card() -> None:
    def card(left: float, top: float, name: str, tag: str) -> list[tuple[float, list[tuple[float, str]]]]:
        pairs = (("Spec", "T4"), ("GPU", "5%"), ("Memory", "4 GiB"))
        beside = [(top + 40 + 28 * n, [(left, key), (left + 90, value)]) for n, (key, value) in enumerate(pairs)]
        return [(top, [(left, name), (left + 260, tag)]), *beside]

    lines = [card(20, 60, "train-a", "Running"), card(420, 60, "serve-b", "Failed"), card(20, 260, "eval-c", "Running")]
    (table,) = tables_in(written(*(line for lines_of in lines for line in lines_of)))
    assert [(row["Name"], row["GPU"]) for row in shown(table)] == [
        ("train-a", "5%"),
        ("serve-b", "5%"),
        ("eval-c", "5%"),
    ]


def test_values_in_rings_belong_to_the_names_under_them_and_the_heading_over_them() -> None:
    (table,) = tables_in(
        written(
            (20, [(20, "train-bert"), (420, "serve-bert")]),
            (100, [(55, "32.4%"), (255, "15%"), (455, "65.1%"), (655, "8%")]),
            (160, [(30, "GPU usage"), (225, "Memory usage"), (430, "GPU usage"), (625, "Memory usage")]),
        )
    )
    assert shown(table) == [
        {"Name": "train-bert", "GPU usage": "32.4%", "Memory usage": "15%"},
        {"Name": "serve-bert", "GPU usage": "65.1%", "Memory usage": "8%"},
    ]


def test_a_table_of_names_and_values_in_turns_is_one_row() -> None:
    def line(*texts: str) -> tuple[Cell, ...]:
        return tuple(Cell(text, header=not at % 2) for at, text in enumerate(texts))

    lines = line("任务名称", "train-bert", "实例规格", "T4"), line("GPU 利用率", "5%", "状态", "运行中")
    table = unfold(as_pairs(RawTable("table", lines)))
    assert table is not None
    assert shown(table) == [{"任务名称": "train-bert", "实例规格": "T4", "GPU 利用率": "5%", "状态": "运行中"}]


def test_names_with_their_values_behind_colons_are_cards() -> None:
    cards = [(20.0, "train-a", "5%"), (520.0, "serve-b", "87%")]
    lines = [(60.0, [(left, name) for left, name, _ in cards])]
    for number, pair in enumerate(("实例规格：T4", "GPU 利用率：{}", "内存使用: 4 GiB")):
        lines.append((104.0 + 30 * number, [(left, pair.format(gpu)) for left, _, gpu in cards]))
    (table,) = tables_in(written(*lines))
    assert [(row["Name"], row["GPU 利用率"], row["内存使用"]) for row in shown(table)] == [
        ("train-a", "5%", "4 GiB"), ("serve-b", "87%", "4 GiB"),
    ]  # fmt: skip


def test_a_panel_with_two_pairs_of_name_and_value_a_line_is_one_row() -> None:
    (table,) = tables_in(
        written(
            (60, [(20, "任务名称"), (300, "train-bert-42"), (620, "实例规格"), (860, "ecs.gn7i")]),
            (110, [(20, "GPU 利用率"), (300, "32.4%"), (620, "内存使用"), (860, "9.9 GiB / 64 GiB")]),
            (160, [(20, "状态"), (300, "运行中"), (620, "开始时间"), (860, "2026-03-10 00:10:20")]),
        )
    )
    (row,) = shown(table)
    assert (row["任务名称"], row["GPU 利用率"], row["状态"], row["实例规格"]) == (
        "train-bert-42",
        "32.4%",
        "运行中",
        "ecs.gn7i",
    )


def test_another_list_under_the_first_with_columns_of_its_own_is_none_of_its_rows() -> None:
    heads = [(20.0, "任务"), (250.0, "开始时间"), (450.0, "状态"), (600.0, "内存使用"), (750.0, "GPU")]
    (table,) = tables_in(
        written(
            (60, heads),
            (100, [(20, "a"), (250, "2026-03-01"), (450, "运行中"), (600, "4 GiB"), (750, "5%")]),
            (160, [(10, "成员")]),
            (200, [(20, "用户名"), (360, "角色"), (540, "加入")]),
            *((240.0 + 40 * n, [(20.0, f"u{n}"), (360.0, "admin"), (530.0, "2024")]) for n in range(3)),
        )
    )
    assert [row["任务"] for row in shown(table)] == ["a"]


CHART = (
    (20.0, [(20.0, "Overview")]),
    (60.0, [(20.0, "GPU utilization")]),
    (100.0, [(20.0, "100%")]),
    (180.0, [(20.0, "50%")]),
    (260.0, [(20.0, "0%")]),
    (285.0, [(80.0, "10:00"), (280.0, "10:15"), (480.0, "10:30")]),
)


def usage(fragments: list[Fragment]) -> list[tuple[str | None, float | None, list[str]]]:
    """Name, GPU and doubts of the rows that the texts mean."""
    seen: list[tuple[str | None, float | None, list[str]]] = []
    for table in telling(tables_in(fragments)):
        rows, doubts = typed_rows(table, Clock(datetime(2026, 3, 1, tzinfo=UTC)))
        for number, row in enumerate(rows):
            why = [doubt.reason for doubt in doubts if doubt.row == number]
            seen.append((row.task_name, row.gpu_utilization_percent, why))
    return seen


def test_the_legend_under_a_chart_gives_the_last_values_of_what_the_title_over_it_names() -> None:
    legend = [(320.0, "Name Last Max"), (345.0, "train-bert 32.4% 99%"), (370.0, "serve-bert 8% 11%")]
    lines = [(top, list(zip((20.0, 300.0, 420.0), text.split(), strict=True))) for top, text in legend]
    assert usage(written(*CHART, *lines)) == [("train-bert", 32.4, []), ("serve-bert", 8, [])]


def test_charts_side_by_side_have_each_their_own_legend() -> None:
    right = [(top, [(left + 600, text) for left, text in texts]) for top, texts in CHART[2:]]
    lines = [(top, [*texts, *more]) for (top, texts), (_, more) in zip(CHART[2:], right, strict=True)]
    heads = [(60.0, [(20.0, "GPU utilization"), (620.0, "Memory usage")])]
    legend = [(320.0, ["Name", "Last", "Name", "Last"]), (345.0, ["train-bert", "32.4%", "train-bert", "12 GiB"])]
    under = [(top, list(zip((20.0, 300.0, 620.0, 900.0), texts, strict=True))) for top, texts in legend]
    found = usage_tables(tables_in(written(*heads, *lines, *under)))
    assert [(table.name, [[cell.text for cell in row] for row in table.rows]) for table in found] == [
        ("GPU utilization", [["train-bert", "32.4%"]]),
        ("Memory usage", [["train-bert", "12 GiB"]]),
    ]


def test_a_legend_in_one_line_gives_the_values_that_are_written_in_it() -> None:
    line = (320.0, [(40.0, "train-bert: 32.4%"), (240.0, "serve-bert  Last: 8%"), (480.0, "eval-a"), (580.0, "7%")])
    assert usage(written(*CHART, line)) == [("train-bert", 32.4, []), ("serve-bert", 8, []), ("eval-a", 7, [])]


def test_no_value_is_made_up_for_a_line_that_a_legend_only_names() -> None:
    line = (320.0, [(40.0, "train-bert"), (240.0, "serve-bert")])
    assert usage(written(*CHART, line)) == [("train-bert", None, [NO_VALUE]), ("serve-bert", None, [NO_VALUE])]


def test_bars_and_rings_under_the_name_of_a_metric_are_a_row_each() -> None:
    bars = [(60.0 + 30 * n, [(20.0, name), (500.0, f"{n}7%")]) for n, name in enumerate(("train-a", "serve-b"))]
    assert usage(written((20, [(20, "GPU utilization")]), *bars)) == [("train-a", 7, []), ("serve-b", 17, [])]
    rings = (100.0, [(55.0, "32.4%"), (255.0, "15%")]), (160.0, [(40.0, "train-a"), (240.0, "serve-b")])
    assert usage(written((20, [(20, "GPU utilization")]), *rings)) == [("train-a", 32.4, []), ("serve-b", 15, [])]


def test_rings_without_a_heading_are_of_one_thing() -> None:
    rings = (100.0, [(55.0, "32.4%"), (255.0, "15%")]), (160.0, [(30.0, "GPU usage"), (225.0, "CPU usage")])
    (table,) = tables_in(written(*rings))
    assert shown(table) == [{"GPU usage": "32.4%", "CPU usage": "15%"}]


def test_what_is_laid_out_like_a_list_but_says_nothing_is_none() -> None:
    def table(*rows: tuple[str, str]) -> Table:
        return Table(("Name", "Status"), tuple(tuple(map(Cell, row)) for row in rows))

    assert telling([table(("", "Users RPS"), ("", "120"), ("Aggregated", ""))]) == []
    assert len(telling([table(("train-bert", "whatever they call it"), ("serve-bert", "Running"))])) == 1


def test_a_box_to_tick_beside_a_wrapped_name_is_no_part_of_it() -> None:
    (table,) = tables_in(
        written(
            (60, [(60, "Task name"), (300, "GPU"), (420, "Status")]),
            *[(100.0 + 50 * n, [(60.0, "whisper-"), (300.0, "5%"), (420.0, "Failed")]) for n in range(3)],
            *[(109.0 + 50 * n, [(20.0, "0")]) for n in range(3)],
            *[(118.0 + 50 * n, [(60.0, f"finetune-{n}")]) for n in range(3)],
        )
    )
    assert [row["Task name"] for row in shown(table)] == [f"whisper-finetune-{n}" for n in range(3)]


def test_numbers_at_the_right_edge_are_of_the_header_whose_arrow_stands_over_them() -> None:
    def worded(top: float, left: float, text: str, *rest: float) -> Fragment:
        words = text.split()
        lefts = [left, *rest]
        parts = tuple(written((top, [(at, word)]))[0] for at, word in zip(lefts, words, strict=True))
        box = Box(x=left, y=top, width=parts[-1].box.right - left, height=26)
        return Fragment(text, box, 1.0, parts)

    heads = [
        worded(60, 20, "Name"), worded(60, 300, "Priority ↑", 372), worded(60, 395, "GPU ↑", 442),
        worded(60, 600, "Status"),
    ]  # fmt: skip
    rows = [
        (100.0 + 40 * n, [(20.0, f"job-{n}"), (372.0, f"{n}"), (428.0, f"{n}0%"), (600.0, "Running")]) for n in range(6)
    ]
    (table,) = tables_in([*heads, *written(*rows)])
    assert [row["Priority"] for row in shown(table)] == [f"{n}" for n in range(6)]


def test_the_lines_of_a_name_that_begins_with_its_row_stay_in_it() -> None:
    rows = [
        (100.0 + 76 * n + 22 * line, [(20.0, part), *([(300.0, "87%"), (420.0, "Running")] if not line else [])])
        for n in range(4)
        for line, part in enumerate((f"job{n}-", "serving-", "large"))
    ]
    (table,) = tables_in(written((60, [(20, "Task name"), (300, "GPU"), (420, "Status")]), *rows))
    assert [row["Task name"] for row in shown(table)] == [f"job{n}-serving-large" for n in range(4)]


def test_two_names_that_wrap_round_the_middle_of_their_row_are_of_it() -> None:
    def row(top: float, count: int) -> list[tuple[float, list[tuple[float, str]]]]:
        middle: list[tuple[float, str]] = [(420.0, "Running"), (560.0, "li")]
        if count == 2:
            return [
                (top, [(20.0, "job7-"), (680.0, "ecs.gn7i-")]),
                (top + 11, [(0.0, "□"), *middle]),
                (top + 22, [(20.0, "large"), (680.0, "c8g1")]),
            ]
        lines = (
            [(20.0, "job7-"), (680.0, "ecs.")],
            [(20.0, "very-"), (680.0, "gn7i-")],
            [(20.0, "large"), (680.0, "c8")],
        )
        return [(top + 22 * n, [*line, *(middle if n == 1 else [])]) for n, line in enumerate(lines)]

    heads = [(20.0, "Task name"), (300.0, "GPUs"), (420.0, "Status"), (560.0, "Owner"), (680.0, "Instance type")]
    heads += [(800.0, "GPU"), (880.0, "CPU")]
    lines = [line for n, count in enumerate((2, 3, 3, 2, 3)) for line in row(100.0 + 95 * n, count)]
    (table,) = tables_in(written((60, heads), *lines))
    assert [row["Task name"] for row in shown(table)] == [
        "job7-large" if n in (0, 3) else "job7-very-large" for n in range(5)
    ]
    assert {row["Owner"] for row in shown(table)} == {"li"}


def test_a_date_and_its_time_of_day_are_one_value_however_wide_the_space() -> None:
    rows = [
        (100.0 + 40 * n, [(20.0, f"job-{n}"), (300.0, "2025-10-24"), (385.0, "06:19"), (560.0, "9%")]) for n in range(5)
    ]
    (table,) = tables_in(written((60, [(20, "Task name"), (300, "Started"), (500, "GPU utilization")]), *rows))
    assert {(row["Started"], row["GPU utilization"]) for row in shown(table)} == {("2025-10-24 06:19", "9%")}


def test_the_name_of_a_group_is_no_column_though_its_first_column_ends_further_right() -> None:
    over = (60.0, [(300.0, "资源用量")])
    middle = (76.0, [(20.0, "任务名称"), (180.0, "状态"), (600.0, "操作")])
    under = (94.0, [(380.0, "内存使用"), (460.0, "GPU利用率")])
    rows = [
        (
            140.0 + 40 * n,
            [(20.0, f"job-{n}"), (180.0, "运行中"), (310.0, "10.4GiB (65%)"), (470.0, "76.6%"), (600.0, "查看")],
        )
        for n in range(4)
    ]
    (table,) = tables_in(written(over, middle, under, *rows))
    assert [row["资源用量内存使用"] for row in shown(table)] == ["10.4GiB (65%)"] * 4


def test_the_round_ends_of_a_pill_are_no_brackets() -> None:
    rows = [(100.0 + 40 * n, [(20.0, f"job-{n}"), (300.0, "1%"), (420.0, text)]) for n, text in enumerate(_PILLS)]
    (table,) = tables_in(written((60, [(20, "Task"), (300, "GPU"), (420, "Status")]), *rows))
    assert [row["Status"] for row in shown(table)] == [
        "Failed",
        "Running",
        "Stopped",
        "Cancelled",
        "Completed",
        "运行中",
    ]


_PILLS = "(Failed)", "CRunning", "StoppedD", "Cancelled", "Completed", "C 运行中 G D"


def test_an_arrow_read_apart_from_a_header_that_means_nothing_to_us_is_no_column() -> None:
    heads = [(20.0, "Name"), (300.0, "ID"), (322.0, "V"), (520.0, "GPU ▲▼"), (640.0, "Status ▲▼")]
    rows = [
        (100.0 + 40 * n, [(20.0, f"job-{n}"), (300.0, "83b0-ctq4-7o5p"), (520.0, "9%"), (640.0, "Failed")])
        for n in range(4)
    ]
    (table,) = tables_in(written((60, heads), *rows))
    assert {row["ID"] for row in shown(table)} == {"83b0-ctq4-7o5p"}


def test_a_line_halfway_between_two_rows_is_of_the_upper_one_where_all_texts_go_on_downwards() -> None:
    lines: list[tuple[float, list[tuple[float, str]]]] = []
    top = 100.0
    for number in range(12):
        wrapped = number % 4 > 1
        kind = "ecs.ebmgn7v.32x" if wrapped else "T4"
        lines.append((top, [(20.0, f"job-{number}"), (300.0, "9%"), (420.0, "Failed"), (560.0, kind)]))
        if wrapped:
            lines.append((top + (15 if number % 4 == 2 else 18), [(560.0, "large")]))
        top += 36 if wrapped else 20
    (table,) = tables_in(written((60, [(20, "Task"), (300, "GPU"), (420, "Status"), (560, "Machine type")]), *lines))
    assert [row["Machine type"] for row in shown(table)] == ["T4", "T4", *["ecs.ebmgn7v.32x large"] * 2] * 3


def test_what_stands_behind_several_headers_is_an_arrow_whatever_it_is_read_as() -> None:
    heads = [(20.0, "作业名称"), (52.0, "N"), (200.0, "GPU使用率"), (252.0, "N"), (400.0, "运行状态"), (432.0, "N")]
    rows = [(100.0 + 40 * n, [(20.0, f"job-{n}"), (200.0, "9%"), (400.0, "运行中")]) for n in range(3)]
    (table,) = tables_in(written((60, heads), *rows))
    assert table.headers == ("作业名称", "GPU使用率", "运行状态")


def test_a_last_row_of_few_values_over_the_pages_of_a_list_is_its_row() -> None:
    heads = [
        (20.0, "Task name"),
        (200.0, "Created"),
        (360.0, "GPU"),
        (440.0, "Spec"),
        (600.0, "Memory"),
        (720.0, "Status"),
    ]
    rows = [
        (
            100.0 + 40 * n,
            [
                (20.0, f"job-{n}"),
                (200.0, "2025/01/30 15:31"),
                (360.0, "9%"),
                (440.0, "T4"),
                (600.0, "8 GB"),
                (720.0, "Error"),
            ],
        )
        for n in range(5)
    ]
    last = (300.0, [(20.0, "job-5"), (440.0, "ml.g5.12xlarge"), (720.0, "Queued")])
    foot = (340.0, [(790.0, "Total 125 items"), (910.0, "1"), (930.0, "2 3"), (980.0, "50 / page")])
    (table,) = tables_in(written((60, heads), *rows, last, foot))
    assert [row["Task name"] for row in shown(table)] == [f"job-{n}" for n in range(6)]


def test_texts_that_are_wrapped_round_the_middle_of_their_row_are_of_it_however_little_it_says() -> None:
    heads = (60.0, [(20.0, "Task name"), (160.0, "Spec"), (280.0, "GPU"), (400.0, "Memory"), (520.0, "Status")])
    rows = [
        (
            (100.0 + 49 * n, [(20.0, "ranker_v2-"), (160.0, "ecs.gn7i-")]),
            (110.0 + 49 * n, [(520.0, "Pending")] if n % 2 else [(280.0, "9%"), (400.0, "8 GB"), (520.0, "Running")]),
            (120.0 + 49 * n, [(20.0, f"811{n}"), (160.0, "c8g1.2xlarge")]),
        )
        for n in range(6)
    ]
    (table,) = tables_in(written(heads, *(line for row in rows for line in row)))
    assert [row["Task name"] for row in shown(table)] == [f"ranker_v2-811{n}" for n in range(6)]
    assert [row["Status"] for row in shown(table)] == ["Running", "Pending"] * 3


@pytest.mark.parametrize("foot", [[], [(320.0, [(500.0, "Total 125 items"), (640.0, "1 2 3")])]])
def test_a_further_list_of_fewer_columns_is_no_part_of_the_one_above_it(foot: list[Line]) -> None:
    lefts = [20.0, 160.0, 280.0, 400.0, 520.0, 640.0, 760.0]
    names = ["Task name", "Spec", "GPU", "Memory", "Status", "CPU", "Owner"]
    texts = ["T4", "9%", "8 GB", "Error", "5%", "ops"]
    rows: list[Line] = [(100.0 + 40 * n, list(zip(lefts, [f"job-{n}", *texts], strict=True))) for n in range(4)]
    title: Line = (360.0, [(14.0, "Members")])
    members: list[Line] = [(400.0, [(20.0, "Who"), (290.0, "Role"), (540.0, "Joined")])]
    members += [(440.0 + 40 * n, [(20.0, "a"), (290.0, "admin"), (540.0, "2024-05-01")]) for n in range(3)]
    (table,) = tables_in(written((60.0, list(zip(lefts, names, strict=True))), *rows, *foot, title, *members))
    assert [row["Task name"] for row in shown(table)] == [f"job-{n}" for n in range(4)]


def test_the_numbers_that_end_the_last_row_stand_under_the_icon_before_its_text() -> None:
    heads = (60.0, [(20.0, "Task name"), (200.0, "GPU"), (300.0, "Memory"), (420.0, "Status")])
    lines: list[tuple[float, list[tuple[float, str]]]] = []
    for n in range(4):
        lines += [
            (100.0 + 60 * n, [(36.0, "ranker_v2-")]),
            (112.0 + 60 * n, [(200.0, "9%"), (300.0, "8 GB"), (420.0, "Running")]),
            (124.0 + 60 * n, [(20.0, f"147{n}")]),
        ]
    (table,) = tables_in(written(heads, *lines))
    assert [row["Task name"] for row in shown(table)] == [f"ranker_v2-147{n}" for n in range(4)]


def test_a_second_line_in_larger_type_ends_no_list_whose_rows_go_on_however_little_the_next_ones_say() -> None:
    lefts = [20.0, 180.0, 280.0, 400.0, 520.0, 640.0]
    heads: Line = (60.0, list(zip(lefts, ["Task name", "Status", "GPU", "Memory", "Spec", "Owner"], strict=True)))
    texts: list[Fragment] = written(heads)
    for n in range(8):
        said = ["Queued"] if n in (3, 4) else ["Running", "9%", "8 GB", "T4", "ops"]
        texts += written((100.0 + 60 * n, [*zip(lefts, [f"ranker-{n}", *said], strict=False)]))
        texts += [
            replace(one, box=replace_height(one.box)) for one in written((116.0 + 60 * n, [(20.0, f"job-{n}zk")]))
        ]
    (table,) = tables_in(texts)
    assert [row["Task name"].split()[0] for row in shown(table)] == [f"ranker-{n}" for n in range(8)]


def replace_height(box: Box) -> Box:
    return Box(x=box.x, y=box.y - 6, width=box.width, height=40)
