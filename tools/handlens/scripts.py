"""Scripts and languages: which PP-OCRv6 reads, and what Tesseract calls the data for the others."""

from __future__ import annotations

import unicodedata

KNOWN = "Latin letters, Chinese and Japanese"
"""What PP-OCRv6 small reads."""

_LANGUAGES = {
    "Cyrillic": {"ru": "rus", "uk": "ukr", "bg": "bul", "be": "bel", "sr": "srp", "mk": "mkd", "kk": "kaz",
                 "ky": "kir", "mn": "mon", "tg": "tgk", "tt": "tat"},
    "Greek": {"el": "ell", "grc": "grc"},
    "Arabic": {"ar": "ara", "fa": "fas", "ur": "urd", "ps": "pus", "ug": "uig", "sd": "snd"},
    "Hebrew": {"he": "heb", "yi": "yid"},
    "Hangul": {"ko": "kor"},
    "Devanagari": {"hi": "hin", "mr": "mar", "ne": "nep", "sa": "san"},
    "Bengali": {"bn": "ben", "as": "asm"},
    "Gurmukhi": {"pa": "pan"},
    "Gujarati": {"gu": "guj"},
    "Oriya": {"or": "ori"},
    "Tamil": {"ta": "tam"},
    "Telugu": {"te": "tel"},
    "Kannada": {"kn": "kan"},
    "Malayalam": {"ml": "mal"},
    "Sinhala": {"si": "sin"},
    "Thai": {"th": "tha"},
    "Lao": {"lo": "lao"},
    "Myanmar": {"my": "mya"},
    "Khmer": {"km": "khm"},
    "Tibetan": {"bo": "bod", "dz": "dzo"},
    "Georgian": {"ka": "kat"},
    "Armenian": {"hy": "hye"},
    "Ethiopic": {"am": "amh", "ti": "tir"},
    "Vietnamese": {"vi": "vie"},  # Latin letters, with marks that PP-OCRv6 does not have
}  # fmt: skip
_ALSO = {"Korean": "Hangul"}  # as Tesseract calls it
PARTED = frozenset({"Hangul", "Thai", "Lao", "Khmer", "Myanmar", "Tibetan"})
"""Scripts whose words Tesseract gives in parts: those written without spaces, and Korean."""


def foreign_script(language: str) -> str:
    """The script of a language (a tag such as ru or sr-RS) if PP-OCRv6 does not read it, else empty."""
    primary, *subtags = language.lower().replace("_", "-").split("-")
    if "latn" in subtags:
        return ""
    return next((script for script, codes in _LANGUAGES.items() if primary in (*codes, *codes.values())), "")


def codes_of(*, language: str = "", script: str = "") -> list[str]:
    """Tesseract's names of data that reads a language, or without one a script: best first."""
    if language:
        primary = language.lower().replace("_", "-").split("-")[0]
        codes = _LANGUAGES.get(foreign_script(language), {})
        return [code for tag, code in codes.items() if primary in (tag, code)]
    script = _ALSO.get(script, script)
    codes = _LANGUAGES.get(script, {})
    return [f"script/{script}", *codes.values()] if codes else []


def script_of(character: str) -> str:
    """The script of a character, as Unicode's names say it: Thai, Cyrillic, Latin…"""
    return unicodedata.name(character, "").partition(" ")[0].title()
