"""Collecting alphabets: the ``Alphabet`` objects at module level of the files that were named, each as ``FILE::NAME``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weft.check.collect import python_files
from weft.check.loading import import_file
from weft.check.mutants.planted import Planted
from weft.check.paths import shown
from weft.errors import UsageError
from weft.fuzz.alphabet import Alphabet
from weft.fuzz.writing import Place


def collect_alphabets(paths: Sequence[str]) -> list[tuple[Place, Alphabet]]:
    """The alphabets in ``paths``: files, folders, or ``FILE::NAME``; each once, where it is first found.

    Raises:
        UsageError: A path is unknown, cannot be imported, or holds none.
    """
    found: dict[int, tuple[Place, Alphabet]] = {}
    for path in paths:
        file, separator, name = path.partition("::")
        there = [each for one in python_files(file, expected="a .py file, a folder, or FILE::NAME") for each in _in_file(one)]
        chosen = [each for each in there if not separator or each[0].variable == name]
        if not chosen:
            others = f"; alphabets there: {', '.join(place.variable for place, _ in there)}" if there else ""
            raise UsageError(f"no alphabet in {path!r}; expected weft.fuzz.Alphabet at module level (weft fuzz --help){others}")
        for place, alphabet in chosen:
            found.setdefault(id(alphabet), (place, alphabet))
    return list(found.values())


def _in_file(file: str) -> list[tuple[Place, Alphabet]]:
    return [(place, value) for place, value in _values(file) if isinstance(value, Alphabet)]


def _values(file: str) -> list[tuple[Place, Any]]:
    module = import_file(file)
    return [(Place(module.__name__, name, shown(file)), value) for name, value in vars(module).items()]


def planted_bug(text: str) -> tuple[Place, Planted]:
    """The planted bug ``FILE::NAME``.

    Raises:
        UsageError: There is none.
    """
    file, _, name = text.partition("::")
    [path] = python_files(file, expected="FILE::NAME of a planted bug")[:1] or [file]
    there = {place.variable: (place, value) for place, value in _values(path) if isinstance(value, Planted)}
    if name not in there:
        raise UsageError(f"no planted bug {text!r}; expected FILE::NAME, planted there: {', '.join(there) or 'none'}")
    return there[name]
