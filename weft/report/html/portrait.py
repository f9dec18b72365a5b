"""What a search leaves behind for the report: the automata, the state graph, lines, progress classes, witnesses.

Made in the process that searched and sent to the one that writes, so it is flat and holds text only. Large things are left out by
stated limits, never cut in the middle: a picture of half an automaton would be read as the whole.
"""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import coverage  # which lines ran: a tracer in C, and what counts as a line; 60 ms to import, with a report only
import msgspec
from coverage.exceptions import CoverageException

from weft.automaton.automaton import Automaton
from weft.automaton.tables import ABSENT
from weft.check.paths import WEFT_FOLDER, scrubbed, shown
from weft.check.run import Checked
from weft.report import document, record
from weft.search.budget import Budget
from weft.search.picture import Node, Place, picture, tour
from weft.search.progress import classes
from weft.search.result import Exploration
from weft.search.state_space import State, StateSpace, TooLarge
from weft.worlds import ending

MOST_NODES = 2_000
"""Of races with more local states in all neither automata nor lines nor progress are kept."""

EXCERPT_LINES = 3
"""Lines shown above and below a line of code."""

MOST_STATES = 250
"""State graphs with more states are not drawn."""

MOST_STATES_CLASSED = 25_000
"""Races with more states are not classed by progress; ``weft progress`` does it."""


class DrawnNode(msgspec.Struct, frozen=True, array_like=True):
    """A local state of a thread: the step it wants to take, or how it ended, and where."""

    thread: int
    kind: str
    text: str
    file: str
    line: int
    function: str


class DrawnEdge(msgspec.Struct, frozen=True, array_like=True):
    """A step: from which node to which, and its result."""

    source: int
    target: int
    result: str


class DrawnState(msgspec.Struct, frozen=True, array_like=True):
    """A state: where each thread is, what its parent does not hold (cell, value), and how the execution ends here, if it does."""

    parent: int
    nodes: list[int]
    changes: list[tuple[int, str]]
    end: str


class DrawnGraph(msgspec.Struct, frozen=True, array_like=True):
    """A state graph: the cells by name, states by distance from the start, edges as source, target and thread."""

    cells: list[str]
    states: list[DrawnState]
    edges: list[tuple[int, int, int]]


class ProgressRow(msgspec.Struct, frozen=True):
    """The progress class of a thread; ``None`` steps are unbounded."""

    thread: str
    progress: str
    worst_steps: int | None
    alone_steps: int | None
    witness: str


class Shown(msgspec.Struct, frozen=True):
    """A sometimes-condition, and a step that shows it if one does."""

    name: str
    reached: bool
    thread: str = ""
    step: str = ""
    file: str = ""
    line: int = 0


class Portrait(msgspec.Struct, frozen=True):
    """All of it. ``None`` or empty is: not kept; ``nodes_in_all`` and the race's states say why.

    Attributes:
        lines: By file the lines that threads executed.
        sources: By file as shown the path to read it from; of no use elsewhere.
        excerpts: By file as shown, of code that is in no file on disk, the lines around those at which local states wait.
    """

    nodes_in_all: int = 0
    nodes: list[DrawnNode] = []
    edges: list[DrawnEdge] = []
    graph: DrawnGraph | None = None
    progress: list[ProgressRow] | None = None
    sometimes: list[Shown] = []
    lines: dict[str, list[int]] = {}
    sources: dict[str, str] = {}
    excerpts: dict[str, dict[int, str]] = {}


class Pictured(msgspec.Struct, frozen=True):
    """A race of the document with its portrait."""

    race: document.Race
    portrait: Portrait | None


def pictured(checked: Checked) -> Pictured:
    """What becomes of one race's answer in the process that searched it."""
    found = checked.exploration
    return Pictured(record.race(checked), None if found is None else found.portrait)


def portrait(automaton: Automaton, found: Exploration) -> Portrait:
    """Look at the automata when their search has ended. ``Plan.look``."""
    small = found.states <= MOST_STATES and not found.reduction
    space = _small_space(automaton) if small else None  # before the rest: where the search stopped early, it meets more nodes
    if len(automaton.operations) > MOST_NODES:
        return Portrait(nodes_in_all=len(automaton.operations), sometimes=_sometimes(automaton, {}))
    places, traced = _toured(automaton)
    drawn = picture(automaton, places)
    return Portrait(
        nodes_in_all=len(drawn.nodes),
        nodes=[_drawn(node) for node in drawn.nodes],
        edges=[DrawnEdge(edge.source, edge.target, scrubbed(edge.result)) for edge in drawn.edges],
        graph=None if space is None else _graph(automaton, space),
        progress=_progress(automaton, found),
        sometimes=_sometimes(automaton, places),
        lines={shown(file): lines for file, lines in traced.items()},
        sources={shown(file): file for file in sorted({place.file for place in places.values() if place.file} | set(traced))},
        excerpts=_excerpts(places),
    )


