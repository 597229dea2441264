"""Sight: ask a question about pictures, get an answer of a type. See `handlens.eye.protocol`."""
