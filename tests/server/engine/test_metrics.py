"""vLLM's own numbers, as it prints them."""

from __future__ import annotations

import anyio
import pytest

from fakes.engine import FakeEngine, saying
from handlens.eye.engine_link import Endpoint, EngineLink
from handlens_server.engine import metrics as metrics_module
from handlens_server.engine.metrics import metrics_of, parse_metrics

PRINTED = """\
# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="Qwen/Qwen3-VL-4B-Instruct"} 3.0
vllm:num_requests_running{engine="1",model_name="Qwen/Qwen3-VL-4B-Instruct"} 2.0
vllm:num_requests_waiting{engine="0",model_name="m"} 1.0
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.0125
vllm:prefix_cache_queries_total{engine="0",model_name="m"} 2028.0
vllm:prefix_cache_hits_total{engine="0",model_name="m"} 1.014e+03
vllm:mm_cache_queries_total{engine="0",model_name="m"} 4.0
vllm:mm_cache_hits_total{engine="0",model_name="m"} 3.0
vllm:e2e_request_latency_seconds_bucket{engine="0",le="0.3",model_name="m"} 0.0
python_gc_objects_collected_total{generation="0"} 19521.0
"""


def test_the_numbers_are_read_and_several_engines_summed() -> None:
    metrics = parse_metrics(PRINTED)
    assert (metrics.running, metrics.waiting, metrics.cache_use) == (5, 1, 0.0125)
    assert metrics.prefix_hit_rate == 0.5
    assert metrics.picture_hit_rate == 0.75


def test_an_engine_that_was_not_asked_yet_has_no_rates() -> None:
    assert parse_metrics("").prefix_hit_rate is None
    assert parse_metrics("nothing of the kind").picture_hit_rate is None


@pytest.mark.anyio
async def test_an_engine_that_does_not_answer_holds_up_nobody_who_asks_how_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(metrics_module, "ASKED_SECONDS", 0.05)
    async with FakeEngine(saying("x")).serve() as engine:
        engine.silent = True
        link = EngineLink(Endpoint(engine.url))
        with anyio.fail_after(5):
            assert await metrics_of(link) is None
        await link.close()
