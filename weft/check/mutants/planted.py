"""Planted bugs: known defects, each as the smallest change to one function of the code under test.

They are declared at module level of any file, like races, and collected from the same paths::

    LOST_UPDATE = Planted(
        slug="M1",
        source="our commit 3f2a1b",
        what="the counter is read and written in two steps",
        function=Counter.add,
        change=Edit("self.value.add(1)", "self.value.store(self.value.load() + 1)"),
        race="two_adders",
        check="final:both_counted",
    )

The code under test has no flags and knows of no bugs. A planted bug is also a context manager to be given to a scenario as its
``within``, for a race that shows it for ever.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from types import FunctionType
from typing import Any, Literal

from weft.check.mutants.swapping import edited, found, swapped
from weft.check.paths import shown
from weft.errors import UsageError


@dataclass(frozen=True)
class Edit:
    """A change to a function's text: ``new`` in place of ``old``, which occurs once: whole lines, or a part of one."""

    old: str
    new: str


@dataclass(frozen=True)
class Planted:
    """One bug.

    Attributes:
        slug: Its label in the list of known defects, such as ``S1``.
        source: Where it was real: a commit, a release, an era.
        what: What the code does wrong, in one sentence.
        function: The function that is changed.
        change: An edit of its text, or a function that stands in for it (a method only).
        oracle: The kind of check that should catch it, in the words of the list of defects.
        race: The race that should show it, by its name.
        check: How the slug of what it should show there begins.
        also: Bugs that must be there too for this one to show.
        covers: Labels of further known defects that this is too.
        gap: Why no race can show it; empty where one must.
    """

    slug: str
    source: str
    what: str
    function: Callable[..., Any]
    change: Edit | Callable[..., Any]
    oracle: str = ""
    race: str = ""
    check: str = ""
    also: tuple[Planted, ...] = ()
    covers: tuple[str, ...] = ()
    gap: str = ""

    def __call__(self) -> AbstractContextManager[None]:
        """The bug in force inside a ``with`` block; give this object to a scenario as its ``within``."""
        return self._applied()

    def target(self) -> FunctionType:
        """The function that is changed."""
        if not isinstance(self.function, FunctionType):
            raise UsageError(f"planted bug {self.slug}: {self.function!r} is not a function written in Python")
        return self.function

    @property
    def where(self) -> str:
        """File and function."""
        return f"{shown(self.target().__code__.co_filename)}::{self.target().__qualname__}"

    @contextmanager
    def _applied(self) -> Iterator[None]:
        with ExitStack() as changes:
            for other in self.also:
                changes.enter_context(other())
            if isinstance(self.change, Edit):
                code = edited(self.target(), self.change.old, self.change.new)
                changes.enter_context(swapped(self.target(), code))
            else:
                changes.enter_context(_replaced(self.target(), self.change))
            yield


@contextmanager
def _replaced(function: FunctionType, by: Callable[..., Any]) -> Iterator[None]:
    """A method's place in its class taken by another function."""
    owner, _, name = function.__qualname__.rpartition(".")
    if not owner:
        raise UsageError(
            f"{function.__qualname__} is not a method; change it with an Edit, which reaches everybody who imported it"
        )
    holder: Any = sys.modules[function.__module__]
    for part in owner.split("."):
        holder = getattr(holder, part)
    found(function.__module__, function.__qualname__)
    before = vars(holder)[name]
    setattr(holder, name, by)
    try:
        yield
    finally:
        setattr(holder, name, before)


@dataclass(frozen=True)
class NotPlanted:
    """A known defect that no planted bug stands for.

    Attributes:
        slug, source: As for ``Planted``.
        kind: ``gap``: it could happen and the races cannot show it; ``elsewhere``: the code under test has nothing that it could be
            a defect of.
        why: The reason, in one sentence.
    """

    slug: str
    source: str
    kind: Literal["gap", "elsewhere"]
    why: str
