"""The median of runs to the first failure and its interval, against scipy's and by counting."""

from __future__ import annotations

import math
import random

import pytest
from scipy.stats import quantile_test

from stress.bench.sampling import cell, cell_read
from weft.check.median import median
from weft.check.sampling import Tried


@pytest.mark.parametrize("count", [6, 7, 8, 20, 25, 51, 100])
def test_the_interval_is_that_of_the_quantile_test(count: int) -> None:
    values = random.Random(count).sample(range(1, 1000), count)
    found = median(values)
    expected = quantile_test(values, p=0.5).confidence_interval(0.95)
    assert (found.low, found.high) == (expected.low, expected.high)
    assert found.low <= found.value <= found.high


def test_fewer_than_six_values_have_no_interval() -> None:
    for count in range(1, 6):
        found = median(list(range(count)))
        assert not found.has_interval
        assert found.value == (count - 1) / 2
    assert median([1, 2, 3, 4, 5, 6]).has_interval


def test_trials_without_a_failure_are_beyond_all_others() -> None:
    assert median([5, None, 3]).value == 5
    assert median([5, None, 3, None]).value == math.inf
    assert median([None]).value == math.inf
    found = median([1, 2, 3, 4, 5, 6, None, None])
    assert (found.value, found.low, found.high) == (4.5, 1, math.inf)


def test_the_interval_holds_the_median_as_often_as_it_says() -> None:
    choose = random.Random(1)
    held = 0
    for _ in range(2_000):
        found = median([choose.randrange(1_000_000) for _ in range(25)])
        held += found.low <= 500_000 <= found.high
    assert 0.94 < held / 2_000 < 0.975  # 0.957 by the binomial distribution


@pytest.mark.parametrize("first", [[3] * 25, [None] * 25, [*range(1, 20), *[None] * 6], [*range(1, 15), *[None] * 11]])
def test_a_cell_of_the_benchmark_is_read_as_it_was_written(first: list[int | None]) -> None:
    tried = Tried("pos", first=first)
    assert cell_read(cell(tried)) == tried.median
