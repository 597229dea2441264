"""Relations between elements: the row they share, the container around them, the side they stand on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from handlens.geometry import Box
from handlens.locate.candidates import Candidate, Snapshot

SMALL = 12
"""So many candidates at most make a row or card of one thing."""
LARGE = 25
"""What holds more than this is a part of the page: what stands in it says little of the rest, and a heading only of
what comes after it."""
ELSEWHERE = 0.8
BESIDE = 40
"""What holds a container and less than this beside it is the container's frame: its pages and tools are there."""
APART = 0.4
"""What is level with an anchor counts for less where both have rows or cards of their own."""
ROW_KINDS = ("row", "item")
Judge = Callable[[Candidate], float]


@dataclass(slots=True)
class Containment:
    """Which group holds what: the chain of groups of a candidate, and how many candidates a group holds."""

    snapshot: Snapshot
    counts: list[int]

    @classmethod
    def of(cls, snapshot: Snapshot) -> Containment:
        counts = [0] * len(snapshot.groups)
        for candidate in snapshot.candidates:
            if candidate.group >= 0:
                counts[candidate.group] += 1
        for at in range(len(snapshot.groups) - 1, -1, -1):
            parent = snapshot.groups[at].parent
            if parent >= 0:
                counts[parent] += counts[at]
        return cls(snapshot, counts)

    def chain(self, candidate: Candidate) -> Iterable[int]:
        at = candidate.group
        while at >= 0:
            yield at
            at = self.snapshot.groups[at].parent


Anchor = tuple[Candidate, float]


def same_row(containment: Containment, anchors: list[Anchor]) -> Judge:
    """Shares a row, list item or card with an anchor; rows without structure are taken from their boxes.

    What a heading stands in is its own, however much that holds.
    """
    groups = containment.snapshot.groups
    rows: dict[int, float] = {}
    owned: set[int] = set()
    since: dict[int, int] = {}
    for anchor, score in anchors:
        reach = score
        for at in containment.chain(anchor):
            if groups[at].kind in ROW_KINDS and containment.counts[at] > 1:
                if containment.counts[at] > LARGE and anchor.role == "heading":
                    since[at] = min(anchor.order, since.get(at, anchor.order))
                elif containment.counts[at] > LARGE:
                    reach *= 0.5
                rows[at] = max(rows.get(at, 0.0), reach)
                if anchor.role == "heading" and reach == score:
                    owned.add(at)
                reach *= 0.5 if containment.counts[at] > SMALL else 0.8

    def judge(candidate: Candidate) -> float:
        best = 0.0
        own = False
        for at in containment.chain(candidate):
            if at in rows and candidate.order >= since.get(at, 0):
                apart = own and at not in owned and containment.counts[at] > SMALL
                best = max(best, rows[at] * (APART if apart else 1.0))
            own = own or (groups[at].kind in ROW_KINDS and 1 < containment.counts[at] <= SMALL)
        if best:
            return best
        level = [
            s for a, s in anchors if a.frame == candidate.frame and a is not candidate and _level(a.box, candidate.box)
        ]
        return (APART if own and rows else 0.85) * max(level, default=0.0)

    return judge


def _level(a: Box, b: Box) -> bool:
    shared = min(a.bottom, b.bottom) - max(a.y, b.y)
    return shared > 0.5 * min(a.height, b.height) and max(a.height, b.height) < 200


def close_by(containment: Containment, anchors: list[Anchor]) -> Judge:
    """The smaller the group that holds both, the closer; 0 where nothing but the page does."""
    reach: dict[int, list[tuple[float, tuple[int, int]]]] = {}
    for anchor, score in anchors:
        for at in containment.chain(anchor):
            reach.setdefault(at, []).append((score, anchor.key))

    def judge(candidate: Candidate) -> float:
        for anchor, score in anchors:
            if anchor is not candidate and candidate.inside == anchor.id and candidate.frame == anchor.frame:
                return score
            if anchor.role == "heading" and anchor is not candidate and anchor.box.contains(candidate.box.center):
                return score
        for at in containment.chain(candidate):
            others = [score for score, key in reach.get(at, ()) if key != candidate.key]
            if others:
                return max(others) * max(0.1, min(1.0, 1.12 - 0.035 * containment.counts[at]))
        return 0.0

    return judge


def on_side(kind: str, anchors: list[Anchor]) -> Judge:
    """Left of, right of, above or below an anchor; nearer is better, and overlap on the other axis is wanted."""

    def one(candidate: Candidate, anchor: Candidate) -> float:
        if candidate is anchor or (candidate.inside == anchor.id and candidate.frame == anchor.frame):
            return 0.0
        a, c = anchor.box, candidate.box
        if kind in ("left", "right"):
            gap = a.x - c.right if kind == "left" else c.x - a.right
            aside = max(0.0, max(a.y, c.y) - min(a.bottom, c.bottom))
        else:
            gap = a.y - c.bottom if kind == "above" else c.y - a.bottom
            aside = max(0.0, max(a.x, c.x) - min(a.right, c.right))
        if gap < -0.5 * min(a.width, c.width, a.height, c.height) - 2:
            return 0.0
        return max(0.0, 1.0 - (max(0.0, gap) + 3 * aside) / 900)

    return _best_of(anchors, one)


