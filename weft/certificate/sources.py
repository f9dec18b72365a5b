"""Which source files a race rests on: its own, all that it imports that is neither installed nor Python's own, and weft's cells.

Imports are read from the text, so one that is hidden in a function counts, and one whose name is computed does not.
"""

from __future__ import annotations

import ast
import hashlib
import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from types import ModuleType

_WEFT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_RE_EXECUTED = ("cells", "worlds", "scenario.py", "errors.py")
"""What of weft runs when the code under test is executed again."""


def hashes(files: Iterable[str]) -> dict[str, str]:
    """SHA-256 by file name: ``files``, what they import, and what of weft they run on.

    Names are relative to the current directory; weft's own begin with ``weft/``.
    """
    found = {os.path.relpath(file).replace(os.sep, "/"): _sha256(file) for file in _closure(files)}
    return {**found, **{f"weft/{os.path.relpath(file, _WEFT)}".replace(os.sep, "/"): _sha256(file) for file in _weft()}}


def _sha256(file: str) -> str:
    with open(file, "rb") as stream:
        return hashlib.sha256(stream.read()).hexdigest()


def _weft() -> Iterator[str]:
    for part in _RE_EXECUTED:
        path = os.path.join(_WEFT, part)
        if os.path.isdir(path):
            yield from (os.path.join(path, name) for name in sorted(os.listdir(path)) if name.endswith(".py"))
        else:
            yield path


def _closure(files: Iterable[str]) -> list[str]:
    work = [os.path.abspath(file) for file in files]
    found: dict[str, None] = {}
    modules = {os.path.abspath(module.__file__ or ""): module for module in list(sys.modules.values()) if _is_ours(module)}
    while work:
        file = work.pop()
        if file in found or not os.path.isfile(file):
            continue
        found[file] = None
        module = modules.get(file)
        package = "" if module is None else module.__package__ or ""
        for name in _imported(file, package):
            for parent in _with_parents(name):
                imported = sys.modules.get(parent)
                if imported is not None and _is_ours(imported):
                    work.append(os.path.abspath(imported.__file__ or ""))
    return sorted(found)


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:k]) for k in range(1, len(parts) + 1))


def _is_ours(module: ModuleType) -> bool:
    """Whether ``module`` is source code that is neither Python's own, nor installed, nor weft's."""
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or not file.endswith(".py"):
        return False
    file = os.path.abspath(file)
    return not file.startswith((sysconfig.get_paths()["stdlib"] + os.sep, _WEFT + os.sep)) and "site-packages" not in file


def _imported(file: str, package: str) -> Iterator[str]:
    with open(file, "rb") as stream:
        tree = ast.parse(stream.read())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parts, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
