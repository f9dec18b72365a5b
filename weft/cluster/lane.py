"""What a worker does: one order after another, on visited sets that stay in its memory from turn to turn.

An order either has been carried out completely, and its lane stands one turn further, or the lane is lost: killed in the middle,
asked for a turn that is not the next one, or forgotten. A lost lane is never repaired. The coordinator makes a new one out of
what it has accepted, so nothing is lost with it and nothing is counted twice, whatever an engine does with a task: drop it,
repeat it, or do it after all when nobody waits for it any more.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from weft.cluster.orders import COMPONENTS, Order, Reply, Shape

FORGOTTEN_AFTER_SECONDS = 900.0
"""A search whose coordinator has not been heard of for that long is dropped."""

_SENT_BITS = 20
_BROKEN = -1


class _Lane:
    def __init__(self, shape: Shape) -> None:
        from weft.search import _kernel  # type: ignore[attr-defined]

        self.space: Any = _kernel.Space(
            threads=shape.threads,
            start=shape.start,
            monitor=shape.monitor,
            most_edges=0,
            most_counted=0,
            bits=shape.bits,
            permutations=1,
        )
        self.lane: Any = self.space.lane(_SENT_BITS)
        self.turn = 0
        self.told = 0
        self.used = time.monotonic()

    def work(self, order: Order) -> Reply:
        started = time.thread_time()
        self.turn, self.used = _BROKEN, time.monotonic()
        for name, arguments in order.tell:
            getattr(self.lane if name == COMPONENTS else self.space, name)(*arguments)
        self.told = order.knows
        self.lane.assign(order.owners, order.own, order.lanes)
        for partition in order.drop:
            self.lane.drop(partition)
        for packed in order.load:
            self.lane.load(packed)
        done = [
            self.lane.work(batch.packed, batch.kind, batch.first, order.quota, order.most_out, order.recording)
            for batch in order.batches
        ]
        transitions, accepted, out, waiting, ended, moves, checks, edges = self.lane.harvest()
        self.turn = order.turn + 1
        return Reply(
            done=done,
            transitions=transitions,
            accepted=accepted,
            out=out,
            waiting=waiting,
            ended=ended,
            moves=moves,
            checks=checks,
            edges=edges,
            visited_bytes=self.space.counts()[1],
            seconds=time.thread_time() - started,
        )


_lanes: dict[tuple[str, int], _Lane] = {}
_lock = threading.Lock()


def work(order: Order) -> Reply:
    """Carry out one order."""
    name = (order.search, order.lane)
    with _lock:
        _forget_old()
        if order.turn == 0:
            _lanes[name] = _Lane(order.shape)
        lane = _lanes.get(name)
        if lane is None or lane.turn != order.turn or lane.told != order.told:
            _lanes.pop(name, None)
            return Reply(lost=True)
    return lane.work(order)


def forget(search: str) -> None:
    """Drop everything that belongs to ``search``."""
    with _lock:
        for name in [name for name in _lanes if name[0] == search]:
            del _lanes[name]


def _forget_old() -> None:
    now = time.monotonic()
    for name in [name for name, lane in _lanes.items() if now - lane.used > FORGOTTEN_AFTER_SECONDS]:
        del _lanes[name]
