"""Letters by their pixels: a screen draws the same letter the same, so what it draws the same is the same letter.

A recogniser that reads "llama" forty times takes an "l" for a "1" once or twice. What most of the drawings that are
equal to the pixel were read as is what they are; and a line of nothing but drawings that are known need not be read at
all. Where a picture is scaled or compressed no two drawings are equal, and nothing is known.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handlens.ocr.lines import is_ideograph

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

_CONTRAST = 40
_INK = 0.35
"""Of the strongest contrast in a line: less is the soft edge of a letter, in which neighbours touch."""
_SAME = 0.2
"""Of a pixel: in no row is there more between the ink of two drawings of one letter. Most letters differ by half a
pixel and more."""
_WITNESSES = 3
_WIDER = 1.2
"""Times as wide as others of its label, a drawing holds a letter more."""
_AGREED = 0.9
_TOGETHER = (0.6, 1.0)
"""Of the highest drawing in a line, how wide one of two and of three letters that touch is at least."""
_NOT_ONE = 1.6
"""No single letter is so wide."""
_OFF = 0.4
"""Of the highest drawing in a line: further from their drawings characters are not found, on the average."""
_OTHER = 1.5
"""Of its height: a drawing that is known for another character counts as so far off."""
_PLAINLY = 0.4
"""So much further off, all in all, is every other way to tell which drawing is which character."""
KNOWN = 0.99
"""How sure a character is whose drawing is known."""
_CLOSE, _FAR = 0.2, 0.9
"""Of the highest drawing in a line: a gap that can't hold a space, and one that must."""
_TAKEN_FOR = ("1lI|i!7", "0OoQD", "5Ss", "2Zz", "8B", "6bG", "9gq", "xX×", "kK", "vV", "wW", "cC", "pP", "uU", "yY")
_ALIKE = {character for alike in _TAKEN_FOR for character in alike}
"""What needs its context to be known: digits among digits, letters among letters."""
_DRAWN_ALIKE = set("lI|")
_TWINS = re.compile(r"[^\W_]*[lI|][^\W_]*")
"""Words with letters that many a type draws alike: which of them it is, no drawing tells."""
_NUMBER = re.compile(r"(?=.*\d.*\d)[\d.,:%/-]+")
_WORD = re.compile(r"[^\W\d_]{3,}")

_Way = tuple[float, tuple[int, ...]]
Shape = tuple[int, int, int]
Key = tuple[Shape, bytes]


@dataclass(frozen=True, slots=True)
class Piece:
    """One drawing: a letter, or several that touch. ``left`` and ``right`` are columns of the line's crop.

    ``key``: width, height and how far above the line it ends; and its shades.
    """

    left: int
    right: int
    key: Key


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a line's crop shows; ``height`` is that of the highest drawing."""

    pieces: tuple[Piece, ...]
    height: int


def drawn_in(crop: Image) -> Drawn | None:
    """The drawings of a line (height x width x 3, RGB), from left to right; None where there is no text line."""
    import cv2
    import numpy as np

    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    ground = int(np.bincount(grey.ravel(), minlength=256).argmax())
    ink = cv2.absdiff(grey, np.full_like(grey, ground))
    most = int(ink.max())
    if most < _CONTRAST:
        return None
    _, _, stats, _ = cv2.connectedComponentsWithStats((ink > _INK * most).astype(np.uint8), connectivity=8)
    boxes: list[list[int]] = []
    for x, y, w, h, _ in sorted(stats[1:].tolist()):
        if x == 0 or y == 0 or x + w == crop.shape[1] or y + h == crop.shape[0]:
            continue  # a rule, the line round a status, a neighbour
        last = boxes[-1] if boxes else None
        if last and 2 * (min(x + w, last[2]) - x) >= min(w, last[2] - last[0]):  # a dot over its letter
            last[1:] = [min(last[1], y), max(last[2], x + w), max(last[3], y + h)]
        else:
            boxes.append([x, y, x + w, y + h])
    if not boxes:
        return None
    height = max(bottom - top for _, top, _, bottom in boxes)
    line = Counter(bottom for _, top, _, bottom in boxes if 2 * (bottom - top) > height).most_common(1)[0][0]
    shades = cv2.convertScaleAbs(ink, alpha=255 / most)
    pieces = [
        Piece(x, right, ((right - x, bottom - y, line - bottom), shades[y:bottom, x:right].tobytes()))
        for x, y, right, bottom in boxes
    ]
    return Drawn(tuple(pieces), height)


