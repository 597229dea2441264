"""`--engine host`: ask the model of the MCP client that calls, where its protocol still has sampling (2025-11-25)."""

from __future__ import annotations

import base64
import warnings
from collections.abc import Sequence
from typing import Any

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPDeprecationWarning, MCPError, NoBackChannelError

from handlens.errors import EyeUnavailable
from handlens.eye.host import HostEye, HostSight, Sampled
from handlens.eye.protocol import EyeLimits
from handlens.tool import Picture

Context = ServerRequestContext[Any, Any]


class HostEyes:
    """An eye for each call, and what is remembered of each host's sight."""

    def __init__(self, limits: EyeLimits) -> None:
        self._limits = limits
        self._sights: dict[tuple[str, ...], HostSight] = {}

    def eye(self, context: Context, subject: str) -> HostEye:
        """The eye of the client that sent the request. Whether it can be asked turns out when it is."""
        client = context.session.client_params
        info = (client.client_info.name, client.client_info.version) if client else ()
        sight = self._sights.setdefault((subject, *info), HostSight())
        return HostEye(lambda *question: _sample(context, *question), sight, limits=self._limits)


async def _sample(context: Context, pictures: Sequence[Picture], question: str, answer_tokens: int) -> Sampled:
    session = context.session
    if not session.check_client_capability(types.ClientCapabilities(sampling=types.SamplingCapability())):
        raise EyeUnavailable(
            "--engine host needs a client that offers sampling, and this one does not: use --engine vllm, "
            "--engine-url or --engine embedded."
        )
    images = [
        types.ImageContent(data=base64.b64encode(picture.data).decode("ascii"), mime_type=picture.media_type)
        for picture in pictures
    ]
    messages = [types.SamplingMessage(role="user", content=[*images, types.TextContent(text=question)])]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MCPDeprecationWarning)  # it is deprecated, and so is this kind of engine
            result = await session.create_message(  # pyright: ignore[reportDeprecated]
                messages, max_tokens=answer_tokens, temperature=0, related_request_id=context.request_id
            )
    except NoBackChannelError as error:
        raise EyeUnavailable("--engine host can't reach this client's model over this transport: use stdio.") from error
    except MCPError as error:
        raise EyeUnavailable(f"The host did not let its model answer: {error.message}") from error
    blocks = result.content if isinstance(result.content, list) else [result.content]
    words = "".join(block.text for block in blocks if isinstance(block, types.TextContent))
    return Sampled(words, result.model)
