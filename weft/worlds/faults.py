"""What may be wrong with a state although no thread has raised: checked in every state, by every engine, in this order.

1. The history is inexplicable (``linearizability``).
2. An invariant does not hold (``invariant:NAME``).
3. Two threads' next steps are on one plain cell and one of them writes (``data-race:CELL``).
4. A thread is about to take a step that is forbidden while it holds a lock (``forbidden:RULE``).
5. A thread has returned and still holds a lock of the set-up (``held-at-return:CELL``).

A reader/writer lock counts as held by its writer and by each of its readers.

A faulty state ends the execution there: what comes after it says nothing new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations
from typing import Any, NamedTuple

from weft.cells.cell import Cell
from weft.cells.effects import Kind
from weft.cells.lock import Lock
from weft.cells.monitor import Inexplicable
from weft.errors import CheckFailed, WeftError
from weft.scenario import Invariant, Setting


class Fault(NamedTuple):
    """A finding in one state: its stable name, a sentence, and the threads and cells that it is about (if it is about some)."""

    slug: str
    message: str
    threads: tuple[int, ...] = ()
    cells: tuple[Cell, ...] = ()


class Wanted(NamedTuple):
    """The next step of one thread."""

    number: int
    cell: Cell
    kind: Kind
    operands: tuple[Any, ...]


def monitor_fault(value: Any) -> Fault | None:
    """The fault if the monitor's value is ``Inexplicable``."""
    return Fault("linearizability", value.message, (value.thread,)) if isinstance(value, Inexplicable) else None


def invariant_fault(invariant: Invariant) -> Fault | None:
    """Evaluate one invariant; the caller has put a world in force in which code may look at the state."""
    try:
        if invariant.applies is None or invariant.applies():
            invariant.function()
    except (CheckFailed, AssertionError) as reason:
        return Fault(f"invariant:{invariant.name}", str(reason) or "the condition is false")
    except WeftError:
        raise
    except Exception as error:  # whatever the code under test raises is the finding
        return Fault(f"invariant:{invariant.name}", f"{type(error).__name__}: {error}")
    return None


def data_race(setting: Setting, wanted: Iterable[Wanted]) -> Fault | None:
    """Two accesses to one plain cell, one a write, that nothing orders."""
    if not setting.data_races:
        return None
    plain = [want for want in wanted if want.kind.plain]
    for one, other in combinations(plain, 2):
        if one.cell is other.cell and not (one.kind.reads_only and other.kind.reads_only):
            first, second = (one, other) if one.kind.reads_only else (other, one)
            names = setting.names
            return Fault(
                f"data-race:{one.cell.label}",
                f"{names[first.number]} {first.kind.name} and {names[second.number]} {second.kind.name} on {one.cell.label} "
                "at once: no lock orders them",
                (first.number, second.number),
                (one.cell,),
            )
    return None


def held_at_return(
    setting: Setting, finished: Iterable[int], locks: Iterable[Lock], value_of: Callable[[Lock], Any]
) -> Fault | None:
    """A lock that a thread forgot to give back."""
    for number in finished:
        for lock in locks:
            how = lock.how_held(value_of(lock), number)
            if how is not None:
                name = setting.names[number]
                message = f"{name} has returned and still holds {lock.label}{how}"
                return Fault(f"held-at-return:{lock.label}", message, (number,), (lock,))
    return None


def broken_rule(setting: Setting, wanted: Iterable[Wanted], value_of: Callable[[Lock], Any]) -> Fault | None:
    """A forbidden step about to be taken; ``value_of`` tells the value of a lock."""
    for want in wanted:
        for rule in setting.rules:
            if not rule.forbids(want.cell, want.kind, want.operands):
                continue
            for lock in rule.locks:
                how = lock.how_held(value_of(lock), want.number)
                if how is not None:
                    name = setting.names[want.number]
                    step = f"{want.cell.label}.{want.kind.name}"
                    message = f"{name} is about to do {step} while it holds {lock.label}{how}"
                    return Fault(f"forbidden:{rule.name}", message, (want.number,), (lock,))
    return None
