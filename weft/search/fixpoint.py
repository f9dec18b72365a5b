"""Reduced searches repeated until one of them meets nothing new.

A persistent set needs the futures of the threads, and they come from automata that grow while the search explores. So each pass
searches with the futures known so far. Take the program in which every step still unknown ends its thread in a special node: its
futures are known exactly, so a reduced search of it reaches that node if any search does. A pass that met no unknown step
therefore has searched the real program; a pass that met one is followed by another.

Futures are refreshed during a pass too, whenever the automata have grown by an eighth, which saves passes.

Source: the argument is ours; what it rests on is theorem 6.14 of Godefroid, LNCS 1032 (local states are preserved).
"""

from __future__ import annotations

from weft.automaton.automaton import Automaton
from weft.search.futures import Futures
from weft.search.persistent import Persistent
from weft.search.reduction import Reduction
from weft.search.scouting import scout

_PATIENCE = 2
_LEAST_STATES = 10_000
_GROWTH = 8
_LEAST = 16


class Fixpoint:
    """One reduced search, pass by pass.

    Args:
        automaton: Of the program.
        reduction: What to leave out.
        alone: Whether one walker searches; sleep sets are for one only.

    Attributes:
        futures: As of the last refresh.
        persistent: Chooses with them.
        passes: How many have begun.
        strict: Whether the state graph has cycles: then threads are followed so that none is ignored for ever, and all states
            are stored. A pass that meets the first cycle is followed by a strict one.
        version: How often the futures were computed.
    """

    def __init__(self, automaton: Automaton, reduction: Reduction, *, alone: bool = True) -> None:
        self._known = self._heard = -1
        self._heard_at = 0
        self._automaton = automaton
        self.futures = Futures(automaton, locks=reduction.locks)
        self.persistent = Persistent(automaton, self.futures)
        self._chains = reduction.chains
        self._sleep = reduction.sleep and alone
        self.strict = False
        self.passes = 0
        self.version = 0

    @property
    def chains(self) -> bool:
        """Whether states with one way on are left out of the visited set."""
        return self._chains and not self.strict

    @property
    def sleeping(self) -> bool:
        """Whether sleep sets are kept."""
        return self._sleep and not self.strict

    def begin(self) -> None:
        """A pass begins."""
        if not self.passes:
            scout(self._automaton)
        self._refresh()
        self.persistent.strict = self.strict
        self.passes += 1
        self._known = self._heard = self.futures.knowledge
        self._heard_at = 0

    def settled(self, *, cyclic: bool) -> bool:
        """Whether the pass that has ended met nothing new, ``cyclic`` saying whether it met a cycle."""
        before, self.strict = self.strict, self.strict or cyclic
        return self.strict == before and self.futures.knowledge == self._known

    @property
    def known(self) -> int:
        """How much was known when the pass began."""
        return self._known

    def go_on(self, *, passes: int, strict: bool, known: int) -> None:
        """Take up a pass that was saved, now that everything is known again that was known then."""
        self.passes, self.strict, self._known, self._heard = passes, strict, known, self.futures.knowledge
        self.persistent.strict = strict
        self._refresh()

    def hopeless(self, states: int) -> bool:
        """Whether the pass must be repeated anyway and has met nothing new for long, ``states`` saying how far it is."""
        if self.futures.knowledge != self._heard:
            self._heard, self._heard_at = self.futures.knowledge, states
        return self._heard != self._known and states > _PATIENCE * self._heard_at + _LEAST_STATES

    def keep_up(self) -> None:
        """Refresh the futures if the automata have grown enough since."""
        before = self.futures.refreshed_at
        if self.futures.knowledge - before > max(_LEAST, before // _GROWTH):
            self._refresh()

    def _refresh(self) -> None:
        self.version += 1
        self.futures.refresh()
