"""Real parts for tests: whole houses, programmed callers, browsers."""
