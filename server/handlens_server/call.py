"""`handlens call`: one tool, called through the same MCP server that hosts get, its result shown in the shell."""

from __future__ import annotations

import base64
import json
import os
import sys
from pathlib import Path
from typing import Any, TextIO

import anyio
import mcp_types as types
from mcp import Client
from mcp.shared.exceptions import MCPError

from handlens.registry import ALL_TOOLS
from handlens_server.app import App
from handlens_server.compose import Composition
from handlens_server.run_folder import RunFolder
from handlens_server.settings import Settings, SettingsError

_BAR = 30


async def call(settings: Settings, tool: str, arguments: str, output: Path) -> int:
    """Call ``tool`` with the JSON object ``arguments``. Text and structure are printed, pictures and artifacts saved.

    Returns:
        The exit code: 0, or 1 where the tool failed.
    """
    given = _object(arguments)
    folder = RunFolder()
    composition = Composition(settings, folder.path)
    composition.start(browser=False)
    try:
        async with Client(App(ALL_TOOLS, composition.kit).server()) as client:
            try:
                result = await client.call_tool(tool, given, progress_callback=_show_progress)
            except MCPError as error:
                print(error.message, file=sys.stderr)  # noqa: T201
                return 1
            await _show(client, result, output)
            return 1 if result.is_error else 0
    finally:
        await composition.close()
        folder.close()


async def _show(client: Client, result: types.CallToolResult, output: Path) -> None:
    await anyio.Path(output).mkdir(parents=True, exist_ok=True)
    number = 0
    for block in result.content:
        if isinstance(block, types.TextContent):
            _say(block.text, sys.stderr if result.is_error else sys.stdout)
        elif isinstance(block, types.ImageContent):
            number += 1
            extension = block.mime_type.rpartition("/")[2].replace("jpeg", "jpg")
            await _save(output / f"picture-{number}.{extension}", base64.b64decode(block.data))
        elif isinstance(block, types.ResourceLink):
            contents = (await client.read_resource(str(block.uri))).contents[0]
            if isinstance(contents, types.TextResourceContents):
                await _save(output / block.name, contents.text.encode())
            else:
                await _save(output / block.name, base64.b64decode(contents.blob))
    if result.structured_content is not None:
        _say(json.dumps(result.structured_content, indent=2, ensure_ascii=False), sys.stdout)


def _say(text: str, to: TextIO) -> None:
    """Write a line; what nobody reads any more, as after ``| head``, goes nowhere."""
    try:
        print(text, file=to, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), to.fileno())


async def _save(path: Path, data: bytes) -> None:
    """Write ``data`` beside what is there already, never over it."""
    target, number = path, 1
    while await anyio.Path(target).exists():
        number += 1
        target = path.with_stem(f"{path.stem}-{number}")
    await anyio.Path(target).write_bytes(data)
    print(f"saved {target}", file=sys.stderr)  # noqa: T201


async def _show_progress(progress: float, total: float | None, message: str | None) -> None:
    share = min(1.0, progress / total) if total else 0.0
    bar = "█" * round(share * _BAR) + "░" * (_BAR - round(share * _BAR)) if total else "…"
    end = "\r" if sys.stderr.isatty() and share < 1 else "\n"
    print(f"{bar} {message or ''}", end=end, file=sys.stderr, flush=True)  # noqa: T201


def _object(text: str) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except ValueError as error:
        raise SettingsError(f'The arguments are not JSON: {error}. Quote them: \'{{"url": "https://…"}}\'.') from error
    if not isinstance(given, dict):
        raise SettingsError('The arguments are a JSON object, such as \'{"url": "https://example.com"}\'.')
    return given
