"""The automata as data for people: what each node wants to do and at which line, and which result leads where.

Where a node waits in the code is not kept by the search, which does not need it. It is found afterwards, by a tour: every path of
the automata is executed once more, thread by thread, fed with the recorded results. A line tracer around the tour sees what threads
execute and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from weft.automaton.automaton import Automaton
from weft.automaton.parts import Misused
from weft.automaton.tables import BROKEN, FINISHED
from weft.search.replay import code_under_test
from weft.worlds.ending import portable

NodeKind = Literal["step", "returned", "raised", "misused"]


class Place(NamedTuple):
    """A line of the code under test; empty where there is none."""

    file: str = ""
    line: int = 0
    function: str = ""


class Node(NamedTuple):
    """A local state: of which thread, and the step it wants to take or how it ended."""

    thread: int
    kind: NodeKind
    text: str
    place: Place


class Edge(NamedTuple):
    """A step: from which node to which, and what it returned."""

    source: int
    target: int
    result: str


class Picture(NamedTuple):
    """The automata of all threads; nodes are numbered as the search found them."""

    nodes: list[Node]
    edges: list[Edge]


def picture(automaton: Automaton, places: Mapping[int, Place]) -> Picture:
    """The automata as far as they were searched; ``places`` is what ``tour`` returned."""
    nodes = [_node(automaton, number, places.get(number, Place())) for number in range(len(automaton.operations))]
    return Picture(nodes, list(_edges(automaton)))


def _edges(automaton: Automaton) -> Iterator[Edge]:
    for source, target, taken in automaton.steps_taken():
        yield Edge(source, target, repr(portable(taken.result)))
    misused = {
        (key >> 32, move.node) for key, move in automaton.moves.items() if move.value >= 0 and _is_misuse(automaton, move.node)
    }
    for source, target in sorted(misused):
        yield Edge(source, target, "")


def _is_misuse(automaton: Automaton, node: int) -> bool:
    return automaton.operations[node] == BROKEN and isinstance(automaton._ends[node], Misused)


def _node(automaton: Automaton, number: int, where: Place) -> Node:
    thread, operation = automaton.owner(number), automaton.operations[number]
    if operation >= 0:
        return Node(thread, "step", automaton.step_text(number), where)
    content = automaton._ends[number]
    if operation == FINISHED:
        return Node(thread, "returned", repr(portable(automaton.values[content])), where)
    if isinstance(content, Misused):
        return Node(thread, "misused", content.misuse.message, where)
    return Node(thread, "raised", f"{type(content).__name__}: {content}".removesuffix(": "), where)


def tour(automaton: Automaton) -> dict[int, Place]:
    """Execute every path once more; where each node that takes a step waits."""
    places: dict[int, Place] = {}
    followed = {node for node, _ in automaton._edges}
    for (node, result), edge in list(automaton._edges.items()):
        goes_on = automaton._origin[edge.node] == (node, result) and edge.node in followed
        if not goes_on:
            _walk(automaton, node, result, places)
    for node in automaton.start[: automaton.threads]:
        if node not in places:
            _walk(automaton, node, -1, places)
    return places


def _walk(automaton: Automaton, node: int, result: int, places: dict[int, Place]) -> None:
    path = [(node, result)]
    while (before := automaton._origin[path[-1][0]])[0] >= 0:
        path.append(before)
    with automaton.entered():
        thread = automaton._launch(automaton.owner(node))
        for at, answer in reversed(path):
            if at not in places and thread.request is not None:
                places[at] = Place(*code_under_test(thread.frame))
            if answer >= 0:
                automaton._resume(thread, automaton.values[answer])
        automaton._drop(thread)
