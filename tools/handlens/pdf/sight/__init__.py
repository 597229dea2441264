"""Sight for documents: which parts of a page are worth a question, and what of an answer may be believed."""
