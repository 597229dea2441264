"""Filling the fields of component libraries, judged by what the library itself then holds.

    python tests/bench/bench_fields.py --static NODE_MODULES [--verbose]

``--static`` is a folder into which npm has installed `antd@5 react@18 react-dom@18 dayjs element-plus vue@3
@mui/material@5`. The fields of a form are filled one after another, as a caller would.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

from handlens.errors import HandlensError
from handlens.fill_described_field import FillDescribedFieldInput, fill_described_field
from handlens.kit import Kit
from handlens.library import open_kit
from handlens.open_page import OpenPageInput, open_page
from handlens.testing.pages import PageServer

Cases = list[tuple[str, str, str, Any]]
"""What is described, the value, and what the form then holds under which name; dates by how they begin."""
CASES: dict[str, Cases] = {
    "antd": [
        ("实例名称", "web-1", "name", "web-1"), ("地域", "cn-beijing", "region", "cn-beijing"),
        ("Tags", "test", "tags", ["test"]), ("Replicas", "4", "replicas", 4),
        ("Start date", "2026-03-04", "start", "2026-03-0"), ("At", "10:20:30", "at", ":20:30"),
        ("Auto renew", "off", "renew", False), ("Disk", "100", "disk", 100),
        ("Zone", "Hangzhou / zone-a", "zone", ["Hangzhou", "zone-a"]), ("write", "on", "policy", ["write"]),
        ("hourly", "on", "billing", "hourly"), ("Folder", "leaf", "folder", "leaf"), ("Owner", "bob", "owner", "bob"),
        ("grid view", "on", "view", "grid"),
    ],
    "element-plus": [
        ("任务名称", "job", "name", "job"), ("资源组", "专属", "group", "专属"), ("Tags", "b2", "tags", ["b2"]),
        ("Workers", "5", "workers", 5), ("开始日期", "2026-03-04", "start", "2026-03-04"),
        ("Time", "10:20:30", "time", "10:20:30"), ("抢占式", "on", "spot", True), ("Memory", "32", "memory", 32),
        ("Zone", "Hangzhou > zone-a", "zone", ["Hangzhou", "zone-a"]), ("trace", "on", "options", ["trace"]),
        ("high", "on", "priority", "high"), ("备注", "ok", "note", "ok"),
    ],
    "mui": [
        ("Full name", "Ann", "name", "Ann"), ("Plan", "team", "plan", "team"), ("Country", "de", "country", "de"),
        ("Volume", "50", "volume", 50), ("Dark mode", "on", "dark", True), ("I agree", "on", "agree", True),
        ("City", "Oslo", "city", "Oslo"), ("phone", "on", "by", "phone"), ("4 Stars", "on", "stars", 4),
    ],
}  # fmt: skip


async def fill_all(kit: Kit, url: str, cases: Cases) -> list[str]:
    """The faults: fields that do not hold their value, and answers that are not true."""
    opened = await open_page(OpenPageInput(url=url), kit)
    faults: list[str] = []
    async with kit.browser.page(kit.caller, session_id=opened.session_id) as session:
        await session.page.wait_for_function("window.state && state()")
    for description, value, name, held in cases:
        asked = FillDescribedFieldInput(session_id=opened.session_id, description=description, value=value)
        try:
            outcome = (await fill_described_field(asked, kit)).outcome
        except HandlensError as error:
            outcome = str(error)
        async with kit.browser.page(kit.caller, session_id=opened.session_id) as session:
            holds = json.loads(await session.page.evaluate("JSON.stringify(state())")).get(name)
        right = held in holds if isinstance(held, str) and isinstance(holds, str) else holds == held
        if not right or outcome != "filled":
            faults.append(f"{description} = {value}: holds {holds!r}; answer: {outcome}")
    await kit.browser.end(opened.session_id, kit.caller)
    return faults


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--static", type=Path, required=True)
    parser.add_argument("--verbose", action="store_true", help="name what was not filled")
    given = parser.parse_args()
    hosts = Path(__file__).with_name("hosts")
    pages = {f"/{name}.html": (hosts / f"{name}.html").read_text("utf-8") for name in CASES}
    with PageServer(pages, folder=given.static) as server:
        async with open_kit() as kit:
            for name, cases in CASES.items():
                faults = await fill_all(kit, server.url(f"/{name}.html"), cases)
                print(f"{name}: {len(cases) - len(faults)} of {len(cases)} fields filled")
                for fault in faults if given.verbose else ():
                    print(f"  {fault}")


if __name__ == "__main__":
    asyncio.run(main())
