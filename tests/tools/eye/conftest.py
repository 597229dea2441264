from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image

from handlens.tool import Picture


@pytest.fixture
def picture() -> Picture:
    return make_picture(64, 48)


@pytest.fixture
def make() -> Callable[..., Picture]:
    return make_picture


def make_picture(width: int, height: int, colour: str = "white", kind: str = "PNG") -> Picture:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, kind)
    return Picture(buffer.getvalue(), f"image/{kind.lower()}")
