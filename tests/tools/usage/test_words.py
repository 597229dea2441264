"""Headers and statuses, in English and Chinese."""

from __future__ import annotations

import pytest

from handlens.usage.columns import Field, assign, meaning
from handlens.usage.status import normalise_status


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("任务名称", Field.TASK_NAME),
        ("Task name ↑", Field.TASK_NAME),
        ("任务名称/ID", Field.TASK_NAME),
        ("实例规格", Field.INSTANCE_TYPE),
        ("Instance type", Field.INSTANCE_TYPE),
        ("GPU 利用率", Field.GPU),
        ("GPU Utilization (%)", Field.GPU),
        ("gpuUtilization", Field.GPU),
        ("CPU 使用率（%）", Field.CPU),
        ("内存使用量", Field.MEMORY),
        ("Memory used / total (GiB)", Field.MEMORY),
        ("Mem Total (GiB)", Field.MEMORY_TOTAL),
        ("显存 (已用/总量)", Field.GPU_MEMORY),
        ("GRAM", Field.GPU_MEMORY),
        ("运行状态", Field.STATUS),
        ("开始时间", Field.START_TIME),
        ("Created at", Field.START_TIME),
    ],
)
def test_a_header_s_meaning_is_known(header: str, field: Field) -> None:
    assert max(meaning(header), key=lambda found: meaning(header)[found]) is field


@pytest.mark.parametrize(
    "header", ["GPU 数量", "GPU count", "GPU 温度", "内存使用率", "Network I/O", "Owner", "操作", ""]
)
def test_a_header_that_means_something_else_is_left_alone(header: str) -> None:
    assert not meaning(header)


def test_the_surer_header_wins_and_no_column_serves_twice() -> None:
    found = assign(["ID", "Name", "Task name", "GPU", "GPU Memory", "Status", "Created", "Started"])
    assert found[Field.TASK_NAME] == 2
    assert found[Field.GPU_MEMORY] == 4
    assert found[Field.START_TIME] == 7
    assert len(set(found.values())) == len(found)


def test_a_profile_s_words_go_first() -> None:
    assert assign(["Task name", "Label"], {"label": "task_name"})[Field.TASK_NAME] == 1


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Running", "running"),
        ("● 运行中", "running"),
        ("Running (2/3)", "running"),
        ("In progress", "running"),
        ("排队中", "pending"),
        ("NotReady", "unknown"),
        ("已完成", "succeeded"),
        ("任务运行失败", "failed"),
        ("Failed: OOM", "failed"),
        ("OOMKilled", "failed"),
        ("fatal", "failed"),
        ("backoff", "pending"),
        ("Not running", "stopped"),
        ("未运行", "stopped"),
        ("已停止", "stopped"),
        ("--", "unknown"),
        ("whatever", "unknown"),
    ],
)
def test_a_status_is_mapped_to_one_vocabulary(text: str, status: str) -> None:
    assert normalise_status(text) == status
