"""What a secret looks like, in one place: masked in pictures before they exist, and redacted in text.

The patterns are regular expressions that Python and JavaScript read alike; `mask.js` gets them as an argument.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from handlens.characters import whole

_START = r"(?:\b|(?<=[a-z]))"  # KeyAKIA…: what stands apart on a page may touch in its text

CREDENTIALS: tuple[str, ...] = (
    _START + r"(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z0-9]{16}(?:\b|(?=[A-Z][a-z]))",  # AWS key ids
    _START + r"LTAI[A-Za-z0-9]{12,26}\b",  # Alibaba Cloud key ids
    _START + r"AKID[A-Za-z0-9]{13,40}\b",  # Tencent Cloud secret ids
    _START + r"AKLT[A-Za-z0-9_-]{20,60}\b",  # Volcano Engine key ids
    _START + r"AIza[A-Za-z0-9_-]{35}",  # Google API keys
    _START + r"GOCSPX-[A-Za-z0-9_-]{20,40}",  # Google OAuth client secrets
    r"\bya29\.[A-Za-z0-9_-]{20,}",  # Google OAuth access tokens
    _START + r"(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{40,255})\b",
    _START + r"glpat-[A-Za-z0-9_-]{20,}",
    r"\bhf_[A-Za-z0-9]{30,}\b",
    r"\bsk-(?:[a-z]+-)*[A-Za-z0-9_-]{20,}",  # OpenAI, Anthropic, DashScope and their kin
    r"\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}\b",  # Stripe
    r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",  # Slack
    _START + r"npm_[A-Za-z0-9]{36}\b",
    _START + r"pypi-[A-Za-z0-9_-]{40,}",
    _START + r"dop_v1_[a-f0-9]{64}\b",
    _START + r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",  # JSON web tokens
    r"\b[Bb]earer\s+[A-Za-z0-9._~+/-]{16,}=*",
    r"(?<=://)[^\s:/@]{1,100}:[^\s/@]{3,200}(?=@)",  # a name and a password in an address
    r"\bAccountKey=[A-Za-z0-9+/]{40,}={0,2}",  # Azure storage
    r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----[\s\S]*?(?:-----END (?:[A-Z]+ )*PRIVATE KEY-----|$)",
    r"(?:aws_secret_access_key|secret_?access_?key|secret_?key|client_?secret|access_?token|api_?key|password|passwd)"
    r"[\"']?\s*[=:]\s*[\"']?[A-Za-z0-9+/_.~-]{12,}={0,2}",
)
PRIVATE_ADDRESSES: tuple[str, ...] = (
    r"\b(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2})\b",
    r"\bf[cd][0-9a-f]{2}:[0-9a-f:]{4,}",
)
EMAILS: tuple[str, ...] = (r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}",)

REPLACEMENT = "[secret]"
_SHORTEST = 4
"""Characters. A shorter value is found in too much that is none."""


MASKED_FIELDS = (
    "input[type=password], input:is([type=text], :not([type])):is([autocomplete*=current-password i], "
    "[autocomplete*=new-password i], [autocomplete*=one-time-code i], [name*=passw i], [id*=passw i])"
)
"""A CSS selector of fields for passwords and codes, also where the page has turned their dots into letters."""


class Privacy(BaseModel):
    """What is hidden besides password fields and what a caller names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    credentials: bool = Field(default=True, description="Hide access keys, tokens and private keys.")
    private_addresses: bool = Field(default=False, description="Hide private network addresses.")
    emails: bool = Field(default=False, description="Hide e-mail addresses.")

    pictures: bool = Field(
        default=False, description="Also read canvases and images by OCR and hide secrets there; takes seconds."
    )

    _values: tuple[str, ...] = PrivateAttr(default=())

    def hiding(self, values: Iterable[str]) -> Privacy:
        """The same, and these very values besides."""
        privacy = self.model_copy()
        privacy._values = tuple(value for value in values if len(value) >= _SHORTEST)
        return privacy

    def patterns(self) -> tuple[str, ...]:
        return (
            tuple(re.escape(value) for value in self._values)
            + (CREDENTIALS if self.credentials else ())
            + (PRIVATE_ADDRESSES if self.private_addresses else ())
            + (EMAILS if self.emails else ())
        )


_USUAL = Privacy()


@cache
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns)) if patterns else None


def redact(text: str, privacy: Privacy | None = None, also: tuple[str, ...] = ()) -> str:
    """``text`` with everything that looks like a secret, and each string of ``also``, replaced; ready to be sent."""
    return redactor(privacy, also)(text)


def redactor(privacy: Privacy | None = None, also: tuple[str, ...] = ()) -> Callable[[str], str]:
    """What `redact` does, for many texts."""
    pattern = _compiled((privacy or _USUAL).patterns())

    def redacted(text: str) -> str:
        text = whole(text)
        for value in also:
            if value:
                text = text.replace(value, REPLACEMENT)
        return pattern.sub(REPLACEMENT, text) if pattern else text

    return redacted
