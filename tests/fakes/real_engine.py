"""Where the environment that tests/engine_env/build.py made lies, and a picture with something to see."""

from __future__ import annotations

import io
import os
from pathlib import Path
from random import Random

import pytest

from handlens.tool import Picture
from handlens_server.engine.options import EngineOptions

ENVIRONMENT = Path(os.environ.get("HANDLENS_TEST_ENGINE_ENV", "~/.cache/handlens/engine-env")).expanduser()


def engine_python() -> Path:
    """The environment's Python; skips the test where it was not built."""
    if not (ENVIRONMENT / "environment.done").exists():
        pytest.skip(f"no engine environment at {ENVIRONMENT}: python tests/engine_env/build.py, or set "
                    "HANDLENS_TEST_ENGINE_ENV")  # fmt: skip
    return ENVIRONMENT / "bin" / "python"


def weightless(shape: str, **options: object) -> EngineOptions:
    """Options for an engine on a checkpoint without weights. Its answers mean nothing, so its sight is not checked."""
    return EngineOptions.model_validate(
        {
            "kind": "vllm",
            "model": str(ENVIRONMENT / "checkpoints" / f"qwen3-vl-{shape}"),
            "args": ("--load-format", "dummy"),
            "python": engine_python(),
            "check": False,
            "stop_seconds": 10,
            **options,
        }
    )


def frame(width: int, height: int, seed: int = 0, *, photo: bool = False) -> Picture:
    """A picture like a screen: flat areas and edges, other ones for each seed; ``photo``: a quarter of it is grainy."""
    from PIL import Image, ImageDraw

    random = Random(seed)
    image = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(image)
    for _ in range(120):
        left, top = random.randrange(width), random.randrange(height)
        fill = tuple(random.randrange(256) for _ in range(3))
        pen.rectangle((left, top, left + random.randrange(4, 160), top + random.randrange(4, 40)), fill=fill)
    if photo:
        image.paste(Image.effect_noise((width // 2, height // 2), 60).convert("RGB"), (0, 0))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return Picture(buffer.getvalue())
