"""States that a description asks for: said after the name, negated, and known not to hold."""

from __future__ import annotations

import re

from handlens.locate.candidates import Candidate
from handlens.locate.vocabulary import STATES

_WORDS_EN = "|".join(re.escape(word) for word in sorted(STATES, key=len, reverse=True) if word.isascii())
_WORDS_ZH = "|".join(re.escape(word) for word in sorted(STATES, key=len, reverse=True) if not word.isascii())
_ONE = rf"(?:not )?(?:{_WORDS_EN})"
_CLAUSE = re.compile(
    rf"(?:,? (?:that|which|who)(?:'s| is| are)|,? being)(?: (?:both|currently|already|still))? "
    rf"(?P<states>{_ONE}(?:(?:,| and| but|, and) {_ONE})*)(?=$| (?:in|on|at|of|for|from|below|above|under|next)\b|,)"
)
_LEADING_ZH = re.compile(rf"^(?:那个)?(?P<states>{_WORDS_ZH})(?:的|且|并且|但|又)*(?=\S)")


def opposite(state: str) -> str:
    return state.removeprefix("not ") if state.startswith("not ") else f"not {state}"


def said_apart(text: str) -> tuple[str, tuple[str, ...]]:
    """The states of "…, that is not checked" and 已勾选的…, and the text without them."""
    found: list[str] = []

    def take(match: re.Match[str]) -> str:
        for word in re.findall(_ONE, match["states"]):
            state = STATES.get(word)
            found.append(state if state is not None else opposite(STATES[word.removeprefix("not ")]))
        return ""

    reduced = _CLAUSE.sub(take, text)
    while (leading := _LEADING_ZH.match(reduced)) is not None:
        found.append(STATES[leading["states"]])
        reduced = reduced[leading.end() :]
    return (reduced, tuple(dict.fromkeys(found))) if reduced.strip() else (text, ())


def in_state(candidate: Candidate, state: str) -> bool:
    states = candidate.states
    if state == "checked":
        return bool(states & {"checked", "pressed", "selected"})
    if state == "not checked":
        return bool(states & {"not checked", "not pressed"})
    if state == "selected":
        return bool(states & {"selected", "checked", "current", "pressed"})
    if state == "not selected":
        return bool(states & {"not selected", "not checked"}) or (
            not states & {"selected", "checked", "current"} and candidate.role in ("tab", "option")
        )
    if state == "not disabled":
        return "disabled" not in states and candidate.clickable
    if state == "current":
        return (
            bool(states & {"current", "selected"})
            or " active" in f" {candidate.hints}"
            or " selected" in f" {candidate.hints}"
            or " current" in f" {candidate.hints}"
        )
    return state in states


def cannot_be(candidate: Candidate, state: str, asked: tuple[str, ...]) -> bool:
    """Whether a state that does not show is known not to hold, or is asked for together with its opposite.

    What only looks disabled or selected has no state that says so: of that nothing is known.
    """
    if opposite(state) in asked:
        return True
    if state == "disabled":  # "the inactive tab" is another one than the selected one, and can be used
        return candidate.kind == "action" and candidate.role not in ("tab", "option", "menuitem")
    if state == "not disabled":
        return "disabled" in candidate.states
    if state == "empty":
        return bool(candidate.value)
    known = {"checked", "selected", "pressed", "expanded"} & {state.removeprefix("not ")}
    return bool(known) and in_state(candidate, opposite(state))
