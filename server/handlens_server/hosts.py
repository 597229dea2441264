"""`handlens config HOST`: the ready snippet for the hosts that people use."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass

from handlens_server.settings import SettingsError

ARGUMENTS = ["serve", "--transport", "stdio"]


@dataclass(frozen=True, slots=True)
class Host:
    """A host: what it is called, where its configuration goes, and how that looks."""

    title: str
    place: str
    snippet: Callable[[str], str]


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
    return f"# {host.title}: {host.place}\n{host.snippet(_command())}"


def _command() -> str:
    """Hosts start us without the user's shell: they need the full path."""
    return shutil.which("handlens") or sys.argv[0]


def _servers(command: str) -> str:
    return json.dumps({"mcpServers": {"handlens": {"command": command, "args": ARGUMENTS}}}, indent=2)


def _vs_code(command: str) -> str:
    server = {"type": "stdio", "command": command, "args": ARGUMENTS}
    return json.dumps({"servers": {"handlens": server}}, indent=2)


def _zed(command: str) -> str:
    server = {"source": "custom", "command": command, "args": ARGUMENTS, "env": {}}
    return json.dumps({"context_servers": {"handlens": server}}, indent=2)


def _codex(command: str) -> str:
    return f"[mcp_servers.handlens]\ncommand = {json.dumps(command)}\nargs = {json.dumps(ARGUMENTS)}"


def _claude_code(command: str) -> str:
    return f"claude mcp add handlens -- {command} {' '.join(ARGUMENTS)}"


def _cherry_studio(command: str) -> str:
    server = {"name": "handlens", "type": "stdio", "isActive": True, "command": command, "args": ARGUMENTS}
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
