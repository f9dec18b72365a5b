"""The median of how many runs it took, with an interval that needs no assumption on how such numbers are spread.

A trial that found nothing in its runs is a number beyond all others, so that medians are known up to half of such trials.

Source: the usual interval by order statistics (Conover, Practical Nonparametric Statistics, section 3.2): how many values are below
the median is binomial with one half.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple


class Median(NamedTuple):
    """A median and its confidence interval. ``math.inf`` is beyond all runs; ``nan`` ends are of too few values for an interval."""

    value: float
    low: float
    high: float

    @property
    def has_interval(self) -> bool:
        """Whether there were enough values for one."""
        return not math.isnan(self.low)


def median(first: Sequence[int | None], *, level: float = 0.95) -> Median:
    """The median of ``first``, of which ``None`` is beyond all runs; there must be one at least."""
    values = sorted(math.inf if runs is None else runs for runs in first)
    count = len(values)
    middle = (values[(count - 1) // 2] + values[count // 2]) / 2
    rank = _rank(count, level)
    if not rank:
        return Median(middle, math.nan, math.nan)
    return Median(middle, values[rank - 1], values[count - rank])


def _rank(count: int, level: float) -> int:
    """The largest r so that the r-th smallest and r-th largest of ``count`` values enclose the median so surely; 0: none."""
    rank, below = 0, 0
    while True:
        below += math.comb(count, rank)
        if 2 * below > (1 - level) * 2**count:
            return rank
        rank += 1
