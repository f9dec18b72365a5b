"""Planting a bug: replacing one function of the code under test from outside, for the length of a search.

``impl/`` has no flags and knows of no bugs. A planted bug is the smallest change that brings a known defect back: one attribute of
one class, replaced while the scenario runs and put back afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Planted:
    """One bug.

    Attributes:
        slug: Its label in the list of known defects, such as ``S1``.
        source: Where it was real: a commit, a release, an era.
        what: What the code does wrong, in one sentence.
        owner: The class whose function is replaced.
        attribute: The function's name.
        replacement: What stands in for it.
        also: Bugs that must be there too for this one to show.
    """

    slug: str
    source: str
    what: str
    owner: type
    attribute: str
    replacement: Callable[..., Any]
    also: tuple[Planted, ...] = ()

    def __call__(self) -> AbstractContextManager[None]:
        """The bug in force inside a ``with`` block; give this object to a scenario as its ``within``."""
        return self._applied()

    @contextmanager
    def _applied(self) -> Iterator[None]:
        original = self.owner.__dict__[self.attribute]
        setattr(self.owner, self.attribute, self.replacement)
        try:
            with ExitStack() as others:
                for other in self.also:
                    others.enter_context(other())
                yield
        finally:
            setattr(self.owner, self.attribute, original)
