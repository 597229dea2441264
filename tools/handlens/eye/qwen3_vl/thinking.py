"""Tell a Thinking model's reasoning from its answer."""

from __future__ import annotations

from dataclasses import dataclass

from handlens.errors import EyeAnswerInvalid

_OPEN, _CLOSE = "<think>", "</think>"


@dataclass(frozen=True, slots=True)
class Reply:
    answer: str
    reasoning: str | None


def split_reasoning(content: str, separate: str | None, *, thinking: bool, cut_off: bool = False) -> Reply:
    """What the model said, and what it thought before.

    ``separate`` is what the server's reasoning parser put aside, where one is on. Without it the reasoning stands in
    ``content`` up to its closing tag; the opening tag may be missing, because the prompt already gave it. The *last*
    closing tag counts: reasoning may quote a page that shows one, and what follows such a quotation is no answer.
    ``cut_off``: the words ended for want of room. Without any tag those are thoughts too, and a draft in them is no
    answer.

    Raises:
        EyeAnswerInvalid: the reasoning never ended, so there is no answer.
    """
    before, closed, after = content.rpartition(_CLOSE)
    if closed:
        said = before.strip().removeprefix(_OPEN).strip()
        return Reply(after.strip(), "\n".join(part for part in (separate, said) if part) or None)
    opened = content.lstrip().startswith(_OPEN)
    answered = separate and content.strip()
    if opened or (thinking and not answered and (separate or cut_off)):
        raise EyeAnswerInvalid("The model was still thinking when its answer ended: allow it more answer tokens.")
    return Reply(content.strip(), separate or None)
