"""Lines of headers: which they are, and those that go over two or three lines made one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from handlens.usage.columns import Field, is_further_header, is_group
from handlens.usage.fragments import Band, Fragment, around, band_of, folded, label, merged
from handlens.usage.reading import is_missing

CLOSE = 0.95
"""Lines of one header stand closer than this, in line heights; rows of a table don't."""
UNDER_A_GROUP = 1.7
"""Names of columns may stand so much lower than the name over them all."""
LEAST_WITHIN = 5
"""So many headers side by side are a list's, whatever else stands in their line."""
NO_DIGIT = 0.9
"""A digit is read with more confidence than this; what an arrow is taken for is not."""
_ARROW = re.compile(r"(?:\s+(?:[AΛΔ▲△]?[VvY▼▽]|[1tTul|I↑↓⇅]{1,2})|\s*[↑↓⇅▲▼△▽ΔΛ]+[Vv]?|(?<=[a-z一-鿿])V)$")
_TWO_ARROWS = re.compile(r"\s*[AΛΔ▲△^][VvY▼▽]$")
_LONE_ARROW = re.compile(r"[AΛΔ▲△^↑↓⇅VvY▼▽1I|]{1,2}")
_AGAIN = 3
"""No header is in its line so often: whatever it is read as, it is an arrow."""
_END_DIGIT = re.compile(r"(?<=[^\d\W])\s+\d$")
_NEVER_NUMBERED = (Field.TASK_NAME, Field.STATUS, Field.START_TIME, Field.INSTANCE_TYPE)
_SYMBOLS = re.compile(r"[↑↓⇅▲▼△▽ΔΛ]+[Vv]?|[AΛΔ]V")


def is_header(band: Band) -> bool:
    """Whether the line reads as headers: two fields or more named, by a good part of its texts, few of them twice.

    Where no text has a digit in it as values have, a smaller part will do, and headers count that mean nothing to us.
    """
    texts = [folded(fragment.text) for fragment in band.fragments]
    named = len(set(band.names.values()))
    if named < 2 or len(texts) - len(set(texts)) > len(texts) // 4 or are_pairs(band):
        return False
    if 5 * len(band.labels) >= 2 * len(texts):
        return True
    if any(_is_value(fragment.text) for fragment in band.fragments):
        return False
    further = sum(1 for fragment in band.fragments if is_further_header(fragment.text))
    return (named >= 3 and 5 * len(band.labels) >= len(texts)) or 2 * (len(band.labels) + further) >= len(texts)


def are_pairs(band: Band) -> bool:
    """Whether the line goes name, value, name, value."""
    count = len(band.fragments)
    turns = count >= 4 and count % 2 == 0 and set(band.names) == set(range(0, count, 2))
    return turns and any(_is_value(fragment.text) for fragment in band.fragments[1::2])


def header_within(band: Band) -> Band | None:
    """The part of a line that reads as headers, where other things stand beside it; None where all or nothing does."""
    count = len(band.fragments)
    for length in range(count - 1, LEAST_WITHIN - 1, -1):
        for start in range(count - length + 1):
            part = band_of(band.fragments[start : start + length])
            ends = label(part.fragments[0].text), label(part.fragments[-1].text)
            further = is_further_header(part.fragments[0].text), is_further_header(part.fragments[-1].text)
            if len(set(part.names.values())) < 3 or not any((*ends, *further)) or not is_header(part):
                continue
            if not any(_is_value(fragment.text) for fragment in part.fragments):
                return part
    return None


def joined_heads(lines: Sequence[Band], height: float) -> list[Band]:
    """The lines, with headers that are wrapped, or stand half a line higher or lower than the others, in one line."""
    joined: list[Band] = []
    for band in map(_with_whole_names, map(_without_arrows, map(_with_whole_names, lines))):
        above = joined[-1] if joined else None
        if above and _belong_together(above, band, (band.middle - above.middle) / height):
            joined[-1] = _together(above, band)
        else:
            joined.append(band)
    return joined


def _with_whole_names(band: Band) -> Band:
    """The line with neighbours put together that only together name something: "GPU" and "%", "Start" and "time"."""
    pieces: list[Fragment] = []
    for fragment in band.fragments:
        before = pieces[-1] if pieces else None
        near = before is not None and fragment.box.x - before.box.right < 0.6 * fragment.box.height
        if before is not None and near and _only_together(before, fragment):
            pieces[-1] = replace(merged([before, fragment]), parts=(before, fragment))
        else:
            pieces.append(fragment)
    return band_of(pieces) if len(pieces) < len(band.fragments) else band


def _only_together(left: Fragment, right: Fragment) -> bool:
    alone = [label(one.text) is not None or is_further_header(one.text) for one in (left, right)]
    return label(_TWO_ARROWS.sub("", merged([left, right]).text)) is not None and not all(alone)


def _without_arrows(band: Band) -> Band:
    """A line of headers without the arrows that sort by them, which OCR takes for letters; cut where one stood."""
    pieces = _without_lone_arrows([piece for fragment in band.fragments for piece in _cut_at_arrows(fragment)])
    most = 2 * sum(1 for piece in pieces if _ARROW.search(piece.text)) >= max(4, len(pieces))
    bare = [piece if (text := _bare(piece, most)) == piece.text else _named(piece, text) for piece in pieces]
    changed = [one.text for one in bare] != [one.text for one in band.fragments]
    return without if changed and is_header(without := band_of(bare)) else band


