"""What this machine has for an engine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass

GIB = 1024**3
_QUERY_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Gpu:
    """``memory`` in bytes, ``capability`` as CUDA counts it: (9, 0) is Hopper; ``index`` in the order of the bus."""

    name: str
    memory: int
    capability: tuple[int, int]
    index: int = 0

    @property
    def kind(self) -> tuple[str, int, tuple[int, int]]:
        return self.name, round(self.memory / GIB), self.capability


@dataclass(frozen=True, slots=True)
class Hardware:
    """GPUs of one machine, and the memory (bytes) and cores that there are without one."""

    gpus: tuple[Gpu, ...]
    memory: int
    cores: int


def find_hardware() -> Hardware:
    """Ask the driver and the system. Blocks for up to some seconds: call it in a thread."""
    return Hardware(_nvidia_gpus(), _memory(), len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1)


def _nvidia_gpus() -> tuple[Gpu, ...]:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ()
    try:
        found = subprocess.run(  # noqa: S603
            [tool, "--query-gpu=name,memory.total,compute_cap", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=_QUERY_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ()  # a driver that does not answer runs no engine either
    return visible_gpus(parse_gpus(found.stdout), os.environ.get("CUDA_VISIBLE_DEVICES"))


def parse_gpus(listing: str) -> tuple[Gpu, ...]:
    """Read nvidia-smi's lines of name, memory in MiB and compute capability; lines it can't tell are left out."""
    gpus: list[Gpu] = []
    for index, line in enumerate(listing.splitlines()):
        parts = [part.strip() for part in line.split(",")]
        if len(parts) != 3 or not parts[1].isdigit():
            continue
        major, _, minor = parts[2].partition(".")
        if major.isdigit() and minor.isdigit():
            gpus.append(Gpu(parts[0], int(parts[1]) * 1024**2, (int(major), int(minor)), index))
    return tuple(gpus)


def visible_gpus(gpus: tuple[Gpu, ...], named: str | None) -> tuple[Gpu, ...]:
    """Those that CUDA_VISIBLE_DEVICES leaves, where it names them by number; its other forms leave all."""
    if named is None or not re.fullmatch(r"[\d\s,-]*", named):
        return gpus
    kept: list[Gpu] = []
    for word in named.split(","):
        found = [gpu for gpu in gpus if word.strip() == str(gpu.index)]
        if not found:
            break  # as CUDA does: the first that is not there ends the list
        kept += found
    return tuple(kept)


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
