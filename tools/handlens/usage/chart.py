"""A line chart of a series, drawn with Pillow alone: mean as a line, least to most as a band, gaps as gaps."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from handlens.usage.history import Bucket

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

WIDTH, HEIGHT = 960, 360
_LEFT, _TOP, _RIGHT, _BOTTOM = 76, 44, 24, 44
_LINE, _BAND, _GRID, _INK = "#1f6feb", "#cfe0fb", "#e4e7ec", "#333a45"


def chart(buckets: Sequence[Bucket], begin: datetime, end: datetime, bucket: timedelta, title: str) -> bytes:
    """A PNG of the series. Percentages are drawn on 0 to 100, everything else from 0 to its highest."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(picture)
    highest = max(one.most for one in buckets)
    top = 100.0 if title.endswith("percent") and highest <= 100 else (highest * 1.05 or 1.0)

    def at(moment: datetime, value: float) -> tuple[float, float]:
        across = (moment - begin) / (end - begin)
        return (
            _LEFT + across * (WIDTH - _LEFT - _RIGHT),
            HEIGHT - _BOTTOM - value / top * (HEIGHT - _TOP - _BOTTOM),
        )

    _axes(pen, begin, end, top, title)
    for run in _runs(buckets, bucket):
        middle = [(one.begin + bucket / 2, one) for one in run]
        upper = [at(moment, one.most) for moment, one in middle]
        lower = [at(moment, one.least) for moment, one in middle]
        line = [at(moment, one.mean) for moment, one in middle]
        if len(run) == 1:
            (x, y) = line[0]
            pen.line([upper[0], lower[0]], fill=_BAND, width=3)
            pen.ellipse([x - 2, y - 2, x + 2, y + 2], fill=_LINE)
            continue
        pen.polygon([*upper, *reversed(lower)], fill=_BAND)
        pen.line(line, fill=_LINE, width=2)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _runs(buckets: Sequence[Bucket], bucket: timedelta) -> list[list[Bucket]]:
    """The buckets in stretches without a gap."""
    runs: list[list[Bucket]] = []
    for one in buckets:
        if runs and one.begin - runs[-1][-1].begin <= bucket * 1.5:
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs


def _axes(pen: ImageDraw, begin: datetime, end: datetime, top: float, title: str) -> None:
    from PIL import ImageFont

    font, small = ImageFont.load_default(15), ImageFont.load_default(12)
    pen.text((_LEFT, 12), " · ".join(filter(_drawable, [*title.split(" · "), "UTC"])), fill=_INK, font=font)
    for step in range(5):
        y = HEIGHT - _BOTTOM - step / 4 * (HEIGHT - _TOP - _BOTTOM)
        pen.line([(_LEFT, y), (WIDTH - _RIGHT, y)], fill=_GRID)
        pen.text((_LEFT - 8, y), _short(top * step / 4), fill=_INK, font=small, anchor="rm")
    shown = "%H:%M" if end - begin <= timedelta(days=2) else "%m-%d"
    for step in range(7):
        x = _LEFT + step / 6 * (WIDTH - _LEFT - _RIGHT)
        moment = begin + (end - begin) * step / 6
        pen.text((x, HEIGHT - _BOTTOM + 10), moment.strftime(shown), fill=_INK, font=small, anchor="mt")


def _drawable(text: str) -> bool:
    """Whether Pillow's own font has all of it; it has no Chinese, and would draw boxes."""
    return all(ord(letter) < 256 for letter in text)


def _short(value: float) -> str:
    for size, unit in ((2**40, " Ti"), (2**30, " Gi"), (2**20, " Mi")):
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"
