"""How the server is: a resource for clients, who may wait for an engine, and metrics for who watches the machine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from handlens.eye.client import EngineEye
from handlens.eye.engine_link import EngineLink
from handlens.kit import Kit
from handlens_server.engine.metrics import EngineMetrics, metrics_of
from handlens_server.identity import VERSION


@dataclass(frozen=True, slots=True)
class EngineState:
    """One engine. ``metrics`` is None where it is not up, or does not tell any."""

    name: str
    up: bool
    models: tuple[str, ...]
    because: str
    metrics: EngineMetrics | None


async def engines(kit: Kit) -> list[EngineState]:
    """Every engine of the kit's eye, asked now; each has two seconds to answer."""
    if not isinstance(kit.eye, EngineEye):
        return []
    return await asyncio.gather(*(_state(link) for link in kit.eye.links))


async def _state(link: EngineLink) -> EngineState:
    metrics = await metrics_of(link) if link.up else None
    return EngineState(link.endpoint.name, link.up, tuple(link.models), link.reason, metrics)


async def status(kit: Kit) -> dict[str, Any]:
    """What a caller may know: sight (none, starting, ready, blind or down, and why), and their own sessions."""
    sight = kit.eye.status if kit.eye is not None else None
    return {
        "version": VERSION,
        "sight": {
            "state": sight.state if sight else "none",
            "because": sight.because if sight else "no engine: the tools use the embedded reader",
            "engines": [_told(engine) for engine in await engines(kit)],
        },
        "sessions": [session.id for session in kit.browser.owned(kit.caller)],
    }


def _told(engine: EngineState) -> dict[str, Any]:
    told: dict[str, Any] = {"name": engine.name, "up": engine.up, "models": engine.models, "because": engine.because}
    if engine.metrics is not None:
        told |= {
            "running": engine.metrics.running,
            "waiting": engine.metrics.waiting,
            "prefix_cache_hit_rate": engine.metrics.prefix_hit_rate,
            "picture_cache_hit_rate": engine.metrics.picture_hit_rate,
        }
    return told


class Metrics:
    """``/metrics`` in Prometheus' text format."""

    def __init__(self, open_kit: Callable[[], Awaitable[Kit]]) -> None:
        self._open_kit = open_kit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kit = await self._open_kit()
        lines = [
            f"handlens_sessions {kit.browser.count}",
            f"handlens_sight_ready {int(kit.eye is not None and kit.eye.status.ready)}",
        ]
        for engine in await engines(kit):
            label = '{engine="' + engine.name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"}'
            lines.append(f"handlens_engine_up{label} {int(engine.up)}")
            if engine.metrics is not None:
                m = engine.metrics
                lines += [
                    f"handlens_engine_questions_running{label} {m.running}",
                    f"handlens_engine_questions_waiting{label} {m.waiting}",
                    f"handlens_engine_prompt_tokens_total{label} {m.prefix_queries}",
                    f"handlens_engine_prompt_tokens_cached_total{label} {m.prefix_hits}",
                    f"handlens_engine_pictures_total{label} {m.picture_queries}",
                    f"handlens_engine_pictures_cached_total{label} {m.picture_hits}",
                ]
        body = "\n".join([*lines, ""])
        await PlainTextResponse(body, media_type="text/plain; version=0.0.4")(scope, receive, send)
