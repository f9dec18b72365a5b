"""A violation as text: what broke, who did what, the schedule, and the command that shows it again.

    VIOLATED final:both_counted: counter is 1, expected 2
      first    returned None   steps 1-4
      second   returned None   steps 2-3
      because first saw counter as 0 in step 1 and made it 1 in step 4, over the 1 that second had written in step 3; ...
    step  first                   second
       1  counter.load() -> 0     ...
    schedule v1:f1.s2.f1   4 steps, 1 preemption, proven minimal; replayed 1 of 1; 10 states explored
    replay   weft replay races/lost_update.py::lost_update v1:f1.s2.f1

Prose is wrapped to the width. Lines that are made to be pasted are not.
"""

from __future__ import annotations

import textwrap

from rich.text import Text

from weft.report import document
from weft.report.columns import interleaving
from weft.report.words import count

FATES = {"returned": "returned", "raised": "raised", "misused": "broke at", "waiting": "waits at", "ready": "stopped before"}


def violation(race: document.Race, found: document.Violation, *, width: int, whole: bool = False) -> list[Text]:
    """The lines of one violation; ``whole`` with every step."""
    lines = [Text(line, style="bold red") for line in headline(f"VIOLATED {found.slug}: {found.message}", width=width)]
    if found.trace is None:
        facts = f"schedule none: only all interleavings together show it; {effort(race)}"
        return lines + [Text(line) for line in headline(facts, width=width)]
    lines += calls(found.trace, width=width)
    if found.because:
        lines += map(Text, wrapped(f"because {found.because}", width=width, indent=2))
    lines += interleaving(found.trace, width=width, fold=not whole)
    return lines + _schedule(race, found, found.trace, width=width)


def _schedule(race: document.Race, found: document.Violation, trace: document.Trace, *, width: int) -> list[Text]:
    proven = "proven minimal" if found.minimal else "not proven minimal"
    facts = (
        f"{count(len(trace.steps), 'step')}, {count(trace.preemptions, 'preemption')}, {proven}; replayed 1 of 1; {effort(race)}"
    )
    lines = []
    if len(f"schedule {trace.schedule}   {facts}") <= width:
        lines.append(Text(f"schedule {trace.schedule}   {facts}"))
    else:
        lines += [Text(f"schedule {trace.schedule}"), *map(Text, wrapped(facts, width=width, indent=9))]
    lines.append(Text(f"replay   {found.command}"))
    return lines


def effort(race: document.Race) -> str:
    """What the search looked at."""
    if race.states:
        return f"{count(race.states, 'state')} explored"
    return f"{count(race.executions, 'execution')} tried"


def headline(text: str, *, width: int) -> list[str]:
    """A first line and its continuation, indented."""
    return textwrap.wrap(text, width, subsequent_indent="  ", break_on_hyphens=False) or [""]


def wrapped(text: str, *, width: int, indent: int) -> list[str]:
    """``text`` in lines that all begin with ``indent`` spaces."""
    space = " " * indent
    return textwrap.wrap(text, max(width, indent + 20), initial_indent=space, subsequent_indent=space, break_on_hyphens=False)


def calls(trace: document.Trace, *, width: int) -> list[Text]:
    """A line a call that a history explains, or else a line a thread: what became of it, and between which steps it ran."""
    named = [call for call in trace.calls if call.text != call.thread]
    if not named:
        return threads(trace, width=width)
    names = max(len(thread.name) for thread in trace.threads)
    said = [call.text if call.result is not None else f"{call.text} is under way" for call in named]
    fates = [thread for thread in trace.threads if thread.fate != "returned" or all(c.thread != thread.name for c in named)]
    rows = [(call.thread, text, interval(call.first_step, call.last_step)) for call, text in zip(named, said, strict=True)]
    return _in_lines([*rows, *((thread.name, fate(thread), span(thread)) for thread in fates)], names=names, width=width)


def threads(trace: document.Trace, *, width: int) -> list[Text]:
    """A line a thread: what became of it, and between which steps it ran."""
    names = max(len(thread.name) for thread in trace.threads)
    return _in_lines([(thread.name, fate(thread), span(thread)) for thread in trace.threads], names=names, width=width)


def _in_lines(rows: list[tuple[str, str, str]], *, names: int, width: int) -> list[Text]:
    column = min(max(len(what) for _, what, _ in rows), max(20, width - names - 20))
    lines = []
    for name, what, when in rows:
        first, *rest = textwrap.wrap(what, column, break_on_hyphens=False) or [""]
        lines.append(Text(f"  {name:<{names}}   {first:<{column}}   {when}"))
        lines += [Text(f"  {'':<{names}}   {line}") for line in rest]
    return lines


def fate(thread: document.Thread) -> str:
    """What became of a thread."""
    return f"{FATES[thread.fate]} {thread.what}"


def span(thread: document.Thread) -> str:
    """Between which steps a thread ran."""
    return interval(thread.first_step, thread.last_step)


def interval(first: int | None, last: int | None) -> str:
    """From a step to another."""
    if first is None:
        return "no step"
    return f"step {first}" if first == last else f"steps {first}-{last}"
