"""A host waits for `initialize`: nothing heavy is imported before it is answered."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from fakes.served import CLEAN, INITIALIZE

HEAVY = {"PIL", "playwright", "onnxruntime", "numpy", "cv2", "rapidocr", "pypdfium2", "sqlalchemy", "sqlite3", "torch"}

PROBE = """
import os, sys
from handlens_server import cli

stdout = os.dup(1)

def hook(event, arguments):
    if event == "import" and arguments[0].partition(".")[0] in {heavy!r}:
        os.write(stdout, b"imported " + arguments[0].encode() + bytes([10]))

sys.addaudithook(hook)
sys.exit(cli.main(["serve", "--transport", "stdio"]))
"""


def test_a_host_is_answered_before_anything_heavy_is_imported() -> None:
    """Imports are told on the stream that answers come on, so that what is read first came first.

    Playwright is imported first of all: its driver, a process of its own, gets ready while the host is answered.
    """
    heavy = HEAVY - {"playwright"} | {"mcp"}
    process = subprocess.Popen(
        [sys.executable, "-c", PROBE.format(heavy=heavy)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **CLEAN},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(INITIALIZE).encode() + b"\n")
    process.stdin.flush()
    first = process.stdout.readline().decode()
    process.kill()
    process.communicate()
    assert first.startswith("{"), first
    assert json.loads(first)["result"]["capabilities"]["tools"] is not None


@pytest.mark.parametrize("module", ["handlens", "handlens.registry", "handlens_server.cli", "handlens_server.app"])
def test_importing_a_module_imports_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*sorted({HEAVY!r} & {{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""


def test_the_library_knows_nothing_of_mcp_or_the_server() -> None:
    code = "import sys, handlens.registry; print('mcp' in sys.modules, 'handlens_server' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["False", "False"]
