"""The accepted states of one search on disk: what a lost lane is made again from, and half of a checkpoint.

One file that only grows, of records (kind, partition, count, size, content): fingerprints accepted in one partition by one task, or
the edges of one task. A checkpoint names the file and how long it was; what was written later is cut off when it is resumed.
"""

from __future__ import annotations

import struct
from array import array
from itertools import compress
from pathlib import Path

_HEAD = struct.Struct("<BBQQ")
_STATES, _EDGES = 0, 1

MAY_CYCLE = 0x80
"""Marks the actor of an edge that may be part of a cycle. As in ``partition.h``."""


class Ledger:
    """Open for one search.

    Attributes:
        path: Of the file.
        counts: Accepted states per partition.
        edges: How many edges were recorded.
    """

    def __init__(self, path: Path, partitions: int, *, length: int = 0) -> None:
        self.path = path
        self.counts = [0] * partitions
        self.edges = 0
        self._places: list[list[tuple[int, int]]] = [[] for _ in range(partitions)]
        self._edge_places: list[tuple[int, int]] = []
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(path, "r+b" if length else "w+b")  # noqa: SIM115 - as long as the search
        self._end = 0
        while self._end < length:
            self._file.seek(self._end)
            kind, partition, count, size = _HEAD.unpack(self._file.read(_HEAD.size))
            self._index(kind, partition, count, size)
        self._file.truncate(length)

    def accept(self, partition: int, count: int, packed: bytes) -> None:
        """These fingerprints are visited now."""
        self._append(_STATES, partition, count, packed)

    def record(self, edges: tuple[bytes, bytes, bytes]) -> None:
        """These edges were found."""
        if edges[2]:
            self._append(_EDGES, 0, len(edges[2]), b"".join(edges))

    def visited(self, partition: int) -> list[bytes]:
        """Everything accepted in ``partition``."""
        return [self._read(*place) for place in self._places[partition]]

    def all_edges(self, *, only_cyclic: bool = False) -> tuple[bytes, bytes, bytes]:
        """Sources, targets and actors of every edge, or of those that may be part of a cycle."""
        parts: list[list[bytes]] = [[], [], []]
        for place, size in self._edge_places:
            content, count = self._read(place, size), size // 17
            edges = content[: 8 * count], content[8 * count : 16 * count], content[16 * count :]
            if only_cyclic:
                edges = _cyclic(*edges)
            for part, more in zip(parts, edges, strict=True):
                part.append(more)
        return b"".join(parts[0]), b"".join(parts[1]), b"".join(parts[2])

    def give_up_edges(self) -> int:
        """From now on count and keep only edges that may be part of a cycle; how many there are so far."""
        actors = self.all_edges()[2]
        self.edges = sum(actor >= MAY_CYCLE for actor in actors)
        return self.edges

    @property
    def states(self) -> int:
        """How many states were accepted."""
        return sum(self.counts)

    def flush(self) -> int:
        """Everything is in the file; its length."""
        self._file.flush()
        return self._end

    def close(self) -> None:
        """No more is written; the file stays."""
        self._file.close()

    def _append(self, kind: int, partition: int, count: int, content: bytes) -> None:
        self._file.seek(self._end)
        self._file.write(_HEAD.pack(kind, partition, count, len(content)))
        self._file.write(content)
        self._index(kind, partition, count, len(content))

    def _index(self, kind: int, partition: int, count: int, size: int) -> None:
        place = (self._end + _HEAD.size, size)
        if kind == _STATES:
            self._places[partition].append(place)
            self.counts[partition] += count
        else:
            self._edge_places.append(place)
            self.edges += count
        self._end += _HEAD.size + size

    def _read(self, place: int, size: int) -> bytes:
        self._file.seek(place)
        return self._file.read(size)


def _cyclic(sources: bytes, targets: bytes, actors: bytes) -> tuple[bytes, bytes, bytes]:
    kept = bytes(actor >> 7 for actor in actors)
    words = (array("Q", compress(memoryview(part).cast("Q"), kept)).tobytes() for part in (sources, targets))
    return next(words), next(words), bytes(compress(actors, kept))
