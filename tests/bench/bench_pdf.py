#!/usr/bin/env python3
"""PDF to Markdown measured against truth: python tests/bench/bench_pdf.py --data DIR [--set public|scans|more] [--fast]

DIR is a folder like bench/pdf: pdfs/ID.pdf, truth/ID.md, public.txt, docs.json, score.py (which brings its own needs:
rapidfuzz, lxml, apted, markdown-it-py). Prints the scores, CPU seconds a page (user and system, this process alone) and
peak memory. --baseline FILE compares with an earlier run's --json FILE and lists every document that lost or gained.
--peer NAME converts with another library that is installed (pymupdf4llm, markitdown, pdfium) in the same way.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Convert = Callable[[Path], str]
_SETS = {"public": ("public.txt", "pdfs", ""), "scans": ("scans.txt", "scans", ""), "more": ("ids.txt", "pdfs", "more")}
_NOTICED = 0.02


def handlens(fast: bool) -> Convert:
    """Our own converter, in this process."""
    from handlens.pdf.convert import convert
    from handlens.pdf.options import Options

    options = Options(mode="fast" if fast else "auto")
    return lambda path: convert(path, options=options).markdown


def peer(name: str) -> Convert:
    """Another library's converter."""
    match name:
        case "pymupdf4llm":
            import pymupdf4llm

            return lambda path: pymupdf4llm.to_markdown(str(path))
        case "markitdown":
            from markitdown import MarkItDown

            converter = MarkItDown()
            return lambda path: converter.convert(str(path)).text_content
        case "pdfium":
            import pypdfium2

            def plain(path: Path) -> str:
                with pypdfium2.PdfDocument(path) as document:
                    return "\n\n".join(page.get_textpage().get_text_bounded() for page in document)

            return plain
        case _:
            raise SystemExit(f"no peer {name!r}; known: pymupdf4llm, markitdown, pdfium")


def run(convert: Convert, folder: Path, ids: list[str], output: Path) -> list[float]:
    """Convert each document into `output`; CPU seconds of each."""
    seconds: list[float] = []
    for name in ids:
        start = time.process_time()
        try:
            markdown = convert(folder / f"{name}.pdf")
        except Exception as error:  # noqa: BLE001 - a converter that fails on one document is measured on the others
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
            markdown = ""
        seconds.append(time.process_time() - start)
        (output / f"{name}.md").write_text(markdown, encoding="utf-8")
    return seconds


def compare(now: dict[str, Any], before: dict[str, Any]) -> None:
    """Tell which documents lost or gained against an earlier run."""
    for name, scores in sorted(now["docs"].items()):
        for kind in ("text", "headings", "tables"):
            new, old = scores.get(kind), before["docs"].get(name, {}).get(kind)
            if new is not None and old is not None and abs(new - old) >= _NOTICED:
                print(f"{'lost  ' if new < old else 'gained'} {name} {kind} {old:.3f} -> {new:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--set", choices=sorted(_SETS), default="public")
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--peer")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth document")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--baseline", type=Path)
    options = parser.parse_args()
    listed, pdfs, inside = _SETS[options.set]
    data = options.data / inside
    if not (data / listed).exists():
        raise SystemExit(f"skipped: {data / listed} is not there")
    ids = (data / listed).read_text().split()[:: options.every]
    convert = peer(options.peer) if options.peer else handlens(options.fast)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder)
        seconds = run(convert, data / pdfs, ids, output)
        names, result = output / "ids.txt", options.json or output / "result.json"
        names.write_text("\n".join(ids))
        scorer = [sys.executable, str(options.data / "score.py"), "--pred", folder, "--ids", str(names)]
        truth = ["--truth", str(data / "truth"), "--docs", str(data / "docs.json"), "--json", str(result)]
        subprocess.run([*scorer, *truth], check=True)
        if options.baseline:
            compare(json.loads(result.read_text()), json.loads(options.baseline.read_text()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"CPU s a page: mean {sum(seconds) / len(seconds):.3f}, largest {max(seconds):.3f}; peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
