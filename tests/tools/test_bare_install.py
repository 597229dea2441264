"""The library without any extra: it installs, and every tool imports and describes itself."""

from __future__ import annotations

import os
import subprocess
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

DESCRIBE = """
import importlib.util, sys
import handlens
from handlens.library import open_kit
from handlens.registry import ALL_TOOLS
for tool in ALL_TOOLS:
    tool.input.model_json_schema(), tool.output.model_json_schema()
absent = [name for name in ("mcp", "starlette", "uvicorn", "numpy", "onnxruntime", "rapidocr", "cv2", "sqlalchemy")
          if importlib.util.find_spec(name) is None]
assert "mcp" in absent and "onnxruntime" in absent, absent
assert "mcp" not in sys.modules
print(*(tool.name for tool in ALL_TOOLS))
"""


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_bare_library_installs_and_every_tool_imports(tmp_path: Path) -> None:
    from handlens.registry import ALL_TOOLS

    venv.create(tmp_path / "venv", with_pip=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    constraint = tmp_path / "constraints.txt"
    lock = (ROOT / "examples" / "requirements.lock").read_text()
    pins = [line.removesuffix("\\").strip() for line in lock.splitlines() if "==" in line]
    constraint.write_text("\n".join(pins))
    install = [python, "-m", "pip", "install", "-qq", "--constraint", str(constraint), str(ROOT)]
    subprocess.run(install, check=True, env=environment, cwd=tmp_path, timeout=380)
    done = subprocess.run(
        [python, "-c", DESCRIBE], capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [tool.name for tool in ALL_TOOLS]
