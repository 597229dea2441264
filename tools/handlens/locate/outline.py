"""A page as a compact tree of its components, for a model to plan from."""

from __future__ import annotations

from handlens.locate.candidates import Candidate, Snapshot
from handlens.locate.marks import Mark, marks

_NAME = 60
_SAME_SHOWN = 4
_TOLD_STATES = (
    "checked", "not checked", "selected", "expanded", "not expanded", "pressed", "disabled", "readonly", "required",
    "focused", "mixed",
)  # fmt: skip


def outline(snapshot: Snapshot, characters: int) -> tuple[str, list[Mark]]:
    """The components in document order under their containers and headings, at most so many characters, and the marks
    of those in view, whose numbers stand in the tree."""
    numbered = marks(snapshot)
    numbers = {(round(mark.box.x, 1), round(mark.box.y, 1), mark.role, mark.name): mark.number for mark in numbered}
    lines: list[str] = []
    inside: list[int] = []
    length = 0
    left_out = 0
    repeats: dict[tuple[int, str], int] = {}
    for candidate in snapshot.candidates:
        if not _worth(candidate, snapshot):
            continue
        line = _line(candidate, numbers)
        key = (_list_of(candidate, snapshot), _shape_of(candidate))
        repeats[key] = repeats.get(key, 0) + 1
        if repeats[key] > _SAME_SHOWN and candidate.point is None:
            left_out += 1
            continue
        opened = _open_groups(candidate, snapshot, inside)
        text = [*opened, "  " * min(6, len(inside)) + line]
        cost = sum(len(part) + 1 for part in text)
        if length + cost > characters - 80:
            left_out += 1
            continue
        length += cost
        lines.extend(text)
    if left_out:
        lines.append(f"… and {left_out} more, out of view or like the ones above")
    return "\n".join(lines), numbered


def _worth(candidate: Candidate, snapshot: Snapshot) -> bool:
    if candidate.clipped or candidate.kind in ("shape", "hidden", "label"):
        return False
    if candidate.kind == "text":
        return (
            bool(candidate.name) and not candidate.inside and (candidate.role == "heading" or len(candidate.name) > 1)
        )
    if candidate.kind == "icon":
        return not candidate.inside
    outer = snapshot.by_key.get((candidate.frame, candidate.inside))
    return outer is None or not (candidate.kind == "soft" and candidate.box.overlap(outer.box) > 0.9)


def _line(candidate: Candidate, numbers: dict[tuple[float, float, str, str], int]) -> str:
    box = candidate.box
    role = (
        candidate.role if candidate.role != "generic" else "clickable" if candidate.kind == "soft" else candidate.kind
    )
    if candidate.kind == "text":
        name = candidate.name[: _NAME * 2]
        return f"{'#' * max(1, candidate.level)} {name}" if candidate.role == "heading" else f"“{name}”"
    name = candidate.name or candidate.tips
    number = numbers.get(
        (round(box.x, 1), round(box.y, 1), candidate.role if candidate.role != "generic" else "clickable", name)
    )
    parts = [f"[{number}]" if number else "[-]", role]
    if name:
        parts.append(repr(name[:_NAME]))
    elif candidate.placeholder:
        parts.append(f"(placeholder {candidate.placeholder[:_NAME]!r})")
    elif candidate.hints:
        parts.append(f"(looks like: {' '.join(word for word in candidate.hints.split() if ':' not in word)[:40]})")
    if candidate.value:
        parts.append(f"= {candidate.value[:_NAME]!r}")
    parts.extend(state for state in _TOLD_STATES if state in candidate.states)
    return " ".join(parts)


def _open_groups(candidate: Candidate, snapshot: Snapshot, inside: list[int]) -> list[str]:
    """Close and open containers until ``inside`` is where the candidate is; the lines that open them."""
    chain: list[int] = []
    at = candidate.group
    while at >= 0:
        if snapshot.groups[at].label or snapshot.groups[at].kind in (
            "dialog",
            "navigation",
            "form",
            "header",
            "footer",
            "sidebar",
            "toolbar",
        ):
            chain.insert(0, at)
        at = snapshot.groups[at].parent
    shared = 0
    while shared < min(len(chain), len(inside)) and chain[shared] == inside[shared]:
        shared += 1
    del inside[shared:]
    opened: list[str] = []
    for group in chain[shared:]:
        label = snapshot.groups[group].label
        opened.append(
            "  " * min(6, len(inside)) + snapshot.groups[group].kind + (f" {label[:_NAME]!r}" if label else "") + ":"
        )
        inside.append(group)
    return opened


def _list_of(candidate: Candidate, snapshot: Snapshot) -> int:
    """The group above the row or item that a candidate is in: what holds the likes of it."""
    at = candidate.group
    while at >= 0 and snapshot.groups[at].kind not in ("row", "item"):
        at = snapshot.groups[at].parent
    return snapshot.groups[at].parent if at >= 0 else candidate.group


def _shape_of(candidate: Candidate) -> str:
    return f"{candidate.tag}.{candidate.role}.{candidate.hints.split(' ')[0] if candidate.hints else ''}"
