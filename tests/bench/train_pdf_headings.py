#!/usr/bin/env python3
"""Trains what tells headings from text:  python tests/bench/train_pdf_headings.py --data DIR [--check]

DIR holds pdfs/ID.pdf, truth/ID.md and ids.txt (one ID a line), such as bench/pdf/more. Needs scikit-learn, rapidfuzz.
Writes tools/handlens/pdf/headings.json, the same bytes for the same data and versions. --check only cross-validates.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz import fuzz
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score, f1_score
from sklearn.model_selection import GroupKFold

from handlens.pdf.blocks import Kind
from handlens.pdf.looks import NAMES, features
from handlens.pdf.page import blocks_of
from handlens.pdf.profile import profile_of
from handlens.pdf.reading import Document

TARGET = Path(__file__).parents[2] / "tools" / "handlens" / "pdf" / "headings.json"
RISING = {"size": 1, "bold": 1, "above": 1, "font": 1, "usual": 1, "characters": -1, "lines": -1, "lower": -1}
SEED = 20261121


def headings(markdown: str) -> list[str]:
    """Texts of a Markdown document's headings."""
    return [" ".join(re.sub(r"[*_`]", "", line.lstrip("#")).split()).lower()
            for line in markdown.splitlines() if re.match(r"#{1,6} ", line)]  # fmt: skip


def examples(data: Path) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], list[str]]:
    """Rows of features, whether each is a heading in the truth, and the document that it comes from."""
    rows, labels, groups = [], [], []
    for name in (data / "ids.txt").read_text().split():
        truth = headings((data / "truth" / f"{name}.md").read_text(encoding="utf-8"))
        if name.startswith("icdar"):
            continue  # truth of tables only
        with Document(data / "pdfs" / f"{name}.pdf") as document:
            page = document.read(0)
            profile = profile_of([page], 1, [])
            blocks = blocks_of(page, profile)
        for block, row in zip(blocks, features(blocks, profile), strict=True):
            if row is None or block.kind is Kind.CAPTION:
                continue
            rows.append(row)
            labels.append(any(fuzz.ratio(block.text.lower(), heading) >= 80 for heading in truth))
            groups.append(re.sub(r"_p\d+$", "", name))
    return np.array(rows), np.array(labels), groups


def model() -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=90, learning_rate=0.1, max_leaf_nodes=8, min_samples_leaf=12, l2_regularization=2.0,
        monotonic_cst=[RISING.get(name, 0) for name in NAMES], random_state=SEED,
    )  # fmt: skip


def exported(trained: HistGradientBoostingClassifier) -> dict[str, Any]:
    """The trees as lists, in the form that `handlens.pdf.trees` reads."""
    trees = []
    for (predictor,) in trained._predictors:
        trees.append([
            [-1, 0.0, 0, 0, round(float(n["value"]), 4)] if n["is_leaf"] else
            [int(n["feature_idx"]), round(float(n["num_threshold"]), 4), int(n["left"]), int(n["right"]), 0.0]
            for n in predictor.nodes
        ])  # fmt: skip
    return {"features": list(NAMES), "bias": round(float(np.ravel(trained._baseline_prediction)[0]), 4), "trees": trees}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    rows, labels, groups = examples(options.data)
    print(f"{len(rows)} blocks, {labels.sum()} headings, {len(set(groups))} documents")
    guesses = np.zeros(len(rows))
    for train, test in GroupKFold(5).split(rows, labels, groups):
        guesses[test] = model().fit(rows[train], labels[train]).predict_proba(rows[test])[:, 1]
    for threshold in (0.3, 0.4, 0.5, 0.6):
        print(f"threshold {threshold}: F1 {f1_score(labels, guesses > threshold):.3f}")
    print(f"average precision {average_precision_score(labels, guesses):.3f}")
    if not options.check:
        text = json.dumps(exported(model().fit(rows, labels)), separators=(",", ":"))
        TARGET.write_text(text.replace("]],", "]],\n") + "\n", encoding="utf-8")
        print(f"{TARGET}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
