"""Going over a certificate without any of the search: fewer than 250 lines, the standard library, and the real code.

Established, from the file (format: ``weft/certificate/writing.py``) and from executions of the code under test:

1. The start is among the states; from each, every step of every thread leads to one of them; all of them are reached that way.
2. Each step at each local state on each value met there was executed on the real code, after a schedule that leads to it, and so
   was each advance of the monitor; these executions went on at random, to their ends or 2,000 steps. All along, the code wanted the
   steps that the file names, the same threads could move, cells and monitor held what the file says, and nothing was wrong.
3. In no state do threads race or hold a lock they must not; invariants hold in every state, final checks at every end; no end is a
   deadlock. No answer is taken from the file: what a check looks at is noted when it is asked on the real code, and a state that
   agrees in all of that with one where it was asked has its answer.
4. From each state an end can be reached (no livelock), and each sometimes-condition was met. ``crossings`` counts where two
   threads ask for two locks in opposite orders, in whatever states: at 0 nobody does; above, whether they can meet is not judged.

Trusted all the same: this file; Python; ``weft/cells``, ``weft/worlds`` and ``weft/scenario.py``, in which code runs and checks are
asked (the search uses them too); that code and checks depend on cells alone (a clock shows only if it made these executions
differ); digests of 128 bits, in which functions count by name; and, where several histories were merged into one local state,
that they go on alike: that is tried, not proved, as every way into a local state is followed by one random way to an end.
``merged`` counts such local states; with ``--no-merge`` there are none.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import zlib
from array import array
from itertools import combinations, groupby, pairwise
from pathlib import Path
from typing import Any

from weft.cells.lock import Lock
from weft.cells.values import order_key
from weft.scenario import Scenario
from weft.worlds import ending
from weft.worlds.controlled import Execution
from weft.worlds.faults import invariant_fault

_WEFT = Path(__file__).resolve().parent


class Refused(Exception):
    """The certificate does not stand; the message is why, on one line."""


def digest(value: Any) -> str:
    """A value as certificates have it."""
    return hashlib.sha256(repr(order_key(value)).encode()).hexdigest()[:32]


class Certificate:
    """A certificate, of the race ``race`` (``FILE::RACE``). Reading it says only that it is as it was written."""

    def __init__(self, file: str) -> None:
        first, _, rest = Path(file).read_bytes().partition(b"\n")
        if first != b"weft-certificate/1 " + hashlib.sha256(rest).hexdigest().encode():
            raise Refused("the file is damaged: its bytes are not those that its first line promises")
        text, _, states = zlib.decompress(rest).partition(b"\n")
        header = json.loads(text)
        self.race, self._sources, self._values, self._wanted = (header[key] for key in ("race", "sources", "values", "nodes"))
        self._threads = range(n := len(header["threads"]))
        self._monitor = n + header["monitor"]
        self._place = {tuple(tag): n + slot for slot, tag in enumerate(header["slots"])}  # where cells are in a state
        self._slots = [-1 if want[0] == "end" else n + want[0] for want in self._wanted]
        self._moves = {(node, value): move for node, value, *move in header["moves"]}
        self._events = {(event, before): after for event, before, after in header["events"]}
        numbers, count = array("I", states), len(states) // (4 * (n + len(self._place)))
        columns = (numbers[at : at + count] for at in range(0, len(numbers), count))
        self._states = [array("I", state).tobytes() for state in zip(*columns, strict=True)]
        self._order, self._came = self._states[:1], [(0, -1)]  # states as they are reached; from which, by whose step
        self._first, self._targets = [0], array("I")  # the steps out of state k lead to targets[first[k]:first[k + 1]]
        self._to_try: dict[tuple[Any, ...], tuple[int, int]] = {}  # local steps and advances: in which state, whose (-1: waits)
        self._facts: dict[int, tuple[bool, bool, list[int]]] = {}  # by local state: plain? writes? locks not to be held
        self._asked: dict[Any, dict[tuple[int, ...], set[Any]]] = {}  # by check: where it looked, what it found there
        self._held = set[tuple[int, int, int]]()  # a thread holds a lock: thread, place of the lock, its value then
        self._orders = set[tuple[int, int, int]]()  # a thread asks for a lock while it holds another: thread, held, asked
        self._reached, self._executions, self._histories = set[str](), 0, dict[int, set[Any]]()

    def verify(self, scenario: Scenario, *, seed: int = 0) -> dict[str, Any]:
        """Go over all of it; ``seed`` decides how executions go on. Returns figures; infinitely many interleavings are ``None``.

        Raises:
            Refused: It does not stand.
        """
        self._scenario, self._random = scenario, random.Random(seed)
        for name in (os.path.relpath(scenario.file).replace(os.sep, "/"), *self._sources):
            source = (_WEFT.parent if name.startswith("weft/") else Path()) / name
            if not source.exists() or self._sources.get(name) != hashlib.sha256(source.read_bytes()).hexdigest():
                raise Refused(f"{name} has changed since")
        self._walk()
        setting = self._execute(0).setting
        for number, thread in list(self._to_try.values()):
            self._execute(number, thread, to_the_end=True)
        if never := sorted({condition.name for condition in setting.conditions} - self._reached):
            raise Refused(f"no step shows {never[0]}")
        for number, state in enumerate(self._order):
            self._judge(number, array("I", state), len(setting.invariants))
        merged, interleavings = sum(len(found) > 1 for found in self._histories.values()), self._interleavings()
        crossings = sum((u, b, a) in self._orders for t, a, b in self._orders for u in range(t) if a != b)
        figures = {"states": len(self._order), "steps": len(self._targets), "local_steps": len(self._moves), "merged": merged}
        return figures | {"executions": self._executions, "interleavings": interleavings, "crossings": crossings}

    def _walk(self) -> None:
        numbers = dict.fromkeys(self._states, -1) | {self._states[0]: 0}  # by state, in the order reached
        for number, here in enumerate(self._order):
            state = array("I", here)
            for thread in self._threads:
                if (after := self._after(state, thread, number)) is None:
                    continue
                content = after.tobytes()
                if content not in numbers:
                    raise Refused(f"a step of thread {thread} leads from state {number} to one that it does not have")
                if numbers[content] < 0:
                    numbers[content] = len(self._order)
                    self._order.append(content)
                    self._came.append((number, thread))
                self._targets.append(numbers[content])
            self._first.append(len(self._targets))
        if len(self._order) != len(self._states):
            raise Refused(f"of its {len(self._states):,} states {len(self._order):,} are reached")

    def _after(self, state: array[int], thread: int, number: int = -1) -> array[int] | None:
        """The state after the step of ``thread``; ``None`` if it cannot take one. From state ``number`` on, notes what to try."""
        node, place = state[thread], self._slots[state[thread]]
        if place < 0:
            return None
        if (node, state[place]) not in self._moves:
            raise Refused(f"it has no move for thread {thread} at local state {node} on value {state[place]}, which meet")
        following, value, event, made = self._moves[node, state[place]]
        if number >= 0:
            self._to_try.setdefault((node, state[place]), (number, -1 if following < 0 else thread))
        if following < 0:
            return None
        after = state[:]
        after[thread], after[place] = following, value
        if event:
            after[self._monitor] = self._events.get((event, state[self._monitor]), 0)
            if number >= 0:
                self._to_try.setdefault((event, state[self._monitor], "advance"), (number, thread))
        for slot, first in made:
            after[len(self._threads) + slot] = first
        return after

    def _execute(self, number: int, then: int = -1, *, to_the_end: bool = False) -> Execution:
        """Execute the code up to state ``number``, a step of ``then``, and on at random; compare it with the file all the way."""
        execution, state = Execution(self._scenario), array("I", self._order[0])
        taken, way = list[int](), [then] if then >= 0 else []
        self._executions += 1
        while number:
            number, thread = self._came[number]
            way.append(thread)
        try:
            for thread in range(len(execution.threads)):
                self._compare(execution, state, thread)
            while way or (to_the_end and execution.enabled() and len(taken) < 2_000):
                taken.append(way.pop() if way else self._random.choice(execution.enabled()))
                state = self._step(execution, state, taken[-1])
        except Refused as reason:
            schedule = ".".join(f"{execution.setting.letters()[thread]}{len(list(run))}" for thread, run in groupby(taken))
            raise Refused(f"executed along v1:{schedule}, {reason}") from None
        finally:
            execution.close()
        self._reached |= execution.reached
        return execution

    def _step(self, execution: Execution, state: array[int], thread: int) -> array[int]:
        after, request, place = self._after(state, thread), execution.threads[thread].request, self._slots[state[thread]]
        if after is None or request is None or thread not in execution.enabled():
            raise Refused(f"thread {thread} cannot move")
        history = execution.setting.history
        cells = {request.cell: place} | ({} if history is None else {history.monitor: self._monitor})
        before = {cell: cell.value for cell in cells}
        result = execution.step(thread)
        for cell, at in cells.items():
            same = cell is not request.cell and cell.value is before[cell] and state[at] == after[at]
            if not same and [digest(before[cell]), digest(cell.value)] != [self._values[state[at]], self._values[after[at]]]:
                raise Refused(f"{cell.label} holds something else than the file says")
            if isinstance(cell, Lock):
                self._held |= {(holder, at, after[at]) for holder, _ in cell.holders(cell.value)}
        self._compare(execution, after, thread)
        if execution.enabled() != [t for t in self._threads if self._after(after, t) is not None]:
            raise Refused(f"the threads {execution.enabled()} can move, not those that the file says")
        self._histories.setdefault(after[thread], set()).add((state[thread], digest(result)))
        return after

    def _compare(self, execution: Execution, state: array[int], number: int) -> None:
        """The thread must want what its local state says; what checks must know of that is noted."""
        thread, setting, plain, writes = execution.threads[number], execution.setting, False, False
        if execution.fault is not None or execution.broken is not None:
            raise Refused(f"the code shows {execution.fault.slug if execution.fault else f'that thread {number} breaks'}")
        if thread.request is None:
            seen: list[Any] = ["end", digest(thread.value)]
            locks = list(execution.locks)
        else:
            cell, kind, operands = thread.request
            seen = [self._place.get(cell.made_as, 0) - len(self._threads), kind.name, *map(digest, operands)]
            plain, writes = kind.plain and setting.data_races, not kind.reads_only
            locks = [lock for rule in setting.rules if rule.forbids(cell, kind, operands) for lock in rule.locks]
        if seen != self._wanted[state[number]]:
            raise Refused(f"thread {number} wants {seen}, where the file has {self._wanted[state[number]]}")
        self._facts[state[number]] = plain, writes, [self._place[lock.made_as] for lock in locks]

    def _judge(self, number: int, state: array[int], invariants: int) -> None:
        nodes = state[: len(self._threads)]
        plain = [(self._slots[node], self._facts[node][1]) for node in nodes if self._facts[node][0]]
        if any(one[0] == other[0] and (one[1] or other[1]) for one, other in combinations(plain, 2)):
            raise Refused(f"threads race in state {number}")
        for t, node in enumerate(nodes):
            if any((t, lock, state[lock]) in self._held for lock in self._facts[node][2]):
                raise Refused(f"a thread holds a lock that it must not hold in state {number}")
            if self._wanted[node][1].startswith(("lock", "read_lock", "write_lock")):
                self._orders |= {(t, at, self._slots[node]) for who, at, value in self._held if who == t and state[at] == value}
        for check in range(invariants):
            self._ask(check, number, state)
        if self._first[number] == self._first[number + 1]:
            if any(self._slots[node] >= 0 for node in nodes):
                raise Refused(f"state {number} is a deadlock")
            self._ask(tuple(self._wanted[node][1] for node in nodes), number, state)

    def _ask(self, check: Any, number: int, state: array[int]) -> None:
        """An invariant (its number) or the final checks (what threads returned): asked where they look at something new."""
        asked = self._asked.setdefault(check, {})
        if any(tuple(state[place] for place in places) in found for places, found in asked.items()):
            return
        execution = self._execute(number)
        setting, returned = execution.setting, [thread.value for thread in execution.threads]
        with execution.alone():
            fault: Any = invariant_fault(setting.invariants[check]) if isinstance(check, int) else ending.judge(setting, returned)
        if fault is not None and fault.slug:
            raise Refused(f"{fault.slug} in state {number}: {fault.message}")
        first = {self._place[cell.made_as]: held for cell, held in reversed(execution.found) if cell.made_as in self._place}
        if any(digest(held) != self._values[state[place]] for place, held in first.items()):
            raise Refused(f"a check sees other values in state {number} than the file has")
        asked.setdefault(tuple(first), set()).add(tuple(state[place] for place in first))

    def _interleavings(self) -> int | None:
        """The ways from each state to an end, which must exist, counted backwards; infinitely many where there are cycles."""
        out = [self._targets[one:other] for one, other in pairwise(self._first)]
        ways, ends, before = [0] * len(out), bytearray(len(out)), -1  # 0: not known
        while before != (before := len(out) - ways.count(0) + sum(ends)):
            for state in reversed(range(len(out))):
                if not ways[state] and all(ways[target] for target in out[state]):
                    ways[state] = sum(ways[target] for target in out[state]) or 1
                ends[state] = ends[state] or not out[state] or any(ends[target] for target in out[state])
        if 0 in ends:
            raise Refused(f"a livelock: from {ends.count(0):,} of its states no end can be reached")
        return ways[0] or None
