"""Finding what was described on a page, and acting on it: candidates from structure, a query from words, scores."""
