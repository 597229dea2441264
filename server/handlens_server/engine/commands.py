"""`handlens engine plan` and `handlens engine run`."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path
from typing import NoReturn

from handlens.errors import EyeUnavailable, InvalidInput
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

    Raises:
        EyeUnavailable: there is no vLLM to run.
        InvalidInput: nothing can listen there, or the model does not fit.
    """
    import sys

    python = engine_python(options)
    plan = planned(options.model_copy(update={"careful_model": None}), find_hardware())[0]
    _require_free(host, port)
    if options.api_key is not None:
        key = options.api_key.get_secret_value()
    else:
        key = secrets.token_urlsafe(32)
        print(f"API key of this engine: {key}", file=sys.stderr)  # noqa: T201
    command = [*plan.command(python), "--host", host, "--port", str(port)]
    try:
        os.execve(python, command, {**os.environ, **plan.environment, "VLLM_API_KEY": key})  # noqa: S606
    except OSError as error:
        raise EyeUnavailable(f"{python} can't be run ({error.strerror}): correct engine.python.") from error


def _require_free(host: str, port: int) -> None:
    """Say at once what vLLM would say only after its imports."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise InvalidInput(f"{host}:{port} can't be used ({error.strerror}): choose another --port.") from error
