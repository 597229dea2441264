"""Console pages with truth by construction: themes, languages, density, units, fonts, borders, cards, 1 to 500 rows.

`make(seed)` gives one page: its HTML and, for every row, what each cell shows and what the row means.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from console_html import GROUPED, GROUPS, THEMES, Look, document

GIB, GB = 2**30, 10**9
LAYOUTS = ("table", "table", "table", "aria", "divs", "cards", "dl-cards", "panel")
FONTS = ("Liberation Sans", "DejaVu Sans", "Noto Sans CJK SC", "Liberation Serif", "DejaVu Sans Mono")
FURTHER_FONTS = ("Noto Sans", "DejaVu Serif", "Liberation Sans Narrow", "Liberation Mono")
NAMES = (
    "train-bert-large",
    "inference-serving-bert",
    "resnet50-imagenet",
    "llama-7b-sft",
    "qwen-vl-eval",
    "dlrm-nightly",
    "whisper-finetune",
    "sd-xl-lora",
    "ocr-batch",
    "ranker_v2",
    "feature-join",
    "tts-hifigan",
    "moe-pretrain-16b",
)
TYPES = (
    "ecs.gn7i-c8g1.2xlarge",
    "ecs.gn6v-c8g1.8xlarge",
    "p4d.24xlarge",
    "Standard_NC24",
    "A100-80G x 2",
    "V100 × 4",
    "ml.g5.12xlarge",
    "T4",
    "8 vCPU 64 GiB",
    "gpu.h100.8",
    "ecs.ebmgn7v.32xlarge",
)
OWNERS = ("li.wei", "zhang_min", "ops-team", "j.smith", "chen", "research", "a.kumar")
STATUSES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {"running": ("Running", "Active"), "pending": ("Pending", "Queued"), "succeeded": ("Succeeded", "Completed"),
           "failed": ("Failed", "Error"), "stopped": ("Stopped", "Terminated")},
    "zh": {"running": ("运行中",), "pending": ("排队中", "等待中"), "succeeded": ("已完成", "成功"),
           "failed": ("失败", "运行失败"), "stopped": ("已停止",)},
}  # fmt: skip
HEADERS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {"name": ("Task name", "Job Name", "Task", "Name"), "type": ("Instance type", "Machine Type", "Spec"),
           "gpu": ("GPU utilization", "GPU Usage", "GPU %", "GPU"), "cpu": ("CPU utilization", "CPU", "CPU Usage"),
           "memory": ("Memory usage", "Memory", "Mem used / total"), "status": ("Status", "State"),
           "start": ("Start time", "Started", "Created"), "owner": ("Owner", "User"), "count": ("GPUs", "GPU count"),
           "priority": ("Priority",), "id": ("Job ID", "ID"), "duration": ("Duration", "Run time")},
    "zh": {"name": ("任务名称", "作业名称", "任务"), "type": ("实例规格", "机型"), "gpu": ("GPU 利用率", "GPU使用率"),
           "cpu": ("CPU 使用率", "CPU利用率"), "memory": ("内存使用", "内存用量", "内存"),
           "status": ("状态", "运行状态"), "start": ("开始时间", "创建时间"), "owner": ("创建人", "所有者"),
           "count": ("GPU 数量", "卡数"),
           "priority": ("优先级",), "id": ("任务ID", "编号"), "duration": ("运行时长", "耗时")},
}  # fmt: skip
TITLES = {"en": "Training tasks", "zh": "训练任务列表"}


@dataclass(frozen=True)
class TrueRow:
    """What one row shows (header → text) and means (field of a usage row → value)."""

    cells: dict[str, str]
    fields: dict[str, Any]


@dataclass(frozen=True)
class ConsolePage:
    """A page, and what is on it."""

    seed: int
    html: str
    layout: str
    width: int
    dark: bool
    language: str
    rows: list[TrueRow] = field(default_factory=list)


def make(seed: int, *, rows: int | None = None, layout: str | None = None, wide: bool = False) -> ConsolePage:
    """The page of a seed: always the same. ``wide``: with what surrounds and decorates the lists of real consoles."""
    dice = random.Random(seed)
    language = dice.choice(("en", "zh"))
    look = Look(
        language=language,
        layout=layout or dice.choice(LAYOUTS),
        dark=dice.random() < 0.3,
        font=dice.choice(FONTS),
        size=dice.choice((12, 13, 14, 14, 15)),
        padding=dice.choice((4, 8, 12, 16)),
        borders=dice.choice(("all", "rows", "none", "zebra")),
        pills=dice.random() < 0.4,
        bars=dice.random() < 0.3,
        memory=dice.choice(("GiB/GiB", "/GiB", "GB", "MiB/GiB", "percent")),
        percent=dice.choice(("{:.0f}%", "{:.1f}%", "{:.1f} %", "{:.2f}%")),
        time=dice.choice(("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M")),
        missing=dice.choice(("--", "-", "N/A")),
    )
    keys = _columns(dice, look.layout)
    names = {key: dice.choice(HEADERS[language][key]) for key in keys}
    count = rows or (1 if look.layout == "panel" else dice.choice((1, 3, 8, 12, 20, 30, 50)))
    if look.layout in ("cards", "dl-cards"):
        count = min(count, 24)
    if wide:
        look = _decorated(random.Random(f"wide {seed}"), look)
    made = [_row(dice, look, keys, number) for number in range(count)]
    if wide:
        _widened(random.Random(f"wider {seed}"), look, keys, names, made)
    titles = {k: f"{GROUPS[language]} {names[k]}" if look.grouped and k in GROUPED else names[k] for k in keys}
    if look.grouped:
        keys.sort(key=lambda key: (key != "name", key in GROUPED))
    true = [TrueRow({titles[k]: shown[k] for k in keys}, fields) for shown, fields in made]
    html = document(look, TITLES[language], keys, names, [shown for shown, _ in made])
    return ConsolePage(seed, html, look.layout, dice.choice((1280, 1440, 1600, 1920)), look.dark, language, true)


def _decorated(dice: random.Random, look: Look) -> Look:
    def some(share: float) -> bool:
        return dice.random() < share

    flat = look.layout in ("table", "aria")
    look = _restyled(random.Random(dice.random()), look)
    return replace(
        look,
        sidebar=some(0.4),
        tiles=some(0.3),
        filters=some(0.5),
        pager=some(0.5),
        grouped=look.layout == "table" and some(0.3),
        wrapped=flat and some(0.3),
        sorts=dice.choice(("", "↑", "⇅", "▲▼")),
        icons=some(0.3) and look.layout not in ("aria", "divs"),
        checks=flat and some(0.3),
        actions=flat and some(0.4),
        sticky=look.layout == "table" and some(0.3),
        inside=some(0.2),
        members=flat and some(0.2),
    )


def _restyled(dice: random.Random, look: Look) -> Look:
    def some(share: float) -> bool:
        return dice.random() < share

    table = look.layout == "table"
    theme = dice.choice(("", "", *THEMES))
    return replace(
        look,
        theme=theme,
        dark=theme in ("slate", "black") if theme else look.dark,
        font=dice.choice((*FONTS, *FURTHER_FONTS)),
        size=dice.choice((11, look.size, look.size, 16)),
        padding=dice.choice((2, look.padding, look.padding)),
        badge=dice.choice(("solid", "soft", "outline")),
        under=look.bars and some(0.4),
        shouted=look.language == "en" and some(0.2),
        right=table and some(0.3),
        links=some(0.3),
        sticky_head=table and some(0.3),
        narrow=table and some(0.2),
    )


def _widened(
    dice: random.Random,
    look: Look,
    keys: list[str],
    names: dict[str, str],
    rows: list[tuple[dict[str, str], dict[str, Any]]],
) -> None:
    """Add columns, second lines in names, and times that count back to the rows."""
    flat = look.layout in ("table", "aria")
    identities, ago = flat and dice.random() < 0.25, dice.random() < 0.25
    more = [key for key in ("id", "duration") if flat and not look.wrapped and dice.random() < 0.25]
    for key in more:
        keys.append(key)
        names[key] = dice.choice(HEADERS[look.language][key])
    for shown, fields in rows:
        if identities and not look.wrapped:
            shown["name"] += "\n" + _identity(dice)
        if ago and shown.get("start", look.missing) != look.missing:
            shown["start"] = _ago(dice, look.language)
            del fields["start_time"]
        shown |= {key: _identity(dice) if key == "id" else _duration(dice) for key in more}


def _identity(dice: random.Random) -> str:
    made = "".join(dice.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(12))
    return dice.choice((f"dlc{made}", f"job-{made[:8]}", f"{made[:4]}-{made[4:8]}-{made[8:]}"))


def _ago(dice: random.Random, language: str) -> str:
    count = dice.randrange(2, 59)
    if language == "zh":
        return f"{count} {dice.choice(('分钟', '小时', '天'))}前"
    return f"{count} {dice.choice(('minutes', 'hours', 'days'))} ago"


def _duration(dice: random.Random) -> str:
    hours, minutes, seconds = dice.randrange(100), dice.randrange(60), dice.randrange(60)
    return dice.choice((f"{hours}h {minutes}m", f"{hours:02d}:{minutes:02d}:{seconds:02d}", f"{minutes}m {seconds}s"))


def _columns(dice: random.Random, layout: str) -> list[str]:
    rest = ["type", "gpu", "memory", "status", "start"]
    rest += [key for key in ("cpu", "owner", "count", "priority") if dice.random() < 0.4]
    dice.shuffle(rest)
    if layout in ("cards", "dl-cards"):
        rest = [key for key in rest if key != "priority"][:6]
    return ["name", *rest]


def _row(dice: random.Random, look: Look, keys: list[str], number: int) -> tuple[dict[str, str], dict[str, Any]]:
    name = (
        f"{dice.choice(NAMES)}-{dice.randrange(10**4):04d}" if dice.random() < 0.8 else f"{dice.choice(NAMES)}-{number}"
    )
    status = dice.choice(("running", "running", "running", "pending", "succeeded", "failed", "stopped"))
    idle = status in ("pending", "stopped")
    shown: dict[str, str] = {"name": name, "type": dice.choice(TYPES)}
    fields: dict[str, Any] = {"task_name": name, "status": status if "status" in keys else "unknown"}
    fields["instance_type"] = shown["type"] if "type" in keys else None
    for key, column in (("gpu", "gpu_utilization_percent"), ("cpu", "cpu_utilization_percent")):
        if key in keys:
            shown[key] = look.missing if idle else look.percent.format(dice.uniform(0, 100))
            fields[column] = None if idle else float(shown[key].rstrip("% "))
    shown["memory"], used, total = _memory(dice, look, idle=idle)
    if "memory" in keys:
        fields |= {"memory_used_bytes": used, "memory_total_bytes": total}
    shown["status"] = dice.choice(STATUSES[look.language][status])
    fields["status_text"] = shown["status"] if "status" in keys else None
    moment = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=dice.randrange(300 * 86_400))
    shown["start"] = look.missing if status == "pending" else moment.strftime(look.time)
    started = datetime.strptime(shown["start"], look.time).replace(tzinfo=UTC) if status != "pending" else None
    fields["start_time"] = started.isoformat() if started and "start" in keys else None
    shown["owner"] = dice.choice(OWNERS)
    shown["count"] = str(dice.choice((1, 2, 4, 8, 16)))
    shown["priority"] = str(dice.randrange(1, 10))
    return {key: shown[key] for key in keys}, fields


def _memory(dice: random.Random, look: Look, *, idle: bool) -> tuple[str, int | None, int | None]:
    if idle:
        return look.missing, None, None
    total = dice.choice((16, 30, 32, 64, 128, 256))
    used = round(dice.uniform(0.1, total), 1)
    if look.memory == "GiB/GiB":
        return f"{used:.1f} GiB / {total} GiB", round(used * GIB), total * GIB
    if look.memory == "/GiB":
        return f"{used:.1f}/{total} GiB", round(used * GIB), total * GIB
    if look.memory == "GB":
        return f"{used:.1f} GB", round(used * GB), None
    if look.memory == "MiB/GiB":
        small = dice.randrange(100, total * 1000)
        return f"{small} MiB / {total} GiB", small * 2**20, total * GIB
    return f"{used:.1f}GiB ({used / total:.0%})", round(used * GIB), None
