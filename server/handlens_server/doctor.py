"""`handlens doctor`: is everything there that handlens needs, does it work, and what to do where it doesn't."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from handlens import __version__
from handlens.errors import HandlensError
from handlens_server.settings import Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: ``state`` is ok, note (works without it) or wrong; ``advice`` says what to do."""

    subject: str
    state: str
    found: str
    advice: str = ""


def doctor(settings: Settings) -> int:
    """Check everything and print it; returns 1 where something is wrong."""
    checks: tuple[Callable[[Settings], Finding], ...] = (_python, _browser, _ocr, _folders, _port, _engine)
    findings = [check(settings) for check in checks]
    for finding in findings:
        print(f"{finding.state:<5} {finding.subject}: {finding.found}")  # noqa: T201
        if finding.advice:
            print(f"      {finding.advice}")  # noqa: T201
    wrong = sum(finding.state == "wrong" for finding in findings)
    print(f"{len(findings) - wrong} of {len(findings)} checks passed." if wrong else "All is well.")  # noqa: T201
    return 1 if wrong else 0


def _python(_: Settings) -> Finding:
    return Finding("handlens", "ok", f"{__version__} on Python {sys.version.split()[0]}")


def _browser(settings: Settings) -> Finding:
    """Really start it: that a file is there says little."""
    from handlens.browser.launch import start

    async def version() -> str:
        guard = settings.guard.guard(settings.transport)
        running = await start(settings.browser, guard, seconds=settings.limits.browser_start_seconds)
        try:
            return running.browser.version
        finally:
            await running.stop()

    try:
        return Finding("browser", "ok", f"Chromium {asyncio.run(version())} starts")
    except HandlensError as error:
        return Finding("browser", "wrong", str(error))


def _ocr(_: Settings) -> Finding:
    if find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None:
        return Finding("OCR", "ok", "RapidOCR is installed")
    advice = "Install it with `pip install 'handlens[ocr]'` to read canvases, images and scans."
    return Finding("OCR", "note", "not installed", advice)


def _engine(settings: Settings) -> Finding:
    """Really ask it, and really start our own: only then is it known whether it sees."""
    from handlens_server.engine.diagnosis import diagnose
    from handlens_server.run_folder import RunFolder

    folder = RunFolder()
    try:
        found = asyncio.run(diagnose(settings.engine, settings.eye, folder.path))
    finally:
        folder.close()
    return Finding("engine", found.state, found.found, found.advice)


def _folders(settings: Settings) -> Finding:
    folder = settings.artifacts_folder or Path(tempfile.gettempdir())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            space = os.statvfs(folder)
    except OSError as error:
        return Finding("folders", "wrong", f"{folder}: {error.strerror}", "Set artifacts_folder to one you can write.")
    free = space.f_bavail * space.f_frsize
    if free < settings.limits.artifact_bytes:
        advice = "Free some room, set artifacts_folder to another disk, or lower limits.artifact_bytes."
        return Finding("folders", "note", f"{folder} has {free:,} bytes free, less than artifacts may take", advice)
    readable = settings.guard.guard(settings.transport).folders
    names = ", ".join(str(path) for path in readable) or "no local files"
    return Finding("folders", "ok", f"artifacts go to {folder}; may read {names}")


def _port(settings: Settings) -> Finding:
    http = settings.http
    if settings.transport == "stdio":
        return Finding("port", "ok", "not needed over stdio")
    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    with socket.socket(family) as probe:
        try:
            probe.bind((http.host, http.port))
        except OSError as error:
            advice = "Choose another with --port, or stop what listens there."
            return Finding("port", "wrong", f"{http.host}:{http.port} can't be used: {error.strerror}", advice)
    return Finding("port", "ok", f"{http.host}:{http.port} is free")
