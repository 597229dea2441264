"""What is planned for GPUs that are not here, told to vLLM's own parser: it knows every argument, and its value."""

from __future__ import annotations

import json
import subprocess

import pytest

from fakes.real_engine import engine_python
from handlens_server.engine.hardware import GIB, Gpu, Hardware
from handlens_server.engine.plan import plan_engines

pytestmark = pytest.mark.engine
H100 = Gpu("H100", 80 * GIB, (9, 0))
MACHINES = [(H100,), (H100,) * 8, (Gpu("L40S", 45 * GIB, (8, 9)),), (Gpu("T4", 15 * GIB, (7, 5)),), ()]
MODELS = ["Qwen/Qwen3-VL-4B-Instruct", "Qwen/Qwen3-VL-4B-Thinking", "Qwen/Qwen3-VL-30B-A3B-Instruct"]
PARSE = """
import json, sys
from vllm.entrypoints.launchers.cli_args import make_arg_parser, validate_parsed_serve_args
from vllm.utils.argparse_utils import FlexibleArgumentParser
for arguments in json.load(sys.stdin):
    validate_parsed_serve_args(make_arg_parser(FlexibleArgumentParser()).parse_args(arguments))
"""


def test_vllm_takes_every_planned_argument() -> None:
    planned = [
        plan_engines([model], Hardware(gpus, 80 * GIB, 8))[0].arguments
        for gpus in MACHINES
        for model in MODELS
        if gpus[:1] == (H100,) or "30B" not in model
    ]
    assert any("--enable-expert-parallel" in arguments for arguments in planned)
    assert any("--mm-encoder-tp-mode" in arguments for arguments in planned)
    assert any("--reasoning-parser" in arguments for arguments in planned)
    done = subprocess.run([engine_python(), "-c", PARSE], input=json.dumps(planned), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2_000:]
