"""Asking the person behind a client, in both eras of the protocol.

Until 2025-11-25 the server asks while the call runs (``elicitation/create``). Since 2026-07-28 it can't: the call ends
with what has to be asked, and the client calls again with the answer. A tool sees none of this: its function then
runs a second time and asks the same question, which is answered at once. Should the page have changed meanwhile, so
has the question, and the answer to the old one does not count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError, NoBackChannelError

from handlens.browser.secrets import Privacy, redact
from handlens.kit import Asked

Context = ServerRequestContext[Any, Any]
_FIRST_STATELESS = "2026-07-28"


class NeedsAnswerError(Exception):
    """The call can't go on before the person has answered; ``result`` asks them."""

    def __init__(self, result: types.InputRequiredResult) -> None:
        super().__init__("the person has to answer first")
        self.result = result


class Asker:
    """`handlens.kit.Ask` for one call of one client."""

    def __init__(self, context: Context, params: types.CallToolRequestParams, privacy: Privacy) -> None:
        self._context = context
        self._answers = params.input_responses or {}
        self._privacy = privacy

    @property
    def answered(self) -> bool:
        """Whether the client called again, with an answer."""
        return bool(self._answers)

    async def __call__(self, question: str, options: Sequence[str]) -> Asked:
        """See `handlens.kit.Ask`."""
        shown = [redact(option, self._privacy) for option in options]
        message = redact(question, self._privacy)
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {"answer": {"type": "string", "title": "Answer", "enum": shown}},
            "required": ["answer"],
        }
        if self._context.session.protocol_version >= _FIRST_STATELESS:
            key = hashlib.blake2b("\n".join([message, *shown]).encode(), digest_size=9).hexdigest()
            answer = self._answers.get(key)
            if answer is None:
                raise NeedsAnswerError(_needed(key, message, schema))
        else:
            try:
                answer = await self._context.session.elicit_form(message, schema, self._context.request_id)
            except (MCPError, NoBackChannelError):
                return "unasked"  # the client said that it can, and then could not
        return _read(answer, shown)


def asker(context: Context, params: types.CallToolRequestParams, privacy: Privacy) -> Asker | None:
    """How to ask the person behind the client; None where the client offers no forms."""
    session = context.session
    declared = session.client_capabilities
    if declared is None or declared.elicitation is None:
        return None
    forms = declared.elicitation
    if forms.url is not None and forms.form is None:
        return None
    return Asker(context, params, privacy)


def _needed(key: str, message: str, schema: dict[str, Any]) -> types.InputRequiredResult:
    form = types.ElicitRequest(params=types.ElicitRequestFormParams(message=message, requested_schema=schema))
    return types.InputRequiredResult(input_requests={key: form})


def _read(answer: object, shown: list[str]) -> Asked:
    if not isinstance(answer, types.ElicitResult) or answer.action != "accept":
        return "declined"
    chosen = (answer.content or {}).get("answer")
    return shown.index(chosen) if isinstance(chosen, str) and chosen in shown else "declined"
