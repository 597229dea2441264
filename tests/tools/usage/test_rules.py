"""Rules: every alert opens once and closes once, exactly where it should."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fakes.rule_histories import TOTAL, Case, Happened, Seen, a_case, truth
from handlens.errors import InvalidInput
from handlens.usage.rows import UsageRow
from handlens.usage.rules import (
    DEFAULT_RULES,
    IDLE,
    Change,
    Maintenance,
    Rule,
    RuleBook,
    RuleEngine,
    check_gaps,
    load_rules,
    marks,
)

START = datetime(2026, 3, 1, tzinfo=UTC)


def row(gpu: float | None, task: str = "a", status: str = "running") -> UsageRow:
    told = {"task_name": task, "gpu_utilization_percent": gpu, "status": status, "cells": {}}
    return UsageRow.model_validate(told)


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
def test_a_thousand_histories_open_and_close_exactly_where_the_definition_says(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    for seed in range(1_000):
        case = a_case(random.Random(seed))
        path.write_text(case.toml())
        assert sorted(_happened(case, load_rules(path))) == sorted(truth(case)), f"seed {seed}"


def _happened(case: Case, book: RuleBook) -> Iterator[Happened]:
    """What the engine says, taken up from what is open where the watch begins anew."""
    engine, still_open = RuleEngine(book), dict[tuple[str, str], Change]()
    for look in case.looks:
        if look.restarted:
            engine = RuleEngine(book)
            for (rule, task), change in still_open.items():
                assert engine.resume(rule, task, change.opened_at, change.since)
        rows = [_shown(task, seen) for task, seen in look.tasks.items()]
        doubted = {(task, rule.metric) for task, seen in look.tasks.items() if seen.doubted for rule in book.rule}
        for change in engine.read(look.at, rows, frozenset(doubted)):
            if change.kind == "opened":
                still_open[(change.rule, change.task)] = change
            else:
                opened = still_open.pop((change.rule, change.task))
                assert (change.opened_at, change.since) == (opened.opened_at, opened.since)
            yield change.at, change.kind, change.rule, change.task


def _shown(task: str, seen: Seen) -> UsageRow:
    used = None if seen.value is None else round(seen.value * TOTAL / 100)
    return row(seen.value, task, seen.status).model_copy(
        update={"memory_used_bytes": used, "memory_total_bytes": TOTAL}
    )


@pytest.mark.parametrize(("every", "opened"), [(60, 5), (300, 10), (1_800, 60)])
def test_a_console_that_is_looked_at_seldom_opens_its_alerts_too(every: int, opened: int) -> None:
    engine = RuleEngine(DEFAULT_RULES, timedelta(seconds=every))
    changes = [change for n in range(9) for change in engine.read(minute(n * every / 60), [row(5)])]
    assert [(change.kind, change.at) for change in changes] == [("opened", minute(opened))]


def test_a_rule_that_no_look_could_ever_open_is_refused() -> None:
    book = RuleBook(rule=[IDLE.model_copy(update={"max_gap_minutes": 3})])
    check_gaps(book, "pai", timedelta(minutes=3))
    with pytest.raises(InvalidInput, match="can never open on pai, looked at every 300 s, for 3 minutes"):
        check_gaps(book, "pai", timedelta(minutes=5))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[rule]]\nname = "a"\nmetric = "gpu"\nbelow = 3\n', "line 3"),
        ('[[rule]]\nname = "a"\nmetric = "gpu_utilization_percent"\n', "line 1.*either below or above"),
        ('[[rule]]\nname = "a"\nmetric = "cpu_utilization_percent"\nbelow = 3\n\n[[rule]]\nname = "b"\n', "line 6"),
        ("[[rule]\n", "line 1"),
        ('[[rule]]\nname = "a"\nmetric = "gpu_utilization_percent"\nbelow = nan\n', "line 4.*finite"),
        ('[[rule]]\nname = "a"\nmetric = "gpu_utilization_percent"\nbelow = 3\nfor_minutes = inf\n', "line 5.*finite"),
        ('[[rule]]\nname = "a"\nmetric = "gpu_utilization_percent"\nbelow = 3\nmax_gap_minutes = 1e300\n', "line 5"),
        (2 * '[[rule]]\nname = "a"\nmetric = "gpu_utilization_percent"\nbelow = 3\n', "line 6.*two are named 'a'"),
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
