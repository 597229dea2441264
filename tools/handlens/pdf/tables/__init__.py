"""Tables: where they are, and what their rows, columns and spans are."""

from handlens.pdf.tables.find import find_tables
from handlens.pdf.tables.unruled import find_unruled

__all__ = ["find_tables", "find_unruled"]
