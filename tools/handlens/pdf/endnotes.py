"""Notes that stand on another page than their marks: a section of notes at the end of a chapter or of the document."""

from __future__ import annotations

import re

_SECTION = re.compile(
    r"^#{1,6} (?:\d+\.? )?(?:(?:end|foot)?notes?|endnoten|fußnoten|anmerkungen|notes de fin|notas(?: finales)?|note|"
    r"примечания|注释|註釋|尾注|脚注|注)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_HEADING = re.compile(r"^#{1,6} ", re.MULTILINE)
_NOTE = re.compile(r"^(?:(\d{1,3})\\?[.)] +|(?:- )?\\?\[(\d{1,3})\\?\] +|<sup>(\d{1,3})</sup> *)(?=\S)", re.MULTILINE)
_MARK = re.compile(r"(?<=\S)<sup>(\d{1,3})</sup>")
_LABEL = re.compile(r"\[\^([^\]\s]+)\]")
_FEWEST = 2
_MARKED = 0.6  # of a section's notes


def link_notes(text: str) -> str:
    """The Markdown of a document with each note of a section of notes as a footnote, and its marks leading to it."""
    whole, done = "", 0
    for section in _SECTION.finditer(text):
        if section.start() < done:
            continue
        following = _HEADING.search(text, section.end())
        end = following.start() if following else len(text)
        before, notes = _linked(text[done : section.start()], text[section.end() : end], _labels(whole))
        whole += before + text[section.start() : section.end()] + notes
        done = end
    return whole + text[done:]


def _labels(text: str) -> set[str]:
    return set(_LABEL.findall(text))


def _linked(before: str, section: str, taken: set[str]) -> tuple[str, str]:
    """Text with marks, and the section of notes that follows it; both as they were where they don't belong together."""
    notes = _counted(section)
    marked = set(_MARK.findall(before)) & set(notes)
    if len(notes) < _FEWEST or len(marked) < _MARKED * len(notes):
        return before, section
    taken = taken | _labels(before)
    labels = {number: _free(number, taken) for number in notes}
    before = _MARK.sub(lambda m: f"[^{labels[m[1]]}]" if m[1] in labels else m[0], before)
    parts, start = [section[: min(notes.values())]], 0
    for number, at in notes.items():
        match = _NOTE.match(section, at)
        assert match is not None
        end = min((other for other in notes.values() if other > at), default=len(section))
        start = match.end()
        parts.append(f"[^{labels[number]}]: {section[start:end].strip()}\n\n")
    return before, "".join(parts)


def _counted(section: str) -> dict[str, int]:
    """Where each note begins, as far as their numbers count on by one."""
    notes: dict[str, int] = {}
    expected = 0
    for match in _NOTE.finditer(section):
        number = int(match[1] or match[2] or match[3])
        if expected in (0, number):
            notes[str(number)] = match.start()
            expected = number + 1
    return notes


def _free(number: str, taken: set[str]) -> str:
    """A label that no other footnote of the document has."""
    label, n = number, 2
    while label in taken:
        label, n = f"{number}-n{n}", n + 1
    return label
