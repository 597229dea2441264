"""Boosted decision trees, read from a JSON file and evaluated in plain Python."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

_Node = tuple[int, float, int, int, float]


class Trees:
    """Sum of trees, as a probability. A node is feature, threshold, left, right, value; feature -1 marks a leaf."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.features: list[str] = fields["features"]
        self._bias: float = fields["bias"]
        self._trees: list[list[_Node]] = [[tuple(node) for node in tree] for tree in fields["trees"]]

    def probability(self, row: list[float]) -> float:
        total = self._bias
        for tree in self._trees:
            node = tree[0]
            while node[0] >= 0:
                node = tree[node[2] if row[node[0]] <= node[1] else node[3]]
            total += node[4]
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))


@cache
def load(name: str) -> Trees:
    """Trees that ship beside this module."""
    return Trees(json.loads((Path(__file__).parent / name).read_text(encoding="utf-8")))
