"""One search shared by many workers, whichever they are and however long they live.

States are owned by fingerprint: the upper byte is the **partition**, and each partition belongs to one **lane** (``orders.py``).
A task expands what a lane was sent and, at once, what it finds in its own partitions; the rest comes back in batches and is passed
on. There are no rounds: a lane gets its next task as soon as it rests and something waits for it. Only this process runs code of
the race. It owns the automata, learns what workers ask for, and tells each lane once.

Faults: a reply takes effect as a whole (``_commit``) or not at all. Until then everything its order was made of is kept here, so a
worker that disappears costs the work of one task. What it had visited is in the ledger, and its partitions are loaded from there by
others. A partition moves only while the lane that gives it up rests, so at any time one lane decides what in it is new; a reply of
a lane that was given up is not read. Hence each state is accepted once and expanded once, and the counts are those of one walker,
whatever died and whoever joined when.

Reduction: a persistent set is a function of the state and of the futures, and its proviso against ignoring looks at the automata
alone (``persistent.py``), so it does not matter who computes it. Futures are told like everything else and may differ between
lanes for a while; a pass in which they changed has met something new and is repeated (``fixpoint.py``), until one has used the same
futures everywhere from its start to its end. Sleep sets need one walker.

Limit: all states pass through this process, packed, on their way from one worker to another; ``reports/cluster.md`` says how far
that goes.
"""

from __future__ import annotations

import time
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from weft.cluster.ledger import Ledger
from weft.cluster.orders import (
    ACCEPTED,
    ALL_EDGES,
    CANDIDATE,
    CYCLIC_EDGES,
    NO_EDGES,
    PARTITIONS,
    PASSING,
    Batch,
    Order,
    Reply,
    Shape,
)
from weft.cluster.recorder import Recorder
from weft.cluster.statistics import Statistics

BEAT_SECONDS = 0.2
LOOK_SECONDS = 0.5
"""How often to look for workers that came or went."""

FULL_SECONDS, HUNGRY_SECONDS = 1.0, 0.25
"""How long a task should take, and how long while other lanes have nothing to do."""

FIRST_RATE = 500_000
"""Transitions per second of a lane that has not been seen working."""

MOST_OUT_BYTES = 64 << 20
LEAST_SECONDS = 0.1
"""A lane with fewer states waiting than it looks at in this time rests as long as others work, whose replies bring more: what it
finds in its own partitions on the way makes its task a few times longer."""

Ticket = tuple[int, int]
"""Lane and turn."""


class Engine(Protocol):
    """Runs orders somewhere."""

    def workers(self) -> dict[str, int]:
        """Who can work now, and how many tasks each at once."""

    def submit(self, worker: str, order: Order) -> None:
        """Have ``worker`` carry out an order."""

    def finished(self, seconds: float) -> list[tuple[Ticket, Reply | None]]:
        """Replies since the last call; ``None`` if the order failed. Waits up to ``seconds`` for the first."""

    def abandon(self, ticket: Ticket) -> None:
        """Nobody waits for this reply any more."""

    def forget(self, search: str) -> None:
        """Let all workers drop what they keep for ``search``."""


class Learning(Protocol):
    """Answers what workers ask; what it says ends up in the recorder."""

    def teach(self, node: int, value: int) -> None:
        """The move of ``node`` on ``value``."""

    def ask(self, number: int, state: list[int]) -> None:
        """Let an invariant judge ``state``."""


@dataclass(slots=True)
class _Lane:
    number: int
    worker: str
    owned: set[int] = field(default_factory=set)
    inbox: deque[Batch] = field(default_factory=deque)
    turn: int = 0
    told: int = 0
    drop: list[int] = field(default_factory=list)
    load: set[int] = field(default_factory=set)
    order: Order | None = None
    among: list[int] = field(default_factory=list)
    rate: float = FIRST_RATE
    visited_bytes: int = 0

    @property
    def waiting(self) -> int:
        """States in the inbox."""
        return sum(batch.states - batch.first for batch in self.inbox)


