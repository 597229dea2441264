"""How long locating takes on pages of about 1,000 and 10,000 elements of several structures, by steps.

    python tests/bench/bench_locate_speed.py [--sizes 1000,10000] [--pages table,cards] [--runs 15] [--meaning]

``locate`` is a page read and a description answered, each time another one; ``whole`` is the same through the tool
`click_described_element` with ``dry_run``: aimed at, with a picture. Medians of ``--runs``: the wall clock, and the CPU
time of this process and all that it started (browser, driver), which other work on the machine does not change much.
``--meaning`` lets the sentence encoder help where words leave it unsure, as it does where the extra is installed.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

from handlens.click_described_element import ClickDescribedElementInput, click_described_element
from handlens.kit import Kit
from handlens.library import open_kit
from handlens.locate import locate as locating
from handlens.locate.candidates import find_candidates
from handlens.open_page import OpenPageInput, open_page
from handlens.testing.pages import PageServer

STYLE = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>Bench</title><style>body{font:14px sans-serif}"
    "td,th,.card{border:1px solid #ccc;padding:4px 8px}.grid{display:grid;grid-template-columns:repeat(6,1fr)}</style>"
)
NAMES = ("Ann", "Bob", "Chloe", "Dan", "Eve", "Finn", "Gina", "Hugo", "Iris", "Jack", "Kim", "Liam", "Mona")
THINGS = ("invoice", "report", "server", "volume", "ticket", "contract", "camera", "parcel", "key", "image", "job")


def _thing(n: int) -> str:
    return f"{NAMES[n % len(NAMES)]} {THINGS[n % len(THINGS)]} {n}"


def table(size: int) -> str:
    """Ten elements a row."""
    rows = "".join(
        f"<tr><td><input type=checkbox aria-label='Select {_thing(n)}'><td><a href='/{n}'>{_thing(n)}</a>"
        f"<td>{n * 37 % 100}%<td>{('running', 'stopped')[n % 2]}<td><button>Open {n}</button></tr>"
        for n in range(size // 9)
    )
    return f"<h1>Things</h1><table><tr><th><th>Name<th>CPU<th>State<th>Action</tr>{rows}</table>"


def cards(size: int) -> str:
    """Eight elements a card."""
    items = "".join(
        f"<div class=card><h3>{_thing(n)}</h3><p>Owned by {NAMES[n * 7 % 13]}</p><div class=actions>"
        f"<button class='btn btn-edit'>Open {n}</button><button title='Delete {_thing(n)}'><i class='fa fa-trash'></i>"
        "</button></div></div>"
        for n in range(size // 7)
    )
    return f"<h1>Things</h1><div class=grid>{items}</div>"


def nested(size: int) -> str:
    """Boxes in boxes, twelve deep."""
    part = "".join(
        "<div class=wrap>" * 12 + f"<span>{_thing(n)}</span><button>Open {n}</button>" + "</div>" * 12
        for n in range(size // 14)
    )
    return f"<h1>Things</h1>{part}"


def shadow(size: int) -> str:
    """Custom elements, each with an open shadow root."""
    script = (
        "<script>customElements.define('x-thing', class extends HTMLElement { connectedCallback() {"
        "this.attachShadow({mode: 'open'}).innerHTML = `<style>button{color:#124}</style><div><span>"
        "${this.dataset.name}</span><button>Open ${this.dataset.n}</button><slot></slot></div>`; } })</script>"
    )
    part = "".join(f"<x-thing data-n={n} data-name='{_thing(n)}'><b>{n}</b></x-thing>" for n in range(size // 6))
    return f"<h1>Things</h1>{part}{script}"


def frames(size: int) -> str:
    """Twelve frames side by side."""
    each = size // 12
    documents = (
        "".join(f"<p>{_thing(n)} <button>Open {n}</button></p>" for n in range(at * each // 2, (at + 1) * each // 2))
        for at in range(12)
    )
    return "<h1>Things</h1>" + "".join(
        f'<iframe width=400 height=150 srcdoc="{document.replace(chr(34), "&quot;")}"></iframe>'
        for document in documents
    )


PAGES: dict[str, Callable[[int], str]] = {
    "table": table, "cards": cards, "nested": nested, "shadow": shadow, "frames": frames,
}  # fmt: skip
ASKED: tuple[str, ...] = ("the button 'Open {n}'", "Open {n}", "the button in the row of {thing}", "打开 {n}")


def described(run: int, size: int, most: int) -> str:
    number = (run * 7919) % max(1, size // most)
    return ASKED[run % len(ASKED)].format(n=number, thing=_thing(number))


def _cpu() -> tuple[float, float]:
    """Seconds of this process, and of it with all its descendants."""
    own = time.process_time()
    total = own
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            total += sum(process.cpu_times()[:2])
    return own, total


class Spent:
    """Milliseconds by what they were spent on: wall, own CPU, all CPU."""

    def __init__(self) -> None:
        self.rows: defaultdict[str, list[tuple[float, float, float]]] = defaultdict(list)

    @asynccontextmanager
    async def on(self, what: str) -> AsyncGenerator[None]:
        own, everyone = _cpu()
        begun = time.perf_counter()
        yield
        took = time.perf_counter() - begun
        now_own, now_everyone = _cpu()
        self.rows[what].append((1000 * took, 1000 * (now_own - own), 1000 * (now_everyone - everyone)))

    def told(self) -> str:
        parts: list[str] = []
        for what, rows in self.rows.items():
            wall, own, everyone = (statistics.median(row[at] for row in rows[1:]) for at in range(3))
            parts.append(f"{what} {wall:6.1f} (CPU {everyone:6.1f}, here {own:5.1f})")
        return ", ".join(parts)


async def measure(kit: Kit, site: PageServer, name: str, size: int, runs: int) -> None:
    site.pages["/"] = STYLE + PAGES[name](size)
    opened = await open_page(OpenPageInput(url=site.url()), kit)
    page = kit.browser.session(opened.session_id, kit.caller).page
    elements = await page.evaluate("document.querySelectorAll('*').length")
    spent = Spent()
    count = 0
    for run in range(runs + 1):
        asked = described(run, size, 14)
        async with spent.on("read"):
            snapshot = await find_candidates(page)
        count = len(snapshot.candidates)
        async with spent.on("locate"):
            await locating.locate(page, asked)
        async with spent.on("whole"):
            request = ClickDescribedElementInput(session_id=opened.session_id, description=asked, dry_run=True)
            await click_described_element(request, kit)
    print(f"{name:7s} {elements:6d} elements {count:6d} candidates: {spent.told()} ms", flush=True)
    await kit.browser.end(opened.session_id, kit.caller)


async def run(options: argparse.Namespace) -> int:
    if not options.meaning:
        locating.able = lambda: False
    with PageServer() as site:
        async with open_kit() as kit:
            for name in options.pages.split(","):
                for size in options.sizes.split(","):
                    await measure(kit, site, name, int(size), options.runs)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,10000")
    parser.add_argument("--pages", default=",".join(PAGES))
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--meaning", action="store_true")
    return asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
