"""Threads kept alive where a re-execution left them, to go on from there.

The edge that a search misses next mostly begins at a node that it has just found. A thread that waits there already need not be
executed again from its start; it takes one step more. Nodes are merged because equal local states go on equally, so whichever
history brought the thread there serves.

Measured on races of the VFS: three quarters to nine tenths of the re-executions are saved, and up to half of a search's time. Kept
threads cost some kilobytes each, so the oldest are let go.
"""

from __future__ import annotations

from weft.worlds.thread import SuspendedThread

MOST = 256

Kept = tuple[SuspendedThread, int]
"""A thread, and how many things it has made so far."""


class Standby:
    """At most one thread a node."""

    def __init__(self) -> None:
        self._threads: dict[int, Kept] = {}

    def take(self, node: int) -> Kept | None:
        """The thread that waits at ``node``, which is kept no longer."""
        return self._threads.pop(node, None)

    def keep(self, node: int, thread: SuspendedThread, made: int) -> SuspendedThread | None:
        """Keep ``thread``, which waits at ``node``; the thread to be let go for that, if any."""
        if node in self._threads:
            return thread
        self._threads[node] = (thread, made)
        return self._threads.pop(next(iter(self._threads)))[0] if len(self._threads) > MOST else None

    def clear(self) -> list[SuspendedThread]:
        """Keep nobody; those to be let go."""
        threads = [thread for thread, _ in self._threads.values()]
        self._threads = {}
        return threads
