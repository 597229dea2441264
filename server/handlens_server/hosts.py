"""`handlens config HOST`: the ready snippet for the hosts that people use."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handlens_server.settings import SettingsError

ARGUMENTS = ["serve", "--transport", "stdio"]


@dataclass(frozen=True, slots=True)
class Host:
    """A host: what it is called, where its configuration goes, and how that looks."""

    title: str
    place: str
    snippet: Callable[[list[str]], str]


def snippet(name: str | None) -> str:
    """The snippet for the host ``name``, with a line that says where it goes; without a name, the known hosts.

    Raises:
        SettingsError: the host is not known.
    """
    if name is None:
        return "\n".join(f"{key:<15} {host.title}" for key, host in HOSTS.items())
    host = HOSTS.get(name.lower().replace(" ", "-").replace("_", "-"))
    if host is None:
        raise SettingsError(f"There is no snippet for {name!r}. Known hosts: {', '.join(HOSTS)}.")
    return f"# {host.title}: {host.place}\n{host.snippet([*_command(), *ARGUMENTS])}"


def _command() -> list[str]:
    """How to start us, with full paths: hosts don't have the user's shell."""
    beside = Path(sys.executable).parent
    found = shutil.which("handlens") or shutil.which("handlens", path=beside)
    return [str(Path(found).absolute())] if found else [sys.executable, "-m", "handlens_server"]


def _parts(command: list[str]) -> dict[str, Any]:
    return {"command": command[0], "args": command[1:]}


def _servers(command: list[str]) -> str:
    return json.dumps({"mcpServers": {"handlens": _parts(command)}}, indent=2)


def _vs_code(command: list[str]) -> str:
    return json.dumps({"servers": {"handlens": {"type": "stdio", **_parts(command)}}}, indent=2)


def _zed(command: list[str]) -> str:
    return json.dumps({"context_servers": {"handlens": {"source": "custom", **_parts(command), "env": {}}}}, indent=2)


def _codex(command: list[str]) -> str:
    return f"[mcp_servers.handlens]\ncommand = {json.dumps(command[0])}\nargs = {json.dumps(command[1:])}"


def _claude_code(command: list[str]) -> str:
    return f"claude mcp add handlens -- {shlex.join(command)}"


def _cherry_studio(command: list[str]) -> str:
    server = {"name": "handlens", "type": "stdio", "isActive": True, **_parts(command)}
    return json.dumps({"mcpServers": {"handlens": server}}, indent=2)


HOSTS = {
    "claude-desktop": Host("Claude Desktop", "claude_desktop_config.json (Settings, Developer, Edit Config)", _servers),
    "claude-code": Host("Claude Code", "run this once in a shell", _claude_code),
    "cursor": Host("Cursor", "~/.cursor/mcp.json, or .cursor/mcp.json in a project", _servers),
    "vscode": Host("VS Code", ".vscode/mcp.json in a project, or MCP: Open User Configuration", _vs_code),
    "windsurf": Host("Windsurf", "~/.codeium/windsurf/mcp_config.json", _servers),
    "zed": Host("Zed", "settings.json", _zed),
    "codex": Host("Codex", "~/.codex/config.toml", _codex),
    "gemini-cli": Host("Gemini CLI", "~/.gemini/settings.json", _servers),
    "qwen-code": Host("Qwen Code", "~/.qwen/settings.json", _servers),
    "cherry-studio": Host("Cherry Studio", "Settings, MCP Servers, Add, Import from JSON", _cherry_studio),
}
