"""`handlens engine plan` and `handlens engine run`."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import NoReturn

from handlens_server.engine.hardware import find_hardware
from handlens_server.engine.open import engine_python, planned
from handlens_server.engine.options import EngineOptions


def plan_text(options: EngineOptions) -> str:
    """The commands that `--engine vllm` would run on this machine, and why, for people and for a shell."""
    python = engine_python(options) if options.python is not None else Path("python")
    return "\n\n".join(plan.shown(python) for plan in planned(options, find_hardware()))


def run(options: EngineOptions, host: str, port: int) -> NoReturn:
    """Become the routine engine, listening at ``host`` and ``port``, for handlens on another machine.

    Without an API key in the options one is made and said on stderr, so that an open port is never unguarded.
    """
    import sys

    python = engine_python(options)
    plan = planned(options.model_copy(update={"careful_model": None}), find_hardware())[0]
    if options.api_key is not None:
        key = options.api_key.get_secret_value()
    else:
        key = secrets.token_urlsafe(32)
        print(f"API key of this engine: {key}", file=sys.stderr)  # noqa: T201
    command = [*plan.command(python), "--host", host, "--port", str(port)]
    os.execve(python, command, {**os.environ, **plan.environment, "VLLM_API_KEY": key})  # noqa: S606