def _toured(automaton: Automaton) -> tuple[dict[int, Place], dict[str, list[int]]]:
    """Where each node waits, and by file the lines that threads executed."""
    tracer = coverage.Coverage(data_file=None, config_file=False, concurrency="greenlet", omit=[f"{WEFT_FOLDER}*"], messages=False)
    with _tracing(tracer):
        places = tour(automaton)
    data = tracer.get_data()
    traced = {file: sorted(data.lines(file) or ()) for file in sorted(data.measured_files())}
    data.close(force=True)
    return places, {file: lines for file, lines in traced.items() if lines}


def _excerpts(places: Mapping[int, Place]) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {}
    for file, line, _ in sorted(set(places.values())):
        if file and not os.path.exists(file):
            text = linecache.getlines(file)
            near = range(max(1, line - EXCERPT_LINES), min(len(text), line + EXCERPT_LINES) + 1)
            found.setdefault(shown(file), {}).update({number: text[number - 1].rstrip() for number in near})
    return {file: dict(sorted(lines.items())) for file, lines in found.items() if lines}


@contextmanager
def _tracing(tracer: coverage.Coverage) -> Iterator[None]:
    """Trace, if nobody else does (a second tracer would blind the first) and the tracer in C is there, which knows greenlets."""
    running = False
    if sys.gettrace() is None:
        with suppress(CoverageException):
            tracer.start()
            running = True
    try:
        yield
    finally:
        if running:
            tracer.stop()


def _drawn(node: Node) -> DrawnNode:
    where = node.place
    return DrawnNode(node.thread, node.kind, scrubbed(node.text), shown(where.file), where.line, where.function)


def _small_space(automaton: Automaton) -> StateSpace | None:
    """All states, numbered by their distance from the start, if they are few."""
    space, state = StateSpace(automaton, Budget(max_states=MOST_STATES)), 0
    try:
        while state < len(space):
            space.steps(State(state))
            state += 1
    except TooLarge:
        return None
    return space


def _graph(automaton: Automaton, space: StateSpace) -> DrawnGraph:
    everywhere = [State(number) for number in range(len(space))]
    edges = [(int(state), int(after), thread) for state in everywhere for thread, after in space.steps(state)]
    parents: dict[int, int] = {}
    for source, target, _ in edges:
        parents.setdefault(target, source)
    parents[0] = -1
    states = []
    for state in everywhere:
        vector = space.vector(state)
        before = space.vector(State(parents[state])) if state else ()
        changed = [k for k in range(automaton.threads, len(vector)) if not state or vector[k] != _at(before, k)]
        changes = [(k - automaton.threads, _held(automaton, k - automaton.threads, vector[k])) for k in changed]
        end = "" if space.steps(state) else automaton.ending(vector)
        said = end if isinstance(end, str) else end.slug or end.kind
        states.append(DrawnState(parents[state], list(vector[: automaton.threads]), changes, said))
    return DrawnGraph([scrubbed(cell.label) for cell in automaton.world.cells], states, edges)


def _held(automaton: Automaton, slot: int, value: int) -> str:
    """What a cell holds, as text; nothing where it does not exist yet."""
    cell, names = automaton.world.cells[slot], automaton.setting.names
    return "" if value == ABSENT else record.text(ending.shown(cell, automaton.values[value], names))


def _at(state: tuple[int, ...], position: int) -> int:
    return state[position] if position < len(state) else 0


def _progress(automaton: Automaton, found: Exploration) -> list[ProgressRow] | None:
    if found.verdict != "HOLDS" or found.reduction or found.states > MOST_STATES_CLASSED:
        return None
    return [
        ProgressRow(row.thread, row.progress, row.worst_steps, row.alone_steps, scrubbed(row.witness))
        for row in classes(automaton, "the race")
    ]


def _sometimes(automaton: Automaton, places: Mapping[int, Place]) -> list[Shown]:
    conditions = automaton.setting.conditions
    steps = sorted(automaton.steps_taken(), key=lambda step: step[:2]) if conditions else []
    rows = []
    for condition in conditions:
        seen = next(((node, taken) for node, _, taken in steps if condition.shows(taken)), None)
        if seen is None:
            rows.append(Shown(name=condition.name, reached=False))
            continue
        node, taken = seen
        where = places.get(node, Place())
        step = scrubbed(f"{automaton.step_text(node)} -> {ending.portable(taken.result)!r}")
        rows.append(
            Shown(name=condition.name, reached=True, thread=taken.thread, step=step, file=shown(where.file), line=where.line)
        )
    return rows