def _without_lone_arrows(pieces: Sequence[Fragment]) -> list[Fragment]:
    """The pieces but for arrows that were read apart from the header they stand behind, which reach over them."""
    kept: list[Fragment] = []
    often = Counter(piece.text for piece in pieces if len(piece.text) <= 2)
    for piece in pieces:
        before = kept[-1] if kept else None
        arrow = _LONE_ARROW.fullmatch(piece.text) is not None or often[piece.text] >= _AGAIN
        near = before is not None and piece.box.x - before.box.right < 1.2 * piece.box.height
        named = before is not None and (label(before.text) is not None or is_further_header(before.text))
        if before is not None and near and named and arrow:
            kept[-1] = _reaching(before, [piece])
        else:
            kept.append(piece)
    return kept


def _named(fragment: Fragment, text: str) -> Fragment:
    return replace(fragment, text=text, parts=())


def _cut_at_arrows(fragment: Fragment) -> list[Fragment]:
    heads: list[Fragment] = []
    words: list[Fragment] = []
    for part in fragment.parts:
        if not _SYMBOLS.fullmatch(part.text):
            words.append(part)
        elif words:
            heads.append(_reaching(replace(merged(words), parts=tuple(words)), [part]))
            words = []
        elif heads:
            heads[-1] = _reaching(heads[-1], [part])
    if heads and words:
        heads.append(replace(merged(words), parts=tuple(words)))
    return heads or _cut_between_names(fragment)


def _reaching(head: Fragment, arrows: Sequence[Fragment]) -> Fragment:
    """The header with the arrows behind it in its box: what is under them is under it."""
    return replace(head, box=around([head, *arrows]))


def _cut_between_names(fragment: Fragment) -> list[Fragment]:
    """Two headers that stand so close that they were read as one: each names something, together they name nothing."""
    parts = fragment.parts
    if label(fragment.text) is None:
        for at in range(1, len(parts)):
            left, right = (replace(merged(some), parts=tuple(some)) for some in (parts[:at], parts[at:]))
            if label(left.text) and label(right.text):
                return [left, right]
    return [fragment]


def _bare(fragment: Fragment, most: bool) -> str:
    """The header alone. Where most headers of the line end alike, what they end in is an arrow."""
    text = fragment.text
    if label(text):
        return text
    stripped = _ARROW.sub("", text)
    if stripped != text and most:
        return stripped
    end = fragment.parts[-1].confidence if fragment.parts else fragment.confidence
    if end < NO_DIGIT and label(text[:-1].strip()):
        return text[:-1].strip()
    if label(bare := _TWO_ARROWS.sub("", text)):
        return bare
    for head, tail in ((stripped, text[len(stripped) :].strip()), text.rpartition(" ")[::2]):
        numbered = tail[-1:].isdecimal() and label(head) not in _NEVER_NUMBERED  # "GPU 1" is a name of its own
        if label(head) and len(tail) <= 3 and not numbered:
            return head
    return text


def _belong_together(above: Band, below: Band, pitch: float) -> bool:
    """``pitch``: line heights from one to the other."""
    heads = is_header(above), is_header(below)
    if pitch >= UNDER_A_GROUP or not any(heads):
        return False
    if pitch >= CLOSE and len(below.names) < len(below.fragments) and not all(heads):
        return False
    if len(above.fragments) == 1 and above.fragments[0].box.x <= below.fragments[0].box.right:
        return False  # the list's title, over its first column
    texts = [one.text for band in (above, below) for one in band.fragments if not _is_box(one, band)]
    return not any(map(_is_value, texts))


def _is_box(fragment: Fragment, band: Band) -> bool:
    """Whether a text can only be the box that ticks all rows."""
    return fragment is band.fragments[0] and len(fragment.text) == 1 and len(band.fragments) > 2


def _is_value(text: str) -> bool:
    """Whether a text is no header: it has a digit, other than one at its end that an arrow may have been read as."""
    digits = re.search(r"\d", _END_DIGIT.sub("", text)) is not None
    return digits or is_missing(text) or len(text) > 40


def _together(above: Band, below: Band) -> Band:
    """Each lower text under the upper one that it overlaps, which is the start of it or the name of its group."""
    upper = list(above.fragments)
    whole: list[Fragment] = []
    over: Fragment | None = None
    for fragment in below.fragments:
        own = next((one for one in above.fragments if _overlap(one, fragment)), None)
        if own is None and over is None:
            own = next((one for one in above.fragments if _begins_a_group(one, fragment, above)), None)
        if own is None and over is not None and not _between(over, fragment, above):
            own = over  # a further column of the same group
        over = own
        if over in upper:
            upper.remove(over)
        if over is not None and _LONE_ARROW.fullmatch(fragment.text):
            whole.append(over)  # only the arrow to sort by is wrapped
            continue
        whole.append(fragment if over is None else replace(merged([over, fragment]), box=fragment.box, parts=()))
    return band_of([*upper, *whole])


def _begins_a_group(over: Fragment, fragment: Fragment, above: Band) -> bool:
    """Whether a text further left, among headers, is the name of a group, whose first column ends further right."""
    return (
        len(above.fragments) > 1
        and is_group(over.text)
        and over.box.right < fragment.box.x
        and not _between(over, fragment, above)
    )


def _between(over: Fragment, fragment: Fragment, above: Band) -> bool:
    return any(over.box.x < one.box.x < fragment.box.x for one in above.fragments)


def _overlap(one: Fragment, other: Fragment) -> bool:
    shared = min(one.box.right, other.box.right) - max(one.box.x, other.box.x)
    return shared > 0.3 * min(one.box.width, other.box.width)