@dataclass(frozen=True, slots=True)
class Characters:
    """What a crop was read as: its characters, the columns of their middles, and how sure each of them is."""

    signs: list[str]
    middles: list[float]
    scores: list[float]

    @property
    def text(self) -> str:
        return "".join(self.signs)


class Glyphs:
    """What the drawings of one picture were read as."""

    def __init__(self) -> None:
        self._read: dict[Key, Counter[str]] = {}
        """By the first of the drawings that are alike."""
        self._first: dict[Key, Key] = {}
        self._narrowest: dict[tuple[Any, ...], int] = {}
        """By a label, a height and how far above the line."""
        self._words: set[str] = set()
        self._forms: dict[Shape, list[tuple[Any, Key]]] = {}
        self._spaces: dict[tuple[int, int], Counter[bool]] = {}

    def read(self, drawn: Drawn) -> Characters | None:
        """The characters of a line all of whose drawings are known; None of others."""
        if len(drawn.pieces) < 2:
            return None
        characters: list[str] = []
        middles: list[float] = []
        for before, piece in zip([None, *drawn.pieces], drawn.pieces, strict=False):
            label = self._known(piece)
            if label is None:
                return None
            if before is not None:
                space = self._is_space(piece.left - before.right, drawn.height)
                if space is None:
                    return None
                if space:
                    characters.append(" ")
                    middles.append((piece.left + before.right) / 2)
            step = (piece.right - piece.left) / len(label)
            characters += label
            middles += [piece.left + (at + 0.5) * step for at in range(len(label))]
        read = Characters(characters, middles, [KNOWN] * len(characters))
        return read if all(word in self._words for word in _TWINS.findall(read.text)) else None

    def learn(self, drawn: Drawn, read: Characters) -> None:
        """Take down what a line was read as, as far as it is plain which drawing is which character."""
        self._words.update(_TWINS.findall(read.text))
        groups = self._aligned(drawn, read)
        if groups is None:
            return
        sure = _sure(read.text)
        for piece, places in zip(drawn.pieces, groups, strict=True):
            if all(read.scores[at] > 0.5 and (read.signs[at] not in _ALIKE or sure[at]) for at in places):
                label = "".join(read.signs[at] for at in places)
                first = self._first_of(piece)
                self._read.setdefault(first, Counter())[label] += 1
                (width, *size), _ = first
                narrow = (label, *size)
                self._narrowest[narrow] = min(width, self._narrowest.get(narrow, width))
        for (one, left), (other, right) in itertools.pairwise(zip(drawn.pieces, groups, strict=True)):
            gap = other.left - one.right
            self._spaces.setdefault((drawn.height, gap), Counter())[right[0] - left[-1] > 1] += 1

    def settled(self, drawn: Drawn, read: Characters) -> Characters:
        """The characters of a line and how sure each is, with what the picture says of each drawing.

        Beside a drawing that is not known a letter may have been left out: there no letter is surer than it was read.
        """
        signs, scores = list(read.signs), list(read.scores)
        groups = self._aligned(drawn, read) or []
        labels = [self._known(piece) for piece in drawn.pieces[: len(groups)]]
        as_read = [label == "".join(signs[at] for at in group) for label, group in zip(labels, groups, strict=True)]
        for number, (label, group) in enumerate(zip(labels, groups, strict=True)):
            if label is None or len(label) != len(group):
                continue
            for at, character in zip(group, label, strict=True):
                if _may_be(signs[at], character):
                    signs[at], scores[at] = character, KNOWN
            if all(as_read[max(0, number - 1) : number + 2]):
                for at in group:
                    scores[at] = max(scores[at], KNOWN)
        return Characters(signs, read.middles, scores)

    def _known(self, piece: Piece) -> str | None:
        first = self._first_of(piece)
        counts = self._read.get(first)
        if counts is None:
            return None
        label, most = counts.most_common(1)[0]
        if most < _WITNESSES or most < _AGREED * counts.total():
            return None
        (width, *size), _ = first
        return label if width <= _WIDER * self._narrowest[(label, *size)] + 1 else None

    def _first_of(self, piece: Piece) -> Key:
        """The first drawing that this one is like, on whichever ground and between whichever pixels it stands."""
        key = piece.key
        first = self._first.get(key)
        if first is None:
            (width, height, above), _ = key
            form = _form(key)
            near = [one for wide in (-1, 0, 1) for one in self._forms.get((width + wide, height, above), ())]
            best = min(near, key=lambda one: abs(one[0] - form).max(), default=None)
            if best is not None and abs(best[0] - form).max() <= _SAME:
                first = best[1]
            else:
                first = key
                self._forms.setdefault(key[0], []).append((form, key))
            self._first[key] = first
        return first

    def _is_space(self, gap: int, height: int) -> bool | None:
        if gap <= _CLOSE * height or gap >= _FAR * height:
            return gap > _CLOSE * height
        counts = self._spaces.get((height, gap), Counter[bool]())
        space, most = counts.most_common(1)[0] if counts else (False, 0)
        return space if most >= _WITNESSES and most >= 0.95 * counts.total() else None

    def _aligned(self, drawn: Drawn, read: Characters) -> list[list[int]] | None:
        """For each drawing the places of its characters; None where that is not plain: ideographs are several."""
        if any(is_ideograph(character) for character in read.signs):
            return None
        places = [at for at, character in enumerate(read.signs) if not character.isspace()]
        ways: dict[int, list[_Way]] = {0: [(0.0, ())]}  # by how many characters are placed, the two best
        for piece in drawn.pieces:
            after: dict[int, list[_Way]] = {}
            for done, begun in ways.items():
                for size in _sizes(piece, drawn.height):
                    if done + size <= len(places):
                        group = places[done : done + size]
                        cost = self._cost(piece, group, read) / drawn.height
                        after.setdefault(done + size, []).extend((so_far + cost, (*way, size)) for so_far, way in begun)
            ways = {done: sorted(some)[:2] for done, some in after.items()}
        best, *others = ways.get(len(places), [])[:2] or [(float("inf"), ())]
        if best[0] > _OFF * len(drawn.pieces) or (others and others[0][0] < best[0] + _PLAINLY):
            return None
        rest = iter(places)
        return [[next(rest) for _ in range(size)] for size in best[1]]

    def _cost(self, piece: Piece, group: Sequence[int], read: Characters) -> float:
        """Pixels from a drawing to its characters; more where it is known for others."""
        middle = sum(read.middles[at] for at in group) / len(group)
        label = self._known(piece)
        other = label is not None and label != "".join(read.signs[at] for at in group)
        return abs(middle - (piece.left + piece.right) / 2) + other * _OTHER * piece.key[0][1]


