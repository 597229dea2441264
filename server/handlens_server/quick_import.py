"""Makes the MCP SDK cheap to import, for a host waits for `initialize` while we do it.

The SDK's package ``__init__`` files import its client, its high-level server and its command line, which a server
built on the low-level one never uses: a quarter of a second. `packages_on_demand` puts the packages in place without
running their ``__init__``; whoever asks one of them for a name that it lacks (``from mcp import Client``) makes it run.
"""

from __future__ import annotations

import gc
import importlib.util
import sys
from collections.abc import Generator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


class _OnDemand(ModuleType):
    def __getattr__(self, name: str) -> Any:
        spec = self.__spec__
        if spec is None or spec.loader is None or (name.startswith("__") and name.endswith("__")):
            raise AttributeError(name)
        self.__class__ = ModuleType  # pyright: ignore[reportAttributeAccessIssue]
        spec.loader.exec_module(self)
        return getattr(self, name)


def packages_on_demand(*names: str) -> None:
    """Put packages in place that run their ``__init__`` when first needed. Those imported already stay as they are."""
    for name in names:
        if name in sys.modules:
            continue
        spec = importlib.util.find_spec(name)
        if spec is None:
            continue  # whoever needs it will say so better
        module = importlib.util.module_from_spec(spec)
        module.__class__ = _OnDemand
        sys.modules[name] = module
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)


@contextmanager
def no_collection() -> Generator[None]:
    """No garbage collection while modules load: they make a great many objects, and none of them is garbage."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def deferred_models() -> Generator[None]:
    """Models defined meanwhile build their validators when first used: the SDK has hundreds and a session uses few."""
    from pydantic import BaseModel

    BaseModel.model_config["defer_build"] = True
    try:
        yield
    finally:
        del BaseModel.model_config["defer_build"]
