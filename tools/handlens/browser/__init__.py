"""Playwright sessions: launching, guarding, capturing."""
