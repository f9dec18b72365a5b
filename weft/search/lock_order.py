"""Locks taken in both orders, found even when no execution deadlocked.

Along each thread's automaton the locks held are known. Taking B while holding A orders A before B; if another thread orders B
before A, and no third lock is held on both sides, some other timing, or one more thread, deadlocks. In the race at hand a gate may
prevent it; the finding says that nothing but the race's shape does.

Source: Havelund, Using Runtime Analysis to Guide Model Checking (GoodLock), SPIN 2000.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from weft.automaton.automaton import Automaton
from weft.cells.cell import Cell
from weft.scenario import Taken

_TAKES = {"lock", "try_lock", "write_lock", "read_lock", "write_lock (admitted)", "read_lock (admitted)"}
_GIVES = {"unlock", "write_unlock", "read_unlock"}

Held = frozenset[Cell]


class Order(NamedTuple):
    """Some thread takes ``second`` while it holds ``first`` and the other locks of ``gates``."""

    thread: str
    first: Cell
    second: Cell
    gates: Held


def find_inversion(automaton: Automaton) -> str | None:
    """Two threads that take two locks in opposite orders, as a sentence; ``None`` if there are none."""
    orders = sorted(set(_orders(automaton)), key=lambda o: (o.thread, o.first.tag, o.second.tag, len(o.gates)))
    for one in orders:
        for other in orders:
            opposite = one.first is other.second and one.second is other.first
            if opposite and one.thread < other.thread and not one.gates & other.gates:
                first, second = one.first.label, one.second.label
                return (
                    f"{one.thread} takes {second} while it holds {first}, and {other.thread} takes {first} while it holds "
                    f"{second}: with another timing or one more thread they wait for each other"
                )
    return None


def _orders(automaton: Automaton) -> Iterator[Order]:
    steps: dict[int, list[tuple[int, Taken]]] = {}
    for node, following, taken in automaton.steps_taken():
        steps.setdefault(node, []).append((following, taken))
    seen: set[tuple[int, Held]] = set()
    work: list[tuple[int, Held]] = [(node, frozenset()) for node in automaton.start[: automaton.threads]]
    while work:
        node, held = work.pop()
        if (node, held) in seen:
            continue
        seen.add((node, held))
        request = automaton.request(node)
        if request is not None and request[1].name in ("lock", "write_lock", "read_lock"):
            name = automaton.setting.names[automaton.owner(node)]
            yield from (Order(name, first, request[0], held - {first}) for first in held if first is not request[0])
        work += [(following, _after(held, taken)) for following, taken in steps.get(node, ())]


def _after(held: Held, taken: Taken) -> Held:
    if taken.kind in _GIVES:
        return held - {taken.cell}
    if taken.kind in _TAKES and taken.result is not False:
        return held | {taken.cell}
    return held