def near(containment: Containment, anchors: list[Anchor]) -> Judge:
    """The nearer the better; what shares the anchor's group is nearer than what only lies beside that."""

    def one(candidate: Candidate, anchor: Candidate) -> float:
        if candidate is anchor:
            return 0.0
        shared = anchor.group < 0 or anchor.group in containment.chain(candidate)
        a, c = anchor.box, candidate.box
        dx = max(0.0, max(a.x, c.x) - min(a.right, c.right))
        dy = max(0.0, max(a.y, c.y) - min(a.bottom, c.bottom))
        return max(0.0, 1.0 - (dx + 2 * dy) / 600) * (1.0 if shared else ELSEWHERE)

    return _best_of(anchors, one)


def in_order(kind: str, anchors: list[Anchor]) -> Judge:
    """After or before an anchor in reading order; the next one is best."""

    def one(candidate: Candidate, anchor: Candidate) -> float:
        steps = candidate.order - anchor.order if kind == "after" else anchor.order - candidate.order
        return max(0.0, 1.0 - 0.02 * (steps - 1)) if steps > 0 else 0.0

    return _best_of(anchors, one)


def between(first: list[Anchor], second: list[Anchor]) -> Judge:
    """Between two anchors: of several pairs, the best ones, and of those the nearest pair."""
    pairs = [(a, b, min(s, o)) for a, s in first for b, o in second if a is not b and a.frame == b.frame]
    if not pairs:
        return lambda _: 0.0
    best = max(score for _, _, score in pairs)
    a, b, score = min((p for p in pairs if p[2] >= best - 0.01), key=lambda p: _apart(p[0].box, p[1].box))
    left, right = sorted((a.box.center.x, b.box.center.x))
    top, bottom = sorted((a.box.center.y, b.box.center.y))

    def judge(candidate: Candidate) -> float:
        x, y = candidate.box.center.x, candidate.box.center.y
        inside = left - 4 <= x <= right + 4 and top - 12 <= y <= bottom + 12
        held = candidate.inside in (a.id, b.id)
        return score if inside and not held and candidate not in (a, b) else 0.0

    return judge


def _apart(a: Box, b: Box) -> float:
    return abs(a.center.x - b.center.x) + abs(a.center.y - b.center.y)


def under_heading(snapshot: Snapshot, anchors: list[Anchor]) -> Judge:
    """Between a heading and the next one of its rank."""
    headings = [c for c in snapshot.candidates if c.role == "heading"]
    spans: list[tuple[int, int, float]] = []
    for anchor, score in anchors:
        level = anchor.level if anchor.role == "heading" else 7
        end = next((h.order for h in headings if h.order > anchor.order and h.level <= level), len(snapshot.candidates))
        spans.append((anchor.order, end, score if anchor.role == "heading" else score * 0.85))

    def judge(candidate: Candidate) -> float:
        return max(
            (s * (1 - 0.0005 * (candidate.order - low)) for low, high, s in spans if low < candidate.order < high),
            default=0.0,
        )

    return judge


def in_container(containment: Containment, kinds: tuple[str, ...], labelled: set[int] | None) -> Judge:
    """Inside a group of one of the kinds; the first kind is meant, the others are near it. ``labelled``: only these."""
    snapshot = containment.snapshot
    present = {group.kind for group in snapshot.groups}
    holders: Counter[int] = Counter()
    held: Counter[int] = Counter()
    for at, group in enumerate(snapshot.groups):
        outer = group.parent if group.kind == kinds[0] else -1
        while outer >= 0 and (outer == group.parent or containment.counts[outer] - containment.counts[at] < BESIDE):
            holders[outer] += 1
            held[outer] += containment.counts[at]
            outer = snapshot.groups[outer].parent

    def judge(candidate: Candidate) -> float:
        for at in containment.chain(candidate):
            kind = snapshot.groups[at].kind
            if kind in kinds and (labelled is None or at in labelled):
                return 1.0 if kind == kinds[0] or kinds[0] not in present else 0.85
            if holders.get(at, 0) and containment.counts[at] < 120 + held[at]:
                return (
                    0.6 if labelled is None else 0.0
                )  # beside one, in what holds both: a table's pages, a list's tools
        return _by_place(candidate, kinds[0], snapshot) if labelled is None else 0.0

    return judge


def _by_place(candidate: Candidate, kind: str, snapshot: Snapshot) -> float:
    box = candidate.box
    if kind == "header" and box.bottom < 120:
        return 0.8
    if kind == "footer" and box.y > snapshot.height - 80:
        return 0.6
    if kind in ("sidebar", "navigation") and (box.right < 0.3 * snapshot.width or box.x > 0.75 * snapshot.width):
        return 0.6
    return 0.0


def _best_of(anchors: list[Anchor], one: Callable[[Candidate, Candidate], float]) -> Judge:
    def judge(candidate: Candidate) -> float:
        return max(
            (one(candidate, anchor) * score for anchor, score in anchors if anchor.frame == candidate.frame),
            default=0.0,
        )

    return judge
