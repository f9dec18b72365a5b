"""Checking: which scenarios there are, what each search says, and whether that is what was expected."""
