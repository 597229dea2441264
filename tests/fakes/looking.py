"""Models that truly look at the picture they are sent, for what a script can look for."""

from __future__ import annotations

import io
import json

from PIL import Image

from handlens.eye.self_check import COLOURS


def find_square(png: bytes, question: str, *, in_pixels: bool = False) -> str:
    """Answer a sight check: the place of the square whose colour the question names, as a grounding model would."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    fill = next(fill for colour, fill in COLOURS.items() if f"the {colour} square" in question)
    found = [
        (x, y) for x in range(0, image.width, 8) for y in range(0, image.height, 8) if image.getpixel((x, y)) == fill
    ]
    across, down = (1.0, 1.0) if in_pixels else (1000 / image.width, 1000 / image.height)
    (left, top), (right, bottom) = found[0], found[-1]
    box = [round(left * across), round(top * down), round(right * across), round(bottom * down)]
    return json.dumps([{"bbox_2d": box, "label": "square"}])
