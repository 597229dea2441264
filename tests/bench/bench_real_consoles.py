"""Reads real third-party consoles on loopback and compares with their own APIs, asked just before and just after.

    ray start --head --dashboard-host 127.0.0.1        # http://127.0.0.1:8265
    glances -w -B 127.0.0.1                            # http://127.0.0.1:61208
    FLOWER_UNAUTHENTICATED_API=true celery flower      # http://127.0.0.1:5555
    python tests/bench/bench_real_consoles.py --ray URL --glances URL --flower URL [--picture] [--width 1280]

A number is right where it lies in the range of the two API answers, as far as the console rounds it. With `--picture`
the page is held still, and every cell that can be seen is read from a picture of it and compared with what the page's
structure says at the same moment; what the window cuts off must be read as far as it is there.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import unicodedata
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Page

from handlens.browser.capture import Region, capture
from handlens.browser.page_options import PageOptions
from handlens.kit import Kit
from handlens.library import open_kit
from handlens.usage.columns import header_words
from handlens.usage.console import Look, look_at_page, look_at_picture
from handlens.usage.images import decoded
from handlens.usage.masking import masked_text
from handlens.usage.profiles import named
from handlens.usage.reading import is_missing
from handlens.usage.rows import UsageRow


@dataclass
class Tally:
    right: int = 0
    wrong: list[str] = field(default_factory=list)
    marked: int = 0
    false_marks: int = 0

    def check(self, right: bool, what: str) -> None:
        self.right += right
        if not right:
            self.wrong.append(what)


def asked(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def between(value: float | None, before: float, after: float, slack: float) -> bool:
    return value is not None and min(before, after) - slack <= value <= max(before, after) + slack


def ray(base: str, look: Look, before: Any, after: Any, tally: Tally) -> None:
    old = {node["hostname"]: node for node in before["data"]["summary"]}
    for node in after["data"]["summary"]:
        row = next((row for row in look.rows if row.task_name == node["hostname"]), None)
        tally.check(row is not None, f"node {node['hostname']} is missing")
        if row is None:
            continue
        earlier = old.get(node["hostname"], node)
        cpu = row.cpu_utilization_percent
        tally.check(between(cpu, earlier["cpu"], node["cpu"], 60), f"cpu {cpu}: {earlier['cpu']} to {node['cpu']}")
        total = row.memory_total_bytes
        tally.check(between(total, node["mem"][0], node["mem"][0], 0.01 * 2**30), f"total {total}: {node['mem'][0]}")
        used, slack = row.memory_used_bytes, 0.35 * 2**30
        tally.check(between(used, earlier["mem"][3], node["mem"][3], slack), f"used {used}: {node['mem'][3]}")
        tally.check(row.status == "running", f"status {row.status}")


def glances(base: str, look: Look, before: Any, after: Any, tally: Tally) -> None:
    old, new = ({process["pid"]: process for process in one} for one in (before, after))
    rows = {row.cells["PID"].text: row for row in look.rows if "PID" in row.cells}
    for pid in sorted(old.keys() & new.keys()):
        row = rows.get(str(pid))
        tally.check(row is not None, f"process {pid} is missing")
        if row is None:
            continue
        sizes = [one[pid]["memory_info"]["rss"] for one in (old, new)]
        used = row.memory_used_bytes
        tally.check(between(used, *sizes, 0.06 * max(sizes) + 2**17), f"{pid} rss {used}: {sizes}")
        name = masked_text(" ".join(new[pid]["cmdline"] or [new[pid]["name"]]))
        folded, shown = "".join(name.split()), "".join((row.task_name or "").split())
        tally.check(
            bool(shown) and (shown in folded or new[pid]["name"] in shown), f"{pid} {shown[:60]!r}: {name[:60]!r}"
        )


def flower(base: str, look: Look, before: Any, after: Any, tally: Tally) -> None:
    states = {"SUCCESS": "succeeded", "FAILURE": "failed", "STARTED": "running", "RECEIVED": "pending"}
    rows = {row.cells["UUID"].text: row for row in look.rows}
    tally.check(len(rows) == len(after), f"{len(rows)} tasks, not {len(after)}")
    for uuid, task in after.items():
        row = rows.get(uuid)
        tally.check(row is not None and row.task_name == task["name"], f"task {uuid}")
        tally.check(row is not None and row.status == states.get(task["state"]), f"state of {uuid}: {task['state']}")


Judge = Callable[[str, Look, Any, Any, Tally], None]
CONSOLES: dict[str, tuple[str, str, Judge]] = {
    "ray": ("/#/cluster", "/nodes?view=summary", ray),
    "glances": ("/", "/api/4/processlist", glances),
    "flower": ("/tasks", "/api/tasks", flower),
}


async def read(kit: Kit, name: str, base: str, width: int) -> Tally:
    path, api, judge = CONSOLES[name]
    tally = Tally()
    session, _ = await kit.browser.open(kit.caller, base + path, PageOptions(width=width, height=1000))
    async with session.use():
        await asyncio.sleep(4)  # these consoles fill in over some seconds
        before = await asyncio.to_thread(asked, base + api)
        look = await look_at_page(session.page, named(name).meaning(), seconds=20, most_rows=2_000)
        after = await asyncio.to_thread(asked, base + api)
    await kit.browser.end(session.id, kit.caller)
    judge(base, look, before, after, tally)
    return tally


async def read_picture(kit: Kit, name: str, base: str, width: int) -> Tally:
    meaning = named(name).meaning()
    session, _ = await kit.browser.open(kit.caller, base + CONSOLES[name][0], PageOptions(width=width, height=1000))
    async with session.use():
        await asyncio.sleep(4)
        await session.page.route("**/*", lambda route: asyncio.sleep(0))  # what it asks for from now on never comes
        await asyncio.sleep(1)
        shot = await capture(session, Region(full_page=True), limits=kit.limits)
        truth = await look_at_page(session.page, meaning, seconds=20)
        visible = [await _visible(session.page, row) for row in truth.rows]
    await kit.browser.end(session.id, kit.caller)
    look = await look_at_picture(kit.ocr, [await decoded(shot.data, kit.limits)], meaning)
    return _compared([row for row in visible if row], look)


_SEEN = """boxes => boxes.map(([x, y, w, h]) => {
    const at = document.elementFromPoint(x + Math.min(w, 24) / 2, y + h / 2);
    const cell = at && (at.closest("td, [role=cell], [role=gridcell]") || at);
    const box = cell && cell.getBoundingClientRect();
    const shown = box && Math.abs(box.x - x) < 3 && Math.abs(box.y - y) < 3 && box.right > 0;
    const below = shown && document.elementFromPoint(x + Math.min(w, 24) / 2, y + h - 2);
    return Boolean(below && cell.contains(below));
})"""


async def _visible(page: Page, row: UsageRow) -> dict[str, str]:
    """The texts of the row that can be seen, by their headers."""
    cells = [(header, cell) for header, cell in row.cells.items() if cell.box and not header.startswith("column ")]
    boxes = [[box.x, box.y, box.width, box.height] for _, cell in cells if (box := cell.box)]
    seen = await page.evaluate(_SEEN, boxes)
    return {header: cell.text for (header, cell), there in zip(cells, seen, strict=True) if there}


def _compared(truth: list[dict[str, str]], look: Look) -> Tally:
    """A cell is right where it says the same, or as much of it as is not cut off."""
    tally = Tally()
    marked = {(doubt.row, _named(doubt.column)) for doubt in look.doubts}
    wrong: set[tuple[int, str]] = set()
    for number, row in enumerate(truth):
        read = look.rows[number].cells if number < len(look.rows) else {}
        shown = {_named(header): _folded(cell.text) for header, cell in read.items()}
        for header, text in row.items():
            key = _named(header)
            key = key if key in shown else max((one for one in shown if key.startswith(one)), key=len, default=key)
            got, whole = shown.get(key, "").rstrip(".…"), _folded(text)
            right = (
                got == whole or (len(got) > 3 and whole.startswith(got[:-1])) or (is_missing(got) and is_missing(whole))
            )
            if not right:
                wrong.add((number, key))
            tally.check(right, f"row {number} {header}: {text[:50]!r} read as {got[:50]!r}")
    tally.marked, tally.false_marks = len(wrong & marked), len(marked - wrong)
    return tally


def _named(header: str) -> str:
    return _folded(header_words(header))


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


async def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in CONSOLES:
        arguments.add_argument(f"--{name}", metavar="URL")
    arguments.add_argument("--picture", action="store_true", help="from a picture of the page alone")
    arguments.add_argument("--width", type=int, default=1600)
    given = vars(arguments.parse_args())
    async with open_kit() as kit:
        for name in CONSOLES:
            if not given[name]:
                print(f"{name}: left out, no URL given")
                continue
            reading = read_picture if given["picture"] else read
            tally = await reading(kit, name, given[name].rstrip("/"), given["width"])
            checks = tally.right + len(tally.wrong)
            print(f"{name}: {tally.right} of {checks} right ({tally.right / checks:.2%})")
            if given["picture"]:
                print(f"  of {len(tally.wrong)} wrong, {tally.marked} marked; {tally.false_marks} marked though right")
            print("\n".join(f"  {one}" for one in tally.wrong[:10]))


if __name__ == "__main__":
    asyncio.run(main())
