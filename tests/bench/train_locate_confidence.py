"""Fit the weights of `locate/confidence.py` on the described elements of `bench_locate.py`.

    python tests/bench/train_locate_confidence.py --static NODE_MODULES --apps BIN --more BIN [--write]

A sample is a description with what ranks first: right or not, of the bench's own cases and of the learned ones, whose
applications are in the environment ``--more``. Beside those of the tables, every described element is also taken off
its page, so that its description fits nothing, and on every page a few names are asked for as they stand. The tables
that are printed are cross-validated by page: no page is judged by weights that saw it.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import random
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from apps import Apps
from bench_locate import cases, readings
from more_apps import MoreApps
from playwright.async_api import Error, Page, async_playwright

from handlens.browser.installed import installed_chromium
from handlens.geometry import Point
from handlens.locate import confidence, meaning
from handlens.locate.candidates import Candidate, Snapshot
from handlens.locate.grading import Scored
from handlens.locate.locate import UNSURE, _joined, _ranked  # pyright: ignore[reportPrivateUsage]
from handlens.locate.query import Query, parse
from handlens.locate.scoring import Scorer

WEIGHTS = Path(confidence.__file__).with_name("words") / "confidence.txt"
HEAD = "# Weights of confidence.py, fitted by tests/bench/train_locate_confidence.py. Do not edit.\n"
WEIGHT = {"taken off": 0.1, "named": 0.15}
"""What such samples weigh against one of the table."""
PENALTY = 0.3
SETS = ("own", "learned")
Sample = tuple[list[float], bool, float, tuple[str, str], str, float]
"""Features, whether it is right, its weight, set and page, what kind (possible, impossible, taken off, named), and the
most confidence that it may have."""

TRUTH = """selector => [...document.querySelectorAll(selector)].map(el => {
  const r = el.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; })"""
Boxes = list[tuple[float, float, float, float]]


async def opened_pages(apps: Apps, of: str) -> AsyncIterator[tuple[str, Page]]:
    async with async_playwright() as playwright, apps:
        browser = await playwright.chromium.launch(
            executable_path=str(installed_chromium()), args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        for name in cases(set(), of):
            if not apps.has(name):
                continue
            page = await (await browser.new_context(viewport={"width": 1280, "height": 720})).new_page()
            try:
                await apps.open(page, name)
            except (Error, OSError, subprocess.SubprocessError) as error:
                print(f"{name:10s} skipped: {str(error).splitlines()[0]}")
            else:
                yield name, page
            await page.context.close()
        await browser.close()


def lies_in(boxes: Boxes, candidate: Candidate) -> bool:
    return hits(boxes, candidate.point or candidate.box.center)


def covers(wanted: Candidate, candidate: Candidate) -> bool:
    return candidate is wanted or candidate.box.overlap(wanted.box) > 0.3


def hits(boxes: Boxes, point: Point) -> bool:
    return any(x - 1 <= point.x <= right + 1 and y - 1 <= point.y <= bottom + 1 for x, y, right, bottom in boxes)


def ranked(snapshots: list[Snapshot], description: str) -> tuple[list[Scored], Query]:
    """What ranks first, in `located_in`'s way."""
    query = replace(parse(description), text=description)
    joined: list[Scored] = []
    for snapshot in snapshots:
        joined = _joined(_ranked(Scorer(snapshot), query))
        if joined and confidence.confidence_of(joined, query) >= UNSURE:
            return joined, query
    again = _joined(_ranked(Scorer(snapshots[-1], by_meaning=True), query)) if meaning.able() else []
    known, new = (confidence.confidence_of(one, query) if one else 0.0 for one in (joined, again))
    return (again if new > known else joined), query


def without(snapshot: Snapshot, boxes: Boxes) -> Snapshot:
    """The page as if what lies in the boxes, what leads to the same, and whatever says its name, were not there."""
    gone = [c for c in snapshot.candidates if hits(boxes, c.point or c.box.center)]
    keys, links = {c.key for c in gone}, {c.href for c in gone if len(c.href) > 2}
    names = {c.name.casefold() for c in gone if len(c.name) > 2 and c.clickable}
    left = copy.copy(snapshot)
    left.candidates = []
    for candidate in snapshot.candidates:
        said = candidate.name.casefold()
        same = candidate.href in links or any(name in said for name in names)
        if candidate.key not in keys and (candidate.frame, candidate.inside) not in keys and not same:
            kept = copy.copy(candidate)
            kept.order = len(left.candidates)
            left.candidates.append(kept)
    left.by_key = {candidate.key: candidate for candidate in left.candidates}
    return left


