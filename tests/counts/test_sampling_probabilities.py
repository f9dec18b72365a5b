"""Random schedules come with the probabilities that they should have: exact ones, and the bound that PCT promises.

What is exact is computed over the state graph or by trying every choice; what is drawn has fixed seeds and is held against it by
exact binomial tests.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from scipy.stats import binomtest

from stress.bench.sampling import broken_by
from stress.planted.mounting import L11_DEAD
from stress.planted.umounting import M16_VFS
from stress.races.mount_vs_rmdir import mount_vs_rmdir
from stress.races.walk_vs_eager_umount import walk_vs_eager_umount, walk_vs_eager_umount_original
from tests.counts.test_random_walk_probability import KERNELS, Kernel
from tests.programs import lockfree, sctbench
from tests.programs.odds import Graph, pct_probability
from weft import Scenario
from weft.search.sampling.pct import Pct
from weft.search.sampling.strategy import Strategy
from weft.search.sampling.uniform import Uniform
from weft.search.sampling.walk import Ground, walk

UNLIKELY = 1e-3
"""A p-value below this refutes."""


def hits(scenario: Scenario, slug: str, strategy: Strategy, *, runs: int, world=None) -> int:
    with Ground(scenario, world=world) as ground:
        endings = [walk(ground.course, strategy).ending for _ in range(runs)]
    return sum(ending is not None and ending.slug == slug for ending in endings)


def ids(kernel: Kernel) -> str:
    return kernel.scenario.name


@pytest.mark.parametrize("kernel", KERNELS, ids=ids)
@pytest.mark.parametrize(("world", "runs"), [("automata", 6_000), ("code", 600)])
def test_the_uniform_walk_has_the_published_probability(kernel: Kernel, world, runs: int):
    found = hits(kernel.scenario, kernel.scenario.violates, Uniform(11), runs=runs, world=world)
    assert binomtest(found, runs, float(kernel.probability)).pvalue > UNLIKELY


@pytest.mark.parametrize("kernel", KERNELS, ids=ids)
def test_the_state_graph_gives_the_published_probability(kernel: Kernel):
    ends = Graph(kernel.scenario).uniform_walk()
    assert ends[kernel.scenario.violates] == kernel.probability
    assert sum(ends.values()) == 1


RACES = (
    walk_vs_eager_umount_original,
    broken_by(M16_VFS, walk_vs_eager_umount),
    broken_by(L11_DEAD, mount_vs_rmdir),
    lockfree.queue_linearizable(2, 1, links_by_store=True),
)


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.name)
def test_on_larger_races_the_uniform_walk_has_the_probabilities_of_the_state_graph(race: Scenario):
    ends = Graph(race).uniform_walk()
    assert sum(ends.values()) == 1
    assert 0 < sum(share for slug, share in ends.items() if slug.startswith(race.violates or "final:")) < 1
    runs = 4_000
    for slug, share in ends.items():
        assert binomtest(hits(race, slug, Uniform(5), runs=runs), runs, float(share)).pvalue > UNLIKELY, slug


DEPTHS = [(kernel, kernel.preemptions + 1) for kernel in KERNELS if kernel.scenario.name != "wrong-lock-3"]


@pytest.mark.parametrize(
    ("kernel", "depth"), DEPTHS, ids=lambda value: ids(value) if isinstance(value, Kernel) else f"depth-{value}"
)
def test_pct_keeps_its_promise_exactly(kernel: Kernel, depth: int):
    """Each choice of priorities and change points is tried once, so this is no estimate."""
    scenario, graph = kernel.scenario, Graph(kernel.scenario)
    threads, steps = graph.automaton.threads, graph.longest()
    exact = pct_probability(scenario, scenario.violates, depth=depth, steps=steps)
    assert exact >= Fraction(1, threads * steps ** (depth - 1))
    strategy, runs = Pct(3, depth=depth, steps=steps), 3_000
    assert binomtest(hits(scenario, scenario.violates, strategy, runs=runs), runs, float(exact)).pvalue > UNLIKELY
    assert strategy.bound is not None
    assert strategy.bound == (threads, steps, depth)
    assert strategy.bound.probability == pytest.approx(1 / (threads * steps ** (depth - 1)))


def test_pct_of_too_small_a_depth_misses_what_needs_a_preemption():
    scenario = sctbench.two_stage()
    steps = Graph(scenario).longest()
    assert pct_probability(scenario, scenario.violates, depth=1, steps=steps) == 0
    assert pct_probability(scenario, scenario.violates, depth=2, steps=steps) > Fraction(1, 64)


def test_pct_without_given_steps_uses_the_longest_run_and_its_bound_still_holds():
    scenario = sctbench.wrong_lock(3)
    strategy, runs = Pct(2, depth=2), 2_000
    found = hits(scenario, scenario.violates, strategy, runs=runs)
    assert strategy.bound is not None
    assert strategy.bound.steps <= Graph(scenario).longest()
    assert binomtest(found, runs, strategy.bound.probability, alternative="less").pvalue > UNLIKELY
