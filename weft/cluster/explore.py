"""One race: searched here as long as it is small, then by the whole cluster.

Guarantee: verdict, counts, outcomes and the counterexample are those of ``weft.search.exhaustive.explore``, whatever the number of
workers. A race of up to ``budget`` states is answered by that function itself. A larger one that holds has been searched by the
cluster (``coordinator.py`` says why its counts are the same). A larger one in which the cluster has seen a violation is given back
to that function, which finds the schedule; so a violation deeper than one machine can search is reported as
seen, without a schedule, and the verdict is INCONCLUSIVE.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from weft.automaton.automaton import Automaton
from weft.cluster.coordinator import Engine
from weft.cluster.loop import ClusterLoop, ViolationSeen, warm_up
from weft.cluster.place import Place
from weft.cluster.statistics import Statistics
from weft.errors import UsageError
from weft.scenario import Scenario
from weft.search.budget import Budget, Meter
from weft.search.checkpoint import Checkpoint
from weft.search.compiled_loop import AVAILABLE, said
from weft.search.exhaustive import Ended, explore
from weft.search.fixpoint import Fixpoint
from weft.search.journal import Journal
from weft.search.reduction import NONE, Reduction
from weft.search.result import Exploration
from weft.search.symmetry import Symmetry

SPLIT_FROM = 500_000
"""States after which a race is split: about a second of search."""

SAVE_SECONDS = 5.0
"""How often to save: what was visited is on disk anyway."""


class Spread:
    """Explores like ``exhaustive.explore``, with the help of a cluster.

    Args:
        engine: The cluster.
        split_from: How many states one process searches at most.
        say: Told in one line how each distributed search went.
    """

    def __init__(self, engine: Engine, *, split_from: int = SPLIT_FROM, say: Callable[[str], None] = lambda line: None) -> None:
        self._engine = engine
        self.split_from = split_from
        self._say = say
        if not AVAILABLE:
            raise UsageError(f"a cluster searches with the compiled loop, which is not there: {said()}")

    def __call__(self, scenario: Scenario, **options: Any) -> Exploration:
        """See ``exhaustive.explore``."""
        budget: Budget = options.pop("budget", None) or Budget()
        reduction: Reduction = options.get("reduction", NONE)
        checkpoint: Checkpoint | None = options.pop("checkpoint", None)
        if reduction.symmetry:
            raise UsageError("--symmetry is not for a cluster: which state stands for its like is not settled across workers")
        meter = Meter(budget)
        if checkpoint is None or not (checkpoint.resume and checkpoint.file.exists()):
            alone = replace(budget, max_states=min(self.split_from, budget.max_states or self.split_from))
            found = explore(scenario, budget=alone, **options)
            if found.stopped_by != f"max-states {self.split_from:,}" or budget.max_states == self.split_from:
                return found
        return self.split(scenario, budget=budget, checkpoint=checkpoint, meter=meter, **options)

    def split(
        self, scenario: Scenario, *, budget: Budget, checkpoint: Checkpoint | None, meter: Meter | None = None, **options: Any
    ) -> Exploration:
        """The same for a race that is known to be large."""
        meter = meter or Meter(budget)
        if checkpoint is not None:
            checkpoint.every_seconds = SAVE_SECONDS
        place, statistics = Place(checkpoint), Statistics()
        loops: list[ClusterLoop] = []
        try:
            found = explore(
                scenario,
                budget=_left(budget, meter),
                elsewhere=partial(self._loop, scenario.name, place, statistics, loops),
                checkpoint=checkpoint,
                **(options | {"stop_at_first": True}),
            )
        except ViolationSeen:
            return self._alone(scenario, budget=_left(budget, meter), **options)
        finally:
            for loop in loops:
                loop.close()
            place.tidy()
        if loops:
            self._say(f"{scenario.name}: {statistics.text(states=sum(loop.states for loop in loops), skew=loops[0].skew)}")
        found.seconds = meter.seconds
        return found

    def _alone(self, scenario: Scenario, **options: Any) -> Exploration:
        found = explore(scenario, **options)
        if not found.violations:
            found.exhausted = False
            found.stopped_by = f"{found.stopped_by or 'its end'} (the cluster has seen a violation, one process did not reach it)"
        return found

    def _loop(
        self,
        name: str,
        place: Place,
        statistics: Statistics,
        loops: list[ClusterLoop],
        automaton: Automaton,
        ended: Ended,
        fixpoint: Fixpoint | None,
        symmetry: Symmetry | None,
        *,
        bits: int,
        journal: Journal,
    ) -> ClusterLoop:
        assert symmetry is None
        if not loops:
            warm_up(automaton, bits, journal)
        if fixpoint is not None:
            fixpoint.begin()
        loop = ClusterLoop(
            automaton,
            ended,
            engine=self._engine,
            place=place,
            statistics=statistics,
            name=name,
            bits=bits,
            fixpoint=fixpoint,
            journal=journal,
        )
        loops.append(loop)
        return loop


def _left(budget: Budget, meter: Meter) -> Budget:
    """The same with the seconds that are left."""
    return budget if budget.max_seconds is None else replace(budget, max_seconds=max(0.0, budget.max_seconds - meter.seconds))
