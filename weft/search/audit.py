"""Auditing the automata: random schedules run on the real code and on the tables, compared step by step.

The compiled search rests on one claim, that equal local states have equal futures. The audit tests it from outside: it runs the
scenario in the controlled world and in the tables side by side, and wants the same threads enabled, the same steps wanted, the
same results and the same end.
"""

from __future__ import annotations

import random
from typing import Any

from weft.automaton.automaton import Automaton
from weft.cells.cell import Cell
from weft.cells.effects import Kind
from weft.errors import EngineBug
from weft.scenario import Scenario
from weft.search.replay import conclude
from weft.search.schedule import Schedule
from weft.worlds.controlled import Execution
from weft.worlds.ending import portable

LONGEST = 2_000
"""Steps after which one audited schedule is cut."""


def audit(scenario: Scenario, automaton: Automaton, *, runs: int, seed: int = 0, complete: bool = False) -> int:
    """Compare ``runs`` random schedules; returns how many steps were compared.

    Args:
        complete: The tables come from a search of everything, so they know every step.

    Raises:
        EngineBug: Code and tables disagree, or the tables do not know a step that they should.
        NondeterminismError: The code does not repeat itself.
    """
    choose = random.Random(seed)
    known = automaton.edge_count
    compared = sum(_one(scenario, automaton, choose) for _ in range(runs))
    if complete and automaton.edge_count > known:
        raise EngineBug(
            f"{scenario.name}: a random schedule takes steps that the search never met; please report this with the race"
        )
    return compared


def _one(scenario: Scenario, automaton: Automaton, choose: random.Random) -> int:
    execution = Execution(scenario)
    state = list(automaton.start)
    taken: list[int] = []
    try:
        while len(taken) < LONGEST:
            able = execution.enabled()
            _compare(scenario, automaton, execution, state, able, taken)
            if not able:
                break
            number = choose.choice(able)
            taken.append(number)
            _advance(automaton, state, number)
            execution.step(number)
        return len(taken)
    finally:
        execution.close()


def _advance(automaton: Automaton, state: list[int], number: int) -> None:
    slot = automaton.threads + automaton.slots[state[number]]
    move = automaton.move(state[number], state[slot])
    state[number], state[slot] = move.node, move.value
    if move.event:
        monitor = automaton.threads + automaton.monitor_slot
        state[monitor] = automaton.monitored(move.event, state[monitor])
    for new, value in move.allocated:
        state.extend([0] * (automaton.threads + new + 1 - len(state)))
        state[automaton.threads + new] = value


def _compare(
    scenario: Scenario, automaton: Automaton, execution: Execution, state: list[int], able: list[int], taken: list[int]
) -> None:
    if execution.misuse is None:
        moved = taken[-1:] or range(automaton.threads)
        real = [_wanted(execution.threads[t].request) for t in moved]
        tables = [_wanted(automaton.request(state[t])) for t in moved]
        if real != tables:
            _disagree(scenario, execution, taken, f"the code wants {real}, the tables {tables}")
    if not able:
        ended, expected = conclude(execution), automaton.ending(state)
        if ended is None or ended.outcome != expected.outcome:
            _disagree(scenario, execution, taken, f"the code ends in {ended}, the tables in {expected}")


def _wanted(request: tuple[Cell, Kind, tuple[Any, ...]] | None) -> object:
    return None if request is None else (request[0].tag, request[1].name, portable(request[2]))


def _disagree(scenario: Scenario, execution: Execution, taken: list[int], how: str) -> None:
    text = Schedule(tuple(taken)).text(execution.setting.letters())
    raise EngineBug(f"{scenario.name}: after {text} {how}; please report this with the race's file")
