#!/usr/bin/env python3
"""PDF to Markdown measured against truth and beside other converters, in one command:

  python tests/bench/bench_pdf.py --data DIR [--set public|scans|more] [--with handlens,pymupdf4llm,…|all] [--cache DIR]

DIR is a folder like bench/pdf: pdfs/ID.pdf, truth/ID.md, public.txt, docs.json, score.py. handlens-figures is what the
tool does when it is told nothing: pictures are drawn and kept too; handlens leaves them out, as the peers do. Each
converter runs in a process of its own; peers are installed, once, each into an environment of its own under --cache.
Prints a table: scores, CPU seconds a page (user and system) and peak memory. --json keeps our own scores; --baseline
FILE, those of an earlier run, lists every document that lost or gained. Some peers are AGPL: measured, and never
depended on.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from statistics import fmean
from typing import Any

from pdf_converters import CONVERTERS

_SETS = {"public": ("public.txt", "pdfs", ""), "scans": ("scans.txt", "scans", ""), "more": ("ids.txt", "pdfs", "more")}
_SCORER = ["rapidfuzz", "lxml", "apted", "markdown-it-py"]
_NEEDS = {
    "pymupdf4llm": ["pymupdf4llm>=2", "pymupdf>=2"],
    "pymupdf4llm-plain": ["pymupdf4llm>=2", "pymupdf>=2"],
    "liteparse": ["liteparse"],
    "pdf-inspector": ["pdf-inspector"],
    "markitdown": ["markitdown[pdf]"],
    "pdfium": ["pypdfium2"],
}
_NOTICED = 0.02
_TREE = Path(__file__).parents[2]


def environment(cache: Path, name: str, needs: list[str]) -> Path:
    """The Python of an environment that has what `needs` names; installed the first time."""
    folder = cache / name
    python = folder / "bin" / "python"
    done = folder / "done"
    if not done.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *needs], check=True)
        done.touch()
    return python


def convert(name: str, cache: Path, files: list[Path], output: Path) -> dict[str, Any]:
    """Convert files with one library into `output`; CPU seconds of each, and peak memory in MB."""
    ours = name.startswith("handlens")
    python = Path(sys.executable) if ours else environment(cache, name, _NEEDS[name])
    extra = {"PYTHONPATH": str(_TREE / "tools")} if ours else {}
    output.mkdir(parents=True, exist_ok=True)
    command = [python, Path(__file__).with_name("pdf_converters.py"), name, output]
    paths = "\n".join(map(str, files))
    environ = {**os.environ, "OMP_NUM_THREADS": "1", **extra}
    subprocess.run(command, check=True, env=environ, input=paths, text=True, stdout=subprocess.DEVNULL)
    return json.loads((output / "cost.json").read_text())


def score(cache: Path, data: Path, inside: Path, ids: list[str], output: Path) -> dict[str, Any]:
    """What the scorer of `data` says of `output`."""
    names, result = output / "ids.txt", output / "result.json"
    names.write_text("\n".join(ids))
    scorer = [environment(cache, "scorer", _SCORER), data / "score.py", "--pred", output, "--ids", names]
    truth = ["--truth", inside / "truth", "--docs", inside / "docs.json", "--json", result]
    subprocess.run([*scorer, *truth], check=True, stdout=subprocess.DEVNULL)
    return json.loads(result.read_text())


def row(name: str, scores: dict[str, Any], cost: dict[str, Any]) -> str:
    parts = [scores["summary"]["all"][kind] for kind in ("overall", "text", "headings", "tables")]
    shown = " | ".join("–" if part is None else f"{part:.3f}" for part in parts)
    return f"| {name} | {shown} | {fmean(cost['seconds']):.3f} | {max(cost['seconds']):.2f} | {cost['peak_mb']:.0f} |"


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
    parser.add_argument(
        "--with", dest="names", default="handlens,handlens-figures", help=f"of {', '.join(CONVERTERS)}; or all"
    )
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth document")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "handlens" / "bench-pdf")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--baseline", type=Path)
    options = parser.parse_args()
    listed, pdfs, inside = _SETS[options.set]
    data = options.data / inside
    if not (data / listed).exists():
        raise SystemExit(f"skipped: {data / listed} is not there")
    ids = (data / listed).read_text().split()[:: options.every]
    files = [data / pdfs / f"{name}.pdf" for name in ids]
    print("| converter | overall | text | headings | tables | CPU s a page | largest | peak MB |\n|" + " --- |" * 8)
    for name in CONVERTERS if options.names == "all" else options.names.split(","):
        output = options.cache / "output" / f"{options.set}-{name}"
        try:
            cost = convert(name, options.cache, files, output)
        except subprocess.CalledProcessError as error:
            print(f"| {name} | failed: exit {error.returncode} |", flush=True)
            continue
        scores = score(options.cache, options.data, data, ids, output)
        print(row(name, scores, cost), flush=True)
        if name == "handlens" and options.json:
            options.json.write_text(json.dumps(scores, indent=1))
        if name == "handlens" and options.baseline:
            compare(scores, json.loads(options.baseline.read_text()))


if __name__ == "__main__":
    main()
