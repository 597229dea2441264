"""What LaTeX in an answer says in plain characters, and whether a formula may stand in a document."""

from __future__ import annotations

import re

_SYMBOLS = {
    "pm": "±", "mp": "∓", "times": "×", "cdot": "·", "div": "÷", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥",
    "neq": "≠", "ne": "≠", "approx": "≈", "sim": "∼", "infty": "∞", "circ": "°", "degree": "°", "rightarrow": "→",
    "to": "→", "leftarrow": "←", "sum": "∑", "prod": "∏", "int": "∫", "sqrt": "√", "partial": "∂", "nabla": "∇",
    "in": "∈", "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ",
    "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "dagger": "†",
    "ddagger": "‡", "ast": "*", "star": "*", "ldots": "…", "dots": "…", "checkmark": "✓", "prime": "′", "S": "§",
}  # fmt: skip
_COMMAND = re.compile(r"\\([A-Za-z]+)\s?")
_MARKS = re.compile(r"\\[,;:! ]|\$|[{}^]|(?<![A-Za-z0-9])_|_(?=\{)")
_DISPLAY = re.compile(r"\$\$(.+?)\$\$|\\\[(.+?)\\\]|\\begin\{(?:equation|align)\*?\}(.+?)\\end\{(?:equation|align)\*?\}"
                      r"|\\\((.+?)\\\)|(?<!\$)\$([^$]+)\$", re.DOTALL)  # fmt: skip
_UNSAFE = re.compile(
    r"\\(?:href|url|html\w*|includegraphics|input|include|write|openin|openout|read|def|let|newcommand|renewcommand"
    r"|require|catcode|csname|unicode|style|class|cssId|loop)\b|<|`"
)
_LONGEST = 2_000


def without_commands(text: str) -> str:
    """A cell's text in plain characters: symbols for their commands, no dollars and braces."""
    if not any(c in text for c in "\\${^_"):
        return text
    return _MARKS.sub("", _COMMAND.sub(lambda match: _SYMBOLS.get(match[1], ""), text)).strip()


def formulas_in(markdown: str) -> list[str]:
    """LaTeX of the formulas in an answer, without their delimiters; only such as can do nothing but be typeset."""
    found = [next(part for part in match.groups() if part is not None).strip() for match in _DISPLAY.finditer(markdown)]
    return [latex for latex in found if latex and len(latex) <= _LONGEST and not _UNSAFE.search(latex)
            and latex.count("{") == latex.count("}")]  # fmt: skip
