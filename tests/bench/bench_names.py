"""Our roles and accessible names beside those of Chromium's own accessibility tree, on the pages of `bench_locate.py`.

    python tests/bench/bench_names.py --static NODE_MODULES [--apps BIN] [--only mailbox,lab] [--verbose]

Compared are the controls that both know, names without regard to white space; icon fonts' private characters and what
our names leave out of long ones do not count as differences.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
sys.path.insert(0, str(Path(__file__).parent))

from apps import LIVE, STATIC, Apps
from playwright.async_api import Page, async_playwright

from handlens.browser.installed import installed_chromium
from handlens.locate.candidates import Candidate, Snapshot, find_candidates

ROLES = {
    "button", "link", "checkbox", "radio", "switch", "tab", "menuitem", "option", "combobox", "textbox", "searchbox",
    "slider", "spinbutton", "treeitem", "heading", "img", "listbox", "menuitemcheckbox", "menuitemradio",
}  # fmt: skip


async def nodes(snapshot: Snapshot, wanted: list[Candidate]) -> list[int]:
    """The backend node ids of candidates of the main frame."""
    world = snapshot.worlds[0]
    ids = ",".join(str(one.id) for one in wanted)
    array = await world.handle(f"[{ids}].map(handlens.byNumber)")
    answer = await world.send("Runtime.getProperties", {"objectId": array, "ownProperties": True})
    handles = {one["name"]: one["value"].get("objectId") for one in answer["result"] if one["name"].isdigit()}
    found: list[int] = []
    for at in range(len(wanted)):
        node = await world.send("DOM.describeNode", {"objectId": handles[str(at)]})
        found.append(node["node"]["backendNodeId"])
    return found


def plain(name: str) -> str:
    return re.sub(r"[\s\ue000-\uf8ff\u200b]+", "", name).rstrip("…")


async def compare(page: Page, name: str, *, verbose: bool) -> Counter[str]:
    snapshot = await find_candidates(page)
    wanted = [one for one in snapshot.candidates if one.frame == 0 and one.role in ROLES and one.kind != "hidden"]
    backends = await nodes(snapshot, wanted)
    tree = await snapshot.worlds[0].send("Accessibility.getFullAXTree", {})
    known = {
        node["backendDOMNodeId"]: (node.get("role", {}).get("value", ""), node.get("name", {}).get("value", ""))
        for node in tree["nodes"]
        if not node["ignored"] and "backendDOMNodeId" in node
    }
    counts: Counter[str] = Counter()
    for one, backend in zip(wanted, backends, strict=True):
        if backend not in known:
            counts["only ours"] += 1
            continue
        theirs = known[backend][1]
        counts["compared"] += 1
        mine, other = plain(one.name), plain(theirs)
        if mine == other or (len(mine) > 150 and other.startswith(mine)):
            counts["same name"] += 1
        else:
            counts["differ: ours empty" if not mine else "differ: theirs empty" if not other else "differ"] += 1
            if verbose:
                print(f"  {name}: {one.tag} {one.role}/{known[backend][0]}: ours {one.name!r}, Chromium's {theirs!r}")
    return counts


async def run(options: argparse.Namespace) -> int:
    only = set(options.only.split(",")) - {""}
    total: Counter[str] = Counter()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(installed_chromium()), args=["--no-sandbox"])
        async with Apps(options.static, options.apps) as apps:
            for name in (*(STATIC if options.static else ()), *(LIVE if options.apps else ())):
                if (only and name not in only) or not apps.has(name):
                    continue
                page = await browser.new_page(viewport={"width": 1280, "height": 800})
                await apps.open(page, name)
                counts = await compare(page, name, verbose=options.verbose)
                print(f"{name:10s} {dict(counts)}", flush=True)
                total += counts
                await page.close()
        await browser.close()
    print(f"same: {total['same name']} of {total['compared']}; {dict(total)}")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--static", type=Path)
    parser.add_argument("--apps", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--verbose", action="store_true")
    return asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
