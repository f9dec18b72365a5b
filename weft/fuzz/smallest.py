"""The smallest program, and the shortest schedule of it.

Guarantee: no call of the program can be left out, and no thread's first call be done before the threads instead, without its
showing something else or nothing. Arguments are as small as Hypothesis made them. The schedule is the best one of
``search.minimal``, unless the program is too large for that, and then the record says so.
"""

from __future__ import annotations

from dataclasses import replace

from weft.check.collect import Race
from weft.check.run import Checked, Plan, Unwatched, Watcher, check, each_race, shortened
from weft.fuzz.alphabet import Alphabet
from weft.fuzz.building import race
from weft.fuzz.probe import STRATEGY, Limits, Probe, Probed
from weft.fuzz.program import Program, smaller
from weft.search.budget import Budget
from weft.search.pulse import Pulse
from weft.search.random_walk import sample
from weft.search.result import Exploration


def smallest(probe: Probe, found: Probed) -> Probed:
    """A program that shows the same as ``found`` and cannot be made smaller by one change."""
    better: Probed | None = found
    while better is not None:
        found, better = better, None
        for changed in smaller(found.program):
            program = _settled(probe.alphabet, changed)
            if program.threads and program != found.program:
                tried = probe(program)
                if tried.slug == found.slug and tried.program.size < found.program.size:
                    better = tried
                    break
    return found


def _settled(alphabet: Alphabet, program: Program) -> Program:
    """Without the calls before the threads that change nothing."""
    state, before = alphabet.initial, []
    for operation in program.before:
        after, _ = alphabet.step(state, operation)
        if after != state:
            before.append(operation)
            state = after
    return replace(program, before=tuple(before))


def shortest(alphabet: Alphabet, found: Probed, limits: Limits, *, name: str, file: str, watcher: Watcher | None = None) -> Checked:
    """The search of a finding's program once more, with the shortest schedule.

    Args:
        alphabet: What the program is made of.
        found: What was found.
        limits: Those that it was found within.
        name: What its race is called.
        file: Where it is, or would be.
        watcher: For progress.
    """
    shown = Race(race(alphabet, found.program, name=name, file=file), file)
    if found.how == "searched":
        [checked] = check([shown], Plan(budget=Budget(max_states=limits.states)), watcher=watcher or Unwatched())
        if checked.witnesses or checked.exploration is None:
            return checked

    def walk(one: Race, pulse: Pulse) -> Exploration:
        walked = sample(one.scenario, runs=limits.runs, seed=found.seed, strategy=STRATEGY, pulse=pulse)
        return shortened(one, walked)

    [walked] = each_race([shown], walk, watcher or Unwatched())
    return walked
