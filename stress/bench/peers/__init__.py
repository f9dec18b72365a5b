"""Other checkers for Python, run beside weft by an interpreter of their own. See ``running.py``."""
