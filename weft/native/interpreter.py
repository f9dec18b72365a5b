"""Which interpreter this is, as far as it decides what real threads can do to each other."""

from __future__ import annotations

import platform
import sys


def has_gil() -> bool:
    """Whether one thread at a time runs Python code. A free-threaded build may have it too, turned on by an extension."""
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


def said() -> str:
    """``CPython 3.13.5, free-threaded``."""
    threads = "with the GIL" if has_gil() else "free-threaded"
    return f"{platform.python_implementation()} {platform.python_version()}, {threads}"
