"""Locating without structure: what canvases and pictures show, read by OCR and simple vision, scored like the rest."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from anyio import to_thread

from handlens.eye.views import View
from handlens.geometry import Box, Point
from handlens.locate.candidates import Candidate, Snapshot
from handlens.locate.locate import Located, Target, locate_in
from handlens.locate.shapes import Shape, find_shapes
from handlens.locate.snapping import REGIONS

if TYPE_CHECKING:
    from handlens.kit import Kit
    from handlens.ocr import Line

_MAX_REGIONS = 4
_LEAST_WIDTH, _LEAST_HEIGHT, _LEAST_AREA = 48.0, 20.0, 6_000.0
_SUREST = 0.95
_BUTTON_HEIGHT, _BUTTON_WIDTH = (14.0, 90.0), 420.0


def regions(snapshot: Snapshot) -> list[Candidate]:
    """Canvases, pictures and the like in view that are large enough to hold something to click, largest first."""
    view = Box(x=0, y=0, width=snapshot.width, height=snapshot.height)
    found: list[tuple[float, Candidate]] = []
    for candidate in snapshot.candidates:
        shown = candidate.box.intersection(view) if candidate.tag in REGIONS and candidate.point is not None else None
        if shown is None or shown.width < _LEAST_WIDTH or shown.height < _LEAST_HEIGHT or shown.area < _LEAST_AREA:
            continue
        found.append((shown.area, candidate))
    return [candidate for _, candidate in sorted(found, key=lambda one: -one[0])[:_MAX_REGIONS]]


async def read_regions(
    kit: Kit, view: View, located: Located, description: str, among: frozenset[str] | None
) -> Located:
    """``located`` anew, with what stands in the regions of the page among the candidates.

    Raises what `Ocr.read` raises.
    """
    snapshot = located.snapshot
    holders: dict[int, Candidate] = {}
    added: list[Candidate] = []
    for region in regions(snapshot):
        part, origin = await to_thread.run_sync(_cut, view, region.box)
        kit.tally.read += 1
        lines = await kit.ocr.read(part, screen=True)
        shapes = await find_shapes(part)
        for one in _seen(lines, shapes, view.frame.scale, origin):
            number = -1 - len(added)
            holders[number] = region
            order = len(snapshot.candidates) + len(added)
            added.append(_candidate(one, number, order, region))
    if not added:
        return located
    candidates = [*snapshot.candidates, *added]
    wider = replace(snapshot, candidates=candidates, by_key={one.key: one for one in candidates})
    found = locate_in(wider, description, among=among)
    targets = tuple(_in_region(one, holders) if one.candidate.id < 0 else one for one in found.targets)
    return replace(located, targets=targets, structure=located, view=view)


def _cut(view: View, box: Box) -> tuple[bytes, Point]:
    """The part of the picture that shows ``box``, and where it begins (CSS pixels)."""
    from PIL import Image

    pixels = view.frame.box_to_image(box)
    with Image.open(io.BytesIO(view.picture.data)) as image:
        left, top = max(0, round(pixels.x)), max(0, round(pixels.y))
        part = image.convert("RGB").crop(
            (left, top, min(image.width, round(pixels.right)), min(image.height, round(pixels.bottom)))
        )
    out = io.BytesIO()
    part.save(out, "PNG", compress_level=1)
    return out.getvalue(), view.frame.to_css(Point(x=left, y=top))


def _seen(lines: list[Line], shapes: list[Shape], scale: float, origin: Point) -> list[tuple[str, Shape]]:
    """Texts and shapes as (name, shape), boxes in CSS pixels: a shape that is just round its text is one with it."""
    found: list[tuple[str, Shape]] = []
    taken: set[int] = set()
    for shape in shapes:
        box = shape.box.scaled(scale)
        inside = [at for at, line in enumerate(lines) if shape.box.padded(2).contains(line.box.center)]
        is_button = 0 < len(inside) <= 2 and _BUTTON_HEIGHT[0] <= box.height <= _BUTTON_HEIGHT[1]
        is_button = is_button and box.width <= _BUTTON_WIDTH
        if any(_part_of_text(shape.box, line.box) for line in lines):
            continue
        name = " ".join(lines[at].text for at in inside) if is_button else ""
        taken.update(inside if is_button else ())
        found.append((name, replace(shape, box=box.moved(origin.x, origin.y))))
    for at, line in enumerate(lines):
        if at not in taken:
            box = line.box.scaled(scale).moved(origin.x, origin.y)
            found.append((line.text, Shape(box, (0, 0, 0), "text")))
    return found


def _part_of_text(shape: Box, line: Box) -> bool:
    """Letters are shapes, too."""
    shared = shape.intersection(line.padded(1))
    return shared is not None and shared.area > 0.9 * shape.area and shape.area < 0.8 * line.area


def _candidate(seen: tuple[str, Shape], number: int, order: int, region: Candidate) -> Candidate:
    name, shape = seen
    text = shape.name == "text"
    return replace(
        region,
        id=number, order=order, tag="", role="button" if name and not text else "generic",
        kind="soft" if name else "shape", name=name[:200], box=shape.box, point=shape.box.center, inside=0,
        states=frozenset(), value="", placeholder="", tips="", hints="", href="", type="", options="",
        colour=shape.colour if text else None, background=None if text else shape.colour,
        shape="" if text else shape.name, level=0, hit=1, clipped=False,
    )  # fmt: skip


def _in_region(target: Target, holders: dict[int, Candidate]) -> Target:
    """A target that is a place in a region: the region is what is acted on, at that place."""
    region = holders[target.candidate.id]
    offset = target.point.moved(-region.box.x, -region.box.y)
    because = f"read in the {region.tag}; {target.because}"[:240]
    sure = min(target.confidence, _SUREST)
    return replace(target, candidate=region, offset=offset, because=because, confidence=sure)
