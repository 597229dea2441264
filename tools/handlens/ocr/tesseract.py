"""Tesseract, where it is installed: it reads scripts that PP-OCRv6 does not know. A program of its own, not a package.

reader = find_tesseract()
codes = reader.codes(language="ru") or reader.codes(script=reader.script_of(image))
lines = reader.read(image, codes, columns)
"""

from __future__ import annotations

import csv
import ctypes
import math
import os
import shutil
import subprocess
import sys
import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from handlens.geometry import Box
from handlens.ocr.lines import Line, Word
from handlens.scripts import PARTED, codes_of, script_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

_SECONDS = 100.0
_ONE_THREAD = {"OMP_THREAD_LIMIT": "1"}
_MARGIN = 8  # pixels
_SPACE = 0.25  # of the height of words, between two of them
_WORD = "5"  # the level of a row of Tesseract's table that is a word
_AROUND = 0.35  # of a line's height
_JOINERS = "\u200c\u200d"
_BLANK = " \u200e\u200f"
_TELLING = 5  # words: a shorter line's slope is chance
_DIE_WITH_PARENT, _KILL = 1, 9


@dataclass(frozen=True)
class Tesseract:
    """An installed Tesseract and the languages that it has data for."""

    program: str
    languages: frozenset[str]

    def codes(self, *, language: str = "", script: str = "") -> str:
        """What to read a language (a tag) or a script with, as Tesseract names it; empty where it is not installed."""
        return next((code for code in codes_of(language=language, script=script) if code in self.languages), "")

    def script_of(self, image: Image) -> str:
        """The script that most of a page's print is in; empty where that can't be told."""
        if "osd" not in self.languages:
            return ""
        answer = self._run(image, "--psm", "0")
        told = [line.removeprefix("Script: ") for line in answer.splitlines() if line.startswith("Script: ")]
        return told[0].strip() if told else ""

    def read(self, image: Image, codes: str, columns: list[Box]) -> list[Line]:
        """Lines of text with their words, boxes in pixels of `image` (height x width x 3, RGB, 8 bits).

        columns: where there is text, each a column of its own: Tesseract finds them badly in scripts with marks.
        """
        return [line for column in columns for line in self._read(image, codes, column.padded(_MARGIN))]

    def _read(self, image: Image, codes: str, column: Box) -> list[Line]:
        left, top = max(0, int(column.x)), max(0, int(column.y))
        part = image[top : int(column.bottom) + 1, left : int(column.right) + 1]
        table = self._run(part, "-l", codes, "--psm", "6", "-c", "tessedit_create_tsv=1")
        rows = csv.DictReader(table.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
        words = [row for row in rows if row["level"] == _WORD and row["text"].strip(_BLANK)]
        lines = groupby(words, key=lambda row: (row["block_num"], row["par_num"], row["line_num"]))
        return [_line([_word(row, left, top) for row in line]) for _, line in lines]

    def _run(self, image: Image, *arguments: str) -> str:
        """What Tesseract prints of a picture; nothing where it fails or takes too long."""
        command = [self.program, "stdin", "stdout", *arguments]
        try:
            done = subprocess.run(  # noqa: S603 - a picture goes in by a pipe, nothing of a document is an argument
                command, input=_portable(image), capture_output=True, timeout=_SECONDS, check=False,
                env=os.environ | _ONE_THREAD, preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""


@cache
def find_tesseract() -> Tesseract | None:
    """The Tesseract on this machine's path, None where there is none that works."""
    program = shutil.which("tesseract")
    if program is None:
        return None
    try:
        done = subprocess.run([program, "--list-langs"], capture_output=True, timeout=20, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return Tesseract(program, frozenset(done.stdout.decode("utf-8", "replace").split()))


def _portable(image: Image) -> bytes:
    """The picture as a portable grey map, which needs no encoder."""
    import cv2

    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return b"P5 %d %d 255\n" % (grey.shape[1], grey.shape[0]) + grey.tobytes()


_LIBC = ctypes.CDLL(None)


def _die_with_parent() -> None:
    """In the child: be killed with the worker that waits for the answer."""
    _LIBC.prctl(_DIE_WITH_PARENT, _KILL)


def _word(row: dict[str, Any], left: int, top: int) -> Word:
    x, y, width, height = (float(row[key]) for key in ("left", "top", "width", "height"))
    box = Box(x=left + x, y=top + y, width=width, height=height)
    text = "".join(c for c in row["text"].strip() if unicodedata.category(c) != "Cf" or c in _JOINERS)
    return Word(text, box, max(0.0, float(row["conf"]) / 100))


def _line(words: list[Word]) -> Line:
    words = _unparted(words)
    margin = _AROUND * _around(words).height
    words = [Word(word.text, _taller(word.box, margin), word.confidence) for word in words]
    weight = sum(len(word.text) for word in words)
    confidence = sum(word.confidence * len(word.text) for word in words) / weight
    return Line(" ".join(word.text for word in words), _around(words), confidence, tuple(words), _angle(words))


def _taller(box: Box, margin: float) -> Box:
    """Tesseract's boxes end at the ink; others leave room above and below."""
    return Box(x=box.x, y=box.y - margin, width=box.width, height=box.height + 2 * margin)


def _unparted(words: list[Word]) -> list[Word]:
    """Words that Tesseract parts where nothing parts them in print, by its dictionary or at each syllable, as one."""
    whole: list[Word] = []
    for word in words:
        last = whole[-1] if whole else None
        if last is not None and {script_of(last.text[-1]), script_of(word.text[0])} <= PARTED:
            gap = max(word.box.x - last.box.right, last.box.x - word.box.right)
            if gap < _SPACE * max(last.box.height, word.box.height):
                confidence = min(last.confidence, word.confidence)
                whole[-1] = Word(last.text + word.text, _around([last, word]), confidence)
                continue
        whole.append(word)
    return whole


def _around(words: list[Word]) -> Box:
    boxes = [word.box for word in words]
    return Box.from_corners(
        min(b.x for b in boxes), min(b.y for b in boxes), max(b.right for b in boxes), max(b.bottom for b in boxes)
    )


def _angle(words: list[Word]) -> float:
    """The slope of a line in degrees, clockwise: of the straight line through its words' middles."""
    if len(words) < _TELLING:
        return 0.0
    xs, ys = [w.box.center.x for w in words], [w.box.center.y for w in words]
    mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - mx) ** 2 for x in xs)
    return math.degrees(math.atan2(sum((x - mx) * (y - my) for x, y in zip(xs, ys, strict=True)), spread or 1.0))
