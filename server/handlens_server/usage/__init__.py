"""The usage page: consoles, alerts and doubtful readings for people, at /usage of the HTTP server."""
