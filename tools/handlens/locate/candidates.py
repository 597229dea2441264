"""What is on a page: every element that could be meant, and the containers and texts that tell them apart."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from handlens.geometry import Box, Point
from handlens.locate.world import FrameWorld, run_all, worlds

if TYPE_CHECKING:
    from playwright.async_api import Page

Colour = tuple[int, int, int]


@dataclass(slots=True)
class Group:
    """A container: kind (row, item, dialog, header, …), its own label, its parent's place in the list or -1."""

    kind: str
    label: str
    hints: str
    parent: int


@dataclass(slots=True, eq=False)
class Candidate:
    """One element. Boxes and points are CSS pixels of the main frame's viewport; ``order`` is document order.

    ``kind``: ``action`` (a control by its nature), ``soft`` (clickable by look or listener), ``icon``, ``shape``,
    ``label`` (of a control), ``hidden`` (an item of a closed submenu; the box is its opener's) or ``text``.
    """

    frame: int
    id: int
    order: int
    tag: str
    role: str
    kind: str
    name: str
    box: Box
    point: Point | None
    group: int
    inside: int
    """Id, in the same frame, of the nearest clickable ancestor; 0 if there is none."""
    states: frozenset[str]
    value: str
    placeholder: str
    tips: str
    hints: str
    href: str
    type: str
    options: str
    colour: Colour | None
    background: Colour | None
    shape: str
    column: str
    level: int
    hit: int | None
    """1: a click at its centre hits it; 2: hits what holds it; 0: hits something else; None: out of view."""
    cover: str
    cover_id: int
    clipped: bool
    range: str = ""
    """Of a slider or number field: lowest–highest."""
    icons: str = ""
    """Of a text: what the icons in it are called by their page."""

    @property
    def key(self) -> tuple[int, int]:
        return self.frame, self.id

    @property
    def clickable(self) -> bool:
        return self.kind in ("action", "soft", "icon", "label")


@dataclass(slots=True)
class Snapshot:
    """One reading of a page."""

    url: str
    title: str
    width: float
    height: float
    scale: float
    """Device pixels for a CSS pixel."""
    candidates: list[Candidate]
    groups: list[Group]
    worlds: list[FrameWorld]
    truncated: bool
    by_key: dict[tuple[int, int], Candidate] = field(default_factory=dict)


KINDS = {"a": "action", "s": "soft", "i": "icon", "g": "shape", "l": "label", "h": "hidden", "t": "text"}


async def find_candidates(page: Page) -> Snapshot:
    """Read the page once: every frame, through open shadow roots.

    Raises:
        TargetError: the page was replaced while it was read.
        BrowserDied: the page is closed or crashed.
    """
    found = await worlds(page)
    answers = await run_all(found, "handlens.collect()")
    snapshot: Snapshot | None = None
    for number, (world, answer) in enumerate(zip(found, answers, strict=True)):
        if answer is None:
            continue
        read = json.loads(answer)
        if snapshot is None:
            snapshot = Snapshot(
                url=str(read["url"]),
                title=str(read["title"]),
                width=float(read["width"]),
                height=float(read["height"]),
                scale=float(read["dpr"]),
                candidates=[],
                groups=[],
                worlds=found,
                truncated=False,
            )
        _add(snapshot, read, number, world)
    assert snapshot is not None, "the main frame either answers or raises"
    snapshot.by_key = {candidate.key: candidate for candidate in snapshot.candidates}
    return snapshot


def _add(snapshot: Snapshot, read: dict[str, Any], number: int, world: FrameWorld) -> None:
    words: list[str] = read["words"]
    first = len(snapshot.groups)
    snapshot.groups.extend(
        Group(words[kind], words[label], words[hints], first + parent if parent >= 0 else -1)
        for kind, parent, label, hints in read["groups"]
    )
    snapshot.truncated = snapshot.truncated or bool(read["truncated"])
    reader = _Reader(number, world, words, first)
    start = len(snapshot.candidates)
    snapshot.candidates.extend(reader.candidate(raw, start + at) for at, raw in enumerate(read["candidates"]))


class _Reader:
    """Reads the candidates of one frame as ``collect.js`` writes them."""

    def __init__(self, frame: int, world: FrameWorld, words: list[str], first_group: int) -> None:
        self._frame, self._words, self._first_group = frame, words, first_group
        self._placement = world.placement
        self._states: dict[int, frozenset[str]] = {-1: frozenset()}

    def candidate(self, raw: list[Any], order: int) -> Candidate:
        number, tag, role, kind, name, x, y, width, height, group, inside, hit, at_x, at_y, more = raw
        words, placement = self._words, self._placement
        get = (more or _NOTHING).get
        hints, colour, background, column = get("hi", -1), get("c", -1), get("b", -1), get("co", -1)
        return Candidate(
            frame=self._frame,
            id=number,
            order=order,
            tag=words[tag],
            role=words[role],
            kind=KINDS[kind],
            name=name,
            box=placement.box(x, y, width, height),
            point=None if at_x is None else placement.point(at_x, at_y),
            group=self._first_group + group if group >= 0 else -1,
            inside=inside,
            states=self._states_of(get("s", -1)),
            value=get("v", ""),
            placeholder=get("ph", ""),
            tips=get("ti", ""),
            hints=words[hints] if hints >= 0 else "",
            href=get("hr", ""),
            type=get("ty", ""),
            options=get("op", ""),
            colour=parse_colour(words[colour]) if colour >= 0 else None,
            background=parse_colour(words[background]) if background >= 0 else None,
            shape=get("sh", ""),
            column=words[column] if column >= 0 else "",
            level=get("lv", 0),
            hit=hit if hit >= 0 else None,
            cover=get("hn", ""),
            cover_id=get("hb", 0),
            clipped=bool(get("cl", 0)),
            range=get("rg", ""),
            icons=get("ic", ""),
        )

    def _states_of(self, word: int) -> frozenset[str]:
        if word not in self._states:
            self._states[word] = frozenset(self._words[word].split("|"))
        return self._states[word]


_NOTHING: dict[str, Any] = {}
_RGB = re.compile(r"rgba?\(\s*([\d.]+)[,\s]+([\d.]+)[,\s]+([\d.]+)(?:\s*[,/]\s*([\d.]+)(%?))?")
_colours: dict[str, Colour | None] = {}


def parse_colour(css: str) -> Colour | None:
    """``rgb(…)`` as the browser computes it; None where there is none, or it is transparent."""
    if css not in _colours:
        if len(_colours) > 4096:
            _colours.clear()
        match = _RGB.match(css)
        if match is None or (match[4] is not None and float(match[4]) == 0):
            _colours[css] = None
        else:
            _colours[css] = (round(float(match[1])), round(float(match[2])), round(float(match[3])))
    return _colours[css]
