"""The exact probability that one uniform random walk meets the bug of an SCTBench kernel, from ``literature/counts.md``.

By dynamic programming over the state graph, so these also check that merged and unmerged graphs branch alike. A fixed-seed sample
shows that the random walk really is uniform: it must lie within four standard deviations.
"""

from __future__ import annotations

from fractions import Fraction
from math import sqrt
from typing import NamedTuple

import pytest

from tests.programs import sctbench
from tests.programs.making import merged, random_walk_probability, slugs
from weft import Scenario
from weft.search.random_walk import sample
from weft.search.replay import replay


class Kernel(NamedTuple):
    """A row of the table."""

    scenario: Scenario
    probability: Fraction
    preemptions: int = 1


KERNELS = (
    Kernel(sctbench.reorder(3), Fraction(4, 81)),
    Kernel(sctbench.reorder(4), Fraction(39, 1024)),
    Kernel(sctbench.two_stage(), Fraction(1, 64)),
    Kernel(sctbench.wrong_lock(3), Fraction(986_261, 2_654_208)),
    Kernel(sctbench.deadlock_01(), Fraction(1, 2)),
    Kernel(sctbench.carter_01(), Fraction(1, 2)),
)


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.scenario.name)
def test_the_bug_is_found_and_its_schedule_replays(kernel: Kernel):
    found = merged(kernel.scenario)
    assert found.verdict == "VIOLATED"
    assert slugs(found) == {kernel.scenario.violates}
    violation = next(v for v in found.violations if v.slug == kernel.scenario.violates)
    again = replay(kernel.scenario, violation.schedule)
    assert again.ending is not None
    assert again.ending.slug == kernel.scenario.violates


@pytest.mark.parametrize("merge", [True, False], ids=["merged", "unmerged"])
@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.scenario.name)
def test_the_random_walk_meets_the_bug_with_the_exact_probability_of_the_table(kernel: Kernel, merge: bool):
    assert random_walk_probability(kernel.scenario, kernel.scenario.violates, merge=merge) == kernel.probability


def test_the_published_decimals_are_those_of_the_fractions():
    decimals = [round(float(kernel.probability), 6) for kernel in KERNELS]
    assert decimals == [0.049383, 0.038086, 0.015625, 0.371584, 0.5, 0.5]


def test_a_seeded_sample_of_the_random_walk_is_within_four_deviations():
    kernel, runs = KERNELS[3], 1_000
    hits = sum(bool(sample(kernel.scenario, runs=1, seed=seed).violations) for seed in range(runs))
    p = float(kernel.probability)
    assert abs(hits - runs * p) < 4 * sqrt(runs * p * (1 - p))
