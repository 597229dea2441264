"""What vLLM's log says: how far a start is, why it failed, and whether another would fail too."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PHASES = (
    (re.compile(r"Loading safetensors checkpoint shards:\s+(\d+)%"), "the engine loads its weights, {} %"),
    (re.compile(r"(?:Downloading|Fetching)\D*(\d+)%"), "the engine downloads its model, {} %"),
    (re.compile(r"Starting to load model"), "the engine loads its weights"),
    (re.compile(r"(?:torch\.compile|Capturing CUDA graphs?|Warming up|profil)"), "the engine warms up"),
    (re.compile(r"Application startup complete"), "the engine is up"),
)
_HOPELESS = (
    *("No module named", "unrecognized arguments", "validation error for", "can't be run", "Please install modelscope"),
    *("is not a valid model identifier", "Repository Not Found", "gated repo"),
    "Cannot find an appropriate cached snapshot",
)
"""What would be said again at the next start."""
_ADVICE = {
    "No module named 'vllm'": "this Python has no vLLM: install it there, or correct engine.python",
    **dict.fromkeys(
        ("No module named vllm.entrypoints", "No module named 'vllm.entrypoints"),
        "this vLLM has no server at the place that handlens knows: run `vllm serve` yourself and name it with "
        "--engine-url, or install vllm 0.32",
    ),
    "Cannot find an appropriate cached snapshot": "the model is not on this machine, and engine.offline forbids to "
    "download it: name its folder with --model",
    "couldn't connect to 'https://huggingface.co'": "the hub can't be reached: name a folder with --model, or "
    "modelscope:NAME",
    "is not a valid model identifier": "the hub has no such model: correct --model",
    "Repository Not Found": "the hub has no such model: correct --model",
    "gated repo": "accept the model's terms on the hub and set HF_TOKEN",
    "Please install modelscope": "install it beside vLLM",
    "CUDA out of memory": "the model does not fit beside what else is on the GPU: take a smaller one, or give "
    "--engine-arg=--gpu-memory-utilization=SHARE",
}
_TELLING = re.compile(r"\b\w*(?:Error|Exception)\b|error:|No module|Value error")


def phase_of(line: str) -> str | None:
    """What a line says of how far the start is."""
    for pattern, phase in _PHASES:
        if found := pattern.search(line):
            return phase.format(*found.groups())
    return None


def is_hopeless(lines: Sequence[str]) -> bool:
    """Whether the next start would end as this one did."""
    return any(sign in line for line in lines for sign in _HOPELESS)


def gist(lines: Sequence[str]) -> str:
    """Of the last lines the one that most likely says why, the last one, and what to do where that is known."""
    told = [line.strip()[-300:] for line in lines]
    advice = [advice for sign, advice in _ADVICE.items() if any(sign in line for line in lines)]
    telling = [line for line in told if _TELLING.search(line)]
    return "; ".join(dict.fromkeys([*advice[:1], *telling[-1:], *told[-1:]])) or "it said nothing"
