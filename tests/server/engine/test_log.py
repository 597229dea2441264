"""How far a start is, and why it failed, from vLLM's log."""

from __future__ import annotations

from collections import deque

import pytest

from handlens_server.engine.log import gist, is_hopeless, phase_of


@pytest.mark.parametrize(
    ("line", "phase"),
    [
        ("Loading safetensors checkpoint shards:  40% Completed | 2/5", "the engine loads its weights, 40 %"),
        ("(Worker pid=1) INFO Starting to load model Qwen/Qwen3-VL-4B-Instruct...", "the engine loads its weights"),
        ("Capturing CUDA graphs (mixed prefill-decode): 10%", "the engine warms up"),
        ("INFO:     Application startup complete.", "the engine is up"),
        ("INFO anything else", None),
    ],
)
def test_the_log_tells_how_far_the_start_is(line: str, phase: str | None) -> None:
    assert phase_of(line) == phase


REFUSED = (
    "pydantic_core._pydantic_core.ValidationError: 1 validation error for ModelConfig",
    "  Value error, User-specified max_model_len (99999999) is greater than the derived max_model_len (262144).",
    "    For further information visit https://errors.pydantic.dev/2.12/v/value_error",
    "it ended with exit code 1",
)


def test_the_line_that_says_why_is_told() -> None:
    assert gist(REFUSED) == f"{REFUSED[1].strip()}; it ended with exit code 1"
    assert gist(deque(REFUSED)) == gist(REFUSED)
    assert gist(["INFO all is well"]) == "INFO all is well"
    assert gist([]) == "it said nothing"


@pytest.mark.parametrize(
    ("line", "advice", "hopeless"),
    [
        ("OSError: We couldn't connect to 'https://huggingface.co' to load the files", "name a folder", False),
        ("LocalEntryNotFoundError: Cannot find an appropriate cached snapshot folder for", "engine.offline", True),
        (
            "OSError: acme/x is not a local folder and is not a valid model identifier listed on",
            "correct --model",
            True,
        ),
        ("python: Error while finding (ModuleNotFoundError: No module named 'vllm')", "engine.python", True),
        ("/v/bin/python: No module named vllm.entrypoints.openai.api_server", "--engine-url", True),
        ("ImportError: Please install modelscope>=1.18.1 via `pip install modelscope`", "beside vLLM", True),
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", "smaller one", False),
    ],
)
def test_what_is_known_to_go_wrong_is_told_with_what_to_do(line: str, advice: str, hopeless: bool) -> None:
    told = gist([line, "it ended with exit code 1"])
    assert advice in told
    assert line in told
    assert is_hopeless([line]) == hopeless
