"""Figures of a distributed search, for the line that says how it went."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from weft.cluster.orders import Order, Reply


@dataclass(slots=True)
class Statistics:
    """What was sent, done and lost, over all passes of one search.

    Attributes:
        lanes: The most that worked at once.
        tasks: Orders carried out.
        lost: Lanes that were given up, because their worker went away or an order failed.
        sent_bytes, sent_states: To workers, states in batches; visited sets that moved are in the bytes.
        received_bytes: From workers.
        busy_seconds: Processor time of workers in orders.
        coordinator_seconds: Processor time of this process meanwhile.
    """

    lanes: int = 0
    tasks: int = 0
    lost: int = 0
    sent_bytes: int = 0
    sent_states: int = 0
    state_bytes: int = 0
    received_bytes: int = 0
    busy_seconds: float = 0.0
    coordinator_seconds: float = 0.0
    started: float = field(default_factory=time.monotonic)

    def send(self, order: Order) -> None:
        """An order goes out."""
        states = sum(len(batch.packed) for batch in order.batches)
        self.sent_bytes += states + sum(map(len, order.load))
        self.state_bytes += states
        self.sent_states += sum(batch.states for batch in order.batches)

    def receive(self, reply: Reply) -> None:
        """It was carried out."""
        self.tasks += 1
        self.busy_seconds += reply.seconds
        pieces = [piece for lot in (*reply.out, *reply.waiting) for piece in lot]
        self.received_bytes += sum(len(packed) for _, packed in pieces) + sum(len(packed) for *_, packed in reply.accepted)
        self.received_bytes += sum(map(len, reply.edges))

    def text(self, *, states: int, skew: float) -> str:
        """One line."""
        seconds = max(1e-9, time.monotonic() - self.started)
        each = self.state_bytes / self.sent_states if self.sent_states else 0.0
        lost = f", {self.lost} lost and made up for" if self.lost else ""
        return (
            f"{self.lanes} worker thread{'s' * (self.lanes != 1)}, {states / seconds:,.0f} states/s, skew {skew:.2f}, "
            f"{self.tasks:,} tasks of {self.busy_seconds / max(1, self.tasks):.2f} s{lost}, "
            f"{_size(self.sent_bytes)} sent ({self.sent_states:,} states of {each:.1f} bytes), "
            f"{_size(self.received_bytes)} received, "
            f"{self.busy_seconds:.1f} s of work there and {self.coordinator_seconds:.1f} s here"
        )


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"
