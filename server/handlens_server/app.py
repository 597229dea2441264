"""The MCP server: the only module that knows both MCP and the tools."""

from __future__ import annotations

import base64
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import anyio
import mcp_types as types
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from handlens.browser.secrets import Privacy, redact, redactor
from handlens.characters import whole
from handlens.errors import HandlensError, InvalidInput, LimitExceeded, NoSuchArtifact, TimedOut
from handlens.eye.protocol import Eye
from handlens.kit import LOCAL, Caller, Kit
from handlens.page_tool import PageOutput
from handlens.tool import AnyTool, ToolOutput
from handlens_server.asking import NeedsAnswerError, asker
from handlens_server.declare import declaration
from handlens_server.hang_up import call_scope
from handlens_server.identity import INSTRUCTIONS, NAME, STATUS_URI, TITLE, VERSION

log = logging.getLogger(__name__)

UNTRUSTED = {"handlens/untrusted-content": True}
"""The ``_meta`` of every result that carries content of a page, a console or a document."""

Context = ServerRequestContext[Any, Any]
EyeOf = Callable[[Context, str], Eye]
"""Gives the eye for one request and its subject, where each client brings its own."""
ArtifactUrl = Callable[[Context, str], str | None]
"""Gives the signed URL of an artifact to whoever sent the request; None where there is no HTTP to fetch it by."""


