"""One run along a strategy's choices, and which course a scenario gets."""

from __future__ import annotations

from typing import NamedTuple

from weft.errors import SharedStateError
from weft.scenario import Scenario
from weft.search.sampling.course import Course, World
from weft.search.sampling.on_automata import OnAutomata
from weft.search.sampling.on_code import OnCode
from weft.search.sampling.strategy import Strategy
from weft.worlds.ending import Ending

LONGEST = 10_000
"""Steps after which a run is cut."""


class Walked(NamedTuple):
    """A run: who took its steps, and how it ended; ``None`` if it was cut."""

    threads: tuple[int, ...]
    ending: Ending | None


def walk(course: Course, strategy: Strategy, *, longest: int = LONGEST) -> Walked:
    """Run once from the start."""
    point = course.begin()
    strategy.begin(course)
    taken: list[int] = []
    while point.able and len(taken) < longest:
        thread = strategy.choose(point)
        taken.append(thread)
        point = course.step(thread)
    cut = bool(point.able)
    strategy.end(None if cut else len(taken))
    return Walked(tuple(taken), None if cut else course.ending())


class Ground:
    """The course of one scenario, for any number of strategies one after the other; a context manager.

    Args:
        scenario: What to run.
        world: Where; by default on the automata, and from where they refuse it on the real code.

    Attributes:
        course: Where runs go now.
        refused: Why not on the automata; empty while they serve, or were not asked.
    """

    def __init__(self, scenario: Scenario, *, world: World | None = None) -> None:
        self._scenario = scenario
        self._world = world
        self.refused = ""
        self.course: Course = OnCode(scenario) if world == "code" else self._over_automata()

    def _over_automata(self) -> Course:
        try:
            return OnAutomata(self._scenario)
        except SharedStateError as refusal:
            return self._over_code(refusal)

    def _over_code(self, refusal: SharedStateError) -> Course:
        if self._world == "automata":
            raise refusal
        self.refused = str(refusal)
        return OnCode(self._scenario)

    def retreat(self, refusal: SharedStateError) -> None:
        """The automata have refused the program in the middle of a run: go on with the real code.

        Raises:
            SharedStateError: The real code refuses it as well, or was not to be used.
        """
        if self.course.world == "code":
            raise refusal
        self.course.close()
        self.course = self._over_code(refusal)

    def __enter__(self) -> Ground:
        return self

    def __exit__(self, *_: object) -> None:
        self.course.close()