def _may_be(read: str, drawn: str) -> bool:
    """Whether a character that was read may well be another that the drawing is known for."""
    if {read, drawn} <= _DRAWN_ALIKE:
        return False
    return not read.isascii() or any(read in alike and drawn in alike for alike in _TAKEN_FOR)


def _sizes(piece: Piece, height: int) -> range:
    """How many characters a drawing so wide may hold."""
    wide = (piece.right - piece.left) / height
    return range(2 if wide >= _NOT_ONE else 1, 2 + sum(wide >= least for least in _TOGETHER))


def _form(key: Key) -> NDArray[np.float64]:
    """What stays the same of a drawing between whichever pixels it stands: each row's ink, and how far aside it is."""
    import numpy as np

    (width, height, _), shades = key
    ink = np.frombuffer(shades, np.uint8).reshape(height, width) / 255
    columns = np.arange(width)
    middle = ink.sum(axis=0) @ columns / ink.sum()
    return np.concatenate([ink.sum(axis=1), 0.5 * (ink @ (columns - middle))])


def _sure(text: str) -> list[bool]:
    """Of each character whether what stands beside it tells a digit from a letter."""
    sure = [False] * len(text)
    for token in re.finditer(r"\S+", text):
        if _NUMBER.fullmatch(token[0]):
            sure[token.start() : token.end()] = [True] * len(token[0])
    for word in re.finditer(r"\w+", text):
        if _WORD.fullmatch(word[0]):
            sure[word.start() : word.end()] = [True] * len(word[0])
    return sure
