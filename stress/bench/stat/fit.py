"""Costs from depths: least squares, and intervals by resampling rounds.

Cost = constant + component * directories + crossing * mounts. Each point counts by its relative error, since what disturbs a
measurement disturbs a long one more. A round has measured every place in both shapes, so resampling rounds keeps together what a
disturbance hit together, and gives intervals for ratios between shapes too. They say how far another run on this machine would
come out elsewhere, not how well a straight line fits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from stress.bench.stat.shapes import Place
from weft.errors import UsageError

RESAMPLED = 2000
SEED = 7


class Costs(NamedTuple):
    """What a stat costs: in itself, for each directory it goes through, and for each mount that it crosses."""

    constant: float
    component: float
    crossing: float

    def at(self, place: Place) -> float:
        """The cost of one stat."""
        return self.constant + self.component * place.directories + self.crossing * place.mounted


@dataclass(frozen=True, slots=True)
class Interval:
    """A value, and where 95 of 100 resampled ones are."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """The costs of one shape.

    Attributes:
        costs: Fitted to the medians over all rounds.
        intervals: For each of the three, in their order.
    """

    costs: Costs
    intervals: tuple[Interval, Interval, Interval]


Rounds = Mapping[Place, Sequence[float]]
"""For each place its cost in each round."""


def least_squares(costs: Mapping[Place, float]) -> Costs:
    """The costs that come closest to those measured, relative to them."""
    return Costs(*map(float, _solved(list(costs), _numpy().array([list(costs.values())]))[0]))


def fitted(rounds: Rounds) -> Fitted:
    """The costs of one shape with their intervals."""
    drawn = _fits(rounds)
    one, two, three = (_interval(drawn[:, k]) for k in range(3))
    return Fitted(Costs(one.value, two.value, three.value), (one, two, three))


def ratio(over: Rounds, under: Rounds, part: int) -> Interval:
    """A part of one shape's costs divided by the other's, from the same rounds."""
    return _interval(_fits(over)[:, part] / _fits(under)[:, part])


def _fits(rounds: Rounds) -> Any:
    """Fits to the medians: of all rounds in the first row, of resampled rounds in the others."""
    numpy = _numpy()
    count = min(map(len, rounds.values()))
    measured = numpy.array([costs[:count] for costs in rounds.values()]).T
    chosen = numpy.random.default_rng(SEED).integers(count, size=(RESAMPLED, count))
    medians = numpy.concatenate([numpy.median(measured, axis=0)[None], numpy.median(measured[chosen], axis=1)])
    return _solved(list(rounds), medians)


def _solved(places: Sequence[Place], costs: Any) -> Any:
    """Weighted least squares by the normal equations, for each row of costs."""
    numpy = _numpy()
    parts = numpy.array([[1.0, place.directories, place.mounted] for place in places]) / costs[:, :, None]
    square = numpy.einsum("npi,npj->nij", parts, parts)
    return numpy.linalg.solve(square, parts.sum(axis=1)[:, :, None])[:, :, 0]


def _interval(drawn: Any) -> Interval:
    low, high = _numpy().percentile(drawn[1:], [2.5, 97.5])
    return Interval(float(drawn[0]), float(low), float(high))


def _numpy() -> Any:
    try:
        import numpy
    except ImportError:
        raise UsageError("costs are fitted with numpy, which is not installed; pip install 'weft[plots]'") from None
    return numpy
