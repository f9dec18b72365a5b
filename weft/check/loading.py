"""Importing a file by its path, under the name by which other files would import it.

A file gets the dotted name that its place gives it, seen from the current directory or from the nearest folder above it that
is not a package; so ``from stress.races.walk import walk`` elsewhere finds the same module. Both folders go to the front of
``sys.path``, the current directory first. Where that name belongs to another file (``random.py``), the module gets a
private name made from its path, the same in every run.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import zlib
from types import ModuleType

from weft.check.paths import blamed, said, scrubbed, shown
from weft.errors import UsageError


def import_file(path: str) -> ModuleType:
    """The module in ``path``, imported once.

    Raises:
        UsageError: Importing it fails; the message says at which line and how.
    """
    path = os.path.abspath(path)
    roots = _roots(path)
    for root in roots:
        if root not in sys.path:
            sys.path.insert(0, root)
    try:
        name = next((name for root in reversed(roots) if _is_at(name := _dotted(path, root), path)), None)
        return _by_location(path) if name is None else importlib.import_module(name)
    except SyntaxError as error:
        place = f"{shown(error.filename or path)}:{error.lineno or 1}"
        raise UsageError(f"{place}: not valid Python: {scrubbed(error.msg or '')}; correct it, or name other paths") from None
    except (Exception, SystemExit) as error:
        place = blamed(error.__traceback__) or shown(path)
        raise UsageError(f"{place}: importing {shown(path)} raised {said(error)}; correct it, or name other paths") from None


def _roots(path: str) -> tuple[str, ...]:
    """The nearest folder above ``path`` that is not a package, and the current directory."""
    folder = os.path.dirname(path)
    while os.path.exists(os.path.join(folder, "__init__.py")) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    here = os.getcwd()
    if folder != os.path.dirname(path) and _dotted(path, here):  # in a package: its own name comes first
        return here, folder
    return folder, here


def _dotted(path: str, root: str) -> str:
    """The name of ``path`` for importers with ``root`` on their path; empty where it has none."""
    parts = os.path.relpath(path, root).removesuffix(".py").split(os.sep)
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts) if parts and all(part.isidentifier() for part in parts) else ""


def _is_at(name: str, path: str) -> bool:
    if not name:
        return False
    try:
        spec = importlib.util.find_spec(name)
    except (ModuleNotFoundError, ValueError):
        return False
    return spec is not None and spec.origin is not None and os.path.realpath(spec.origin) == os.path.realpath(path)


def _by_location(path: str) -> ModuleType:
    stem = os.path.splitext(os.path.basename(path))[0]
    name = f"weft_race_{zlib.crc32(path.encode()):08x}_{stem}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"Python cannot load {shown(path)}")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
