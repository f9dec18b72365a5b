"""Generated mutants: every change that the operators make to the functions of some files.

A mutant's name is ``FILE::FUNCTION::OPERATOR-K``, the K-th place in the function where the operator fits, so it says where to look
and stays the same while other functions change.
"""

from __future__ import annotations

import difflib
import functools
import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType

from weft.check.collect import python_files
from weft.check.loading import import_file
from weft.check.mutants.operators import SPLIT, Change, applied, changes
from weft.check.mutants.splitting import split
from weft.check.mutants.swapping import code_in, found, swapped
from weft.check.paths import shown
from weft.errors import UsageError


@dataclass(frozen=True, slots=True)
class Source:
    """A file of the code under test: its path, the module it is, and its text."""

    path: str
    module: str
    text: str


@dataclass(frozen=True, slots=True)
class Generated:
    """One mutant."""

    source: Source
    change: Change
    number: int

    @property
    def where(self) -> str:
        """File and function."""
        return f"{shown(self.source.path)}::{self.change.function}"

    @property
    def name(self) -> str:
        """``FILE::FUNCTION::OPERATOR-K``."""
        return f"{self.where}::{self.change.operator}-{self.number}"

    def target(self) -> FunctionType:
        """The function that is changed."""
        return found(self.source.module, self.change.function)

    @property
    def lines(self) -> frozenset[tuple[str, int]]:
        """(file, line) of what is changed."""
        return frozenset((self.source.path, line) for line in self.change.lines)

    def difference(self) -> str:
        """The lines that go and the lines that come, as ``diff`` marks them, with the indentation they share taken away."""
        before, after = self.source.text.splitlines(), applied(self.source.text, self.change.splices).splitlines()
        lines = [line for line in difflib.unified_diff(before, after, lineterm="", n=0) if line[:2] not in ("--", "++", "@@")]
        indent = min(len(line) - len(line[1:].lstrip()) - 1 for line in lines)
        return "\n".join(f"{line[0]} {line[1 + indent :]}" for line in lines)

    def __call__(self) -> AbstractContextManager[None]:
        """The mutant in force inside a ``with`` block."""
        return self._applied()

    @contextmanager
    def _applied(self) -> Iterator[None]:
        function = self.target()
        function.__globals__[SPLIT] = split
        try:
            with swapped(function, _code(self)):
                yield
        finally:
            del function.__globals__[SPLIT]


@functools.cache
def _code(mutant: Generated) -> CodeType:
    return code_in(applied(mutant.source.text, mutant.change.splices), like=mutant.target())


def generate(paths: Sequence[str], *, without: Sequence[str] = ()) -> list[Generated]:
    """Every mutant of the files in ``paths``, except those in ``without``.

    Raises:
        UsageError: A path does not exist, or nothing in them can be changed.
    """
    left_out = {os.path.realpath(file) for path in without for file in _in_path(path)}
    files = [file for path in paths for file in _in_path(path) if os.path.realpath(file) not in left_out]
    mutants = [mutant for file in dict.fromkeys(files) for mutant in _of_file(file)]
    if not mutants:
        raise UsageError(f"nothing to change in {', '.join(paths)}; expected Python files with functions")
    return mutants


def _in_path(path: str) -> list[str]:
    return python_files(path, expected="Python files of the code under test, or folders of such")


def _of_file(path: str) -> Iterator[Generated]:
    module = import_file(path)
    with open(path, encoding="utf-8") as stream:
        source = Source(os.path.abspath(path), module.__name__, stream.read())
    numbers: Counter[tuple[str, str]] = Counter()
    for change in changes(source.text):
        numbers[change.function, change.operator] += 1
        yield Generated(source, change, numbers[change.function, change.operator])


def sampled(mutants: Sequence[Generated], *, size: int, seed: int) -> list[Generated]:
    """``size`` of the mutants, chosen by ``seed``, in their order."""
    if size >= len(mutants):
        return list(mutants)
    chosen = set(random.Random(seed).sample(range(len(mutants)), size))
    return [mutant for number, mutant in enumerate(mutants) if number in chosen]
