"""The progress class of each thread's work in a race, exactly, from its state graph.

- **blocking**: in some reachable state its next step has to wait for another thread. The witness is that step.
- **lock-free**: it never waits, but others can make it take more steps than it takes when nobody interferes (a retry loop). The
  witness is the longest run and the step it repeats most.
- **wait-free**: it never waits and takes no more steps than undisturbed, from whatever state it starts in; with that bound.
- **stuck**: others can keep it going for ever (a cycle of states in which it moves).

Exact for the race at hand: these operations, these threads. Undisturbed means: from any reachable state in which the thread has not
begun, it runs alone to its end.

Source: Herlihy, Wait-free synchronization, TOPLAS 1991; Herlihy and Shavit, On the nature of progress, OPODIS 2011.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from weft.automaton.automaton import Automaton
from weft.errors import UsageError
from weft.scenario import Scenario
from weft.search.state_space import Vector as State
from weft.search.state_space import successors

ProgressClass = Literal["wait-free", "lock-free", "blocking", "stuck"]

MOST_STATES = 400_000
"""States kept before giving up; each is kept whole."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How one thread gets on.

    Attributes:
        thread: Its name.
        progress: Its class.
        worst_steps: The most steps it ever takes; ``None`` if there is no bound.
        alone_steps: The most steps it takes undisturbed; ``None`` if it may not even end then.
        witness: For blocking the step that waits, for lock-free the step repeated most in a longest run; else empty.
    """

    thread: str
    progress: ProgressClass
    worst_steps: int | None
    alone_steps: int | None
    witness: str


def progress(scenario: Scenario) -> list[Progress]:
    """The progress class of every thread of ``scenario``.

    Raises:
        UsageError: The race has more states than can be kept.
    """
    return classes(Automaton(scenario), scenario.name)


def classes(automaton: Automaton, name: str) -> list[Progress]:
    """The same for automata that were searched already; ``name`` is the race's, for the error."""
    graph = _Graph(automaton, name)
    return [graph.judge(number) for number in range(automaton.threads)]


class _Graph:
    """All states of a race with their edges."""

    def __init__(self, automaton: Automaton, name: str) -> None:
        self._automaton = automaton
        self.edges: dict[State, list[tuple[int, State]]] = {}
        work = [tuple(automaton.start)]
        while work:
            state = work.pop()
            if state in self.edges:
                continue
            if len(self.edges) >= MOST_STATES:
                raise UsageError(
                    f"{name} has more than {MOST_STATES:,} states: too many to tell progress classes; use fewer threads"
                )
            self.edges[state] = successors(automaton, state)
            work += [after for _, after in self.edges[state]]
        self._order = self._topological()

    def _topological(self) -> list[State] | None:
        """The states, each after all its successors; ``None`` if there is a cycle."""
        order: list[State] = []
        done: dict[State, bool] = {}
        stack: list[tuple[State, int]] = [(tuple(self._automaton.start), 0)]
        while stack:
            state, k = stack.pop()
            if k == 0:
                if state in done:
                    continue
                done[state] = False
            following = self.edges[state]
            if k < len(following):
                stack.append((state, k + 1))
                after = following[k][1]
                if after not in done:
                    stack.append((after, 0))
                elif not done[after]:
                    return None
            else:
                done[state] = True
                order.append(state)
        return order

    def judge(self, number: int) -> Progress:
        """The progress class of thread ``number``."""
        name = self._automaton.setting.names[number]
        alone = self._alone(number)
        waits = self._waits(number)
        if self._order is None or alone is None:
            return Progress(name, "blocking" if waits else "stuck", None, alone, waits)
        worst, repeated = self._worst(number, self._order)
        if waits:
            return Progress(name, "blocking", worst, alone, waits)
        if worst > alone:
            return Progress(name, "lock-free", worst, alone, repeated)
        return Progress(name, "wait-free", worst, alone, "")

    def _waits(self, number: int) -> str:
        """A step of the thread that has to wait in some state, or nothing."""
        automaton = self._automaton
        for state in self.edges:
            node = state[number]
            if automaton.operations[node] >= 0:
                move = automaton.move(node, state[automaton.threads + automaton.slots[node]])
                if move.value < 0:
                    return automaton.step_text(node)
        return ""

    def _alone(self, number: int) -> int | None:
        """The most steps of the thread from its beginning to its end, or until it waits, when nobody else moves.

        ``None`` if it comes back to a state it has been in, and so goes on for ever.
        """
        begin = self._automaton.start[number]
        most = 0
        for state in self.edges:
            if state[number] != begin:
                continue
            seen = {state}
            while (after := next((a for t, a in self.edges[state] if t == number), None)) is not None:
                if after in seen:
                    return None
                seen.add(after)
                state = after  # noqa: PLW2901 - follows the run
            most = max(most, len(seen) - 1)
        return most

    def _worst(self, number: int, order: list[State]) -> tuple[int, str]:
        """The most steps of the thread in any execution, and the step repeated most in one that takes so many."""
        best: dict[State, int] = {}
        choice: dict[State, tuple[int, State]] = {}
        for state in order:
            best[state] = 0
            for thread, after in self.edges[state]:
                steps = best[after] + (thread == number)
                if state not in choice or steps > best[state]:
                    best[state], choice[state] = steps, (thread, after)
        state = tuple(self._automaton.start)
        taken: Counter[str] = Counter()
        while state in choice:
            thread, after = choice[state]
            if thread == number:
                taken[self._automaton.step_text(state[number])] += 1
            state = after
        start = tuple(self._automaton.start)
        return best[start], next(iter(taken.most_common(1)), ("", 0))[0]
