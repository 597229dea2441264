"""A page as a compact tree of its components, for a model to plan from."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from handlens.locate.candidates import Candidate, Snapshot
from handlens.locate.features import hint_words, nearby_labels
from handlens.locate.marks import Mark, field_frames, marks
from handlens.locate.vocabulary import FIELD

_NAME = 60
_ROW = 300
"""A row that would be longer is told a line for each part."""
_LAST = 120
_HINTS = 40
_NEAR = 40
"""CSS pixels."""
_HOLDS = 3
"""What holds more controls than this is a place."""
_ROWS_SHOWN = 3
_SINGLES_SHOWN = 12
"""Items that are one thing each, as in a menu, are told apart by their names only."""
_LIBRARY_NAMES = re.compile(
    r"^(?:(?:number input|range slider) for (?P<label>.+)|Selected (?P<value>.+?)\. (?P<of>.+))$"
)
"""How Gradio names the two fields of a slider, and Base Web (Streamlit) a select with its value."""
_TWICE = re.compile(r"^(.+) \1$")
"""How React Aria names a slider that is the only one of its group."""
_CELLS = frozenset(("cell", "gridcell", "columnheader", "rowheader"))
_PLACES = frozenset(("dialog", "navigation", "form", "header", "footer", "sidebar", "toolbar"))
_TOLD_STATES = (
    "checked", "not checked", "selected", "expanded", "not expanded", "pressed", "disabled", "readonly", "required",
    "focused", "mixed",
)  # fmt: skip


def outline(snapshot: Snapshot, characters: int) -> tuple[str, list[Mark]]:
    """The components in document order under their containers and headings, at most so many characters, and the marks
    of those in view, whose numbers stand in the tree. A row is one line; rows alike are shown by the first ones."""
    numbered = marks(snapshot)
    names = _Names.of(snapshot, numbered)
    lines: list[str] = []
    inside: list[int] = []
    length = left_out = 0
    for run in _runs(_rows(_told(snapshot, names), snapshot), snapshot):
        most = _ROWS_SHOWN if len(run[0]) > 1 else _SINGLES_SHOWN
        shown = run if len(run) <= most + 1 else run[:most]
        for row in shown:
            opened = _open_groups(row[0], snapshot, names, inside)
            parts = [_line(candidate, names) for candidate in row]
            joined = " | ".join(parts)
            text = [
                *opened,
                *("  " * min(6, len(inside)) + part for part in ([joined] if len(joined) <= _ROW else parts)),
            ]
            if shown is not run and row is shown[-1]:
                text.append("  " * min(6, len(inside)) + _others(run[most:], names))
            cost = sum(len(part) + 1 for part in text)
            if length + cost > characters - 160:
                left_out += len(row)
                continue
            length += cost
            lines.extend(text)
    if left_out:
        lines.append(
            f"… and {left_out} more, out of view: see them with scroll_page (to: what you look for), then again"
        )
    return "\n".join(lines), numbered


@dataclass(frozen=True, slots=True)
class _Names:
    """What components are called: by themselves, or by a text beside them; and their numbers on the picture."""

    labels: dict[tuple[int, int], str]
    numbers: dict[tuple[float, float, str, str], int]

    @classmethod
    def of(cls, snapshot: Snapshot, numbered: list[Mark]) -> _Names:
        labels = {snapshot.candidates[at].key: label for at, label in nearby_labels(snapshot).items()}
        numbers = {(round(mark.box.x, 1), round(mark.box.y, 1), mark.role, mark.name): mark.number for mark in numbered}
        return cls(labels, numbers)

    def number(self, candidate: Candidate) -> int | None:
        role = candidate.role if candidate.role != "generic" else "clickable"
        place = round(candidate.box.x, 1), round(candidate.box.y, 1)
        return self.numbers.get((*place, role, candidate.name or candidate.tips))

    def name(self, candidate: Candidate) -> str:
        return self.named(candidate)[0]

    def named(self, candidate: Candidate) -> tuple[str, str]:
        """What a component is called, and the value that a widget library put into its name."""
        name = _TWICE.sub(r"\1", candidate.name or self.labels.get(candidate.key) or candidate.tips)
        match = _LIBRARY_NAMES.match(name) if candidate.role in FIELD else None
        if match is None:
            return name, ""
        return match["label"] or match["of"], match["value"] or ""


def _told(snapshot: Snapshot, names: _Names) -> list[Candidate]:
    """What is worth a word, without the texts that only say a control's name again."""
    held = Counter((one.frame, one.inside) for one in snapshot.candidates if one.inside and one.kind == "action")
    soft = {one.key for one in snapshot.candidates if one.kind == "soft"}
    areas = frozenset(key for key, count in held.items() if count > _HOLDS and key in soft)
    areas |= field_frames(snapshot)
    worth = [candidate for candidate in snapshot.candidates if _worth(candidate, snapshot, areas)]
    kept: list[Candidate] = []
    for at, one in enumerate(worth):
        if one.kind == "icon" and kept and kept[-1].kind == "action" and kept[-1].box.contains(one.box.center):
            continue  # the drawing of the control before it
        if one.kind == "text" and one.role != "heading":
            near = worth[max(0, at - 3) : at + 6]
            if any(other.kind != "text" and names.name(other) == one.name for other in near):
                continue
            if kept and _says_again(one, kept[-1]):
                continue
            if all(_is_mark(other) for other in worth[max(0, at - 1) : at + 2]) and 0 < at < len(worth) - 1:
                continue  # in the middle of a scale
        kept.append(one)
    return kept


