"""Rules: every alert opens once and closes once, exactly where it should."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from handlens.errors import InvalidInput
from handlens.usage.rows import UsageRow
from handlens.usage.rules import DEFAULT_RULES, IDLE, Change, Maintenance, Rule, RuleBook, RuleEngine, load_rules, marks
from handlens.usage.status import Status

START = datetime(2026, 3, 1, tzinfo=UTC)


def row(gpu: float | None, task: str = "a", status: Status = "running") -> UsageRow:
    return UsageRow(task_name=task, gpu_utilization_percent=gpu, status=status, cells={})


def minute(number: float) -> datetime:
    return START + timedelta(minutes=number)


def judged(values: list[float | None], rule: Rule = IDLE) -> list[tuple[str, float]]:
    """(opened or closed, minute) for one value a minute."""
    engine = RuleEngine(RuleBook(rule=[rule]))
    changes: list[Change] = []
    for number, value in enumerate(values):
        changes += engine.read(minute(number), [row(value)])
    return [(change.kind, (change.at - START).total_seconds() / 60) for change in changes]


def test_the_story_s_alert_opens_after_five_minutes_under_twenty_and_closes_when_the_gpu_works_again() -> None:
    assert judged([10] * 8 + [90] * 3) == [("opened", 5), ("closed", 8)]
    assert judged([10] * 5 + [90] + [10] * 4) == []


def test_a_short_silence_is_no_break_and_a_long_one_is_no_evidence() -> None:
    assert judged([10, 10, None, None, 10, 10]) == [("opened", 5)]
    assert judged([10, 10, None, None, None, 10, 10, 10, 10, 10, 10]) == [("opened", 10)]


def test_an_alert_that_is_open_closes_only_at_its_own_level() -> None:
    rule = Rule(name="idle", metric="gpu_utilization_percent", below=20, for_minutes=5, recover=30)
    assert judged([10] * 6 + [25, 15, 29, 30, 10], rule) == [("opened", 5), ("closed", 9)]


def test_few_samples_are_not_enough_however_long_they_reach() -> None:
    rule = Rule(name="r", metric="gpu_utilization_percent", below=20, for_minutes=2, min_samples=4, max_gap_minutes=9)
    assert judged([10, None, None, 10, 10, 10], rule) == [("opened", 5)]


def test_a_task_that_ends_or_goes_closes_its_alert() -> None:
    engine = RuleEngine(DEFAULT_RULES)
    for number in range(6):
        engine.read(minute(number), [row(5, "a"), row(5, "b")])
    changes = engine.read(minute(6), [row(None, "a", "stopped")])
    assert {(change.task, change.kind) for change in changes} == {("a", "closed"), ("b", "closed")}
    assert engine.read(minute(7), []) == []


def test_a_clock_that_is_set_forth_or_back_is_a_silence_and_not_a_standstill() -> None:
    for jump in (90.0, -90.0):
        engine = RuleEngine(RuleBook(rule=[IDLE]))
        changes = [change for n in range(4) for change in engine.read(minute(n), [row(5)])]
        changes += [change for n in range(7) for change in engine.read(minute(4 + jump + n), [row(5)])]
        assert [(change.kind, change.at) for change in changes] == [("opened", minute(4 + jump + 5))]


def test_an_alert_from_before_is_taken_up_and_closes_once() -> None:
    engine = RuleEngine(DEFAULT_RULES)
    engine.resume("idle", "a", minute(0), minute(-5))
    engine.resume("no such rule any more", "a", minute(0), minute(-5))
    assert engine.read(minute(60), [row(5)]) == []
    (closed,) = engine.read(minute(61), [row(90)])
    assert (closed.kind, closed.opened_at, closed.since) == ("closed", minute(0), minute(-5))


def test_rules_for_a_single_read_mark_what_they_concern() -> None:
    hot = Rule(name="hot", metric="memory_used_percent", above=90, exempt=["*-debug"])
    book = RuleBook(rule=[*DEFAULT_RULES.rule, hot])
    full = UsageRow(task_name="a", memory_used_bytes=95, memory_total_bytes=100, status="running", cells={})
    assert marks(book, row(29)) == ["inefficient"]
    assert marks(book, row(30)) == marks(book, row(5, status="stopped")) == marks(book, row(None)) == []
    assert marks(book, full) == ["hot"]
    assert marks(book, full.model_copy(update={"task_name": "x-debug"})) == []


def test_exempt_tasks_maintenance_and_doubted_values_open_nothing() -> None:
    rule = IDLE.model_copy(update={"exempt": ["*-debug"]})
    window = Maintenance(begin=minute(0), end=minute(30))
    engine = RuleEngine(RuleBook(rule=[rule], maintenance=[window]))
    doubted = frozenset({("b", "gpu_utilization_percent")})
    changes: list[Change] = []
    for number in range(36):
        changes += engine.read(minute(number), [row(5, "a"), row(5, "x-debug"), row(5, "b")], doubted)
    assert [(change.task, change.at) for change in changes] == [("a", minute(35))]


@pytest.mark.slow
def test_a_thousand_histories_open_and_close_exactly_where_the_definition_says() -> None:
    """The truth is the definition itself, looked for over the whole history, not step by step."""
    for seed in range(1_000):
        dice = random.Random(seed)
        rule = Rule(
            name="r",
            metric="gpu_utilization_percent",
            below=20,
            for_minutes=dice.choice((1, 3, 5, 10)),
            recover=dice.choice((None, 20, 25, 40)),
            min_samples=dice.randint(1, 6),
            max_gap_minutes=dice.choice((1.5, 3, 6)),
        )
        history = _history(dice)
        engine = RuleEngine(RuleBook(rule=[rule]))
        changes = [change for at, value in history for change in engine.read(at, [row(value)])]
        assert [(change.kind, change.at) for change in changes] == _truth(rule, history), f"seed {seed}"


def _history(dice: random.Random) -> list[tuple[datetime, float | None]]:
    at, history = START, list[tuple[datetime, float | None]]()
    for _ in range(dice.randint(3, 12)):
        low, high = dice.choice(((0, 19.9), (0, 19.9), (20, 100), (15, 30), (19, 21)))
        for _ in range(dice.randint(1, 25)):
            at += timedelta(seconds=dice.choice((20, 30, 60, 60, 90, 150)))
            history.append((at, None if dice.random() < 0.1 else round(dice.uniform(low, high), 1)))
        if dice.random() < 0.4:
            at += timedelta(minutes=dice.uniform(1, 15))
    return history


def _truth(rule: Rule, history: list[tuple[datetime, float | None]]) -> list[tuple[str, datetime]]:
    seen = [(at, value) for at, value in history if value is not None]
    expected: list[tuple[str, datetime]] = []
    first = 0
    while first < len(seen):
        opened = next((end for end in range(first, len(seen)) if _lasted(rule, seen, first, end)), None)
        if opened is None:
            break
        expected.append(("opened", seen[opened][0]))
        level = rule.threshold if rule.recover is None else rule.recover
        closed = next((end for end in range(opened + 1, len(seen)) if seen[end][1] >= level), None)
        if closed is None:
            break
        expected.append(("closed", seen[closed][0]))
        first = closed + 1
    return expected


def _lasted(rule: Rule, seen: list[tuple[datetime, float]], first: int, end: int) -> bool:
    """Whether some stretch that ends here is all below, without long silences, long enough and dense enough."""
    gap = timedelta(minutes=rule.max_gap_minutes)
    for start in range(first, end + 1):
        stretch = seen[start : end + 1]
        if (
            all(value < rule.threshold for _, value in stretch)
            and all(after[0] - before[0] <= gap for before, after in pairwise(stretch))
            and stretch[-1][0] - stretch[0][0] >= timedelta(minutes=rule.for_minutes)
            and len(stretch) >= rule.min_samples
        ):
            return True
    return False


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[rule]]\nname = "a"\nmetric = "gpu"\nbelow = 3\n', "line 3"),
        ('[[rule]]\nname = "a"\nmetric = "gpu_utilization_percent"\n', "line 1.*either below or above"),
        ('[[rule]]\nname = "a"\nmetric = "cpu_utilization_percent"\nbelow = 3\n\n[[rule]]\nname = "b"\n', "line 6"),
        ("[[rule]\n", "line 1"),
        ('[[rule]]\nname = "a"\nmetric = "gpu_utilization_percent"\nbelow = 30\nrecover = 20\n', "wrong side"),
        ("[[maintenance]]\nbegin = 2026-01-01T00:00:00\nend = 2026-01-02T00:00:00\n", "offset"),
    ],
)
def test_a_mistake_in_the_rules_is_named_with_line_and_reason(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(text)
    with pytest.raises(InvalidInput, match=said):
        load_rules(path)


def test_rules_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text('[[rule]]\nname = "hot"\nmetric = "memory_used_percent"\nabove = 95\nfor_minutes = 2\n')
    (rule,) = load_rules(path).rule
    assert (rule.holds(96), rule.holds(95), rule.recovered(95)) == (True, False, True)
