"""Locks taken in opposite orders, found even where no execution deadlocks.

One thread takes B while it holds A, another takes A while it holds B. Where both can be on their way there at once, only what
they look at in between (flags, values, try_lock) keeps them from waiting for each other, and the next change of the code may
lose that. So it is a finding although this race, searched to its end, has no deadlock; one that has is reported as such.

Guarantee: it is reported if and only if some reachable state has both threads on the way. A thread is on the way from the step that
takes its first lock until it has taken the second, as long as its automaton has a continuation that takes the second before the
first is given back. So a lock around both, or one thread starting when the other is done, is no finding: no state has both on
the way. Limit: the continuation is one of the automaton, for some results of the steps in between; with ``merge=False`` automata
have fewer such. Whoever wants none of it says ``s.lock_order = False``.

A reader/writer lock taken for reading on both sides makes nobody wait unless somebody writes: that needs a further thread of the
race which takes it for writing, since a queued writer keeps new readers out.

Source: Havelund, Using Runtime Analysis to Guide Model Checking (GoodLock), SPIN 2000, whose gate locks and thread starts are
decided here by the states themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from weft.automaton.automaton import Automaton
from weft.cells.cell import Cell
from weft.cells.effects import Kind
from weft.scenario import Taken
from weft.search.schedule import Schedule

_WAITS = {"lock": "", "write_lock": "write", "write_lock (admitted)": "write", "read_lock": "read", "read_lock (admitted)": "read"}
_TAKES = {**_WAITS, "try_lock": ""}
_GIVES = {"unlock", "write_unlock", "read_unlock"}


class Take(NamedTuple):
    """A lock and the side it is taken on: "read", "write", or "" for a mutex."""

    lock: Cell
    side: str


Held = frozenset[Take]
Vertex = tuple[int, Held]


class Order(NamedTuple):
    """Some thread takes ``second`` while it holds ``first``."""

    thread: int
    first: Take
    second: Take


SearchFor = Callable[[Callable[[list[int]], bool]], Schedule | None]
"""Searches all states again, for the way to one that ends an execution and is wanted."""


def find_inversion(automaton: Automaton, search_for: SearchFor) -> str | None:
    """Two threads that can be on the way to two locks in opposite orders, as a sentence; ``None`` if there are none.

    ``automaton`` has been searched to its end.
    """
    orders = _Orders(automaton)
    names = automaton.setting.names
    for one, other in orders.opposite():
        met = _meet(automaton, orders.ways[one], orders.ways[other], search_for)
        if met is not None:
            first, second = one.first.lock.label, one.second.lock.label
            start = f"after {met.text(automaton.setting.letters())}" if len(met) else "from the start"
            return (
                f"{names[one.thread]} takes {second} while it holds {first}, and {names[other.thread]} takes {first} while it "
                f"holds {second}: both are on the way {start}, and no lock keeps them from waiting for each other"
            )
    return None


def locks_are_nested(automaton: Automaton) -> bool:
    """Whether any thread takes a lock while it holds another one, so that there are orders to compare."""
    return bool(_Orders(automaton).ways)


def _meet(automaton: Automaton, one: set[int], other: set[int], search_for: SearchFor) -> Schedule | None:
    """The way to a state in which one thread is at a node of ``one`` and another at a node of ``other``, if there is one."""
    second = automaton.owner(next(iter(other))) - automaton.threads

    def both_there(state: list[int]) -> bool:
        nodes = set(state[: automaton.threads])
        return bool(nodes & one and nodes & other)

    automaton.checks.apart = dict.fromkeys(one, tuple((second, node) for node in sorted(other)))
    try:
        return search_for(both_there)
    finally:
        automaton.checks.apart = {}


class _Orders:
    """Every order in which some thread takes two locks, with the nodes on the way to it.

    Attributes:
        ways: By order: the nodes from the one that asks for the first lock to the one that asks for the second.
    """

    def __init__(self, automaton: Automaton) -> None:
        self._automaton = automaton
        self._writers: set[tuple[int, Cell]] = set()
        self._before: dict[Vertex, list[Vertex]] = {}
        self.ways: dict[Order, set[int]] = {}
        for vertex in self._walk():
            self._note(vertex)

    def _walk(self) -> list[Vertex]:
        """Every node with the locks held there, each once."""
        steps: dict[int, list[tuple[int, Taken]]] = {}
        for node, following, taken in self._automaton.steps_taken():
            steps.setdefault(node, []).append((following, taken))
        work: list[Vertex] = [(node, frozenset()) for node in self._automaton.start[: self._automaton.threads]]
        seen = set(work)
        for node, held in work:
            for following, taken in steps.get(node, ()):
                after = (following, _after(held, taken))
                self._before.setdefault(after, []).append((node, held))
                if after not in seen:
                    seen.add(after)
                    work.append(after)
        return work

    def _note(self, vertex: Vertex) -> None:
        """The orders of the step that is next at ``vertex``."""
        node, held = vertex
        wanted = _wanted(self._automaton.request(node))
        if wanted is None:
            return
        thread = self._automaton.owner(node)
        if wanted.side == "write":
            self._writers.add((thread, wanted.lock))
        for first in held:
            if first.lock is not wanted.lock:
                self.ways.setdefault(Order(thread, first, wanted), set()).update(self._way(vertex, first))

    def _way(self, to: Vertex, first: Take) -> Iterator[int]:
        """The nodes from the step that takes ``first``, queueing included, to ``to``."""
        work, seen = [to], {to}
        for vertex in work:
            node, held = vertex
            yield node
            for before in self._before.get(vertex, ()):
                taking = first in held or _asks_for(self._automaton.request(before[0]), first.lock)
                if taking and before not in seen:
                    seen.add(before)
                    work.append(before)

    def opposite(self) -> Iterable[tuple[Order, Order]]:
        """Orders of two threads that are opposite and can make both wait, in a stable order."""
        orders = sorted(self.ways, key=lambda o: (o.thread, o.first.lock.tag, o.second.lock.tag, o.first.side, o.second.side))
        for one in orders:
            for other in orders:
                crosswise = one.first.lock is other.second.lock and one.second.lock is other.first.lock
                if crosswise and one.thread < other.thread and self._both_wait(one, other):
                    yield one, other

    def _both_wait(self, one: Order, other: Order) -> bool:
        """Whether both can wait. Who reads what another reads waits only behind a queued writer, and one writer queues once."""
        first, second = self._writers_between(one, other), self._writers_between(other, one)
        return any(w is None or w != v for w in first for v in second)

    def _writers_between(self, waiting: Order, holding: Order) -> set[int | None]:
        """The threads one of which must queue for ``waiting`` to wait for ``holding``; ``None`` if it does without."""
        if (waiting.second.side, holding.first.side) != ("read", "read"):
            return {None}
        lock = waiting.second.lock
        return {thread for thread, written in self._writers if written is lock and thread not in (waiting.thread, holding.thread)}


def _wanted(request: tuple[Cell, Kind, tuple[object, ...]] | None) -> Take | None:
    """The lock that a step waits for, if any."""
    if request is None or request[1].name not in _WAITS:
        return None
    return Take(request[0], _WAITS[request[1].name])


def _asks_for(request: tuple[Cell, Kind, tuple[object, ...]] | None, lock: Cell) -> bool:
    return request is not None and request[0] is lock and request[1].name in _TAKES


def _after(held: Held, taken: Taken) -> Held:
    if taken.kind in _GIVES:
        return frozenset(take for take in held if take.lock is not taken.cell)
    if taken.kind in _TAKES and taken.result is not False:
        return held | {Take(taken.cell, _TAKES[taken.kind])}
    return held
