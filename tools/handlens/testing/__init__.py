"""Fakes and servers for tests, for handlens and for those who build on it."""
