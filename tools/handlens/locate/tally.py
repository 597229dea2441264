"""What finding took."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """Counts over all calls: ``asked`` are questions to an eye, ``saved`` calls that needed none because structure was
    sure, ``failed`` calls in which an eye was asked in vain, ``read`` pictures given to OCR."""

    asked: int = 0
    saved: int = 0
    failed: int = 0
    read: int = 0
    recalled: int = 0
    """Calls that memory answered."""
