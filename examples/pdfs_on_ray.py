#!/usr/bin/env python3
"""A folder of PDFs to Markdown on Ray Data, on one machine or on a cluster:

    pip install 'handlens[ray]'
    python examples/pdfs_on_ray.py FOLDER OUTPUT [--address auto] [--limit N]

Each row is one document; each task converts it with the same function that the tool uses. A document that can't be
read becomes a row with its error and stops nothing. OUTPUT gets Parquet files with path, markdown, pages and error.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import ray
import ray.data


def convert_row(row: dict[str, Any]) -> dict[str, Any]:
    """Path in, Markdown out."""
    from handlens.errors import HandlensError
    from handlens.pdf.convert import convert

    path = str(row["item"])
    try:
        result = convert(Path(path))
    except HandlensError as error:
        return {"path": path, "markdown": "", "pages": 0, "error": str(error)}
    return {"path": path, "markdown": result.markdown, "pages": len(result.pages), "error": ""}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--address", help="a running cluster's; a local one is started without it")
    parser.add_argument("--limit", type=int, help="only so many documents")
    options = parser.parse_args()
    # Without an address, never join a cluster that happens to run here.
    ray.init(address=options.address or "local", include_dashboard=False, log_to_driver=False)
    found = sorted(path.resolve() for path in options.folder.rglob("*") if path.suffix.lower() == ".pdf")
    paths = [str(path) for path in found[: options.limit]]
    # A fresh process from time to time gives back what PDFium and its fonts hold on to.
    documents = ray.data.from_items(paths, override_num_blocks=max(1, len(paths) // 16)).map(convert_row)
    documents.write_parquet(str(options.output.resolve()))
    rows = ray.data.read_parquet(str(options.output.resolve())).take_all()
    failed = [row for row in rows if row["error"]]
    assert {row["path"] for row in rows} == set(paths), "every document has a row"
    print(f"{len(rows)} documents, {sum(row['pages'] for row in rows)} pages, {len(failed)} failed")
    for row in failed:
        print(f"  {row['path']}: {row['error']}")


if __name__ == "__main__":
    main()
