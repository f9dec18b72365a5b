"""The sentence that says how a trace comes to its violation, built from the trace alone.

    because first read counter as 0 in step 1 and wrote 1 in step 4, over the 1 that second had written in step 3

It says what happened in which step, never what ought to be: that is the check's message. Where nothing in the trace stands out, it
is empty.
"""

from __future__ import annotations

from collections.abc import Iterator

from weft.check.paths import scrubbed, shown
from weft.report.causes import FEW_CELLS, Causes, Handover, Torn
from weft.search.replay import Fate, Replay

LONGEST_VALUE = 40
_LOCKS = ("Mutex", "RWMutex")


def because(replay: Replay, slug: str, found: Causes, *, decided_at: int | None) -> str:
    """Why ``replay`` shows the violation ``slug``; without the word "because" in front.

    Args:
        replay: An execution that shows it.
        slug: The violation's stable name.
        found: What its steps have to do with it.
        decided_at: After how many steps no continuation ends well, if that is known.
    """
    sentence = _Sentences(replay, found).of(slug.partition(":")[0])
    if decided_at == 0:
        return f"{sentence}; no execution of this race ends well" if sentence else "no execution of this race ends well"
    end = len(replay.steps)
    if decided_at is None or decided_at == end or slug in ("deadlock", "livelock"):
        return sentence
    if sentence:
        return f"{sentence}; after step {decided_at} no execution ends well any more"
    step = replay.steps[decided_at - 1]
    result = "" if step.result is None else f" -> {_said(step.result)}"
    return f"after step {decided_at}, {replay.names[step.thread]}'s {scrubbed(step.text)}{result}, no execution ends well any more"


