"""How files and values are shown: relative to the current directory, with nothing of the machine in it.

What is shown can be typed back, and two machines show the same. Absolute paths and addresses inside messages would
break both.
"""

from __future__ import annotations

import os
import re
import sysconfig
from types import TracebackType

WEFT_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_STANDARD_LIBRARY = sysconfig.get_paths()["stdlib"] + os.sep
_ABSOLUTE = re.compile(r"(?<![\w./])/(?:[^\s/:'\"]+/)+[^\s/:'\"]+\.py\b")
_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")


def shown(path: str) -> str:
    """``path`` relative to the current directory, with forward slashes; a file of Python's own library by its bare name."""
    if is_standard(path):
        return os.path.basename(path)
    return os.path.relpath(path).replace(os.sep, "/") if path else ""


def scrubbed(text: str) -> str:
    """``text`` on one line, its absolute source paths made relative (or bare file names, outside), its addresses gone."""

    def shorter(match: re.Match[str]) -> str:
        relative = shown(match[0])
        return os.path.basename(relative) if relative.startswith("../") else relative

    return _ADDRESS.sub("", _ABSOLUTE.sub(shorter, " ".join(text.split())))


def blamed(traceback: TracebackType | None) -> str:
    """``file:line`` of the innermost frame that is neither weft's nor the standard library's; empty if there is none."""
    place = ""
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if not (file.startswith((WEFT_FOLDER, "<")) or is_standard(file)):
            place = f"{shown(file)}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place


def is_standard(file: str) -> bool:
    """Whether ``file`` is of Python's own library."""
    return file.startswith(_STANDARD_LIBRARY) and "site-packages" not in file


def said(error: BaseException) -> str:
    """Type and message of ``error`` on one line."""
    text = scrubbed(str(error))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
