"""Locating on real applications: described elements, and descriptions of what is not there or is there twice.

    python tests/bench/bench_locate.py --static NODE_MODULES [--apps BIN] [--only mailbox,lab] [--verbose]
        [--eye sees|nothing|random|stuck|corner|pixels] [--noise 30] [--look unsure|always] [--without zoom,snap,…]
        [--words-only]

``--static`` is a folder into which npm has installed `admin-lte@3.2.0 startbootstrap-sb-admin-2@4 luckysheet gentelella
material-dashboard@3 swagger-ui-dist@5`; ``--apps`` is the folder of commands of an environment with `django datasette
jupyterlab notebook locust optuna-dashboard sqlite-web mkdocs-material mitmproxy streamlit gradio wagtail`.
Pages of a part that is not given are skipped. Boxes come from CSS selectors that the locator never sees.
``--cases learned`` and ``held-out`` are those of other pages, see more_apps.py.

``--eye`` joins a scripted eye to the structure: one that knows the places, ``--noise`` pixels off, or a blind one.
``--look`` says when it is asked, ``--without`` leaves out steps of `LookPolicy`.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import sys
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
sys.path.insert(0, str(Path(__file__).parent))

from apps import Apps
from eyes import BenchEye
from more_apps import MoreApps
from playwright.async_api import Page, async_playwright

from handlens.browser.installed import installed_chromium
from handlens.locate.candidates import Snapshot, find_candidates
from handlens.locate.locate import UNSURE, Located, Target, by_meaning_too, locate_in
from handlens.locate.meaning import able
from handlens.locate.reveal import reveal

CASES = {
    "own": "locate_cases.tsv",
    "learned": "locate_cases_learned.tsv",
    "held-out": "locate_cases_held_out.tsv",
}
HIT = """([selector, x, y]) => {
  const all = [...document.querySelectorAll(selector)];
  if (!all.length) return 'no such element';
  return all.some(el => { const r = el.getBoundingClientRect();
    return x >= r.left - 1 && x <= r.right + 1 && y >= r.top - 1 && y <= r.bottom + 1; });
}"""


def cases(only: set[str], of: str = "own") -> dict[str, list[tuple[str, str]]]:
    """The descriptions of each page, with the selector of what is meant."""
    found: dict[str, list[tuple[str, str]]] = {}
    with Path(__file__).with_name(CASES[of]).open(encoding="utf-8") as lines:
        for row in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            if len(row) == 3 and not row[0].startswith("#") and (not only or row[0] in only):
                found.setdefault(row[0], []).append((row[1], row[2]))
    return found


async def readings(page: Page) -> list[Snapshot]:
    """A page as scripts see it and, where elements listen that none sees listening, as `locate` reads it next."""
    found = [await find_candidates(page)]
    if await reveal(found[0].worlds):
        found.append(await find_candidates(page))
    return found


def located_in(snapshots: list[Snapshot], description: str, *, meaning: bool) -> Located:
    """As `locate` does, on readings taken before."""
    located = locate_in(snapshots[0], description)
    for snapshot in snapshots[1:] if unsure(located) else ():
        located = locate_in(snapshot, description)
    if meaning and able() and unsure(located):
        located = by_meaning_too(located, description)
    return located


def unsure(located: Located) -> bool:
    return located.best is None or located.best.confidence < UNSURE


async def judge(
    page: Page, tests: list[tuple[str, str]], threshold: float, eye: BenchEye | None, *, meaning: bool
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    snapshots = await readings(page)
    for description, selector in tests:
        located = located_in(snapshots, description, meaning=meaning)
        alone = located.best
        if eye is not None:
            located = await eye.looked(page, located, description, selector, threshold)
        best = located.best
        verdict, right = await verdict_on(page, best, selector, threshold)
        own = verdict if best is alone else (await verdict_on(page, alone, selector, threshold))[0]
        rows.append({"description": description, "selector": selector, "verdict": verdict, "best": best,
                     "confidence": best.confidence if best else 0.0, "right": right, "alone": own})  # fmt: skip
    return rows


async def verdict_on(page: Page, best: Target | None, selector: str, threshold: float) -> tuple[str, bool]:
    """What became of one description, and whether the first choice is right."""
    sure = best is not None and best.confidence >= threshold
    if selector == "-":
        return ("wrong click" if sure else "declined"), False
    right = await page.evaluate(HIT, [selector, best.point.x if best else -9, best.point.y if best else -9])
    if right not in (True, False):
        return str(right), False
    if sure:
        return ("right" if right else "wrong click"), right
    return ("unsure, right" if right else "unsure, wrong"), right


async def run(options: argparse.Namespace) -> int:
    only = set(options.only.split(",")) if options.only else set[str]()
    rows: list[dict[str, Any]] = []
    eye = BenchEye(options.eye, options.noise, options.look, options.without) if options.eye else None
    several = Apps if options.cases == "own" else MoreApps
    async with async_playwright() as playwright, several(options.static, options.apps) as apps:
        browser = await playwright.chromium.launch(
            executable_path=str(installed_chromium()), args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        for name, tests in cases(only, options.cases).items():
            if not apps.has(name):
                print(f"{name:10s} skipped: {'--static' if name in apps.static_pages else '--apps'} is not given")
                continue
            page = await (await browser.new_context(viewport={"width": 1280, "height": 720})).new_page()
            await apps.open(page, name)
            found = await judge(page, tests, options.threshold, eye, meaning=not options.words_only)
            rows += found
            told = Counter(row["verdict"] for row in found)
            print(f"{name:10s} " + ", ".join(f"{count} {verdict}" for verdict, count in told.items()), flush=True)
            for row in found:
                if options.verbose and row["verdict"] not in ("right", "declined"):
                    best = row["best"]
                    told_best = (
                        f"{best.confidence:.2f} {best.role} {best.name!r}: {best.because}" if best else "nothing"
                    )
                    print(f"    {row['verdict']}: {row['description']}\n        {told_best}")
            await page.context.close()
        await browser.close()
    summary(rows)
    if eye is not None:
        own = Counter(row["alone"] for row in rows)
        print(f"structure alone, in this run: {own['right']} right, {own['wrong click']} wrong clicks")
        print(f"the eye was asked {eye.questions} questions over {eye.asked} descriptions; {eye.saved} needed none")
    return 0


def summary(rows: list[dict[str, Any]]) -> None:
    possible = [row for row in rows if row["selector"] != "-"]
    impossible = [row for row in rows if row["selector"] == "-"]
    right = sum(row["verdict"] == "right" for row in possible)
    declined = sum(row["verdict"] == "declined" for row in impossible)
    wrong = sum(row["verdict"] == "wrong click" for row in rows)
    clicked = right + wrong
    print(f"right {right}/{len(possible)}, first choice {sum(row['right'] for row in possible)}/{len(possible)}, "
          f"impossible declined {declined}/{len(impossible)}, wrong clicks {wrong}/{clicked}")  # fmt: skip
    for low in (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9):
        high = {0.0: 0.2, 0.2: 0.4, 0.4: 0.6, 0.6: 0.7, 0.7: 0.8, 0.8: 0.9, 0.9: 1.01}[low]
        inside = [row for row in rows if low <= row["confidence"] < high and row["best"] is not None]
        if inside:
            share = sum(row["right"] for row in inside) / len(inside)
            print(f"  confidence {low:.1f}-{min(high, 1):.1f}: {len(inside):3d} located, {share:.0%} right")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--static", type=Path)
    parser.add_argument("--apps", type=Path)
    parser.add_argument("--cases", choices=list(CASES), default="own")
    parser.add_argument("--only", default="")
    parser.add_argument("--threshold", type=float, default=0.6)
    parser.add_argument("--eye", choices=["sees", "nothing", "random", "stuck", "corner", "pixels"])
    parser.add_argument("--noise", type=float, default=0)
    parser.add_argument("--look", choices=["unsure", "always"], default="unsure")
    parser.add_argument("--without", default="")
    parser.add_argument("--words-only", action="store_true", help="without the sentence encoder")
    parser.add_argument("--verbose", action="store_true")
    return asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