class App:
    """Serves ``tools`` over MCP with the services that ``open_kit`` gives to the first call that needs them.

    ``declared`` is how they are declared, where that is known without asking them.
    """

    def __init__(
        self,
        tools: tuple[AnyTool, ...] | Mapping[str, AnyTool],
        open_kit: Callable[[], Awaitable[Kit]],
        *,
        declared: list[dict[str, Any]] | None = None,
        artifact_url: ArtifactUrl | None = None,
        eye_of: EyeOf | None = None,
    ) -> None:
        self._tools = tools if isinstance(tools, Mapping) else {tool.name: tool for tool in tools}
        self._declarations = (
            [declaration(tool) for tool in self._tools.values()]
            if declared is None
            else [types.Tool.model_validate(one) for one in declared]
        )
        self._open_kit = open_kit
        self._artifact_url = artifact_url or (lambda _context, _uri: None)
        self._eye_of = eye_of
        self._line: anyio.CapacityLimiter | None = None

    def server(self) -> Server[Any]:
        """The MCP server, for any transport."""
        return Server(
            NAME,
            version=VERSION,
            title=TITLE,
            instructions=INSTRUCTIONS,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_list_resource_templates=self._list_resource_templates,
            on_read_resource=self._read_resource,
        )

    async def _list_tools(self, _: Context, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=self._declarations)

    async def _call_tool(
        self, context: Context, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        tool = self._tools.get(params.name)
        if tool is None:
            known = ", ".join(self._tools)
            raise MCPError(types.INVALID_PARAMS, f"Unknown tool {params.name[:60]!r}. The tools are: {known}.")
        with call_scope(context.request):
            return await self._answered(context, tool, params)
        return _failed("The client hung up.")

    async def _answered(
        self, context: Context, tool: AnyTool, params: types.CallToolRequestParams
    ) -> types.CallToolResult | types.InputRequiredResult:
        try:
            return await self._called(context, tool, params)
        except NeedsAnswerError as pending:
            return pending.result
        except MCPError:
            raise
        except Exception:  # what a fault of ours says could be about anything: it is for the log alone
            log.exception("a tool broke", extra={"tool": tool.name})
            return _failed(f"{tool.name} broke; the fault is not your arguments but handlens's. Its log says more.")

    async def _called(
        self, context: Context, tool: AnyTool, params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        kit = await self._open_kit()
        kit = kit.serving(_caller(context, params, kit.privacy))
        if self._eye_of is not None:
            kit = replace(kit, eye=self._eye_of(context, subject()))
        try:
            request = tool.input.model_validate(params.arguments or {})
        except ValidationError as error:
            return _failed(_what_is_wrong(tool, error, kit.privacy), kit.privacy)
        try:
            output = await self._run(tool, request, kit)
        except HandlensError as error:
            why = redact(str(error), kit.privacy)
            log.info("a tool failed", extra={"tool": tool.name, "failure": type(error).__name__, "why": why})
            return _failed(why)
        return self._result(context, tool, output, kit)

    async def _run(self, tool: AnyTool, request: Any, kit: Kit) -> ToolOutput:
        """Run one call: in line with the others, and not for ever."""
        limits = kit.limits
        if self._line is None:
            self._line = anyio.CapacityLimiter(limits.calls_at_once)
        line = self._line.statistics()
        if line.borrowed_tokens >= line.total_tokens and line.tasks_waiting >= limits.calls_waiting:
            raise LimitExceeded(
                f"{limits.calls_waiting} calls are waiting already. Try again in a while.",
                setting="limits.calls_waiting",
            )
        async with self._line:
            with anyio.move_on_after(limits.call_seconds) as scope:
                return await tool(request, kit)
        assert scope.cancelled_caught
        raise TimedOut(f"{tool.name} took longer than {limits.call_seconds:g} seconds.", setting="limits.call_seconds")

    def _result(self, context: Context, tool: AnyTool, output: ToolOutput, kit: Kit) -> types.CallToolResult:
        told = redactor(kit.privacy) if isinstance(output, PageOutput) else whole
        text, structured = told(output.text()), _each_text(output.model_dump(mode="json"), told)
        content: list[types.ContentBlock] = [types.TextContent(text=text)]
        for picture in output.pictures():
            data = base64.b64encode(picture.data).decode("ascii")
            content.append(types.ImageContent(data=data, mime_type=picture.media_type))
        for uri in output.artifacts():
            with contextlib.suppress(NoSuchArtifact):  # another call needed its room meanwhile
                content.append(self._link(context, uri, kit))
        return types.CallToolResult(
            content=content, structured_content=structured, _meta=UNTRUSTED if tool.untrusted else None
        )

    def _link(self, context: Context, uri: str, kit: Kit) -> types.ResourceLink:
        artifact = kit.artifacts.find(uri, owner=subject())
        url = self._artifact_url(context, uri)
        return types.ResourceLink(
            uri=artifact.uri,
            name=artifact.name,
            mime_type=artifact.media_type,
            size=artifact.size,
            description=f"Also at {url}" if url else None,
        )

    async def _list_resources(self, _: Context, __: types.PaginatedRequestParams | None) -> types.ListResourcesResult:
        kit = await self._open_kit()
        made = [
            types.Resource(uri=a.uri, name=a.name, mime_type=a.media_type, size=a.size)
            for a in kit.artifacts.owned(subject())
        ]
        own = types.Resource(
            uri=STATUS_URI,
            name="status",
            mime_type="application/json",
            description="Sight, while an engine starts and after, and your open sessions.",
        )
        return types.ListResourcesResult(resources=[*made, own])

    async def _list_resource_templates(
        self, _: Context, __: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        template = types.ResourceTemplate(
            uri_template="handlens://artifacts/{id}/{name}",
            name="artifact",
            description="What a tool made that is too big to return inline.",
        )
        return types.ListResourceTemplatesResult(resource_templates=[template])

    async def _read_resource(self, _: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        kit = await self._open_kit()
        uri = str(params.uri)
        if uri == STATUS_URI:
            from handlens_server.status import status

            told = json.dumps(await status(kit.serving(Caller(subject=subject()))))
            contents = types.TextResourceContents(uri=uri, mime_type="application/json", text=told)
            return types.ReadResourceResult(contents=[contents])
        try:
            artifact, data = await kit.artifacts.read(uri, owner=subject())
        except NoSuchArtifact as error:
            raise MCPError(types.INVALID_PARAMS, str(error), {"uri": uri}) from error
        if artifact.media_type.startswith("text/") or artifact.media_type == "application/json":
            contents = types.TextResourceContents(
                uri=uri, mime_type=artifact.media_type, text=data.decode("utf-8", "replace")
            )
        else:
            blob = base64.b64encode(data).decode("ascii")
            return types.ReadResourceResult(
                contents=[types.BlobResourceContents(uri=uri, mime_type=artifact.media_type, blob=blob)]
            )
        return types.ReadResourceResult(contents=[contents])


def subject() -> str:
    """Who calls: the authenticated principal over HTTP, otherwise whoever started us."""
    token = get_access_token()
    if token is None:
        return LOCAL
    return token.subject or f"client {token.client_id}"  # no client's id is a subject, however it is spelled


def _caller(context: Context, params: types.CallToolRequestParams, privacy: Privacy) -> Caller:
    async def progress(done: float, total: float | None, message: str) -> None:
        await context.session.report_progress(done, total, redact(message, privacy))

    return Caller(subject=subject(), progress=progress, ask=asker(context, params, privacy))


def _failed(message: str, privacy: Privacy | None = None) -> types.CallToolResult:
    text = redact(message, privacy)
    return types.CallToolResult(content=[types.TextContent(text=text)], is_error=True)


def _each_text(value: Any, told: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return told(value)
    if isinstance(value, dict):
        return {told(key): _each_text(part, told) for key, part in value.items()}
    if isinstance(value, list):
        return [_each_text(part, told) for part in value]
    return value


def _what_is_wrong(tool: AnyTool, error: ValidationError, privacy: Privacy) -> str:
    """The mistakes in the arguments, one line each, and what there is to give."""
    lines: list[str] = []
    for mistake in error.errors(include_url=False, include_context=False)[:8]:
        place = ".".join(str(part) for part in mistake["loc"]) or "the arguments"
        told = (
            ""
            if mistake["type"] in ("missing", "extra_forbidden")
            else f" (given: {_given(mistake['input'], privacy)})"
        )
        lines.append(f"{place}: {mistake['msg']}{told}")
    fields = ", ".join(
        f"{name} (required)" if field.is_required() else name for name, field in tool.input.model_fields.items()
    )
    return "\n".join([str(InvalidInput(f"{tool.name} can't take these arguments.")), *lines, f"It takes: {fields}."])


def _given(value: Any, privacy: Privacy) -> str:
    """A wrong argument, for its own caller to recognise; of what is inside an object or a list, nothing."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return repr(redact(str(value), privacy)[:80])  # cut last: half a secret no longer looks like one
