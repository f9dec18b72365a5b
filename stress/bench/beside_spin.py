"""One race searched by weft and, in the same run, by SPIN on a Promela model of its steps."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from stress.bench import spin
from weft import Scenario
from weft.automaton.automaton import Automaton
from weft.check.benchmark import Row, reduced, row_of, timed
from weft.search.budget import Budget
from weft.search.compiled_loop import AVAILABLE, CompiledDepthFirst


def beside(label: str, scenario: Scenario, model: str, defines: Mapping[str, int | str], limit: Budget) -> Iterator[Row]:
    """A row each for weft, weft's reduced search, SPIN over the same states, and SPIN with its own reductions.

    Weft's seconds are those of the whole search: set-up, growing the automata from the Python code, searching, the audit on the
    real code; ``search_seconds`` are those of the loop alone. SPIN's are those of its verifier, already written and compiled,
    without the start of its process. The ratios are to SPIN with its reductions.
    """
    if not spin.available():
        yield Row(label, note="SPIN or a C compiler is not installed")
        return
    plain, best = (spin.verify(model, defines, reduced=all_on) for all_on in (False, True))
    for name, search in ((label, None), (f"  {label} reduced", reduced)):
        found, seconds = timed(scenario, limit, **({"search": search} if search else {}))
        row = row_of(name, scenario, found, seconds)
        if row.wrong or not row.counts:
            yield row
            continue
        alone = {"search_seconds": _search_alone(scenario, limit)} if search is None and AVAILABLE else {}
        wrong = bool(plain.errors) != (found.verdict == "VIOLATED")
        yield Row(
            name,
            {"states": found.states, "transitions": found.transitions},
            {"cpu_seconds": seconds, **alone, **_ratios(found.states, seconds, best)},
            note=f"WRONG: weft says {found.verdict}, SPIN finds {plain.errors} errors" if wrong else "",
            wrong=wrong,
        )
    for name, pan in ((f"  {label} SPIN", plain), (f"  {label} SPIN reduced", best)):
        yield Row(
            name,
            {"states": pan.states, "transitions": pan.transitions},
            {"cpu_seconds": pan.seconds, **_ratios(pan.states, pan.seconds, best)},
        )


def _ratios(states: int, seconds: float, best: spin.Pan) -> dict[str, float]:
    return {"states_ratio": states / best.states, "seconds_ratio": seconds / best.seconds}


def _search_alone(scenario: Scenario, limit: Budget) -> float:
    """Processor seconds of a full search over automata that a first one has grown."""
    automaton, best = Automaton(scenario), float("inf")
    for _ in range(3):
        loop = CompiledDepthFirst(automaton, lambda _: False, budget=limit)
        started = time.process_time()
        for _ in loop.run():
            pass
        best = min(best, time.process_time() - started)
    return best
