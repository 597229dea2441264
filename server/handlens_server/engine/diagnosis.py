"""What `handlens doctor` says of sight: the engine is really asked, and the one of this machine really started."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from handlens.errors import HandlensError
from handlens.eye.engine_link import EngineLink
from handlens.eye.protocol import EyeLimits
from handlens_server.engine.metrics import metrics_of
from handlens_server.engine.open import Sight, open_sight
from handlens_server.engine.options import EngineOptions

REMOTE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """ok, note (tools work without it) or wrong; what was found and what to do."""

    state: Literal["ok", "note", "wrong"]
    found: str
    advice: str = ""


async def diagnose(options: EngineOptions, limits: EyeLimits, folder: Path) -> Diagnosis:
    """Look at every engine that the options name. Starting one of our own can take minutes; its phases go to stderr."""
    try:
        sight = open_sight(options, limits, folder)
    except HandlensError as error:
        return Diagnosis("wrong", str(error))
    if sight is None:
        if options.kind == "host":
            return Diagnosis("note", "the model of the client that calls is asked, where the client offers sampling")
        return Diagnosis(
            "note", "no engine: tools use the embedded reader", "For sight: --engine vllm or --engine-url."
        )
    sight.start()
    try:
        await _settle(sight, options.start_seconds if sight.children else REMOTE_SECONDS)
        status = sight.eye.status
        if not status.ready:
            advice = (
                "Tools stay on the embedded reader. Is it a Qwen3-VL model with its own weights and preprocessor?"
                if status.state == "blind" and "drawn squares" in status.because
                else "Tools stay on the embedded reader until it answers."
            )
            return Diagnosis("wrong", f"{status.state}: {status.because}", advice)
        links = sight.eye.links
        told = "; ".join([status.because, *[await _described(link) for link in links]])
        if all(link.up and link.seeing for link in links):
            return Diagnosis("ok", told)
        return Diagnosis("note", told, "The others are asked meanwhile; one that fails is left alone until it answers.")
    finally:
        await sight.close()


async def _settle(sight: Sight, seconds: float) -> None:
    """Wait until every engine was checked or given up, or the time is over."""
    told = ""
    deadline = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < deadline and not _settled(sight):
        phase = "; ".join(child.phase for child in sight.children)
        if phase != told:
            told = phase
            print(f"      {phase}", file=sys.stderr)  # noqa: T201
        await asyncio.sleep(0.1)


def _settled(sight: Sight) -> bool:
    given_up = [child.given_up for child in sight.children]
    return all(
        link.checked or (given_up[place] if given_up else not link.up and link.because != EngineLink.UNKNOWN)
        for place, link in enumerate(sight.eye.links)
    )


async def _described(link: EngineLink) -> str:
    if not link.up:
        return f"{link.endpoint.name}: {link.reason}"
    serves = f"{link.endpoint.name} serves {', '.join(link.models)} ({link.because})"
    metrics = await metrics_of(link)
    if metrics is None:
        return serves
    rates = [
        f"{name} cache hits {rate:.0%}"
        for name, rate in (("prompt", metrics.prefix_hit_rate), ("picture", metrics.picture_hit_rate))
        if rate is not None
    ]
    return ", ".join([serves, *rates])
