"""A small PDF writer for tests: text in the base fonts, rules, boxes; and ways to break what it wrote."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass, field

FONTS = ("Helvetica", "Helvetica-Bold", "Helvetica-Oblique", "Courier", "Times-Roman")
PLAIN, BOLD, ITALIC, MONO, SERIF = range(5)


@dataclass
class Page:
    """A page drawn from the top left in points."""

    width: float = 595.0
    height: float = 842.0
    rotate: int = 0
    content: list[str] = field(default_factory=list)
    annotations: str = ""

    def text(self, x: float, y: float, text: str, *, size: float = 10, font: int = PLAIN, mode: int = 0) -> Page:
        escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        at = f"{x:.2f} {self.height - y:.2f}"
        self.content.append(f"BT /F{font} {size} Tf {mode} Tr 1 0 0 1 {at} Tm ({escaped}) Tj ET")
        return self

    def paragraph(self, x: float, y: float, lines: list[str], *, size: float = 10, pitch: float = 12) -> Page:
        for n, line in enumerate(lines):
            self.text(x, y + n * pitch, line, size=size)
        return self

    def rule(self, x0: float, y0: float, x1: float, y1: float) -> Page:
        self.content.append(f"0.5 w {x0:.2f} {self.height - y0:.2f} m {x1:.2f} {self.height - y1:.2f} l S")
        return self

    def raw(self, operators: str) -> Page:
        self.content.append(operators)
        return self


def shifted(by: int) -> str:
    """A map to Unicode that calls every printable character another one, `by` places on; 0: it knows none."""
    rows = "".join(f"<{c:02x}> <{c + by if by else 0xFFFD:04x}>\n" for c in range(33, 127))
    head = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def"
    space = "1 begincodespacerange <00> <ff> endcodespacerange"
    return f"{head} {space} 94 beginbfchar\n{rows}endbfchar endcmap end end"


def pdf_of(*pages: Page, catalog: str = "", objects: tuple[str, ...] = (), unicode_map: str = "") -> bytes:
    """A whole document. `catalog` adds entries to its catalog, `objects` follow as objects 3 + len(FONTS) on.

    unicode_map: says what the characters of the first font are, as in `shifted`.
    """
    bodies = ["", ""]
    fonts = {n: 3 + n for n in range(len(FONTS))}
    bodies += [f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>" for name in FONTS]
    if unicode_map:
        objects = (f"<< /Length {len(unicode_map)} >>\nstream\n{unicode_map}\nendstream", *objects)
        bodies[2] = bodies[2].replace(" >>", f" /ToUnicode {3 + len(FONTS)} 0 R >>")
    bodies += objects
    resources = " ".join(f"/F{n} {number} 0 R" for n, number in fonts.items())
    kids: list[str] = []
    for page in pages:
        data = zlib.compress("\n".join(page.content).encode("cp1252"))
        stream = len(bodies) + 1
        bodies.append(f"<< /Length {len(data)} /Filter /FlateDecode >>\nstream\n{data.decode('latin-1')}\nendstream")
        kids.append(f"{stream + 1} 0 R")
        bodies.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {page.width} {page.height}] /Rotate {page.rotate} "
            f"/Resources << /Font << {resources} >> >> /Contents {stream} 0 R /Annots [{page.annotations}] >>"
        )
    bodies[0] = f"<< /Type /Catalog /Pages 2 0 R {catalog} >>"
    bodies[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    return _assembled(bodies)


def _assembled(bodies: list[str]) -> bytes:
    parts, offsets, length = [b"%PDF-1.7\n"], [], 9
    for number, body in enumerate(bodies, 1):
        offsets.append(length)
        parts.append(f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1"))
        length += len(parts[-1])
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    parts.append(f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n{table}".encode())
    parts.append(f"trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R >>\nstartxref\n{length}\n%%EOF".encode())
    return b"".join(parts)


_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def encrypted(text: str, *, user: str = "", owner: str = "boss", permissions: int = -64) -> bytes:
    """A page that says `text`, encrypted with 40-bit RC4; by default anybody may open it, but not print or copy."""
    identity = b"0123456789abcdef"
    entry = _rc4(hashlib.md5(_padded(owner)).digest()[:5], _padded(user))
    rights = permissions.to_bytes(4, "little", signed=True)
    key = hashlib.md5(_padded(user) + entry + rights + identity).digest()[:5]
    stream = f"BT /F0 12 Tf 1 0 0 1 60 700 Tm ({text}) Tj ET".encode()
    sealed = _rc4(hashlib.md5(key + (4).to_bytes(3, "little") + bytes(2)).digest()[:10], stream)
    bodies = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        "/Resources << /Font << /F0 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        f"<< /Length {len(sealed)} >>\nstream\n{sealed.decode('latin-1')}\nendstream",
        f"<< /Filter /Standard /V 1 /R 2 /O <{entry.hex()}> /U <{_rc4(key, _PADDING).hex()}> /P {permissions} >>",
    ]
    trailer = f"/Encrypt 5 0 R /ID [<{identity.hex()}> <{identity.hex()}>]"
    return _assembled(bodies).replace(b"/Root 1 0 R", f"/Root 1 0 R {trailer}".encode())


def _padded(password: str) -> bytes:
    return (password.encode("latin-1") + _PADDING)[:32]


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)
