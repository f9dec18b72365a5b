"""The worlds code under test can run in: native threads, and one greenlet at a time."""
