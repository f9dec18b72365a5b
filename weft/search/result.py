"""What a search found: counts, outcomes, violations, and the verdict they amount to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from weft.scenario import Verdict
from weft.search.fingerprint import omission_probability
from weft.search.schedule import Schedule
from weft.worlds.ending import Ending

Outcome = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Violation:
    """A finding about the code under test.

    Attributes:
        slug: Its stable name: ``deadlock``, ``livelock``, ``final:no_leak``, ``exception:KeyError``, ``misuse:...``.
        message: One sentence.
        schedule: An interleaving that shows it on the real code.
        minimal: Whether no schedule shows the same with fewer preemptions, nor with as many in fewer steps: proven.
        decided_at: After this many steps every continuation ends in a violation; ``None`` where that was not asked.
        replayed: Whether the schedule was executed on the real code and showed the same.
    """

    slug: str
    message: str
    schedule: Schedule
    minimal: bool = False
    replayed: bool = False
    decided_at: int | None = None


@dataclass(slots=True)
class Exploration:
    """The result of one search.

    Attributes:
        engine: ``compiled``, ``naive`` or ``random``.
        exhausted: Whether every interleaving was covered.
        stopped_by: The limit that ended it, or empty.
        states, transitions: Of the state graph (0 for engines without one).
        nodes: Local states of all threads together.
        visited_bytes: Memory of the set of visited states; 0 where it is not known (a Python set).
        executions: Re-executions of a thread (compiled) or of the whole program (naive, random).
        interleavings: How many interleavings the search stands for; ``None`` is unbounded or not known.
        outcomes: How executions ended, each with one ending that shows it.
        violations: Found violations; at most one a slug.
        seconds: Wall time.
        bits: Fingerprint size, 0 where none were used.
        fallbacks: Why local states were told apart by history, with counts.
        reached: For each sometimes-condition whether some step showed it.
        portrait: What ``look`` kept of the automata, if the search was asked for that.
        reduction: The reductions that were on; with any, counts are of the reduced state graph and interleavings are not counted.
        passes: How often a reduced search was repeated until it met nothing new.
        certificate: The file that the automata and all states were written to, or why there is none; empty if none was asked for.
    """

    engine: str
    letters: tuple[str, ...]
    names: tuple[str, ...]
    exhausted: bool = False
    stopped_by: str = ""
    states: int = 0
    transitions: int = 0
    finals: int = 0
    nodes: int = 0
    visited_bytes: int = 0
    executions: int = 0
    interleavings: int | None = None
    cyclic: bool = False
    outcomes: dict[Outcome, Ending] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)
    seconds: float = 0.0
    bits: int = 0
    fallbacks: Mapping[str, int] = field(default_factory=dict)
    reached: dict[str, bool] = field(default_factory=dict)
    portrait: Any = None
    reduction: tuple[str, ...] = ()
    passes: int = 1
    certificate: str = ""

    @property
    def verdict(self) -> Verdict:
        """``HOLDS`` only if everything was searched and nothing found."""
        if self.violations:
            return "VIOLATED"
        return "HOLDS" if self.exhausted else "INCONCLUSIVE"

    @property
    def omission_probability(self) -> float:
        """How likely it is that a fingerprint collision hid a state."""
        return omission_probability(self.states, self.bits) if self.bits else 0.0

    def say_interleavings(self) -> str:
        """The number of interleavings for people."""
        if self.interleavings is not None:
            return f"{self.interleavings:,}" if self.interleavings < 10**12 else f"{self.interleavings:.3e}"
        return "unbounded" if self.cyclic else "-"
