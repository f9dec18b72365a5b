"""What the steps of a trace have to do with its violation.

The **causal past** of a violation is what it comes from: the steps it is about, and with each step the ones before it in its thread
and the last write of its cell. Whatever is not in it can be left out, and the rest does what it did: each thread loses steps at its
end only, and no step that stays has read what one that goes has written. So it plays no part.

**Decisive** are in that past

- the step after which no execution ends well;
- accesses to one cell of which one thread's are torn apart by another's: read, foreign write, read or write; write, foreign write,
  read; write, foreign read, write (no order of the two threads' accesses explains these), if that step is among or between them;
- for an exception the last access of its thread to what another thread had written, with that write;
- for a deadlock the steps that took what others wait for, for a check of few cells the last writes to them;
- the last step, where that shows the violation.

Choice a reader may question: a read before somebody's write is no cause of it here, although it comes before it in every
reordering. It would only matter if the violation looked at what was read, and then the read is in the past by its thread.

Source: Lamport, CACM 1978; torn accesses are Lu, Tucek, Qin and Zhou, AVIO, ASPLOS 2006, table 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from weft.search.replay import Replay, Step

FEW_CELLS = 3
"""Of how many cells the last writes are shown as decisive for a check that looked at them."""

SHORT_TRACE = 16
"""Up to how many steps of a violation's past are all shown."""

Part = Literal["decisive", "leads", "none"]

SHOWN_BY_NO_STEP = ("final:", "linearizability")
"""Violations whose last step says nothing: they are seen when threads, or calls, have ended."""

SYNCHRONISING = ("SeqCount", "Mutex", "RWMutex")

STUCK = ("deadlock", "livelock")


@dataclass(frozen=True, slots=True)
class Torn:
    """Two accesses of one thread to a cell with another thread's in between: numbers of steps, from 0.

    ``acted`` is the thread's next write to the cell where both of its own accesses read.
    """

    first: int
    foreign: int
    second: int
    acted: int | None = None

    @property
    def steps(self) -> set[int]:
        """All of them."""
        return {self.first, self.foreign, self.second} | (set() if self.acted is None else {self.acted})


@dataclass(frozen=True, slots=True)
class Handover:
    """A write, and another thread's next access to what it wrote: numbers of steps, from 0."""

    write: int
    access: int


@dataclass(slots=True)
class Causes:
    """Steps by number, from 0. ``torn`` is the tear that explains most, ``handover`` what misled the thread that raised."""

    past: set[int] = field(default_factory=set)
    decisive: set[int] = field(default_factory=set)
    torn: Torn | None = None
    handover: Handover | None = None

    def part(self, step: int) -> Part:
        """What a step has to do with the violation."""
        return "decisive" if step in self.decisive else "leads" if step in self.past else "none"

    def folded(self, threads: Sequence[int]) -> set[int]:
        """The steps that a short account leaves out: those that play no part, and of a long trace all that are not decisive.

        A single step between two that stay is left in: it takes no more room than to say that it is missing.

        Args:
            threads: Who took each step.
        """
        everything = range(len(threads))
        out = {k for k in everything if k not in self.past}
        if len(self.past) <= SHORT_TRACE:
            return out
        shown = set(self.decisive)
        between = {k for k in everything if k in self.past and k - 1 in shown and (k + 1 in shown or k + 1 == len(threads))}
        return set(everything) - shown - between


def causes(replay: Replay, slug: str, *, decided_at: int | None = None) -> Causes:
    """What ``replay``'s steps have to do with the violation that it shows.

    Args:
        replay: An execution.
        slug: The violation's; where it is empty there is none, and all steps are past.
        decided_at: After how many steps no continuation ends well, if that is known.
    """
    return _Finder(replay, slug, decided_at).causes()


