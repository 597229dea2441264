"""The co-located vLLM engine: planned for the machine found, started, watched, restarted, stopped."""
