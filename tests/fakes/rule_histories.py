"""Rules and histories by chance, and what must become of them.

The truth is looked for in the whole history at once, by the words of the definition. It shares no code with the engine,
which goes step by step and keeps a state: rules are plain numbers here, and reach the engine as TOML.

An alert of a task opens at the first sample that ends a stretch of its samples which all hold, of which none is further
from the one before than the gap (or lies before it: a clock that was set back), with no look in between at which the
task was not listed or in a status that is not judged, long enough and of enough samples, all of them after the alert
before closed and after the watch began. It closes at the first later look that has recovered, or at which the task is
not listed or not judged. Looks in maintenance do not exist, and neither do samples that are doubted or missing, nor
those that a clock which was set back a little gives a time that was there already.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone

START = datetime(2026, 3, 28, tzinfo=UTC)
TOTAL = 1_000 * 2**26  # of which every tenth of a percent is a whole number of bytes
JUDGED = ("running", "unknown")


@dataclass(frozen=True, slots=True)
class Said:
    """One sustained rule, as its file says it."""

    name: str
    metric: str
    below: float | None
    above: float | None
    minutes: float
    recover: float | None
    samples: int
    gap: float
    exempt: tuple[str, ...]

    def holds(self, value: float) -> bool:
        return value < self.below if self.below is not None else value > (self.above or 0)

    def recovers(self, value: float) -> bool:
        level = self.below if self.below is not None else self.above or 0
        level = level if self.recover is None else self.recover
        return value >= level if self.below is not None else value <= level


@dataclass(frozen=True, slots=True)
class Seen:
    """A task at one look. ``value`` is what every rule's metric has; None where the console does not show it."""

    status: str
    value: float | None
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class Glance:
    """One look; ``restarted`` where the watch was begun anew before it."""

    at: datetime
    tasks: dict[str, Seen]
    restarted: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    rules: list[Said]
    windows: list[tuple[datetime, datetime]]
    looks: list[Glance]

    def toml(self) -> str:
        """The file of its rules."""
        lines: list[str] = []
        for rule in self.rules:
            lines += ["[[rule]]", f'name = "{rule.name}"', f'metric = "{rule.metric}"']
            lines += [f"below = {rule.below}" if rule.below is not None else f"above = {rule.above}"]
            lines += [f"for_minutes = {rule.minutes}", f"min_samples = {rule.samples}", f"max_gap_minutes = {rule.gap}"]
            lines += [f"recover = {rule.recover}"] if rule.recover is not None else []
            lines += [f"exempt = {list(rule.exempt)}".replace("'", '"')]
        for begin, end in self.windows:
            lines += ["[[maintenance]]", f"begin = {begin.isoformat()}", f"end = {end.isoformat()}"]
        return "\n".join(lines)


def a_case(dice: random.Random) -> Case:
    """Two rules over up to three tasks that come, go, fall silent, stop and are doubted, with clocks set both ways."""
    names = ["train", "serve-b", "x-debug"][: dice.randint(1, 3)]
    rules = [_a_rule(dice, name) for name in ("one", "two")[: dice.randint(1, 2)]]
    looks = _looks(dice, names)
    return Case(rules, list(_windows(dice, looks)), looks)


def _a_rule(dice: random.Random, name: str) -> Said:
    below = dice.random() < 0.7
    level = dice.choice((20.0, 50.0))
    further = dice.choice((None, 0.0, 5.0, 20.0))
    return Said(
        name,
        dice.choice(("gpu_utilization_percent", "memory_used_percent")),
        level if below else None,
        None if below else level,
        dice.choice((0.5, 1, 3, 5, 10)),
        None if further is None else level + further * (1 if below else -1),
        dice.randint(1, 6),
        dice.choice((1.5, 3, 6)),
        dice.choice(((), ("*-debug",), ("serve-?", "nobody"))),
    )


def _looks(dice: random.Random, names: Sequence[str]) -> list[Glance]:
    at, looks = START, list[Glance]()
    modes = dict.fromkeys(names, (0.0, 19.9))
    for _ in range(dice.randint(30, 150)):
        at += timedelta(seconds=dice.choice((20, 30, 60, 60, 60, 90, 150)))
        if dice.random() < 0.06:
            at += timedelta(minutes=dice.choice((-200, -1, 1, 2.5, 4, 8, 60)))
        for name in names:
            if dice.random() < 0.12:
                modes[name] = dice.choice(((0, 19.9), (0, 19.9), (20, 100), (15, 30), (19, 21), (49, 51)))
        listed = {name: _a_task(dice, modes[name]) for name in names if dice.random() > 0.015}
        looks.append(Glance(at, listed, dice.random() < 0.02))
    return looks