class _Finder:
    def __init__(self, replay: Replay, slug: str, decided_at: int | None) -> None:
        self._replay = replay
        self._slug = slug
        self._steps = replay.steps
        self._decided_at = decided_at
        self._decided = None if not decided_at else decided_at - 1
        self._before: list[tuple[int, ...]] = []
        self._last_step: dict[int, int] = {}
        self._last_write: dict[str, int] = {}
        for k, step in enumerate(self._steps):
            own, write = self._last_step.get(step.thread), self._last_write.get(step.cell)
            self._before.append(tuple(j for j in (own, write) if j is not None))
            self._last_step[step.thread] = k
            if not step.reads_only:
                self._last_write[step.cell] = k

    def causes(self) -> Causes:
        roots = self._roots()
        past = set(range(len(self._steps))) if roots is None else self._past(roots)
        decisive = {self._decided} if self._decided in past and self._decided is not None else set()
        torn, handover = self._best([torn for torn in self._torn(past) if self._may_explain(torn)]), self._handover()
        if handover is not None and (torn is None or self._decided not in torn.steps or self._decided == handover.write):
            torn = None
            decisive |= {handover.write, handover.access}
        if torn is not None:
            decisive |= torn.steps
        decisive |= self._pointed_at() & past
        if past and not self._slug.startswith(SHOWN_BY_NO_STEP):
            decisive.add(max(past))
        return Causes(past, decisive, torn, handover)

    # -- what it is about ---------------------------------------------------------------------------------------

    def _roots(self) -> set[int] | None:
        """The last steps that the violation is about; ``None``: all."""
        replay = self._replay
        if not self._slug:
            return None
        about = set(replay.evidence.threads)
        cells = set(replay.evidence.cells)
        if self._slug == "linearizability" or any(replay.kinds[cell] == "Monitor" for cell in cells):
            # Calls are held against all calls that have ended, and against those they overlap.
            return {call.last - 1 for call in replay.calls if call.ended and call.last} | set(self._last_step.values())
        if not (about or cells):  # a deadlock, a livelock, an exception, a contract broken
            stuck = ("waiting", "ready") if self._slug in STUCK else ()
            blamed = [(k, fate) for k, fate in enumerate(replay.fates) if fate.how in ("raised", "misused", *stuck)]
            about, cells = {k for k, _ in blamed}, {fate.cell for _, fate in blamed}
        return {self._last_step[k] for k in about if k in self._last_step} | self._last_writes(cells)

    def _last_writes(self, cells: Iterable[str]) -> set[int]:
        return {self._last_write[cell] for cell in cells if cell in self._last_write}

    def _past(self, roots: Iterable[int]) -> set[int]:
        past: set[int] = set()
        work = list(roots)
        while work:
            k = work.pop()
            if k not in past:
                past.add(k)
                work += self._before[k]
        return past

    def _pointed_at(self) -> set[int]:
        """The last writes to the cells that the violation is about, if they are few."""
        fates, cells = self._replay.fates, set(self._replay.evidence.cells)
        if self._slug in STUCK:
            cells = {fate.cell for fate in fates}
        elif not cells:
            cells = {fate.cell for fate in fates if fate.how == "misused"}
        elif len(cells) > FEW_CELLS:
            return set()
        return self._last_writes(cells)

    def _handover(self) -> Handover | None:
        """What the raising thread got from others: what decided, or else the last of it."""
        number = next((k for k, fate in enumerate(self._replay.fates) if fate.how == "raised"), None)
        writes: dict[str, int] = {}
        found: list[Handover] = []
        for k, step in enumerate(self._steps):
            write = writes.get(step.cell)
            if step.thread == number and write is not None and self._steps[write].thread != number:
                found.append(Handover(write, k))
            if not step.reads_only:
                writes[step.cell] = k
        return max(found, key=lambda h: (h.write == self._decided, h.access), default=None)

    # -- torn accesses ------------------------------------------------------------------------------------------

    def _torn(self, past: set[int]) -> Iterable[Torn]:
        by_cell: dict[str, list[int]] = {}
        for k in sorted(past):
            by_cell.setdefault(self._steps[k].cell, []).append(k)
        for accesses in by_cell.values():
            for position, first in enumerate(accesses):
                thread = self._steps[first].thread
                later = [k for k in accesses[position + 1 :] if self._steps[k].thread == thread]
                foreign = [k for k in accesses if later and first < k < later[0]]
                apart = [k for k in foreign if _tears(self._steps[first], self._steps[k], self._steps[later[0]])]
                if apart:
                    acted = later[1] if len(later) > 1 and self._steps[later[0]].reads_only else None
                    acted = acted if acted is not None and not self._steps[acted].reads_only else None
                    yield Torn(first, self._decided if self._decided in apart else apart[-1], later[0], acted)

    def _may_explain(self, torn: Torn) -> bool:
        """Not if it was decided before the first access or after the last; if nothing did, for every schedule fails, none does."""
        if self._decided_at is None:
            return True
        return torn.first < self._decided_at <= max(torn.steps) + 1

    def _best(self, found: list[Torn]) -> Torn | None:
        """The tear that has the deciding step, else one of a value rather than of a lock, that is written after it, the last."""

        def weight(torn: Torn) -> tuple[bool, bool, bool, int]:
            writes = torn.acted is not None or not self._steps[torn.second].reads_only
            value = self._replay.kinds[self._steps[torn.first].cell] not in SYNCHRONISING
            return self._decided in torn.steps, value, writes, torn.second

        return max(found, key=weight, default=None)


def _tears(first: Step, foreign: Step, second: Step) -> bool:
    if first.reads_only:
        return not foreign.reads_only
    return foreign.reads_only != second.reads_only
