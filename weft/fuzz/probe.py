"""Probing programs: each one searched, or walked through at random where it is too large, and judged once.

A program that goes wrong is held against the known disagreements. What they do not explain, all together, is a finding. No schedule
is minimised here; that is for the one program that is left in the end.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Literal

from weft.fuzz.alphabet import Alphabet, Known
from weft.fuzz.building import BeforeDisagrees, race
from weft.fuzz.program import Program, allowing, in_one_thread, short
from weft.search.budget import Budget
from weft.search.exhaustive import INTERRUPTED, explore
from weft.search.pulse import Pulse
from weft.search.random_walk import sample
from weft.search.result import Exploration

STRATEGY = "pos"
"""How large programs are walked through: partial order sampling, which needs no parameter that fits one program only."""

How = Literal["searched", "walked"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one program may cost: states of its search, and random walks where those were not enough."""

    states: int = 20_000
    runs: int = 100


@dataclass(frozen=True, slots=True)
class Probed:
    """What became of a program.

    Attributes:
        program: The one that was searched: the one given, or one thread of it if the set-up alone goes wrong.
        how: Whether every interleaving was searched.
        slug: The violation's; empty if there is none, or if it is known.
        message: Its sentence.
        known: The known disagreements that explain it.
        states: How many were searched.
        outcomes: In how many ways executions ended.
        seed: Of the random walks.
    """

    program: Program
    how: How
    slug: str = ""
    message: str = ""
    known: tuple[str, ...] = ()
    states: int = 0
    outcomes: int = 0
    seed: int = 0


@dataclass(slots=True)
class Probe:
    """Searches programs, each once."""

    alphabet: Alphabet
    limits: Limits
    pulse: Pulse | None = None
    known: dict[Program, Probed] = field(default_factory=dict)
    """What is known of programs that were probed, by the program that was given."""

    def __call__(self, program: Program) -> Probed:
        """What becomes of ``program``.

        Raises:
            KeyboardInterrupt: Ctrl-C came.
            WeftError: The alphabet is at fault, or weft.
        """
        if program not in self.known:
            self.known[program] = self._probed(program)
        return self.known[program]

    def _probed(self, program: Program) -> Probed:
        try:
            found = self._search(self.alphabet, program)
        except BeforeDisagrees:
            program = in_one_thread(program)
            found = self._search(self.alphabet, program)
        known: tuple[str, ...] = ()
        if found.violations:
            known = self._explained(program)
        wrong = found.violations[0] if found.violations and not known else None
        return Probed(
            program,
            "searched" if found.exhausted or (found.engine == "compiled" and found.violations) else "walked",
            slug="" if wrong is None else wrong.slug,
            message="" if wrong is None else wrong.message,
            known=known,
            states=found.states,
            outcomes=len(found.outcomes),
            seed=self._seed(program),
        )

    def _explained(self, program: Program) -> tuple[str, ...]:
        """The fewest known disagreements, one left out after the other, with which the program holds."""

        def explain(chosen: tuple[Known, ...]) -> bool:
            return not self._search(allowing(self.alphabet, *chosen), program).violations

        chosen = self.alphabet.known
        if not chosen or not explain(chosen):
            return ()
        for each in self.alphabet.known:
            fewer = tuple(other for other in chosen if other is not each)
            if fewer and explain(fewer):
                chosen = fewer
        return tuple(each.name for each in chosen)

    def _search(self, alphabet: Alphabet, program: Program) -> Exploration:
        scenario = race(alphabet, program)
        found = explore(scenario, budget=Budget(max_states=self.limits.states), pulse=self.pulse, minimal=False)
        if found.verdict == "INCONCLUSIVE" and found.stopped_by != INTERRUPTED:
            walked = sample(scenario, runs=self.limits.runs, seed=self._seed(program), strategy=STRATEGY, pulse=self.pulse)
            walked.states = found.states
            found = walked
        if found.stopped_by == INTERRUPTED:
            raise KeyboardInterrupt
        return found

    def _seed(self, program: Program) -> int:
        return zlib.crc32(short(self.alphabet, program).encode())
