"""MiniWoB++ through the library's own tool, judged by the pages' rewards.

    python tests/bench/bench_miniwob.py --harness FOLDER [--set click] [--seeds 0-9] [--verbose]

``--harness`` is the folder of `miniwob_click.py` and `mwserve.py`; PyPI's `miniwob` brings the pages.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

from handlens.click_described_element import ClickDescribedElementInput, click_described_element
from handlens.close_page import ClosePageInput, close_page
from handlens.errors import HandlensError
from handlens.kit import Kit
from handlens.library import open_kit
from handlens.open_page import OpenPageInput, open_page


async def episode(kit: Kit, harness: Any, server: Any, task: str, seed: int) -> tuple[str, list[str]]:
    """One task with one seed: "ok", "wrong" or "miss", and what was said on the way."""
    name = f"{task}{seed}{time.time()}"
    opened = await open_page(OpenPageInput(url=server.url(task, seed, name, 600_000)), kit)
    for _ in range(500):
        if name in server.ready:
            break
        await asyncio.sleep(0.01)
    told = server.ready[name]["utterance"]
    said = [told]
    for description in harness.split_steps(task, told) or [told]:
        request = ClickDescribedElementInput(session_id=opened.session_id, description=description)
        try:
            said.append(f"{description!r} -> {(await click_described_element(request, kit)).text()}")
        except HandlensError as error:
            said.append(f"{description!r} -> {error}")
        for _ in range(20):
            if name in server.rewards:
                break
            await asyncio.sleep(0.02)
        if name in server.rewards:
            break
    await close_page(ClosePageInput(session_id=opened.session_id), kit)
    reward = server.rewards.get(name)
    return ("miss" if reward is None else "ok" if reward["raw"] > 0 else "wrong"), said


async def run(options: argparse.Namespace) -> int:
    sys.path.insert(0, str(options.harness))
    import miniwob_click as harness
    import mwserve

    low, _, high = options.seeds.partition("-")
    tasks = harness.SETS.get(options.set) or options.set.split(",")
    server = mwserve.Srv()
    total: Counter[str] = Counter()
    async with open_kit() as kit:
        for task in tasks:
            counts: Counter[str] = Counter()
            for seed in range(int(low), int(high or low) + 1):
                verdict, said = await episode(kit, harness, server, task, seed)
                counts[verdict] += 1
                if options.verbose and verdict != "ok":
                    print(f"  {verdict} {task} {seed}", *said, sep="\n      ")
            print(f"{task:32s} {dict(counts)}", flush=True)
            total += counts
    server.close()
    print(f"{dict(total)}: {total['ok'] / max(1, total.total()):.1%} succeed")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--harness", type=Path, required=True)
    parser.add_argument("--set", default="click")
    parser.add_argument("--seeds", default="0-9")
    parser.add_argument("--verbose", action="store_true")
    return asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
