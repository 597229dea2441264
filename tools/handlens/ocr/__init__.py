"""Optical character recognition: RapidOCR's PP-OCRv6 models, which come inside its wheel, on onnxruntime."""

from handlens.ocr.engine import available
from handlens.ocr.lines import Line, Word
from handlens.ocr.service import Ocr

__all__ = ["Line", "Ocr", "Word", "available"]
