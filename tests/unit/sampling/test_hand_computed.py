"""PCT on an example computed by hand, and POS and SURW against their distributions, computed by trying every choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import permutations

import pytest
from scipy.stats import chisquare

from tests.programs.making import program
from tests.programs.odds import Fixed, insertions
from weft import AtomicInt64, Scenario, Setting
from weft.search.sampling.pct import Pct
from weft.search.sampling.pos import Pos
from weft.search.sampling.strategy import Strategy
from weft.search.sampling.surw import Surw
from weft.search.sampling.walk import Ground, walk

Access = tuple[str, bool]
"""A cell, and whether it is written."""
Text = tuple[tuple[Access, ...], ...]
"""What each thread does."""
Odds = dict[tuple[int, ...], Fraction]

UNLIKELY = 1e-3

CROSSING: Text = ((("x", True), ("y", False)), (("y", True), ("x", True)))
LOPSIDED: Text = ((("x", True),) * 4, (("x", True),))
MIXED: Text = ((("a", True), ("x", True), ("x", False)), (("x", True), ("b", True)), (("x", True),))
TWO_CELLS: Text = ((("x", True), ("y", True)), (("y", True), ("x", True), ("x", True)))


def written(text: Text) -> Scenario:
    """The program that does what ``text`` says."""

    def build(s: Setting) -> None:
        cells = {cell: AtomicInt64(0) for accesses in text for cell, _ in accesses}

        def follow(*accesses: tuple[AtomicInt64, bool]) -> None:
            for cell, writes in accesses:
                if writes:
                    cell.store(1)
                else:
                    cell.load()

        for accesses in text:
            s.thread(follow, *((cells[cell], writes) for cell, writes in accesses))

    return program("written", build)


def schedules(scenario: Scenario, strategy: Strategy, *, runs: int, forget: int = 0) -> Counter[tuple[int, ...]]:
    with Ground(scenario, world="automata") as ground:
        walked = [walk(ground.course, strategy).threads for _ in range(forget + runs)]
    return Counter(walked[forget:])


def assert_drawn_from(odds: Odds, drawn: Counter[tuple[int, ...]]) -> None:
    assert sum(odds.values()) == 1
    assert set(drawn) <= set(odds)
    runs = drawn.total()
    expected = [float(share * runs) for share in odds.values()]
    assert min(expected) > 5
    assert chisquare([drawn[schedule] for schedule in odds], expected, sum_check=False).pvalue > UNLIKELY


# -- PCT ----------------------------------------------------------------------------------------------------------


def test_pct_on_an_example_computed_by_hand():
    """Three threads of three steps; the one who takes step 2 sinks to priority 1, the one who takes step 4 to 2."""
    own = tuple((((name, True),) * 3) for name in "abc")
    with Ground(written(own)) as ground:
        walked = walk(ground.course, Fixed(priorities=(3, 5, 4), changes=(2, 4)))
    # 5 takes steps 1, 2 and sinks to 1; 4 takes steps 3, 4 and sinks to 2; then 3 is highest to its end, then 2, then 1.
    assert walked.threads == (1, 1, 2, 2, 0, 0, 0, 2, 1)


def test_pct_with_equal_change_points_gives_the_later_priority():
    own = tuple((((name, True),) * 2) for name in "ab")
    with Ground(written(own)) as ground:
        assert walk(ground.course, Fixed(priorities=(4, 3), changes=(1, 1))).threads == (0, 1, 1, 0)


def test_pct_of_depth_1_runs_whole_threads_in_every_order_alike():
    own = tuple((((name, True),) * 2) for name in "abc")
    orders = {tuple(t for t in order for _ in range(2)): Fraction(1, 6) for order in permutations(range(3))}
    assert_drawn_from(orders, schedules(written(own), Pct(1, depth=1, steps=6), runs=1_200))


def test_pct_learns_the_number_of_steps_from_the_runs_before():
    with Ground(written(CROSSING)) as ground:
        strategy = Pct(1, depth=2)
        assert strategy.bound is None
        walk(ground.course, strategy)
        assert strategy.bound == (2, 4, 2)
        assert strategy.bound is not None
        assert strategy.bound.probability == 1 / 8


# -- POS ----------------------------------------------------------------------------------------------------------


def odds_of_pos(text: Text) -> Odds:
    """Every order that the priorities drawn in a run can have is equally likely, so all orders are gone through."""
    odds: Counter[tuple[int, ...]] = Counter()

    def go_on(taken: tuple[int, ...], ranked: tuple[str, ...], pending: dict[int, str], share: Fraction) -> None:
        at = {t: accesses[taken.count(t)] for t, accesses in enumerate(text) if taken.count(t) < len(accesses)}
        if not at:
            odds[taken] += share  # type: ignore[assignment]
            return
        without = next((t for t in at if t not in pending), None)
        if without is not None:
            new = f"{len(ranked)}"
            for order in insertions(ranked, new):
                go_on(taken, order, {**pending, without: new}, share / (len(ranked) + 1))
            return
        chosen = max(at, key=lambda t: ranked.index(pending[t]))
        cell, writes = at[chosen]
        kept = {t: p for t, p in pending.items() if t != chosen and not (at[t][0] == cell and (writes or at[t][1]))}
        go_on((*taken, chosen), ranked, kept, share)

    go_on((), (), {}, Fraction(1))
    return dict(odds)


@pytest.mark.parametrize("text", [CROSSING, LOPSIDED, ((("x", True), ("x", False)), (("x", False), ("y", True)), (("y", False),))])
def test_pos_draws_schedules_from_its_distribution(text: Text):
    assert_drawn_from(odds_of_pos(text), schedules(written(text), Pos(7), runs=6_000))


def test_the_distribution_of_pos_by_hand():
    odds = odds_of_pos(((("x", True),), (("x", True),)))
    assert odds == {(0, 1): Fraction(1, 2), (1, 0): Fraction(1, 2)}
    # a, b against c, all on cells of their own. Going first means the highest of two; then c, lower than a, meets a fresh b:
    # of three numbers b is the highest with 1/3, and c is above a fresh b with 1/3 given that it is below a.
    odds = odds_of_pos(((("a", True), ("b", True)), (("c", True),)))
    assert odds == {(1, 0, 0): Fraction(1, 2), (0, 1, 0): Fraction(1, 6), (0, 0, 1): Fraction(1, 3)}


# -- SURW ---------------------------------------------------------------------------------------------------------


def odds_of_surw(text: Text) -> Odds:
    """With known numbers of steps, and each contended cell drawn alike."""
    cells = {cell for accesses in text for cell, _ in accesses}
    on = {cell: [sum(c == cell for c, _ in accesses) for accesses in text] for cell in cells}
    contended = [c for c in cells if sum(map(bool, on[c])) > 1 and any((c, True) in accesses for accesses in text)]
    odds: Counter[tuple[int, ...]] = Counter()

    def intend(taken: tuple[int, ...], cell: str, left: list[int], share: Fraction) -> None:
        if not any(left):
            go_on(taken, cell, left, None, share)
        for t, weight in enumerate(left):
            if weight:
                go_on(taken, cell, left, t, share * Fraction(weight, sum(left)))

    def go_on(taken: tuple[int, ...], cell: str, left: list[int], intended: int | None, share: Fraction) -> None:
        at = {t: accesses[taken.count(t)][0] for t, accesses in enumerate(text) if taken.count(t) < len(accesses)}
        if not at:
            odds[taken] += share  # type: ignore[assignment]
        free = [t for t in at if at[t] != cell or t == intended]
        for t in free:
            if at[t] == cell:
                after = [n - (k == t) for k, n in enumerate(left)]
                intend((*taken, t), cell, after, share / len(free))
            else:
                go_on((*taken, t), cell, left, intended, share / len(free))

    for cell in contended:
        intend((), cell, on[cell], Fraction(1, len(contended)))
    return dict(odds)


@pytest.mark.parametrize("text", [LOPSIDED, MIXED, TWO_CELLS, CROSSING])
def test_surw_draws_schedules_from_its_distribution(text: Text):
    drawn = schedules(written(text), Surw(5), runs=6_000, forget=1)
    assert_drawn_from(odds_of_surw(text), drawn)


def test_surw_makes_all_orders_on_the_cell_equally_likely():
    """A uniform walk would let the single step come last in one run of sixteen."""
    assert odds_of_surw(LOPSIDED) == dict.fromkeys({tuple(int(k == place) for k in range(5)) for place in range(5)}, Fraction(1, 5))


def order_of(on: Callable[[Access], bool], text: Text, schedule: tuple[int, ...]) -> tuple[int, ...]:
    seen: Counter[int] = Counter()
    order = []
    for t in schedule:
        if on(text[t][seen[t]]):
            order.append(t)
        seen[t] += 1
    return tuple(order)


def test_surw_does_so_among_other_steps_too():
    orders: Counter[tuple[int, ...]] = Counter()
    for schedule, share in odds_of_surw(MIXED).items():
        orders[order_of(lambda access: access[0] == "x", MIXED, schedule)] += share  # type: ignore[assignment]
    assert len(orders) == 12
    assert set(orders.values()) == {Fraction(1, 12)}
