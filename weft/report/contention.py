"""Samples joined with counts: where threads wait, on which cell, and for whom.

A sample shows at which line of the code under test a thread is, and by weft's own frames whether it waits there. It cannot show the
cell, nor who holds it. Both were counted at the same line by the thread itself, so the seconds sampled at a line are given to the
cells counted there, in the proportion of the seconds counted. Both figures are shown: where they differ, the sampler saw little.

Format ``weft-contention/1``; ``weft schema contention`` prints its JSON Schema.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from weft.check.paths import WEFT_FOLDER, is_standard, shown
from weft.native.samples import Frame, Samples, Stack
from weft.report import stressed

FORMAT = "weft-contention/1"
MOST_ROWS = 25
NOT_COUNTED = "(not counted)"

_WORLD = os.path.join("native", "world.py")
_NOISE = os.path.join("native", "noise.py")


class Thread(msgspec.Struct, kw_only=True, frozen=True):
    """What a thread was seen doing, in sampled seconds. ``ready`` is running, or kept from it by the GIL or by other processes."""

    name: str
    waiting: float
    ready: float
    resting: float


class Share(msgspec.Struct, kw_only=True, frozen=True):
    """Seconds of one of several."""

    name: str
    seconds: float


class Wait(msgspec.Struct, kw_only=True, frozen=True):
    """Waiting for one cell at one line.

    ``share`` is that of all sampled time that load threads did not rest; ``calls`` who waited, ``blamed`` for which calls.
    """

    cell: str
    file: str
    line: int
    function: str
    sampled_seconds: float
    share: float
    counted_seconds: float
    counted_waits: int
    calls: list[Share]
    blamed: list[Share]


class Pair(msgspec.Struct, kw_only=True, frozen=True):
    """Waiting of one call for another."""

    waiting: str
    holding: str
    seconds: float


class Busy(msgspec.Struct, kw_only=True, frozen=True):
    """A cell on which steps were taken in vain or met others, in one call."""

    cell: str
    call: str
    steps: int
    failed_swaps: int
    retries: int
    collisions: int


class Spot(msgspec.Struct, kw_only=True, frozen=True):
    """A function of the code under test in which threads were ready, with the seconds of its innermost lines."""

    file: str
    line: int
    function: str
    seconds: float
    share: float


class Contention(msgspec.Struct, kw_only=True, frozen=True):
    """A profile. ``how`` is who took the samples, ``tried`` what did not work before."""

    format: str
    weft: str
    python: str
    gil: bool
    name: str
    file: str
    why: str
    how: str
    tried: list[str]
    rate: int
    seconds: float
    calls: int
    steps: int
    answers: list[stressed.Answer]
    threads: list[Thread]
    waits: list[Wait]
    left_out: int
    pairs: list[Pair]
    busy: list[Busy]
    spots: list[Spot]
    counted_seconds: float


Site = tuple[str, int]


def contention(made: stressed.Report, samples: Samples, *, how: str, tried: Iterable[str], rate: int) -> Contention:
    """The join for the one load of ``made``."""
    (one,) = made.stressed
    seen = _Seen(samples.of(one.threads))
    active = sum(thread.waiting + thread.ready for thread in seen.threads) or 1.0
    waits = _waits(one, seen.waiting, active)
    return Contention(
        format=FORMAT,
        weft=made.weft,
        python=made.python,
        gil=made.gil,
        name=one.name,
        file=one.file,
        why=one.why,
        how=how,
        tried=list(tried),
        rate=rate,
        seconds=one.seconds,
        calls=one.calls,
        steps=one.steps,
        answers=one.answers,
        threads=seen.threads,
        waits=waits[:MOST_ROWS],
        left_out=max(0, len(waits) - MOST_ROWS),
        pairs=_pairs(one.cells),
        busy=_busy(one.cells),
        spots=_spots(seen.ready, active),
        counted_seconds=sum(cell.waited_seconds for cell in one.cells),
    )


class _Seen:
    """Samples sorted by what the thread was doing."""

    def __init__(self, samples: Samples) -> None:
        self.threads: list[Thread] = []
        self.waiting: Counter[Frame] = Counter()
        self.ready: Counter[Frame] = Counter()
        for name, stacks in samples.by_thread.items():
            spent = Counter[str]()
            for stack, seconds in stacks.items():
                kind, frame = _doing(stack)
                spent[kind] += seconds
                if frame is not None and kind != "resting":
                    (self.waiting if kind == "waiting" else self.ready)[frame] += seconds
            self.threads.append(Thread(name=name, waiting=spent["waiting"], ready=spent["ready"], resting=spent["resting"]))


def _doing(stack: Stack) -> tuple[str, Frame | None]:
    """What a thread with this stack does, and at which frame of the code under test."""
    frame = next((each for each in reversed(stack) if _is_under_test(each)), None)
    if frame is None:
        return "resting", None
    own = [each for each in stack if not _is_under_test(each)]
    waits = any(each.function == "wait_for_cell" and each.file.endswith(_WORLD) for each in own)
    return ("waiting" if waits else "ready"), frame


def _is_under_test(frame: Frame) -> bool:
    file = frame.file
    ours = file.startswith(WEFT_FOLDER) or file.endswith((_WORLD, _NOISE))
    return bool(file) and not ours and not file.startswith("<") and not is_standard(file)


def _waits(one: stressed.Stress, sampled: Mapping[Frame, float], active: float) -> list[Wait]:
    """Rows by cell and line: sampled seconds divided as counted ones."""
    at_site: dict[Site, list[tuple[stressed.Cell, float]]] = defaultdict(list)
    for cell in one.cells:
        for site in cell.sites:
            at_site[site.file, site.line].append((cell, site.seconds))
    seconds_at: Counter[Site] = Counter()
    functions: dict[Site, str] = {}
    for frame, seconds in sampled.items():
        place = shown(frame.file), frame.line
        seconds_at[place] += seconds  # type: ignore[assignment]
        functions[place] = frame.function
    rows: list[Wait] = []
    for place in {**at_site, **seconds_at}:
        rows += _rows_at(place, functions.get(place, ""), seconds_at[place], at_site.get(place, []), active)
    return sorted(rows, key=lambda row: (-row.sampled_seconds, -row.counted_seconds, row.cell, row.file, row.line))


def _rows_at(
    place: Site, function: str, sampled: float, counted: list[tuple[stressed.Cell, float]], active: float
) -> Iterable[Wait]:
    whole = sum(seconds for _, seconds in counted)
    by_cell: dict[str, list[tuple[stressed.Cell, float]]] = defaultdict(list)
    for cell, seconds in counted:
        by_cell[cell.cell].append((cell, seconds))
    for name, parts in (by_cell or {NOT_COUNTED: []}).items():
        seconds = sum(part for _, part in parts)
        share = sampled * (seconds / whole if whole else 1.0)
        blamed: Counter[str] = Counter()
        for cell, part in parts:
            for who in cell.blamed:
                blamed[who.call or who.thread] += who.seconds * part / cell.waited_seconds  # type: ignore[assignment]
        yield Wait(
            cell=name,
            file=place[0],
            line=place[1],
            function=function,
            sampled_seconds=share,
            share=share / active,
            counted_seconds=seconds,
            counted_waits=round(sum(cell.waits * part / cell.waited_seconds for cell, part in parts)),
            calls=_shares(Counter({cell.call: part for cell, part in parts})),
            blamed=_shares(blamed),
        )


def _shares(counted: Counter[str]) -> list[Share]:
    return [Share(name=name, seconds=seconds) for name, seconds in counted.most_common()]


def _pairs(cells: Iterable[stressed.Cell]) -> list[Pair]:
    found: Counter[tuple[str, str]] = Counter()
    for cell in cells:
        for who in cell.blamed:
            found[cell.call, who.call or who.thread] += who.seconds  # type: ignore[assignment]
    return [Pair(waiting=waiting, holding=holding, seconds=seconds) for (waiting, holding), seconds in found.most_common()]


def _busy(cells: Iterable[stressed.Cell]) -> list[Busy]:
    rows = [
        Busy(
            cell=cell.cell,
            call=cell.call,
            steps=cell.steps,
            failed_swaps=cell.failed_swaps,
            retries=cell.retries,
            collisions=cell.collisions,
        )
        for cell in cells
        if cell.failed_swaps or cell.retries or cell.collisions
    ]
    return sorted(rows, key=lambda row: -(row.failed_swaps + row.retries + row.collisions))[:MOST_ROWS]


def _spots(ready: Mapping[Frame, float], active: float) -> list[Spot]:
    by_function: dict[tuple[str, str], tuple[float, int]] = {}
    for frame, seconds in ready.items():
        place = shown(frame.file), frame.function
        before, line = by_function.get(place, (0.0, frame.line))
        by_function[place] = before + seconds, min(line, frame.line)
    ranked = sorted(by_function.items(), key=lambda item: -item[1][0])[:MOST_ROWS]
    return [
        Spot(file=file, line=line, function=function, seconds=seconds, share=seconds / active)
        for (file, function), (seconds, line) in ranked
    ]


def encoded(made: Contention) -> bytes:
    """The document as JSON."""
    return msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n"