class Coordinator:
    """See above.

    Attributes:
        terminals: What edges call the states in which executions end, while all edges are recorded.
        recording: Which edges are in the ledger: none, those that may be part of a cycle, or all (``orders.ALL_EDGES``).
    """

    def __init__(
        self,
        search: str,
        shape: Shape,
        engine: Engine,
        ledger: Ledger,
        recorder: Recorder,
        *,
        learning: Learning,
        ended: Callable[[list[int]], None],
        recording: int,
        most_edges: int,
        statistics: Statistics,
    ) -> None:
        self._search, self._shape = search, shape
        self._engine, self._ledger, self._recorder = engine, ledger, recorder
        self._learning, self._ended = learning, ended
        self._most_edges = most_edges
        self._statistics = statistics
        self._lanes: dict[int, _Lane] = {}
        self._owner = [-1] * PARTITIONS
        self._homeless: deque[Batch] = deque()
        self._next = 0
        self._looked = 0.0
        self.transitions = 0
        self.recording = recording
        self.terminals = array("Q")

    def add(self, batches: list[Batch]) -> None:
        """Have these states looked at."""
        self._homeless.extend(batches)

    def pending(self) -> list[Batch]:
        """All states that are not done with, those being worked on included."""
        return [*self._homeless, *(batch for lane in self._lanes.values() for batch in self._batches_of(lane))]

    @property
    def visited_bytes(self) -> int:
        """Memory of the visited set on all workers."""
        return sum(lane.visited_bytes for lane in self._lanes.values())

    @property
    def frontier(self) -> int:
        """How many states wait."""
        return sum(batch.states - batch.first for batch in self.pending())

    def run(self) -> Iterator[None]:
        """Work until nothing is left; pauses now and then."""
        started, before = time.process_time(), self._statistics.coordinator_seconds
        try:
            while self._homeless or any(lane.inbox or lane.order for lane in self._lanes.values()):
                self._look_for_workers()
                self._dispatch()
                for ticket, reply in self._engine.finished(BEAT_SECONDS):
                    self._settle(ticket, reply)
                self._statistics.coordinator_seconds = before + time.process_time() - started
                yield
        finally:
            self.rest()

    def rest(self) -> None:
        """Give up what is being worked on; it waits again. Workers forget the search."""
        for lane in list(self._lanes.values()):
            self._bury(lane)
        self._engine.forget(self._search)

    # -- workers and partitions ---------------------------------------------------------------------------------

    def _look_for_workers(self) -> None:
        now = time.monotonic()
        if now - self._looked < LOOK_SECONDS and self._lanes:
            return
        self._looked = now
        there = self._engine.workers()
        for lane in list(self._lanes.values()):
            if lane.worker not in there:
                self._statistics.lost += 1
                self._bury(lane)
        for worker, tasks in there.items():
            has = sum(lane.worker == worker for lane in self._lanes.values())
            for _ in range(min(tasks - has, PARTITIONS - len(self._lanes))):
                self._lanes[self._next] = _Lane(self._next, worker)
                self._next += 1
        self._balance()
        self._statistics.lanes = max(self._statistics.lanes, len(self._lanes))

    def _bury(self, lane: _Lane) -> None:
        """A lane is no more; its states and partitions are for others."""
        if lane.order is not None:
            self._engine.abandon((lane.number, lane.turn))
        self._homeless.extend(self._batches_of(lane))
        for partition in lane.owned:
            self._owner[partition] = -1
        del self._lanes[lane.number]

    def _batches_of(self, lane: _Lane) -> list[Batch]:
        return [*(lane.order.batches if lane.order is not None else ()), *lane.inbox]

    def _balance(self) -> None:
        """Give every partition an owner, and each lane as many as the others, as far as lanes that rest can give some up."""
        if not self._lanes:
            return
        fair = PARTITIONS // len(self._lanes)
        free = [partition for partition, owner in enumerate(self._owner) if owner < 0]
        wanting = sum(max(0, fair - len(lane.owned)) for lane in self._lanes.values()) - len(free)
        for lane in self._lanes.values():
            while wanting > 0 and len(lane.owned) > fair and lane.order is None:
                partition = max(lane.owned)
                lane.owned.discard(partition)
                lane.load.discard(partition)
                lane.drop.append(partition)
                free.append(partition)
                wanting -= 1
        for partition in free:
            lane = min(self._lanes.values(), key=lambda lane: (len(lane.owned), lane.number))
            lane.owned.add(partition)
            lane.load.add(partition)
            self._owner[partition] = lane.number

    # -- tasks --------------------------------------------------------------------------------------------------

    def _dispatch(self) -> None:
        if not self._lanes:
            return
        self._house()
        working = any(lane.order is not None for lane in self._lanes.values())
        ready = [lane for lane in self._lanes.values() if lane.order is None and lane.inbox]
        most = max((lane.waiting for lane in ready), default=0)
        chosen = [lane for lane in ready if lane.waiting >= lane.rate * LEAST_SECONDS or (lane.waiting == most and not working)]
        resting = sum(lane.order is None for lane in self._lanes.values()) - len(chosen)
        for lane in chosen:
            self._send(lane, FULL_SECONDS if not resting else HUNGRY_SECONDS)

    def _house(self) -> None:
        """Spread batches without a lane. Whoever gets a candidate that is another's passes it on."""
        while self._homeless:
            lane = min(self._lanes.values(), key=lambda lane: (lane.waiting, lane.number))
            lane.inbox.append(self._homeless.popleft())

    def _send(self, lane: _Lane, seconds: float) -> None:
        quota = max(1_000, int(lane.rate * seconds))
        batches, states = [], 0
        while lane.inbox and states < quota:
            batches.append(lane.inbox.popleft())
            states += batches[-1].states - batches[-1].first
        lane.among = list(self._lanes)
        position = {number: k for k, number in enumerate(lane.among)}
        lane.order = Order(
            search=self._search,
            lane=lane.number,
            turn=lane.turn,
            shape=self._shape,
            told=lane.told,
            knows=len(self._recorder),
            tell=self._recorder.since(lane.told),
            owners=[position[owner] for owner in self._owner],
            own=position[lane.number],
            lanes=len(lane.among),
            drop=lane.drop,
            load=[packed for partition in sorted(lane.load) for packed in self._ledger.visited(partition)],
            batches=batches,
            quota=quota,
            most_out=MOST_OUT_BYTES,
            recording=self.recording,
        )
        lane.drop, lane.load = [], set()
        self._statistics.send(lane.order)
        self._engine.submit(lane.worker, lane.order)

    def _settle(self, ticket: Ticket, reply: Reply | None) -> None:
        lane = self._lanes.get(ticket[0])
        if lane is None or lane.order is None or lane.turn != ticket[1]:
            return
        if reply is None or reply.lost:
            self._statistics.lost += 1
            self._bury(lane)
            self._looked = 0.0
            return
        self._commit(lane, lane.order, reply)

    def _commit(self, lane: _Lane, order: Order, reply: Reply) -> None:
        lane.order = None
        lane.turn, lane.told = order.turn + 1, order.knows
        lane.visited_bytes = reply.visited_bytes
        if reply.transitions and reply.seconds > 0:
            lane.rate = (lane.rate + reply.transitions / reply.seconds) / 2
        for partition, count, packed in reply.accepted:
            self._ledger.accept(partition, count, packed)
        self._record(reply)
        self.transitions += reply.transitions
        for batch, done in zip(order.batches, reply.done, strict=True):
            if done < batch.states:
                lane.inbox.appendleft(batch._replace(first=done))
        for number, pieces in zip(lane.among, reply.out, strict=True):
            found = self._lanes.get(number)
            (self._homeless if found is None else found.inbox).extend(Batch(CANDIDATE, *piece) for piece in pieces)
        for kind in (CANDIDATE, ACCEPTED, PASSING):
            lane.inbox.extend(Batch(kind, *piece) for piece in reply.waiting[kind])
        self._statistics.receive(reply)
        self._learn(reply)

    def _record(self, reply: Reply) -> None:
        if self.recording == ALL_EDGES:
            self.terminals.extend(state[0] for state in reply.ended)
        if self.recording:
            self._ledger.record(reply.edges)
        if self._ledger.edges > self._most_edges and self.recording:
            cyclic = self._ledger.give_up_edges() if self.recording == ALL_EDGES else self._most_edges
            self.recording = CYCLIC_EDGES if 2 * cyclic <= self._most_edges else NO_EDGES

    def _learn(self, reply: Reply) -> None:
        for node, value in sorted(reply.moves):
            self._learning.teach(node, value)
        for number, *state in reply.checks:
            self._learning.ask(number, state)
        for _, *state in reply.ended:
            self._ended(state)