def _a_task(dice: random.Random, mode: tuple[float, float]) -> Seen:
    value = None if dice.random() < 0.08 else dice.choice((round(dice.uniform(*mode)), round(dice.uniform(*mode), 1)))
    status = dice.choice(("stopped", "failed", "pending")) if dice.random() < 0.015 else dice.choice(JUDGED)
    return Seen(status, None if value is None else float(value), dice.random() < 0.04)


def _windows(dice: random.Random, looks: Sequence[Glance]) -> Iterator[tuple[datetime, datetime]]:
    for _ in range(dice.choice((0, 0, 1, 2))):
        begin = dice.choice(looks).at - timedelta(seconds=dice.choice((0, 7)))
        length = timedelta(minutes=dice.choice((1, 5, 30)))
        zone = timezone(timedelta(hours=dice.choice((-8, 0, 8))))
        yield begin.astimezone(zone), (begin + length).astimezone(zone)


Happened = tuple[datetime, str, str, str]
"""When, what (opened or closed), rule and task."""


def truth(case: Case) -> list[Happened]:
    """What must open and close, by look."""
    looks = list(_outside_maintenance(case))
    happened: list[tuple[int, Happened]] = []
    for rule in case.rules:
        for task in sorted({name for look in looks for name in look.tasks}):
            if not _exempt(rule, task):
                happened += [(n, (looks[n].at, what, rule.name, task)) for n, what in _of_task(rule, task, looks)]
    return [one for _, one in sorted(happened)]


def _outside_maintenance(case: Case) -> Iterator[Glance]:
    anew = False
    for look in case.looks:
        anew = anew or look.restarted
        if not any(begin <= look.at and look.at < end for begin, end in case.windows):
            yield replace(look, restarted=anew)
            anew = False


def _exempt(rule: Said, task: str) -> bool:
    """The three patterns that rules are given here."""
    meant = {"*-debug": task.endswith("-debug"), "serve-?": task.startswith("serve-") and len(task) == 7}
    return any(meant.get(pattern, False) for pattern in rule.exempt)


def _of_task(rule: Said, task: str, looks: Sequence[Glance]) -> Iterator[tuple[int, str]]:
    ends = [n for n, look in enumerate(looks) if task not in look.tasks or look.tasks[task].status not in JUDGED]
    samples = _samples(rule, task, looks, ends)
    after = -1
    while True:
        stretches = (n for n, _ in samples if n > after and _stretch_ends(rule, looks, samples, ends, after, n))
        if (opened := next(stretches, None)) is None:
            return
        yield opened, "opened"
        recovered = [n for n, value in samples if n > opened and rule.recovers(value)]
        gone = [n for n in ends if n > opened]
        if not recovered and not gone:
            return
        after = min(recovered + gone)
        yield after, "closed"


def _samples(rule: Said, task: str, looks: Sequence[Glance], ends: Sequence[int]) -> list[tuple[int, float]]:
    """(look, value) of what counts, without what has a time that was there already."""
    gap, kept = timedelta(minutes=rule.gap), list[tuple[int, float]]()
    for n, look in enumerate(looks):
        seen = look.tasks.get(task)
        if n in ends or seen is None or seen.value is None or seen.doubted:
            continue
        if kept and not _broken(looks, ends, kept[-1][0], n) and look.at <= looks[kept[-1][0]].at <= look.at + gap:
            continue
        kept.append((n, seen.value))
    return kept


def _broken(looks: Sequence[Glance], ends: Sequence[int], first: int, last: int) -> bool:
    """Whether nothing is remembered from one look to the other: the task went or ended, or the watch did."""
    anew = any(look.restarted for look in looks[first + 1 : last + 1])
    return anew or any(first < n < last for n in ends)


def _stretch_ends(
    rule: Said, looks: Sequence[Glance], samples: list[tuple[int, float]], ends: list[int], after: int, last: int
) -> bool:
    """Whether the longest stretch that ends here is long and dense enough: a shorter one is neither more so."""
    times: list[datetime] = []
    following = last
    for n, value in reversed([one for one in samples if after < one[0] <= last]):
        pause = looks[following].at - looks[n].at
        joined = n == last or (timedelta(0) < pause <= timedelta(minutes=rule.gap))
        if not rule.holds(value) or not joined or _broken(looks, ends, n, following):
            break
        times.append(looks[n].at)
        following = n
    lasted = bool(times) and times[0] - times[-1] >= timedelta(minutes=rule.minutes)
    return lasted and len(times) >= rule.samples
