#!/usr/bin/env python3
"""Converts documents with one library, in whatever environment has it: python pdf_converters.py NAME OUT < FILES

FILES has one path a line. Writes OUT/ID.md for each ID.pdf and OUT/cost.json: CPU seconds of each
file (user and system, children included), and the peak memory in MB. Needs nothing but the library; bench_pdf.py makes
an environment for each and runs this in it.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

Convert = Callable[[Path], str]


def handlens(mode: Literal["auto", "fast"], *, figures: bool) -> Convert:
    from handlens.pdf.convert import convert
    from handlens.pdf.options import Options

    options = Options(mode=mode, figures=figures)
    return lambda path: convert(path, options=options).markdown


def pymupdf4llm() -> Convert:
    import pymupdf4llm  # pyright: ignore[reportMissingImports]

    pymupdf4llm.use_layout(True)
    return lambda path: pymupdf4llm.to_markdown(str(path), use_ocr=False, show_progress=False)


def pymupdf4llm_plain() -> Convert:
    import pymupdf4llm  # pyright: ignore[reportMissingImports]

    pymupdf4llm.use_layout(False)
    return lambda path: pymupdf4llm.to_markdown(str(path))


def liteparse() -> Convert:
    from liteparse import LiteParse  # pyright: ignore[reportMissingImports]

    parser = LiteParse(ocr_enabled=False, output_format="markdown", quiet=True, num_workers=1)
    return lambda path: parser.parse(str(path)).text


def pdf_inspector() -> Convert:
    import pdf_inspector  # pyright: ignore[reportMissingImports]

    return lambda path: pdf_inspector.process_pdf(str(path)).markdown or ""


def markitdown() -> Convert:
    from markitdown import MarkItDown  # pyright: ignore[reportMissingImports]

    converter = MarkItDown()
    return lambda path: converter.convert(str(path)).text_content


def pdfium() -> Convert:
    import pypdfium2

    def plain(path: Path) -> str:
        with pypdfium2.PdfDocument(path) as document:
            return "\n\n".join(page.get_textpage().get_text_bounded() for page in document)

    return plain


CONVERTERS: dict[str, Callable[[], Convert]] = {
    "handlens": lambda: handlens("auto", figures=False),
    "handlens-figures": lambda: handlens("auto", figures=True),
    "handlens-fast": lambda: handlens("fast", figures=False),
    "pymupdf4llm": pymupdf4llm,
    "pymupdf4llm-plain": pymupdf4llm_plain,
    "liteparse": liteparse,
    "pdf-inspector": pdf_inspector,
    "markitdown": markitdown,
    "pdfium": pdfium,
}


def spent() -> float:
    """CPU seconds so far, of this process and of children that have ended."""
    uses = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in uses)


def main() -> None:
    name, output = sys.argv[1:]
    files = sys.stdin.read().splitlines()
    convert, seconds = CONVERTERS[name](), []
    for file in files:
        start = spent()
        try:
            markdown = convert(Path(file))
        except Exception as error:  # noqa: BLE001 - a converter that fails on one document is measured on the others
            print(f"{name}: {file}: {type(error).__name__}: {error}", file=sys.stderr)
            markdown = ""
        seconds.append(spent() - start)
        (Path(output) / f"{Path(file).stem}.md").write_text(markdown, encoding="utf-8", errors="replace")
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    (Path(output) / "cost.json").write_text(json.dumps({"seconds": seconds, "peak_mb": peak}))


if __name__ == "__main__":
    main()
