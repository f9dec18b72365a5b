"""The seed's benchmark: fits find what was put in, counts are exact in both shapes, and a tiny run makes all rows and the page."""

from __future__ import annotations

import random
from collections.abc import Mapping
from xml.etree import ElementTree

import pytest

from stress.bench.stat.fit import Costs, fitted, least_squares, ratio
from stress.bench.stat.page import PLACES, UPSTREAM, pages, upstream_costs
from stress.bench.stat.shapes import SHAPES, Place, both, operations, python_calls
from stress.bench.stat_of_both_shapes import measured, of_one_component
from weft.search.budget import Budget


def noisy(costs: Costs, noise: float, *, rounds: int = 31) -> dict[Place, list[float]]:
    chance = random.Random(1)
    return {place: [costs.at(place) * chance.gauss(1, noise) for _ in range(rounds)] for place in PLACES}


def test_a_fit_finds_exactly_what_exact_points_were_made_from() -> None:
    costs = Costs(160.0, 35.0, 80.0)
    assert least_squares({place: costs.at(place) for place in PLACES}) == pytest.approx(costs)


def test_intervals_hold_what_noisy_points_were_made_from_and_shrink_with_the_noise() -> None:
    costs = Costs(160.0, 35.0, 80.0)
    widths = []
    for noise in (0.1, 0.01):
        found = fitted(noisy(costs, noise))
        for interval, value in zip(found.intervals, costs, strict=True):
            assert interval.low <= interval.value <= interval.high
            assert interval.low - 3 * noise * 160 < value < interval.high + 3 * noise * 160
        assert found.costs.component == pytest.approx(35, rel=noise)
        widths.append([interval.high - interval.low for interval in found.intervals])
    assert all(fine < coarse / 3 for coarse, fine in zip(*widths, strict=True))


def test_what_a_round_does_to_both_shapes_alike_does_not_touch_their_ratio() -> None:
    two, one = Costs(160.0, 35.0, 80.0), Costs(280.0, 210.0, 1.0)
    slow = [1.0, 1.7, 1.2, 3.0, 1.1]
    rounds = [{place: [costs.at(place) * by for by in slow] for place in PLACES} for costs in (one, two)]
    found = ratio(rounds[0], rounds[1], 1)
    assert (found.low, found.value, found.high) == pytest.approx((6, 6, 6))


def test_upstreams_figures_give_what_upstream_reads_in_them() -> None:
    assert all(len(figures) == len(PLACES) for figures in UPSTREAM.values())
    two, one = upstream_costs("VFS2"), upstream_costs("VFS1")
    assert (two.constant, two.component, two.crossing) == pytest.approx((160, 35, 80), rel=0.1)
    assert (one.constant, one.component) == pytest.approx((280, 215), rel=0.1)


def counted(shape: str, place: Place) -> int:
    return operations(both(place)[shape]).total()


@pytest.mark.parametrize(
    ("shape", "constant", "component", "crossing"),
    [
        # Constant: lock and unlock, the file's name and mounts, its links and size. Crossing: unlock and lock; begin_read, size,
        # slots, read_ok; value, hash, read_ok; parent, point, read_ok; refs read and raised, mounts of the root; refs lowered.
        ("VFS2", 6, 2, 16),
        # Constant: the root's two counts up, the file's component, the cache's lock, look and unlock; the inode's lock, links and
        # unlock; the file's two counts down.
        ("VFS1", 22, 12, 0),
    ],
)
def test_cell_operations_are_exactly_linear_in_directories_and_mounts(
    shape: str, constant: int, component: int, crossing: int
) -> None:
    for place in PLACES:
        assert counted(shape, place) == constant + component * place.directories + crossing * place.mounted, place


def test_the_operations_of_a_component() -> None:
    def by_name(shape: str) -> Mapping[str, int]:
        return {str(operation): count for operation, count in of_one_component(shape).items()}

    assert by_name("VFS2") == {"children.get": 1, "mounts.load": 1}
    assert by_name("VFS1") == {
        "rename_mu.read_lock": 1,
        "dir_mu.read_lock": 1,
        "mu.lock": 1,
        "children.get": 1,
        "refs.load": 1,
        "refs.compare_and_swap": 1,
        "dirent_refs.add": 2,  # the child's up, the directory's down
        "mu.unlock": 1,
        "dir_mu.read_unlock": 1,
        "rename_mu.read_unlock": 1,
        "refs.add": 1,  # the directory's down
    }


@pytest.mark.parametrize("shape", SHAPES)
def test_python_functions_are_counted_alike_each_time(shape: str) -> None:
    call = both(Place(3, mounted=True))[shape]
    assert python_calls(call) == python_calls(call)
    of_cells = sum(count for function, count in python_calls(call).items() if function.of_cells)
    assert of_cells > operations(call).total()  # each operation enters several functions


def test_a_tiny_run_makes_every_row_the_page_and_both_plots() -> None:
    rows = list(measured(PLACES, (1, 2), rounds=2, seconds=1e-6, limit=Budget(max_seconds=1e-6)))
    made = pages(rows)
    assert set(made) == {"stat.md", "stat.svg", "stat_threads.svg"}
    for row in rows:
        assert all(cost > 0 for name, cost in row.times.items() if name in ("least_us", "wall_us")), row
    page = made["stat.md"]
    assert "| depth 100 | " in page
    assert "| mounted, depth 1 | " in page
    assert "1 `ResolvingPath.advance`" in page.replace("\n", " ")
    assert "1 `Dirent.walk_locked`" in page.replace("\n", " ")
    assert "costs 6.0 times as much (12 to 2)" in page.replace("\n", " ")
    for name in ("stat.svg", "stat_threads.svg"):
        assert f"({name})" in page
        texts = {text.text for text in ElementTree.fromstring(made[name]).iter("{http://www.w3.org/2000/svg}text")}
        assert {"VFS2", "VFS1"} <= {str(text).partition(",")[0] for text in texts}
