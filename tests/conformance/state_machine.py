"""The Hypothesis state machine that drives both sides, and many of its sequences spread over processes.

A part is so many sequences from one seed, so what is run does not depend on how many processes run it.
"""

import multiprocessing
import os
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import ClassVar, NamedTuple

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from stress.adapters import SideBySide
from tests.conformance.sequences import operations, preludes

LONGEST = 50


class Machine(RuleBasedStateMachine):
    """One sequence; ``seen`` counts (operation, result) over all of a part."""

    seen: ClassVar = Counter()
    sequences: ClassVar = 0

    def __init__(self):
        super().__init__()
        self.both = SideBySide()

    @property
    def state(self):
        return self.both.state

    @initialize(prelude=preludes)
    def begin(self, prelude):
        for operation in prelude:
            self.both.do(operation)

    @rule(operation=operations)
    def do(self, operation):
        result = self.both.do(operation)
        self.seen[type(operation).__name__, result if isinstance(result, str) else "ok"] += 1

    def teardown(self):
        self.both.finish()
        type(self).sequences += 1


class Totals(NamedTuple):
    """What was run: how many sequences, and how often each (operation, result) was met in them."""

    sequences: int
    seen: Counter

    def lines(self):
        yield f"{self.sequences:,} sequences of up to {LONGEST} operations, {self.seen.total():,} operations, no difference"
        for kind in sorted({name for name, _ in self.seen}):
            met = sorted((result, count) for (name, result), count in self.seen.items() if name == kind)
            yield " ".join([f"  {kind:16}", *(f"{result} {count:,}" for result, count in met)])


def run_part(number, how_many):
    """The part of seed ``number``. A difference shrinks and is raised."""
    Machine.seen, Machine.sequences = Counter(), 0
    chosen = settings(
        max_examples=how_many,
        stateful_step_count=LONGEST,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    run_state_machine_as_test(seed(number)(Machine), settings=chosen)
    return Totals(Machine.sequences, Machine.seen)


def run_parts(parts, how_many):
    """All parts, each in a process of its own, as many at a time as there are cores."""
    began = time.monotonic()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context, max_tasks_per_child=1) as pool:
        done = list(pool.map(run_part, range(parts), [how_many] * parts))
    total = Totals(sum(part.sequences for part in done), sum((part.seen for part in done), Counter()))
    print("", *total.lines(), f"{parts} parts in {time.monotonic() - began:.0f} seconds", sep="\n")
    return total
