"""The tools of the registry, each imported by its first call: a host waits for none that it does not use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from handlens.tool import AnyTool


class ToolsOnDemand(Mapping[str, AnyTool]):
    """Tools by name. Each is the function of its name in the library's module of its name; a test holds that."""

    def __init__(self, names: list[str]) -> None:
        self._names = names

    def __getitem__(self, name: str) -> AnyTool:
        if name not in self._names:
            raise KeyError(name)
        return getattr(import_module(f"handlens.{name}"), name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
