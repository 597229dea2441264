"""What a vLLM engine says of itself: its load, and how often its caches help."""

from __future__ import annotations

import re
from dataclasses import dataclass

import anyio

from handlens.errors import EyeError
from handlens.eye.engine_link import EngineGoneError, EngineLink, EngineRefusedError

ASKED_SECONDS = 2.0
_LINE = re.compile(r"^([a-z_:]+)(?:\{[^}]*\})?\s+([-+.\deE]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class EngineMetrics:
    """Counts since the engine came up; prefix counts are tokens, picture counts pictures; ``cache_use`` 0 to 1."""

    running: int
    waiting: int
    prefix_queries: int
    prefix_hits: int
    picture_queries: int
    picture_hits: int
    cache_use: float

    @property
    def prefix_hit_rate(self) -> float | None:
        """Share of prompt tokens that came from the cache; None before the first question."""
        return self.prefix_hits / self.prefix_queries if self.prefix_queries else None

    @property
    def picture_hit_rate(self) -> float | None:
        """Share of pictures that needed no processing; None before the first picture."""
        return self.picture_hits / self.picture_queries if self.picture_queries else None


async def read_metrics(link: EngineLink) -> EngineMetrics:
    """Ask one engine. Raises what `EngineLink.get` raises: an API that is no vLLM has no metrics."""
    return parse_metrics((await link.get("/metrics")).decode("utf-8", "replace"))


async def metrics_of(link: EngineLink) -> EngineMetrics | None:
    """The same, None where the engine is no vLLM, is gone this moment, or does not answer in time."""
    with anyio.move_on_after(ASKED_SECONDS):
        try:
            return await read_metrics(link)
        except (EngineGoneError, EngineRefusedError, EyeError):
            return None
    return None


def parse_metrics(text: str) -> EngineMetrics:
    """Read Prometheus' text format; what is not told is 0. Engines that report in parts are summed."""
    totals: dict[str, float] = {}
    for name, value in _LINE.findall(text):
        totals[name] = totals.get(name, 0.0) + float(value)

    def count(name: str) -> int:
        return int(totals.get(f"vllm:{name}", 0))

    return EngineMetrics(
        running=count("num_requests_running"),
        waiting=count("num_requests_waiting"),
        prefix_queries=count("prefix_cache_queries_total"),
        prefix_hits=count("prefix_cache_hits_total"),
        picture_queries=count("mm_cache_queries_total"),
        picture_hits=count("mm_cache_hits_total"),
        cache_use=totals.get("vllm:kv_cache_usage_perc", 0.0),
    )
