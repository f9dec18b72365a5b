"""A cluster inside this process: orders are carried out at once, and workers come and go by chance."""

from __future__ import annotations

import pickle
import random

from weft.cluster import lane
from weft.cluster.coordinator import Ticket
from weft.cluster.orders import Order, Reply


class Inline:
    """An engine. With ``chaos``, an order may be late, or lost before or after it was carried out, with or without its worker."""

    def __init__(self, workers: int, *, threads: int = 1, chaos: random.Random | None = None) -> None:
        self._workers = {f"worker {k}": threads for k in range(workers)}
        self._chaos = chaos
        self._named = workers
        self._queue: list[tuple[str, Order]] = []
        self._lanes: dict[tuple[str, int], str] = {}
        self.kills = self.joins = self.repeats = 0

    def workers(self) -> dict[str, int]:
        return dict(self._workers)

    def submit(self, worker: str, order: Order) -> None:
        self._queue.append((worker, pickle.loads(pickle.dumps(order))))

    def finished(self, seconds: float) -> list[tuple[Ticket, Reply | None]]:
        chaos = self._chaos
        if chaos is None:
            queue, self._queue = self._queue, []
            return [((order.lane, order.turn), lane.work(order)) for _, order in queue]
        if chaos.random() < 0.05 and len(self._workers) < 6:
            self._workers[f"worker {self._named}"] = 1
            self._named += 1
            self.joins += 1
        if not self._queue:
            return []
        worker, order = self._queue.pop(chaos.randrange(len(self._queue)))
        self._lanes[order.search, order.lane] = worker
        if worker not in self._workers or chaos.random() < 0.05:
            self._kill(worker)
            return []
        reply = lane.work(order)
        if chaos.random() < 0.05:
            self.repeats += 1
            reply = lane.work(order)
            assert order.turn == 0 or reply.lost
        if chaos.random() < 0.05:
            self._kill(worker)
            return []
        return [((order.lane, order.turn), None if chaos.random() < 0.03 else reply)]

    def _kill(self, worker: str) -> None:
        if self._workers.pop(worker, None) is not None:
            self.kills += 1
        for name in [name for name, there in self._lanes.items() if there == worker]:
            lane._lanes.pop(name, None)
            del self._lanes[name]
        if not self._workers:
            self._workers[f"worker {self._named}"] = 1
            self._named += 1

    def abandon(self, ticket: Ticket) -> None:
        pass

    def forget(self, search: str) -> None:
        lane.forget(search)
