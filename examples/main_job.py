"""The main job over stdio: serve the pages beside this file, start handlens as a host would, and check what it does."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import time
from pathlib import Path

from mcp import Client
from mcp.client.stdio import StdioServerParameters

from checks import Job, Step, run
from handlens.testing.pages import PageServer

HERE = Path(__file__).resolve().parent
OUT = HERE / "out"


async def main() -> None:
    shutil.rmtree(OUT, ignore_errors=True)
    started = time.perf_counter()
    handlens = StdioServerParameters(
        command=str(Path(sys.executable).with_name("handlens")),
        args=["serve", "--transport", "stdio"],
        env=dict(os.environ),
        cwd=HERE,
    )
    with PageServer(folder=HERE / "site") as pages:
        async with Client(handlens, read_timeout_seconds=120) as client:
            steps = await run(Job(client, pages.url(""), "report/report.pdf", OUT))
    show(steps)
    pictures = len([*OUT.glob("*.*")])
    took = time.perf_counter() - started
    print(f"examples/run.sh: {len(steps)} steps passed in {took:.1f} s; {pictures} files in examples/out")


def show(steps: list[Step]) -> None:
    for step in steps:
        print(f"{step.tool:24} {step.asked[:44]:44} {step.seconds * 1000:6.0f} ms  {step.result[:90]}")


if __name__ == "__main__":
    asyncio.run(main())
