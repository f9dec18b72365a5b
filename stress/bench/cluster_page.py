"""Writes ``reports/cluster.md`` and its plot: ``python -m stress.bench.cluster_page``.

The measured rows are those of ``stress.bench.cluster_runs``, copied here; everything else is simulated from them.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from stress.bench.cluster_simulation import DIRECT, PAIRS, STAR, Constants, Outcome, said, simulate, with_128_bits
from weft.report.plot import Curve, lines

STATES = 6_282_026
AFTERWARDS_SECONDS = 4.0
"""Of this process: counting interleavings in 26 million edges."""

WORKERS = (8, 32, 128, 1_000)
SIZES = (1e8, 1e10, 1e12)


class Measured(NamedTuple):
    """One row of ``cluster_runs measure``."""

    place: str
    workers: int
    states_per_second: int
    tasks: int
    sent_megabytes: float
    sent_states: int
    received_megabytes: float
    work_seconds: float
    here_seconds: float


MEASURED: tuple[Measured, ...] = (
    Measured("loopback", 1, 26_132, 13, 18.3, 3_355_003, 489.4, 9.6, 2.4),
    Measured("loopback", 2, 46_538, 62, 44.7, 6_513_774, 528.5, 13.0, 2.3),
    Measured("loopback", 4, 43_235, 273, 117.4, 13_382_608, 602.6, 15.9, 3.3),
    Measured("two namespaces", 1, 72_115, 13, 17.2, 3_143_812, 489.5, 8.4, 2.4),
    Measured("two namespaces", 2, 93_963, 66, 44.9, 6_537_508, 528.6, 11.9, 2.3),
    Measured("two namespaces", 4, 25_411, 280, 116.3, 13_299_813, 601.6, 15.8, 3.6),
)


def constants(workers: int, *, states: float) -> Constants:
    """Measured with one, two and four workers, and carried on to more: a state that is sent costs its sender and its owner time.

    Edges, which are most of what comes back from a small search, are recorded up to 50 million only.
    """
    share = (workers - 1) / workers
    return Constants(
        states_per_second=1 / (1.43e-6 + 1.47e-6 * share),
        sent_per_state=2.6,
        state_bytes=5.5 + 4.5 * share,
        accepted_bytes=6 + (70 if states < 1.2e7 else 0),
        visited_bytes=12,
        coordinator_seconds_per_byte=4.6e-9,
    )


def _run(states: float, workers: int, topology: str) -> Outcome:
    chosen = constants(workers, states=states)
    return simulate(with_128_bits(chosen) if states > 1e9 else chosen, states=states, workers=workers, topology=topology)


def _measured() -> list[str]:
    rows = [
        "| place | workers | counts | states/s | tasks | bytes a state sent "
        "| MB sent | MB received | work there, s | work here, s |"
    ]
    rows.append("|---|--:|---|--:|--:|--:|--:|--:|--:|--:|")
    for row in MEASURED:
        each = row.sent_megabytes * 1e6 / row.sent_states
        rows.append(
            f"| {row.place} | {row.workers} | the same | {row.states_per_second:,} | {row.tasks} | {each:.1f} "
            f"| {row.sent_megabytes} | {row.received_megabytes} | {row.work_seconds} | {row.here_seconds} |"
        )
    return rows


def _beside() -> list[str]:
    rows = [
        "| workers | predicted, two idle cores | predicted work there and here | measured work there and here |",
        "|--:|--:|--:|--:|",
    ]
    for workers in (1, 2, 4):
        chosen = constants(workers, states=STATES)
        outcome = simulate(chosen, states=STATES, workers=workers, cores=2)
        work = STATES / chosen.states_per_second
        here = outcome.busy["coordinator's processor"] * outcome.seconds
        measured = [f"{row.work_seconds} + {row.here_seconds} s" for row in MEASURED if row.workers == workers]
        total = outcome.seconds + AFTERWARDS_SECONDS
        rows.append(
            f"| {workers} | {total:.1f} s ({STATES / total:,.0f} states/s) | {work:.1f} + {here:.1f} s | {'; '.join(measured)} |"
        )
    return rows


def _simulated(outcomes: dict[tuple[float, int, str], Outcome]) -> list[str]:
    rows = ["| states | workers | exchange | time | faster than one | memory a worker | coordinator's disk | busiest |"]
    rows.append("|--:|--:|---|--:|--:|--:|--:|---|")
    for (states, workers, topology), outcome in outcomes.items():
        alone = outcomes[states, 1, STAR].seconds
        rows.append(
            f"| {states:.0e} | {workers:,} | {topology} | {said(outcome.seconds)} | {alone / outcome.seconds:.3g} "
            f"| {_size(outcome.worker_bytes)} | {_size(outcome.coordinator_bytes)} "
            f"| {outcome.bottleneck}, {min(1.0, outcome.busy[outcome.bottleneck]):.0%} |"
        )
    return rows


def _size(count: float) -> str:
    return f"{count / 1e12:.3g} TB" if count >= 1e12 else f"{count / 1e9:.3g} GB" if count >= 1e9 else f"{count / 1e6:.3g} MB"


def _plot(outcomes: dict[tuple[float, int, str], Outcome]) -> str:
    size = SIZES[1]
    curves = [
        Curve(
            topology, [1, *WORKERS], [outcomes[size, 1, STAR].seconds / outcomes[size, w, topology].seconds for w in (1, *WORKERS)]
        )
        for topology in (STAR, DIRECT, PAIRS)
    ]
    curves.append(Curve("as many times as workers", [1, WORKERS[-1]], [1, WORKERS[-1]], shown="line"))
    title = "10^10 states: how many times faster than one worker (simulated)"
    return lines(curves, title=title, x_label="workers", y_label="times faster", log="xy", x_ticks=[1, *WORKERS])


def main() -> None:
    """Write both files."""
    outcomes = {}
    for states in SIZES:
        outcomes[states, 1, STAR] = _run(states, 1, STAR)
        for topology in (STAR, DIRECT, PAIRS):
            outcomes[states, 1, topology] = outcomes[states, 1, STAR]
            for workers in WORKERS:
                outcomes[states, workers, topology] = _run(states, workers, topology)
    shown = {key: outcome for key, outcome in outcomes.items() if key[1] > 1 or key[2] == STAR}
    page = (Path(__file__).parent / "cluster_page.txt").read_text()
    for name, rows in (("MEASURED", _measured()), ("BESIDE", _beside()), ("SIMULATED", _simulated(shown))):
        page = page.replace(f"@{name}@", "\n".join(rows))
    Path("reports/cluster.md").write_text(page)
    Path("reports/cluster.svg").write_text(_plot(outcomes))


if __name__ == "__main__":
    main()
