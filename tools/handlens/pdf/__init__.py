"""PDF documents: PDFium's view of a page, layout, and Markdown."""
