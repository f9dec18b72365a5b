"""One race searched by weft and, in the same run, by SPIN on a Promela model of its steps."""

from __future__ import annotations

import time
from collections.abc import Mapping

from stress.bench import spin
from weft import Scenario
from weft.check.benchmark import Row, row_of, timed
from weft.search.budget import Budget


def beside(label: str, scenario: Scenario, model: str, defines: Mapping[str, int | str], limit: Budget) -> Row:
    """States, transitions and seconds of both, and weft's over SPIN's. SPIN's own reduction is tried as well.

    Weft's seconds are those of the whole search: set-up, growing the automata from the Python code, searching, the audit on the
    real code. SPIN's are those of its verifier, already written and compiled, without the start of its process. Both are seconds of
    one processor, which other work on the machine disturbs least.
    """
    found, seconds = timed(scenario, limit, clock=time.process_time)
    row = row_of(label, scenario, found, seconds)
    if not row.counts or row.wrong or not spin.available():
        return row
    whole, reduced = (spin.verify(model, defines, reduced=reduced) for reduced in (False, True))
    counts: dict[str, int | str] = {
        "weft_states": found.states,
        "spin_states": whole.states,
        "spin_reduced": reduced.states,
        "weft_transitions": found.transitions,
        "spin_transitions": whole.transitions,
    }
    spin_seconds = min(whole.seconds, reduced.seconds)
    times = {
        "weft_seconds": seconds,
        "spin_seconds": spin_seconds,
        "seconds_ratio": seconds / spin_seconds,
        "states_ratio": found.states / min(whole.states, reduced.states),
    }
    wrong = bool(whole.errors or reduced.errors) != (found.verdict == "VIOLATED")
    note = f"WRONG: weft says {found.verdict}, SPIN finds {whole.errors} errors" if wrong else ""
    return Row(label, counts, times, note, wrong=wrong)