def _says_again(text: Candidate, before: Candidate) -> bool:
    if before.kind == "text":
        return text.name == before.name and before.box.contains(text.box.center)
    return text.name == before.value and before.box.padded(_NEAR).contains(text.box.center)


def _is_mark(candidate: Candidate) -> bool:
    return candidate.kind == "text" and not _in_table(candidate) and not any(map(str.isalpha, candidate.name))


def _in_table(text: Candidate) -> bool:
    return bool(text.column) or text.role in _CELLS


def _rows(told: list[Candidate], snapshot: Snapshot) -> list[list[Candidate]]:
    """What stands in one row or item together, everything else by itself."""
    rows: list[list[Candidate]] = []
    last = -1
    for candidate in told:
        row = _row_of(candidate, snapshot)
        if row >= 0 and row == last and candidate.role != "heading":
            rows[-1].append(candidate)
        else:
            rows.append([candidate])
        last = row
    return rows


def _runs(rows: list[list[Candidate]], snapshot: Snapshot) -> list[list[list[Candidate]]]:
    """Rows that follow each other in one list and hold the same sorts of things."""
    runs: list[list[list[Candidate]]] = []
    last: tuple[int, str] | None = None
    for row in rows:
        at = _row_of(row[0], snapshot)
        sorts = dict.fromkeys(f"{one.kind}.{one.role}" for one in row)
        key = (snapshot.groups[at].parent, " ".join(sorts)) if at >= 0 else None
        if key is not None and key == last:
            runs[-1].append(row)
        else:
            runs.append([row])
        last = key
    return runs


def _others(rows: list[list[Candidate]], names: _Names) -> str:
    """A line for rows that are like those above: how many, their numbers on the picture, and the last one."""
    told = [number for row in rows for one in row if (number := names.number(one)) is not None]
    marked = f", [{told[0]}] to [{told[-1]}] in view" if told else ", out of view"
    last = " | ".join(_line(one, names) for one in rows[-1])
    return f"… {len(rows)} more like these{marked}; the last: {last[:_LAST]}"


def _row_of(candidate: Candidate, snapshot: Snapshot) -> int:
    """The row or item that a candidate is in; -1 if it is in none."""
    at = candidate.group
    while at >= 0 and snapshot.groups[at].kind not in ("row", "item"):
        at = snapshot.groups[at].parent
    return at


def _worth(candidate: Candidate, snapshot: Snapshot, areas: frozenset[tuple[int, int]]) -> bool:
    """``areas``: what can be clicked but holds so much that it is a place, not a control."""
    if candidate.clipped or candidate.kind in ("shape", "hidden", "label") or candidate.key in areas:
        return False
    inside = bool(candidate.inside) and (candidate.frame, candidate.inside) not in areas
    if candidate.kind == "text":
        told = len(candidate.name) > 1 or (candidate.name.isalnum() and _in_table(candidate))
        return bool(candidate.name) and not inside and (candidate.role == "heading" or told)
    if candidate.kind == "icon":
        return not inside
    outer = snapshot.by_key.get((candidate.frame, candidate.inside))
    if outer is not None and outer.role == "datepicker":
        return candidate.role != "spinbutton"
    if outer is None or candidate.kind != "soft":
        return True
    part = outer.kind == "action" and not candidate.name
    return not part and candidate.box.overlap(outer.box) <= 0.9


def _line(candidate: Candidate, names: _Names) -> str:
    if candidate.kind == "text":
        name = candidate.name[: _NAME * 2]
        return f"{'#' * max(1, candidate.level)} {name}" if candidate.role == "heading" else f"“{name}”"
    number, (name, value) = names.number(candidate), names.named(candidate)
    role = candidate.role
    if role == "generic":
        role = "clickable" if candidate.kind == "soft" else candidate.kind
    elif role == "listbox" and candidate.tag == "input":
        role = "combobox"
    parts = [f"[{number}]" if number else "[-]", role]
    if name:
        parts.append(repr(name[:_NAME]))
    elif candidate.placeholder:
        parts.append(f"(placeholder {candidate.placeholder[:_NAME]!r})")
    elif said := [word for word in dict.fromkeys(hint_words(candidate.hints).split()) if word != role]:
        parts.append(f"(looks like: {' '.join(said)[:_HINTS]})")
    if candidate.range:
        parts.append(candidate.range)
    if value := candidate.value or value:
        parts.append(f"= {value[:_NAME]}" if candidate.range else f"= {value[:_NAME]!r}")
    parts.extend(state for state in _TOLD_STATES if state in candidate.states)
    return " ".join(parts)


def _open_groups(candidate: Candidate, snapshot: Snapshot, names: _Names, inside: list[int]) -> list[str]:
    """Close and open containers until ``inside`` is where the candidate is; the lines that open them."""
    chain: list[int] = []
    at, name = candidate.group, names.name(candidate)
    while at >= 0:
        group = snapshot.groups[at]
        if group.label or group.kind in _PLACES:
            again = chain and group.kind == snapshot.groups[chain[0]].kind and not group.label
            if not again and not (group.kind == "item" and group.label == name and at not in inside):
                chain.insert(0, at)
        at = group.parent
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