class _Sentences:
    def __init__(self, replay: Replay, found: Causes) -> None:
        self._replay = replay
        self._names = replay.names
        self._steps = replay.steps
        self._found = found

    def of(self, kind: str) -> str:
        """The sentence for a kind of violation."""
        if kind in ("deadlock", "livelock"):
            return ", and ".join(self._stuck(kind))
        if kind == "data-race":
            return self._data_race()
        if kind in ("held-at-return", "forbidden"):
            return self._held()
        if kind == "misuse":
            return self._misused()
        if self._found.torn is not None:
            return self._torn(self._found.torn)
        if self._found.handover is not None:
            return self._handed_over(self._found.handover)
        return self._last_written()

    def _stuck(self, kind: str) -> Iterator[str]:
        for number, fate in enumerate(self._replay.fates):
            if fate.how not in ("waiting", "ready"):
                continue
            write = self._last_write(fate.cell, at=len(self._steps))
            if kind == "deadlock":
                yield f"{self._names[number]} waits for {fate.cell}, {self._since(fate)}"
            else:
                by = f", as {self._names[self._steps[write].thread]} left it in step {write + 1}" if write is not None else ""
                yield f"{self._names[number]} comes to {scrubbed(fate.what)} while that is {_said(fate.held)}{by}"

    def _since(self, fate: Fate) -> str:
        """Who has the lock that a thread waits for, or what the cell holds, and since which step."""
        owners = _owners(fate.held)
        changes = [
            k for k, step in enumerate(self._steps) if step.cell == fate.cell and _owners(step.before) != _owners(step.after)
        ]
        return f"{owners} since step {changes[-1] + 1}" if changes else owners

    def _data_race(self) -> str:
        numbers = self._replay.evidence.threads
        wants = [f"{self._names[k]} is about to {self._wish(self._replay.fates[k])}" for k in numbers]
        held = [f"{self._names[k]} holds {', '.join(self._locks(k)) or 'no lock'}" for k in numbers]
        return f"{' and '.join(wants)}, and {' and '.join(held)}"

    def _wish(self, fate: Fate) -> str:
        return f"{fate.operation} {fate.cell} ({shown(fate.file)}:{fate.line})" if fate.file else f"{fate.operation} {fate.cell}"

    def _locks(self, number: int) -> list[str]:
        """The locks that a thread holds at the end."""
        last = {step.cell: step.after for step in self._steps if self._replay.kinds[step.cell] in _LOCKS}
        name = self._names[number]
        return [cell for cell, held in last.items() if _is_holder(name, str(held))]

    def _held(self) -> str:
        evidence = self._replay.evidence
        [number], [cell] = evidence.threads, evidence.cells
        own = [k for k, step in enumerate(self._steps) if step.cell == cell and step.thread == number and not step.reads_only]
        if not own:
            return ""
        since = f"{self._names[number]} has held {cell} since step {own[-1] + 1}"
        return since if self._replay.fates[number].how != "returned" else f"{since} and never gave it back"

    def _misused(self) -> str:
        fate = next(fate for fate in self._replay.fates if fate.how == "misused")
        change = next((k for k in range(len(self._steps) - 1, -1, -1) if self._changes(k, fate.cell)), None)
        if change is None:
            return f"{fate.cell} is {_said(fate.held)}, and no step has changed that"
        return f"{fate.cell} is {_said(fate.held)} since {self._names[self._steps[change].thread]}'s step {change + 1}"

    def _changes(self, k: int, cell: str) -> bool:
        return self._steps[k].cell == cell and self._steps[k].before != self._steps[k].after

    def _handed_over(self, handover: Handover) -> str:
        write, access = self._steps[handover.write], self._steps[handover.access]
        seen = f"{self._names[access.thread]} found {access.cell} to be {_said(access.before)} in step {handover.access + 1}"
        return f"{seen}, as {self._names[write.thread]} had left it in step {handover.write + 1}"

    def _last_written(self) -> str:
        """For a check that looked at few cells only."""
        cells = self._replay.evidence.cells
        if not 0 < len(cells) <= FEW_CELLS:
            return ""
        writes = {cell: self._last_write(cell, at=len(self._steps)) for cell in cells}
        said = []
        for cell, k in writes.items():
            if k is not None:
                step = self._steps[k]
                said.append(f"{cell} is {_said(step.after)} since {self._names[step.thread]}'s step {k + 1}")
        untouched = [cell for cell, k in writes.items() if k is None]
        if said and untouched:
            said.append(f"no step has changed {' or '.join(untouched)}")
        return " and ".join(said)

    def _torn(self, torn: Torn) -> str:
        first, foreign, second = (self._steps[k] for k in (torn.first, torn.foreign, torn.second))
        own, other = self._names[first.thread], self._names[foreign.thread]
        a, b, c = torn.first + 1, torn.foreign + 1, torn.second + 1
        cell = first.cell
        if first.reads_only and second.reads_only:
            text = f"{own} saw {cell} as {_said(first.before)} in step {a} and as {_said(second.before)} in step {c}: "
            text += f"{other} changed it in between, in step {b}"
            if torn.acted is None:
                return text
            return f"{text}, and {own} made it {_said(self._steps[torn.acted].after)} in step {torn.acted + 1}"
        if first.reads_only:
            text = f"{own} saw {cell} as {_said(first.before)} in step {a} and made it {_said(second.after)} in step {c}, over the "
            return f"{text}{_said(foreign.after)} that {other} had written in step {b}"
        if foreign.reads_only:
            text = f"{other} saw {cell} as {_said(foreign.before)} in step {b}, between {own} making it {_said(first.after)} in "
            return f"{text}step {a} and {_said(second.after)} in step {c}"
        text = f"{own} made {cell} {_said(first.after)} in step {a} and saw {_said(second.before)} in step {c}: "
        return f"{text}{other} had written in between, in step {b}"

    def _last_write(self, cell: str, *, at: int) -> int | None:
        return next((k for k in range(at - 1, -1, -1) if self._steps[k].cell == cell and not self._steps[k].reads_only), None)


def _is_holder(name: str, held: str) -> bool:
    """Whether a lock in words (``held by a``, ``read by a, b; wanted by c``) is held by the thread."""
    for part in held.split("; "):
        how, _, who = part.partition(" by ")
        if how in ("held", "written", "read") and name in who.split(", "):
            return True
    return False


def _owners(held: object) -> str:
    """What a cell holds, in words; of a lock without those who only want it."""
    return _said(held).partition("; wanted by ")[0]


def _said(value: object) -> str:
    text = scrubbed(repr(value))
    half = LONGEST_VALUE // 2 - 2
    return text if len(text) <= LONGEST_VALUE else f"{text[:half]}...{text[-half:]}"
