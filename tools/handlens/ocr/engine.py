"""Reading a picture in this process: detector, recogniser, order. Slow (seconds): call it in a worker."""

from __future__ import annotations

import importlib.util
import io
import math
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handlens.errors import OcrUnavailable
from handlens.geometry import Box
from handlens.ocr.detect import corners, find_lines
from handlens.ocr.lines import Line, lines_to_json
from handlens.ocr.order import columns_of, in_reading_order
from handlens.ocr.recognise import Recogniser
from handlens.ocr.screens import Screens
from handlens.workers import give_back_memory

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

DETECTOR_SIDE = 992
SCREEN_SIDE = 1_600
"""Screens are set in 12 to 14 pixels: shrunk much further, the ends of their words are lost."""
DETECTOR_THRESHOLD = 0.5
LEAST_CONFIDENCE = 0.5
MAX_PIXELS = 100_000_000
_DETECTOR = "PP-OCRv6_det_small.onnx"
_LONG = 4  # line heights


class Engine:
    """PP-OCRv6 on one core. Reads Chinese, English, Japanese and other Latin scripts; no Cyrillic, Greek, Arabic,
    Korean, Devanagari or Thai.
    """

    def __init__(self, *, detector_side: int = DETECTOR_SIDE, threads: int = 1) -> None:
        self._side = detector_side
        self._threads = threads
        self._recogniser = Recogniser(_session(_models() / "PP-OCRv6_rec_small.onnx", threads))

    @cached_property
    def _detector(self) -> Any:
        """For pages, of which a document has many: it spares memory."""
        return _session(_models() / _DETECTOR, self._threads, spare_memory=True)

    @cached_property
    def _screens(self) -> Screens:
        detector = _session(_models() / _DETECTOR, self._threads)  # a screen is wanted at once
        side = max(SCREEN_SIDE, self._side)
        return Screens(detector, self._recogniser, side=side, threshold=DETECTOR_THRESHOLD)

    def read(self, image: Image, *, screen: bool = False) -> list[Line]:
        """Lines in reading order; `image` is height x width x 3, RGB, 8 bits. `screen`: drawn by a computer."""
        if not screen:
            return self.look(image)[0]
        lines = self._screens.read(image)
        give_back_memory()
        return in_reading_order([line for line in lines if line.confidence >= LEAST_CONFIDENCE])

    def reread(self, image: Image, boxes: Sequence[Box]) -> list[Line | None]:
        """The level line of a screen in each box, read otherwise than by `read`."""
        return self._screens.reread(image, boxes)

    def columns(self, image: Image) -> list[Box]:
        """Where there is text of any script: its columns, in reading order."""
        places = find_lines(self._detector, image, side=self._side, threshold=DETECTOR_THRESHOLD)
        give_back_memory()
        return columns_of([Box.from_corners(*corners(place)) for place in places])

    def look(self, image: Image) -> tuple[list[Line], list[Box]]:
        """Lines as `read` gives them, and where there are long ones that could not be read at all."""
        lines: list[Line] = []
        unread: list[Box] = []
        places = find_lines(self._detector, image, side=self._side, threshold=DETECTOR_THRESHOLD)
        give_back_memory()
        for place in places:
            line = self._recogniser.read(image, place)
            if line is not None and line.confidence >= LEAST_CONFIDENCE:
                lines.append(line)
            elif place.width > _LONG * place.height:
                unread.append(Box(x=place.cx - place.width / 2, y=place.cy, width=place.width, height=place.height))
        give_back_memory()
        return in_reading_order(lines), unread


def serve(**options: Any) -> Any:
    """Handler of an OCR worker; see `handlens.workers`."""
    engine = Engine(**options)

    def handle(request: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        image = _decode(request, body)
        if "boxes" in request:
            readings = engine.reread(image, [Box.from_corners(*corners) for corners in request["boxes"]])
            return {"readings": [lines_to_json([line] if line else []) for line in readings]}, b""
        return {"lines": lines_to_json(engine.read(image, screen="screen" in request))}, b""

    return handle


def _decode(request: dict[str, Any], body: bytes) -> Image:
    import numpy as np

    if "size" in request:
        width, height = request["size"]
        return np.frombuffer(body, np.uint8).reshape(height, width, 3)
    from PIL import Image as Pillow

    with Pillow.open(io.BytesIO(body)) as picture:
        if math.prod(picture.size) > MAX_PIXELS:
            raise ValueError(f"The picture has {math.prod(picture.size)} pixels; OCR reads at most {MAX_PIXELS}.")
        return np.asarray(flattened(picture))


def flattened(picture: Any) -> Any:
    """A Pillow image as RGB, transparent parts on white."""
    from PIL import Image as Pillow

    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        white = Pillow.new("RGBA", layer.size, "white")
        return Pillow.alpha_composite(white, layer).convert("RGB")
    return picture.convert("RGB")


def available() -> bool:
    """Whether the packages of the `ocr` extra are installed. Imports none of them."""
    return all(importlib.util.find_spec(name) is not None for name in ("rapidocr", "onnxruntime", "cv2", "numpy"))


def _models() -> Path:
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or spec.origin is None or not available():
        raise OcrUnavailable("OCR needs the `ocr` extra: pip install 'handlens[ocr]'.")
    return Path(spec.origin).parent / "models"


def _session(model: Path, threads: int, *, spare_memory: bool = False) -> Any:
    """A session of ``model``. Sparing memory, its channels are not laid out in blocks: on a whole page that needs 210
    instead of 330 MB, and half as much time again.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    # White paper leaves numbers next to nothing in the networks, on which a processor is several times slower.
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    if spare_memory:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
