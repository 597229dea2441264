"""MCP in, tools out."""
