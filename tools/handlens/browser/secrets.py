"""What a secret looks like, in one place: masked in pictures before they exist, and redacted in text.

The patterns are regular expressions that Python and JavaScript read alike; `mask.js` gets them as an argument.
"""

from __future__ import annotations

import re
from functools import cache

from pydantic import BaseModel, ConfigDict, Field

CREDENTIALS: tuple[str, ...] = (
    r"\b(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z0-9]{16}\b",  # AWS key ids
    r"\bLTAI[A-Za-z0-9]{12,26}\b",  # Alibaba Cloud key ids
    r"\bAKID[A-Za-z0-9]{13,40}\b",  # Tencent Cloud secret ids
    r"\bAKLT[A-Za-z0-9_-]{20,60}\b",  # Volcano Engine key ids
    r"\bAIza[A-Za-z0-9_-]{35}",  # Google API keys
    r"\bGOCSPX-[A-Za-z0-9_-]{20,40}",  # Google OAuth client secrets
    r"\bya29\.[A-Za-z0-9_-]{20,}",  # Google OAuth access tokens
    r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{40,255})\b",
    r"\bglpat-[A-Za-z0-9_-]{20,}",
    r"\bhf_[A-Za-z0-9]{30,}\b",
    r"\bsk-(?:[a-z]+-)*[A-Za-z0-9_-]{20,}",  # OpenAI, Anthropic, DashScope and their kin
    r"\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}\b",  # Stripe
    r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",  # Slack
    r"\bnpm_[A-Za-z0-9]{36}\b",
    r"\bpypi-[A-Za-z0-9_-]{40,}",
    r"\bdop_v1_[a-f0-9]{64}\b",
    r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",  # JSON web tokens
    r"\b[Bb]earer\s+[A-Za-z0-9._~+/-]{16,}=*",
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


class Privacy(BaseModel):
    """What is hidden besides password fields and what a caller names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    credentials: bool = Field(default=True, description="Hide access keys, tokens and private keys.")
    private_addresses: bool = Field(default=False, description="Hide private network addresses.")
    emails: bool = Field(default=False, description="Hide e-mail addresses.")

    pictures: bool = Field(
        default=False, description="Also read canvases and images by OCR and hide secrets there; takes seconds."
    )

    def patterns(self) -> tuple[str, ...]:
        return (
            (CREDENTIALS if self.credentials else ())
            + (PRIVATE_ADDRESSES if self.private_addresses else ())
            + (EMAILS if self.emails else ())
        )


@cache
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns)) if patterns else None


def redact(text: str, privacy: Privacy | None = None, also: tuple[str, ...] = ()) -> str:
    """``text`` with everything that looks like a secret, and each string of ``also``, replaced."""
    pattern = _compiled((privacy or Privacy()).patterns())
    for value in also:
        if value:
            text = text.replace(value, REPLACEMENT)
    return pattern.sub(REPLACEMENT, text) if pattern else text
