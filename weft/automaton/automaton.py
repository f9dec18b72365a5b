"""Thread automata, grown while the search explores.

A thread is a deterministic function of the results of its own steps. A **node** is one of its local states with the step it
wants to take next (or its end); an **edge** is labelled by that step's result. The successor of a node that the search asks for
and that is not known is found by re-executing the thread alone, fed with the results that lead there, unless it still waits there
from the last time (``standby.py``). Nobody else runs; each edge costs at most one re-execution, once.

Two nodes are one when their local states are equal (``local_state.py``). Where a local state cannot be described, and
everywhere with ``merge=False``, a node is its own history: (previous node, result). That is always sound.

What is checked on the way: every repeated step must equal the recorded one (``NondeterminismError``), and ``repeat_ways`` repeats
them at the end; everything a thread makes, stores or returns must be immutable or shared (``SharedStateError``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from weft.automaton.determinism import Watch
from weft.automaton.events import EventTable, event_key
from weft.automaton.global_state import GlobalState
from weft.automaton.hidden_state import refuse_hidden_state
from weft.automaton.local_state import LocalState, Unmergeable
from weft.automaton.observer import Look, Observer
from weft.automaton.parts import Edge, Misused, Operation, not_repeated, said
from weft.automaton.standby import Standby
from weft.automaton.state_checks import StateChecks
from weft.automaton.tables import BLOCKED_MOVE, BROKEN, FINISHED, RESPONDS, Move
from weft.automaton.values import ValueTable
from weft.automaton.world import CompiledWorld
from weft.cells import world
from weft.cells.cell import Cell
from weft.cells.effects import BLOCKED, Kind, Misuse
from weft.cells.monitor import Event
from weft.errors import SharedStateError
from weft.scenario import Scenario, Taken
from weft.worlds import ending
from weft.worlds.controlled import split_events
from weft.worlds.ending import Ending, Waiting
from weft.worlds.thread import Request, SuspendedThread

_TRANSPARENT = (CompiledWorld.step.__code__,)

MOST_REPEATED = 1_000


class Automaton:
    """The automata of all threads of one scenario; a ``Machine`` for search loops.

    Attributes:
        operations, slots, start, threads, moves, monitor_slot: See ``tables.Machine``.
        events: What steps mean to the linearizability monitor.
        setting: The scenario after its set-up.
        executions: Re-executions of a thread so far.
        fallbacks: Why nodes are keyed by history although merging is on, with counts.
    """

    def __init__(self, scenario: Scenario, *, merge: bool = True) -> None:
        self._scenario = scenario
        self._merge = merge
        self.world = CompiledWorld()
        self.values = ValueTable()
        self.operations: list[int] = []
        self.slots: list[int] = []
        self.moves: dict[int, Move] = {}
        self.executions = 0
        self.fallbacks: Counter[str] = Counter()
        self._steps: list[Operation] = []
        self._step_numbers: dict[tuple[int, int, tuple[int, ...]], int] = {}
        self._owner: list[int] = []
        self._origin: list[tuple[int, int]] = []
        self._ends: dict[int, Any] = {}
        self._begun: list[tuple[Event, ...]] = []
        self._standby = Standby()
        self._watch = Watch()
        self._edges: dict[tuple[int, int], Edge] = {}
        self._keys: dict[Any, int] = {}
        self._by_node: list[Any] = []
        with self.entered():
            self.setting = scenario.set_up()
        self.threads = len(self.setting.functions)
        history = self.setting.history
        self.monitor_slot = -1 if history is None else self.world.slot(history.monitor)
        self.events = EventTable(None if history is None else history.monitor, self.values)
        self._finals: Observer[Ending] = Observer(self._judge, offset=self.threads)
        self.checks = StateChecks(self)
        for name, function in zip(self.setting.names, self.setting.functions, strict=True):
            refuse_hidden_state(name, function)
        with self.entered():
            self._globals = GlobalState(dict(zip(self.setting.names, self.setting.functions, strict=True)))
        initial = [self.values.number(value) for value in self.world.initial()]
        self.start = self._start(initial)

    # -- for the search loop ------------------------------------------------------------------------------------

    def move(self, node: int, value: int) -> Move:
        """See ``tables.Machine``."""
        key = node << 32 | value
        known = self.moves.get(key)
        if known is None:
            known = self.moves[key] = self._move(node, value)
        return known

    def _move(self, node: int, value: int) -> Move:
        operation = self._steps[self.operations[node]]
        outcome = operation.kind.effect(self.values[value], *(self.values[k] for k in operation.operands))
        if outcome is BLOCKED:
            return BLOCKED_MOVE
        if isinstance(outcome, Misuse):
            return Move(value, self._end(node, Misused(self.step_text(node), outcome)))
        new, result = outcome
        edge = self._successor(node, self.values.number(result))
        event = self.events.number(self._owner[node], self._begun[node] + edge.ended)
        return Move(self.values.number(new), edge.node, edge.allocated, event)

    def monitored(self, event: int, value: int) -> int:
        """See ``tables.Machine``."""
        return self.events.after(event, value)

    def faulty(self, state: Sequence[int]) -> bool:
        """See ``tables.Machine``."""
        return self.checks.faulty(state)

    def ending(self, state: Sequence[int]) -> Ending:
        """How an execution ends in ``state``, in which no thread can take a step."""
        nodes = state[: self.threads]
        kinds = [self.operations[node] for node in nodes]
        if BROKEN in kinds:
            return self._broken(nodes, kinds.index(BROKEN))
        fault = self.checks.find(state)
        if fault is not None:
            return ending.faulty(self._results(nodes), slug=fault.slug, message=fault.message)
        if all(kind == FINISHED for kind in kinds):
            return self._finals.ask(tuple(self._ends[node] for node in nodes), state)
        waiting = [self._waiting(t, node, state) for t, node in enumerate(nodes) if self.operations[node] >= 0]
        return ending.deadlocked(self.setting, self._results(nodes), waiting)

    # -- for reductions -----------------------------------------------------------------------------------------

    @property
    def edge_count(self) -> int:
        """How many edges are known."""
        return len(self._edges)

    def edges(self) -> Iterator[tuple[int, int, int, int]]:
        """Every known edge: node, result, next node, and ``RESPONDS`` where calls end with its step, else 0."""
        for (node, result), edge in self._edges.items():
            yield node, result, edge.node, RESPONDS if edge.ended else 0

    def key(self, node: int) -> Any:
        """What ``node`` is told apart by: ``_key`` with the calls that begin there, or that of an end."""
        if node >= len(self._by_node):
            self._by_node = list(self._keys)  # a key a node, in the order of their numbers
        return self._by_node[node]

    def step(self, number: int) -> tuple[Cell, Kind, tuple[Any, ...]]:
        """The step with this operation number: cell, kind and operands."""
        operation = self._steps[number]
        return self.world.cells[operation.slot], operation.kind, tuple(self.values[k] for k in operation.operands)

    def begins(self, node: int) -> bool:
        """Whether calls begin with the step of ``node``."""
        return bool(self._begun[node])

    # -- for traces and audits ----------------------------------------------------------------------------------

    def request(self, node: int) -> tuple[Cell, Kind, tuple[Any, ...]] | None:
        """The step that ``node`` wants to take: cell, kind and operands; ``None`` at an end."""
        number = self.operations[node]
        return None if number < 0 else self.step(number)

    def owner(self, node: int) -> int:
        """The thread of ``node``."""
        return self._owner[node]

    def returned(self, node: int) -> int:
        """The number of what the thread returned whose end ``node`` is."""
        return self._ends[node]  # type: ignore[no-any-return]

    def step_text(self, node: int) -> str:
        """The step that ``node`` wants to take, for people."""
        return said(*self.step(self.operations[node]))

    def steps_taken(self) -> Iterator[tuple[int, int, Taken]]:
        """Every step that some thread takes somewhere in what was searched: node, next node, what it was."""
        for node, result, following, _ in self.edges():
            cell, kind, operands = self.step(self.operations[node])
            yield node, following, Taken(self.setting.names[self._owner[node]], cell, kind.name, operands, self.values[result])

    # -- growing ------------------------------------------------------------------------------------------------

    @contextmanager
    def entered(self) -> Iterator[None]:
        """This automaton's world in force, and what the scenario wants around it."""
        with world.activate(self.world), self._scenario.within():
            yield

    def _start(self, initial: list[int]) -> tuple[int, ...]:
        memory = dict(enumerate(initial))
        nodes = []
        for number in range(self.threads):
            with self.entered():
                thread = self._launch(number)
                edge = self._arrive(thread, None)
                self._drop(thread)
            nodes.append(edge.node)
            memory.update(edge.allocated)
            event = self.events.number(number, edge.ended)
            if event:
                memory[self.monitor_slot] = self.monitored(event, memory[self.monitor_slot])
        return (*nodes, *(memory.get(slot, 0) for slot in range(len(self.world.cells))))

    def _launch(self, number: int, *, watching: bool = True) -> SuspendedThread:
        self.executions += 1
        self.world.made = 0
        self.world.fresh = []
        thread = SuspendedThread(number, self.setting.functions[number])
        self._resume(thread, watching=watching)
        return thread

    def _resume(self, thread: SuspendedThread, result: Any = None, *, watching: bool = True) -> None:
        self.world.running = thread
        self.world.events = []
        try:
            with self._watch if watching else nullcontext():
                thread.resume(result)
        finally:
            self.world.running = None
        self._watch.settle(self.setting.names[thread.number])

    def _drop(self, thread: SuspendedThread) -> None:
        """Unwind a thread that is no longer needed; what its clean-up makes or asks is its own affair."""
        self.world.running = thread
        try:
            thread.drop()
        finally:
            self.world.running = None

    def _successor(self, node: int, result: int) -> Edge:
        known = self._edges.get((node, result))
        if known is None:
            with self.entered():
                thread = self._at(node)
                self.world.fresh = []
                self._resume(thread, self.values[result])
                known = self._edges[node, result] = self._arrive(thread, (node, result))
                if thread.request is not None and (late := self._standby.keep(known.node, thread, self.world.made)):
                    self._drop(late)
        return known

    def _at(self, node: int) -> SuspendedThread:
        """The thread of ``node``, waiting there."""
        kept = self._standby.take(node)
        if kept is None:
            return self._repeat(node)
        thread, self.world.made = kept
        return thread

    def repeat_ways(self) -> None:
        """Execute the known ways of the threads, up to ``MOST_REPEATED``, once more from the start, and compare their steps.

        Raises:
            NondeterminismError: A step is another one than it was.
        """
        inner = {node for node, _ in self._origin}
        leaves = [node for node, (before, _) in enumerate(self._origin) if before >= 0 and node not in inner]
        with self.entered():
            for node in leaves[:: len(leaves) // MOST_REPEATED + 1]:
                before, result = self._origin[node]
                thread = self._repeat(before, watching=False)
                self._resume(thread, self.values[result], watching=False)
                self._compare(thread, node, len(self._path(node)))
                self._drop(thread)

    def close(self) -> None:
        """Let go of the threads that are kept alive. More can be asked afterwards; it only takes longer."""
        with self.entered():
            for thread in self._standby.clear():
                self._drop(thread)

    def __del__(self) -> None:
        if hasattr(self, "_standby"):
            self.close()

    def _repeat(self, node: int, *, watching: bool = True) -> SuspendedThread:
        """Re-execute the thread of ``node`` up to there, comparing steps. Unwatched, its frames look different: only compare."""
        thread = self._launch(self._owner[node], watching=watching)
        for k, (at, result) in enumerate(reversed(self._path(node))):
            self._compare(thread, at, k + 1)
            if result >= 0:
                self._resume(thread, self.values[result], watching=watching)
        return thread

    def _path(self, node: int) -> list[tuple[int, int]]:
        """How ``node`` was first reached, backwards: nodes, each with the result of its step; -1 at ``node`` itself."""
        path = [(node, -1)]
        while self._origin[path[-1][0]][0] >= 0:
            path.append(self._origin[path[-1][0]])
        return path

    def _compare(self, thread: SuspendedThread, node: int, position: int) -> None:
        wanted = self.operations[node]
        now = None if thread.request is None else self._operation(thread.request)
        if now == wanted or (now is None and wanted < 0):
            return
        was = "its end" if wanted < 0 else self.step_text(node)
        raise not_repeated(self.setting.names[thread.number], position, was, thread.request)

    def _operation(self, request: Request) -> int:
        slot = self.world.slot(request.cell)
        operands = tuple(self.values.number(operand) for operand in request.operands)
        key = (request.kind.number, slot, operands)
        number = self._step_numbers.setdefault(key, len(self._steps))
        if number == len(self._steps):
            self._steps.append(Operation(request.kind, slot, operands))
        return number

    def _arrive(self, thread: SuspendedThread, origin: tuple[int, int] | None) -> Edge:
        """The node where ``thread`` now is, and what happened on the way."""
        self._globals.settle(self.setting.names[thread.number])
        allocated = tuple((slot, self.values.number(value)) for slot, value in self.world.fresh)
        if thread.request is None:
            return Edge(self._end_of(thread, origin), allocated, tuple(self.world.events))
        ended, begun = split_events(self.world.events)
        operation = self._operation(thread.request)
        key = (self._key(thread, operation, origin), tuple(map(event_key, begun)))
        node = self._keys.get(key)
        if node is None:
            node = self._keys[key] = self._add(thread.number, operation, self._steps[operation].slot, origin)
            self._begun[node] = tuple(begun)
        return Edge(node, allocated, ended)

    def _key(self, thread: SuspendedThread, operation: int, origin: tuple[int, int] | None) -> Any:
        if self._merge:
            try:
                frames = LocalState(_TRANSPARENT).describe(thread)
                return thread.number, self.world.made, operation, frames
            except Unmergeable as reason:
                self.fallbacks[str(reason)] += 1
        return thread.number, "history", origin

    def _add(self, number: int, operation: int, slot: int, origin: tuple[int, int] | None) -> int:
        self.operations.append(operation)
        self.slots.append(slot)
        self._owner.append(number)
        self._origin.append(origin or (-1, -1))
        self._begun.append(())
        return len(self.operations) - 1

    def _end_of(self, thread: SuspendedThread, origin: tuple[int, int] | None) -> int:
        name = self.setting.names[thread.number]
        if thread.error is not None:
            # A thread's error ends the execution; equal text is equal enough, and the replay judges it again.
            ended = ending.broken(self.setting, [None] * self.threads, number=thread.number, error=thread.error)
            key: Any = (ended.slug, ended.message)
            content: Any = thread.error
        else:
            try:
                key = content = self.values.number(thread.value)
            except SharedStateError as reason:
                raise ending.refuse_mutable_result(f"thread {name}", reason) from None
        key = (thread.number, "end", key if self._merge else origin)
        node = self._keys.get(key)
        if node is None:
            node = self._keys[key] = self._add(thread.number, FINISHED if thread.error is None else BROKEN, -1, origin)
            self._ends[node] = content
        return node

    def _end(self, node: int, misused: Misused) -> int:
        key = (self._owner[node], "misused", node, misused.misuse.slug)
        end = self._keys.get(key)
        if end is None:
            end = self._keys[key] = self._add(self._owner[node], BROKEN, -1, None)
            self._ends[end] = misused
        return end

    # -- endings ------------------------------------------------------------------------------------------------

    def _results(self, nodes: Sequence[int]) -> list[Any]:
        return [self.values[self._ends[n]] if self.operations[n] == FINISHED else None for n in nodes]

    def _broken(self, nodes: Sequence[int], number: int) -> Ending:
        content = self._ends[nodes[number]]
        values = self._results(nodes)
        if isinstance(content, Misused):
            fault = content.misuse
            return ending.misused(self.setting, values, number=number, step=content.step, slug=fault.slug, message=fault.message)
        return ending.broken(self.setting, values, number=number, error=content)

    def _waiting(self, number: int, node: int, state: Sequence[int]) -> Waiting:
        operation = self._steps[self.operations[node]]
        held = self.values[state[self.threads + operation.slot]]
        return Waiting(number, self.world.cells[operation.slot], operation.kind, held)

    def _judge(self, results: tuple[int, ...], look: Look) -> Ending:
        with self.entered(), self.world.observing(lambda slot: self.values[look(slot)]):
            return ending.judge(self.setting, [self.values[number] for number in results])
