"""Saving one search and taking it up again: stands between the search (``exhaustive.py``) and the file (``checkpoint.py``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weft.automaton.automaton import Automaton
from weft.errors import EngineBug
from weft.search.checkpoint import Checkpoint, Saved
from weft.search.depth_first import DepthFirst
from weft.search.fixpoint import Fixpoint
from weft.search.journal import Journal, digest

Judge = Callable[[list[int], tuple[int, ...]], bool]
"""Judges a state that ended an execution once more, with the trail to it."""


class Keeper:
    """Keeps one search.

    Attributes:
        spent: Seconds spent before this process took the search up.
        finals: Final states judged before.
    """

    def __init__(self, checkpoint: Checkpoint, journal: Journal, automaton: Automaton, fixpoint: Fixpoint | None) -> None:
        self._checkpoint = checkpoint
        self._journal = journal
        self._automaton = automaton
        self._fixpoint = fixpoint
        self._endings: list[tuple[list[int], list[int]]] = []
        self.spent = 0.0
        self.finals = 0

    def note(self, state: list[int], trail: tuple[int, ...]) -> None:
        """An ending showed something new."""
        self._endings.append((list(state), list(trail)))

    def resume(self, loop: Any, judge: Judge) -> None:
        """Bring ``loop`` to where the saved search was; nothing happens if there is none.

        Raises:
            UsageError: The checkpoint does not fit.
        """
        saved = self._checkpoint.load()
        if saved is None:
            return
        assert not isinstance(loop, DepthFirst)
        try:
            loop.repeat(saved.entries, saved.marks)
        except (LookupError, AssertionError, TypeError):  # asked about nodes or values that this program does not have
            raise self._checkpoint.refuse() from None
        if digest(self._automaton) != saved.digest:
            raise self._checkpoint.refuse()
        if self._fixpoint is not None:
            self._fixpoint.go_on(passes=saved.passes, strict=saved.strict, known=saved.known)
        try:
            loop.load(saved.space, saved.walkers)
        except ValueError as error:
            raise EngineBug(f"{self._checkpoint.file}: {error}; delete it to begin anew") from None
        self.spent, self.finals = saved.seconds, saved.finals
        for state, trail in saved.endings:
            judge(state, tuple(trail))

    def save_if_due(self, loop: Any, *, finals: int, seconds: float) -> None:
        """Save now and then."""
        if self._checkpoint.due:
            self.save(loop, finals=finals, seconds=seconds)

    def save(self, loop: Any, *, finals: int, seconds: float) -> None:
        """Save now."""
        assert not isinstance(loop, DepthFirst)
        fixpoint = self._fixpoint
        space, walkers = loop.dump()
        self._checkpoint.save(
            Saved(
                identity=self._checkpoint.identity,
                entries=self._journal.entries,
                marks=list(self._journal.marks),
                digest=digest(self._automaton),
                space=space,
                walkers=walkers,
                passes=fixpoint.passes if fixpoint else 1,
                strict=bool(fixpoint and fixpoint.strict),
                known=fixpoint.known if fixpoint else 0,
                finals=finals,
                endings=self._endings,
                seconds=seconds,
            )
        )

    def discard(self) -> None:
        """The search has ended by itself."""
        self._checkpoint.discard()
