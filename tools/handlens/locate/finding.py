"""Finding what was described, by whatever it takes: structure first, then memory, sight only where both are not sure.

Without an eye, or where it fails, canvases and pictures are read by OCR; the answer says so.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from handlens.browser.capture import capture
from handlens.errors import EyeError, OcrUnavailable, ReadingError, TargetError, TimedOut
from handlens.eye.views import View
from handlens.locate.locate import Located, locate
from handlens.locate.pixels import read_regions, regions
from handlens.locate.recall import key_of, recalled
from handlens.locate.sight import Looking
from handlens.locate.weighing import weighed
from handlens.tool import Picture

if TYPE_CHECKING:
    from handlens.browser.session import Session
    from handlens.kit import Kit

log = logging.getLogger(__name__)


async def find(
    session: Session, kit: Kit, description: str, *, sure: float, among: frozenset[str] | None = None
) -> Located:
    """The targets, best first. ``sure`` is the confidence from which nothing more is tried.

    Raises:
        InvalidInput: the description says nothing.
        TargetError: the page was replaced while it was read.
    """
    located = await locate(session.page, description, among=among)
    key = key_of(kit, located.snapshot.url, description, among)
    known = await recalled(session, kit, key, located)
    if known is not None:
        kit.tally.recalled += 1
        others = tuple(one for one in located.targets if one.candidate is not known.candidate or known.offset)
        return replace(located, targets=(known, *others), structure=located)
    best = located.best
    is_sure = best is not None and best.confidence >= sure
    eye = kit.eye if kit.acting.look.when != "never" else None
    able = eye is not None and eye.status.ready
    if is_sure and not (able and kit.acting.look.when == "always"):
        kit.tally.saved += able
        return located
    note = eye.status.absence if eye is not None and not able else ""
    if not able and not regions(located.snapshot):
        return _with_note(session, located, note)
    try:
        shot = await capture(session, limits=kit.limits, privacy=kit.privacy)
    except TargetError as error:
        return _with_note(session, located, f"no picture could be taken: {error}")
    view = View(Picture(shot.data, shot.media_type), shot.frame)
    if able:
        looked = await _looked_at(kit, view, description, located)
        if looked is not None:
            return looked
        note = "the engine did not help, so by the embedded reader alone"
    return _with_note(session, await _read(session, kit, view, located, description, among), note)


async def _looked_at(kit: Kit, view: View, description: str, located: Located) -> Located | None:
    """What structure and sight say together; None where the eye does not help."""
    assert kit.eye is not None
    looking = Looking(
        eye=kit.eye,
        policy=kit.acting.look,
        caller=kit.caller,
        whole=view,
        description=description,
        snapshot=located.snapshot,
        plausible={one.candidate.key: one.plausibility for one in located.targets},
    )
    try:
        decided = weighed(located, await looking.search())
    except (EyeError, TimedOut) as error:
        log.info("the eye did not help", extra={"failure": type(error).__name__, "why": str(error)})
        kit.tally.failed += 1
        return None
    finally:
        kit.tally.asked += looking.questions
    return replace(decided, structure=located, view=view)


async def _read(
    session: Session, kit: Kit, view: View, located: Located, description: str, among: frozenset[str] | None
) -> Located:
    """What structure and OCR say together."""
    try:
        return await read_regions(kit, view, located, description, among)
    except (OcrUnavailable, ReadingError, TimedOut) as error:
        return _with_note(session, located, f"canvases and pictures were not read ({error})")


def _with_note(session: Session, located: Located, note: str) -> Located:
    """Say it of every target; where there is none, of the page."""
    if not note:
        return located
    if not located.targets:
        session.note(f"{note[0].upper()}{note[1:]}.")
    noted = [replace(one, because=f"{one.because}; {note}"[:240]) for one in located.targets]
    return replace(located, targets=tuple(noted))
