"""What the coordinator sends to a worker, and what comes back: numbers and bytes only, never code of the race.

A **lane** is one worker thread's part of a search: the partitions that it owns, with their visited set in the worker's memory.
An **order** is one task of a lane, a **turn** its number. Batches of states are as ``kernel/packing.h`` packs them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

PARTITIONS = 256
"""Partitions of every search: the upper byte of a fingerprint. At most so many lanes can work."""

CANDIDATE, ACCEPTED, PASSING = 0, 1, 2
"""Kinds of states in a batch: may have been visited; visited but not expanded; not to be stored at all. As in ``partition.h``."""

NO_EDGES, CYCLIC_EDGES, ALL_EDGES = 0, 1, 2
"""Which edges to record: none, those that may be part of a cycle, or all. As in ``partition.h``."""

COMPONENTS = "set_components"
"""The one call that is for a ``_kernel.Lane``."""

Call = tuple[str, tuple[Any, ...]]
"""A method of ``_kernel.Space`` (or a lane) that tells it something, with its arguments."""


class Shape(NamedTuple):
    """What a ``_kernel.Space`` is made with."""

    threads: int
    start: tuple[int, ...]
    monitor: int
    bits: int


class Batch(NamedTuple):
    """States for a lane.

    Attributes:
        kind: See ``CANDIDATE``.
        states: How many are in it.
        packed: Their bytes.
        first: The first that is not done with.
    """

    kind: int
    states: int
    packed: bytes
    first: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """One task.

    Attributes:
        search, lane, turn: Which. A lane that is not at this turn has been lost, and says so.
        told, knows: How many calls the lane has been told before, and with those in ``tell``.
        owners: Per partition the position of its lane in this order; ``own`` is that of this lane, out of ``lanes``.
        drop: Partitions that it owns no more.
        load: Packed fingerprints visited in partitions that are new to it.
        quota, most_out: Transitions, and bytes of states for others, after which it comes back.
        recording: Which edges are wanted.
    """

    search: str
    lane: int
    turn: int
    shape: Shape
    told: int
    knows: int
    tell: list[Call]
    owners: list[int]
    own: int
    lanes: int
    drop: list[int]
    load: list[bytes]
    batches: list[Batch]
    quota: int
    most_out: int
    recording: int


@dataclass(slots=True)
class Reply:
    """What one task found.

    Attributes:
        lost: The worker does not have the lane as it was after the turn before: nothing was done.
        done: Per batch of the order: the first state that is not done with.
        transitions: Steps taken.
        accepted: (partition, how many, packed fingerprints) of new states.
        out: Per lane: batches of (states, packed).
        waiting: Per kind: the same of states that need an answer, or that the quota left over.
        ended: States in which executions end, each after its fingerprint.
        moves: (node, value) not known.
        checks: States that invariants must be asked about, each after the invariant's number.
        edges: Sources, targets, actors.
        visited_bytes: Memory of the lane's visited set.
        seconds: Of processor time.
    """

    lost: bool = False
    done: list[int] = field(default_factory=list)
    transitions: int = 0
    accepted: list[tuple[int, int, bytes]] = field(default_factory=list)
    out: list[list[tuple[int, bytes]]] = field(default_factory=list)
    waiting: list[list[tuple[int, bytes]]] = field(default_factory=list)
    ended: list[list[int]] = field(default_factory=list)
    moves: list[tuple[int, int]] = field(default_factory=list)
    checks: list[list[int]] = field(default_factory=list)
    edges: tuple[bytes, bytes, bytes] = (b"", b"", b"")
    visited_bytes: int = 0
    seconds: float = 0.0


def packed_state(state: tuple[int, ...]) -> bytes:
    """A batch of one state."""
    changes, after = [], 0
    for position, number in enumerate(state):
        if number:
            changes += [position - after, number]
            after = position + 1
    return b"".join(map(leb128, (1, len(state), 0, len(changes) // 2, *changes)))


def leb128(number: int) -> bytes:
    """A number in as many bytes as it needs, seven bits each."""
    parts = bytearray()
    while number >= 0x80:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)
