"""Which states the sequential model can be in after the calls so far, found call by call as they return.

The question is that of ``weft.cells.monitor``; what differs is the cost, for histories of real threads are long. A call that would
leave the state as it is (a read, a failure) need not be tried before and after every other: what it may have returned is noted
along the way. Only calls that change the state branch, and one that has to return something makes others take
effect before it only where that matters.

A **possibility** is a state, the changes under way that have taken effect in it with their results, and, for each other call under
way, the results it may have taken without a change at some instant so far.

Source: Lowe, Testing for linearizability, CCPE 2017 (just in time, with configurations seen kept); the notes are ours.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Any, NamedTuple

from weft.cells.monitor import Event, Inexplicable, Invoke, Monitor
from weft.cells.values import identity

MOST_KEPT = 100_000
"""Answers of the model that are kept."""

Key = Hashable
"""A result, as it is compared."""


class Possibility(NamedTuple):
    """See the module. States go by number."""

    state: int
    done: frozenset[tuple[int, Key]] = frozenset()
    noted: frozenset[tuple[int, Key]] = frozenset()


class Explainer:
    """Follows a history with the model, the allowances and the words of a monitor.

    Args:
        monitor: Whose.
        states: Where the model may be at the beginning.
    """

    def __init__(self, monitor: Monitor, states: Iterable[Any]) -> None:
        self._monitor = monitor
        self._under_way: dict[int, Any] = {}
        self._begin(states)

    def _begin(self, states: Iterable[Any]) -> None:
        self._numbers: dict[Any, int] = {}
        self._states: list[Any] = []
        self._steps: dict[tuple[int, Any], tuple[int, Key]] = {}
        self._results: dict[Key, Any] = {}
        self.possible = {Possibility(self._number(state)) for state in states}

    def states(self) -> frozenset[Any]:
        """The states that are possible now."""
        return frozenset(self._states[each.state] for each in self.possible)

    def rest(self) -> None:
        """No call is under way: forget what leads nowhere any more, if it has become much."""
        if len(self._steps) > MOST_KEPT:
            self._begin(self.states())

    def advance(self, thread: int, event: Event) -> Inexplicable | None:
        """Follow one event; what is wrong with it, if no explanation is left."""
        if isinstance(event, Invoke):
            self._under_way[thread] = event.operation
            self.possible = {self._with_notes(each, strictly=(thread,)) for each in self.possible}
            return None
        return self._respond(thread, event.result)

    # -- the model -------------------------------------------------------------------------------------------

    def _number(self, state: Any) -> int:
        number = self._numbers.setdefault(state, len(self._states))
        if number == len(self._states):
            self._states.append(state)
        return number

    def _key(self, result: Any) -> Key:
        key = identity(result)
        self._results.setdefault(key, result)
        return key

    def _strict(self, state: int, operation: Any) -> tuple[int, Key]:
        """The model's next state and result."""
        asked = state, operation
        found = self._steps.get(asked)
        if found is None:
            after, result = self._monitor.model_step(self._states[state], operation)
            found = self._steps[asked] = self._number(after), self._key(result)
        return found

    def _alternatives(self, state: int, thread: int) -> Iterator[tuple[int, Key]]:
        overlapping = tuple(operation for other, operation in self._under_way.items() if other != thread)
        for after, result in self._monitor.alternatives(self._states[state], self._under_way[thread], overlapping):
            yield self._number(after), self._key(result)

    # -- possibilities ---------------------------------------------------------------------------------------

    def _waiting(self, each: Possibility) -> list[int]:
        """The threads whose call under way has not changed the state."""
        done = {thread for thread, _ in each.done}
        return [thread for thread in self._under_way if thread not in done]

    def _with_notes(self, each: Possibility, *, strictly: Iterable[int]) -> Possibility:
        """With what calls may return here without changing anything; of the model itself only those of ``strictly`` are asked."""
        noted = set(each.noted)
        waiting = self._waiting(each)
        for thread in strictly:
            after, key = self._strict(each.state, self._under_way[thread])
            if after == each.state:
                noted.add((thread, key))
        for thread in waiting:
            noted.update((thread, key) for after, key in self._alternatives(each.state, thread) if after == each.state)
        return each._replace(noted=frozenset(noted))

    def _changes(self, each: Possibility, thread: int) -> Iterator[tuple[int, Key]]:
        strict = self._strict(each.state, self._under_way[thread])
        yield from (change for change in (strict, *self._alternatives(each.state, thread)) if change[0] != each.state)

    def _branches(self, each: Possibility) -> Iterator[Possibility]:
        """Every way in which one more call changes the state."""
        for thread in self._waiting(each):
            for after, key in self._changes(each, thread):
                noted = frozenset(note for note in each.noted if note[0] != thread)
                changed = Possibility(after, each.done | {(thread, key)}, noted)
                yield self._with_notes(changed, strictly=self._waiting(changed))

    def _respond(self, thread: int, result: Any) -> Inexplicable | None:
        wanted = thread, self._key(result)
        kept: set[Possibility] = set()
        allowed: set[Key] = set()
        work = [(each, False) for each in self.possible]
        seen = set(work)
        while work:
            each, had_it = work.pop()
            finished = next((key for other, key in each.done if other == thread), None)
            if finished is not None:
                allowed.add(finished)
                if finished == wanted[1]:
                    kept.add(each._replace(done=each.done - {wanted}))
                continue
            allowed.update(key for other, key in each.noted if other == thread)
            if not had_it and wanted in each.noted:
                # What the others do from here on they can do as well after this call has returned.
                kept.add(each._replace(noted=frozenset(note for note in each.noted if note[0] != thread)))
                had_it = not self._others_may_change_otherwise(each)
            for branch in self._branches(each):
                if (branch, had_it) not in seen:
                    seen.add((branch, had_it))
                    work.append((branch, had_it))
        operation = self._under_way.pop(thread)
        if not kept:
            texts = sorted({self._monitor.say(operation, self._results[key]) for key in allowed})
            return Inexplicable(thread, self._monitor.say(operation, result), tuple(texts))
        self.possible = set(_without_weaker(kept))
        return None

    def _others_may_change_otherwise(self, each: Possibility) -> bool:
        """Whether an allowance, which overlapping calls decide, changes the state: it must be tried before one of them ends."""
        return any(after != each.state for thread in self._waiting(each) for after, _ in self._alternatives(each.state, thread))


def _without_weaker(found: Iterable[Possibility]) -> Iterator[Possibility]:
    """Leave out a possibility if another one is the same with more notes."""
    groups: dict[tuple[int, frozenset[tuple[int, Key]]], list[Possibility]] = {}
    for each in found:
        groups.setdefault((each.state, each.done), []).append(each)
    for group in groups.values():
        for each in group:
            if not any(each.noted < other.noted for other in group):
                yield each
