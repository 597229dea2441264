"""The second run of remembered steps on real pages, unchanged and changed.

    python tests/bench/bench_memory.py --static NODE_MODULES [--apps BIN] [--only mailbox,lab]

The described elements of `bench_locate.py` are found once, with a scripted eye that knows the places, and what is right
is remembered. Then each page is opened anew: unchanged, with the element gone, and with the element called otherwise.
A hit is a right answer out of memory; an eye or OCR that is asked for an element that was remembered counts as a miss.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
sys.path.insert(0, str(Path(__file__).parent))

from apps import Apps
from bench_locate import HIT, cases
from eyes import TRUTH

from handlens.browser.session import Session
from handlens.geometry import Box
from handlens.kit import Kit
from handlens.library import open_kit
from handlens.locate.finding import find
from handlens.locate.locate import Located
from handlens.locate.memory import Memory
from handlens.locate.recall import learn
from handlens.locate.tally import Tally
from handlens.open_page import OpenPageInput, open_page
from handlens.testing.pointing_eye import pointing
from handlens.testing.scripted_eye import ScriptedEye

SURE = 0.6
CHANGES = {
    "gone": "() => document.createComment('')",
    "renamed": """el => { const other = el.cloneNode(true); other.title = '';
      other.setAttribute('aria-label', 'Quux zyzzyva');
      if ('placeholder' in other) other.placeholder = '';
      if (!other.querySelector('input,select')) other.textContent = 'Quux zyzzyva';
      return other; }""",
}
CHANGE = """selector => { window.undo = [...document.querySelectorAll(selector)].map(el => {
  const other = (%s)(el); el.replaceWith(other); return () => other.replaceWith(el); }); }"""
UNDO = "() => window.undo.reverse().forEach(back => back())"


async def learned(session: Session, kit: Kit, description: str, selector: str) -> bool:
    """Find it with an eye that knows, and keep it where that was right."""
    found = await session.page.evaluate(TRUTH, selector)
    truth = Box(x=found[0], y=found[1], width=found[2], height=found[3]) if found else None
    able = replace(kit, eye=ScriptedEye([pointing(lambda _: truth)]))
    located = await find(session, able, description, sure=SURE)
    if not await right(session, located, selector):
        return False
    assert located.best is not None
    await learn(kit, description, None, located, located.best, worked=True)
    return True


async def right(session: Session, located: Located, selector: str) -> bool:
    best = located.best
    if best is None or best.confidence < SURE:
        return False
    return await session.page.evaluate(HIT, [selector, best.point.x, best.point.y]) is True


async def again(session: Session, kit: Kit, tests: list[tuple[str, str]], change: str, told: Counter[str]) -> None:
    for description, selector in tests:
        if change:
            await session.page.evaluate(CHANGE % CHANGES[change], selector)
        before = kit.tally.recalled
        located = await find(session, kit, description, sure=SURE)
        recalled = kit.tally.recalled > before
        if change:
            await session.page.evaluate(UNDO)
        if not change:
            told["hit" if recalled and await right(session, located, selector) else "miss"] += 1
        else:
            told[f"{change}: {'wrong, remembered' if recalled else 'not remembered'}"] += 1


async def run(options: argparse.Namespace) -> int:
    only = set(options.only.split(",")) if options.only else set[str]()
    total: Counter[str] = Counter()
    async with open_kit() as shared, Apps(options.static, options.apps) as apps:
        for name, tests in cases(only).items():
            if not apps.has(name):
                continue
            told: Counter[str] = Counter()
            kit = replace(shared, memory=Memory(), tally=Tally())
            kept: list[tuple[str, str]] = []
            for change in ("learn", "", *CHANGES):
                opened = await open_page(OpenPageInput(url=await apps.url(name)), kit)
                async with kit.browser.page(kit.caller, session_id=opened.session_id) as session:
                    await apps.open(session.page, name)
                    if change == "learn":
                        wanted = [test for test in tests if test[1] != "-"]
                        kept = [test for test in wanted if await learned(session, kit, *test)]
                    else:
                        await again(session, kit, kept, change, told)
                await kit.browser.end(opened.session_id, kit.caller)
            told["read by OCR"] = kit.tally.read
            print(
                f"{name:10s} {len(kept)} learned; " + ", ".join(f"{n} {what}" for what, n in told.items()), flush=True
            )
            total += told
    print(", ".join(f"{count} {what}" for what, count in total.items()))
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--static", type=Path)
    parser.add_argument("--apps", type=Path)
    parser.add_argument("--only", default="")
    return asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