def named(snapshot: Snapshot, page: str) -> list[Candidate]:
    """Some elements and texts that nothing else on the page is called like."""
    count = Counter(c.name.casefold() for c in snapshot.candidates)
    fit = [c for c in snapshot.candidates if 2 < len(c.name) < 40 and count[c.name.casefold()] == 1 and not c.clipped]
    chance = random.Random(zlib.crc32(page.encode()))
    pools = [c for c in fit if c.kind in ("action", "soft")], [c for c in fit if c.kind == "text"]
    return [c for pool in pools for c in chance.sample(pool, min(6, len(pool)))]


async def samples(options: argparse.Namespace) -> list[Sample]:
    found: list[Sample] = []

    def add(snapshots: list[Snapshot], description: str, right: Callable[[Candidate], bool], kind: str) -> None:
        joined, query = ranked(snapshots, description)
        if joined:
            told, most = confidence.features_of(joined, query), confidence.limit_of(joined, query)
            found.append((told, right(joined[0].candidate), WEIGHT.get(kind, 1.0), (of, page_name), kind, most))

    places = {"own": Apps(options.static, options.apps), "learned": MoreApps(options.static, options.more)}
    opened = ((of, *one) for of in SETS async for one in opened_pages(places[of], of))
    async for of, page_name, page in opened:
        snapshots = await readings(page)
        for description, selector in cases({page_name}, of)[page_name]:
            boxes: Boxes = [] if selector == "-" else await page.evaluate(TRUTH, selector)
            if selector != "-" and not boxes:
                continue
            add(snapshots, description, partial(lies_in, boxes), "possible" if boxes else "impossible")
            if boxes:
                add([without(one, boxes) for one in snapshots], description, lambda _: False, "taken off")
        for candidate in named(snapshots[0], page_name):
            add(snapshots[:1], candidate.name, partial(covers, candidate), "named")
    return found


def fitted(x: np.ndarray, right: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Logistic regression by Newton's method, with a penalty on all but the first weight."""
    beta = np.zeros(x.shape[1])
    penalty = PENALTY * np.eye(x.shape[1])
    penalty[0, 0] = 1e-3
    for _ in range(60):
        p = 1 / (1 + np.exp(-x @ beta))
        curve = weight * p * (1 - p) + 1e-9
        beta += np.linalg.solve((x.T * curve) @ x + penalty, x.T @ (weight * (right - p)) - penalty @ beta)
    return beta


def report(told: np.ndarray, found: list[Sample]) -> None:
    """The reliability table, and what a threshold gains and costs."""
    right = np.array([one[1] for one in found])
    kind = np.array([one[4] for one in found])
    table = (kind == "possible") | (kind == "impossible")
    for low, high in ((0.0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.01)):
        inside = table & (told >= low) & (told < high)
        if inside.any():
            span = f"{low:.1f}-{min(high, 1):.1f}"
            print(f"  confidence {span}: {inside.sum():3d} located, {right[inside].mean():.0%} right, "
                  f"{told[inside].mean():.2f} said")  # fmt: skip
    for threshold in (0.5, 0.6, 0.7):
        sure = told >= threshold
        possible, impossible = kind == "possible", kind == "impossible"
        print(f"threshold {threshold}: right {(sure & right & possible).sum()}/{possible.sum()}, wrong clicks "
              f"{(sure & ~right & table).sum()}/{(sure & table).sum()}, impossible that were clicked "
              f"{(sure & impossible).sum()}/{impossible.sum()}, taken off and clicked "
              f"{(sure & (kind == 'taken off') & ~right).sum()}/{(kind == 'taken off').sum()}")  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--static", type=Path)
    parser.add_argument("--apps", type=Path)
    parser.add_argument("--more", type=Path)
    parser.add_argument("--write", action="store_true", help="replace the weights")
    options = parser.parse_args()
    found = asyncio.run(samples(options))
    x = np.array([one[0] for one in found])
    right, weight = np.array([one[1] for one in found], float), np.array([one[2] for one in found])
    told = np.zeros(len(found))
    for page in sorted({one[3] for one in found}):
        own = np.array([one[3] == page for one in found])
        told[own] = 1 / (1 + np.exp(-x[own] @ fitted(x[~own], right[~own], weight[~own])))
    told = np.minimum(told, [one[5] for one in found])
    for of in SETS:
        print(f"{of}:")
        its = np.array([one[3][0] == of for one in found])
        report(told[its], [one for one in found if one[3][0] == of])
    if options.write:
        beta = fitted(x, right, weight)
        lines = (f"{name} {value:.4f}\n" for name, value in zip(confidence.FEATURES, beta, strict=True))
        WEIGHTS.write_text(HEAD + "".join(lines), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
