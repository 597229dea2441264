"""Finding lines of text in a picture with PP-OCR's differentiable-binarisation detector.

The network gives a map of how likely each point lies in the middle of a line; each connected piece of it is shrunk
text, so its rectangle is grown again by area x ratio / perimeter (Liao et al., "Real-time scene text detection with
differentiable binarization", 2020).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]
    Floats = NDArray[np.float32]

_MAP_THRESHOLD = 0.3
_GROW = 1.6
_MAX_CANDIDATES = 3000
_INK = 40.0
_MARGIN_STEP = 5
_LEAN = 3.0
_TRIM = 4
_DOTS = 3  # pixels from a letter to its dot, at most
_LOWEST = 5
_RULE = 0.95


class Rotated:
    """A rotated rectangle in image pixels: centre, width along the text, height across it, angle in degrees."""

    __slots__ = ("angle", "cx", "cy", "height", "score", "width")

    def __init__(self, cx: float, cy: float, width: float, height: float, angle: float, score: float) -> None:
        self.cx, self.cy, self.width, self.height, self.angle, self.score = cx, cy, width, height, angle, score


def find_lines(session: Any, image: Image, *, side: int, threshold: float) -> list[Rotated]:
    """Rectangles round the lines of text in `image` (height x width x 3, RGB), in no order.

    side: the longer side of the picture that the network sees, at most, in pixels; threshold: least mean score, 0 to 1.
    """
    import cv2
    import numpy as np

    height, width = image.shape[:2]
    scale = min(1.0, side / max(height, width))
    small = (max(32, round(width * scale / 32) * 32), max(32, round(height * scale / 32) * 32))
    resized = cv2.resize(image, small, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    tensor = np.ascontiguousarray(resized[:, :, ::-1].transpose(2, 0, 1)[None], np.float32)
    tensor /= 127.5  # in place: the network needs all the memory that it can get
    tensor -= 1.0
    score_map: Floats = session.run(None, {session.get_inputs()[0].name: tensor})[0][0, 0]
    return _boxes(score_map, width / small[0], height / small[1], threshold)


def _boxes(score_map: Floats, scale_x: float, scale_y: float, threshold: float) -> list[Rotated]:
    import cv2
    import numpy as np

    mask = cv2.dilate((score_map > _MAP_THRESHOLD).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found: list[Rotated] = []
    for contour in contours[:_MAX_CANDIDATES]:
        (cx, cy), (w, h), angle = cv2.minAreaRect(contour)
        if min(w, h) < 2:
            continue
        score = _mean_inside(score_map, contour)
        if score < threshold:
            continue
        grow = w * h * _GROW / (2 * (w + h))
        found.append(_upright(cx, cy, w + 2 * grow, h + 2 * grow, angle, score, scale_x, scale_y))
    return found


def _mean_inside(score_map: Floats, contour: Any) -> float:
    import cv2
    import numpy as np

    x, y, w, h = cv2.boundingRect(contour)
    inside = np.zeros((h, w), np.uint8)
    cv2.fillPoly(inside, [contour - np.array([[x, y]])], 1)
    return float(cv2.mean(score_map[y : y + h, x : x + w], inside)[0])


def _upright(
    cx: float, cy: float, w: float, h: float, angle: float, score: float, scale_x: float, scale_y: float
) -> Rotated:
    """The rectangle in image pixels, its angle brought to -45..45 degrees."""
    while angle > 45:
        angle, w, h = angle - 90, h, w
    while angle < -45:
        angle, w, h = angle + 90, h, w
    # Nearly level rectangles of short words carry a noisy angle that only blurs the crop.
    if abs(angle) < 0.3 or (w < 3 * h and abs(angle) < 8):
        angle = 0.0
    if scale_x != scale_y:
        angle = math.degrees(math.atan(math.tan(math.radians(angle)) * scale_y / scale_x))
    return Rotated(cx * scale_x, cy * scale_y, w * scale_x, h * scale_y, angle, score)


def levelled(place: Rotated) -> Rotated:
    """A place that leans a little, as nothing does that a computer has set, made level."""
    if place.angle == 0.0 or abs(place.angle) > _LEAN:
        return place
    return Rotated(place.cx, place.cy, place.width, place.height, 0.0, place.score)


def snapped(image: Image, place: Rotated) -> Rotated:
    """A level place with its margins round the writing in steps, so that what looks the same is cut out the same."""
    import numpy as np

    if place.angle != 0.0 or place.height > place.width:
        return place
    left, top, right, bottom = corners(place)
    written = written_in(image[top:bottom, left:right])
    columns, rows = np.flatnonzero(written.any(axis=0)), np.flatnonzero(written.any(axis=1))
    if not len(columns):
        return place
    height, width = image.shape[:2]
    x = [left + columns[0] - _MARGIN_STEP, left + columns[-1] + 1 + _MARGIN_STEP]
    y = [top + rows[0] - _step(rows[0]), top + rows[-1] + 1 + _step(bottom - top - rows[-1] - 1)]
    x, y = [min(max(0, float(at)), width) for at in x], [min(max(0, float(at)), height) for at in y]
    return Rotated((x[0] + x[1]) / 2, (y[0] + y[1]) / 2, x[1] - x[0], y[1] - y[0], 0.0, place.score)


def trimmed(image: Image, place: Rotated) -> Rotated:
    """A level place cut to its line of writing and a little margin: its type is then as large as it can be read.

    What reaches in from the lines above and below, and rules between rows, stay outside.
    """
    import numpy as np

    left, top, right, bottom = corners(place)
    rows = np.flatnonzero(written_in(image[top:bottom, left:right]).any(axis=1))
    if not len(rows):
        return place
    first, last = _line_of(rows, (bottom - top) / 2)
    if last - first < _LOWEST:
        return place
    top, bottom = max(0, top + first - _TRIM), min(image.shape[0], top + last + 1 + _TRIM)
    return Rotated(place.cx, (top + bottom) / 2, place.width, float(bottom - top), 0.0, place.score)


def _line_of(rows: NDArray[np.intp], middle: float) -> tuple[int, int]:
    """First and last of the rows that are written on and hang together, dots over letters and all, at the middle."""
    import numpy as np

    runs = np.split(rows, np.flatnonzero(np.diff(rows) > _DOTS) + 1)
    pieces = [(int(run[0]), int(run[-1])) for run in runs]
    first, last = min(pieces, key=lambda piece: max(piece[0] - middle, middle - piece[1], 0.0) - piece[1] + piece[0])
    if last - first < _LOWEST:
        return int(rows[0]), int(rows[-1])
    return first, last


def corners(place: Rotated) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a level place, in whole pixels."""
    left, top = max(0, math.floor(place.cx - place.width / 2)), max(0, math.floor(place.cy - place.height / 2))
    return left, top, math.ceil(place.cx + place.width / 2), math.ceil(place.cy + place.height / 2)


def _written(part: Image) -> NDArray[np.bool_]:
    """Where in a part of a picture something stands out from the ground."""
    import numpy as np

    grey = part.mean(axis=2)
    return np.abs(grey - np.median(grey)) > _INK if grey.size else np.zeros(grey.shape, bool)


def written_in(part: Image) -> NDArray[np.bool_]:
    """Where in a part of a picture something stands out from the ground, but for rules."""
    return _without_rules(_written(part))


def _without_rules(written: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What is written but for the rules between cells: rows and columns that are drawn from end to end."""
    across, down = written.mean(axis=1) >= _RULE, written.mean(axis=0) >= _RULE
    return written & ~across[:, None] & ~down[None, :]


def _step(margin: Any) -> int:
    return _MARGIN_STEP * max(1, round(float(margin) / _MARGIN_STEP))
