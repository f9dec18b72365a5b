"""What stands under a replay: how the execution ended, or who would be next if the schedule stops before the end."""

from __future__ import annotations

from rich.text import Text

from weft.check.paths import scrubbed
from weft.report import document
from weft.report.because import because
from weft.report.causes import causes
from weft.report.prose import calls, headline, wrapped
from weft.report.words import count
from weft.search.replay import Replay


def ending(replay: Replay, trace: document.Trace, *, width: int) -> list[Text]:
    """The closing lines of a replay."""
    switches = count(trace.switches, "switch", "switches")
    facts = f"{count(len(trace.steps), 'step')}, {count(trace.preemptions, 'preemption')}, {switches}"
    first, style = _how(replay)
    lines = [Text(), *(Text(line, style=style) for line in headline(first, width=width))]
    lines += calls(trace, width=width)
    if replay.ending is not None and replay.ending.slug:
        slug = replay.ending.slug
        sentence = because(replay, slug, causes(replay, slug), decided_at=None)
        lines += map(Text, wrapped(f"because {sentence}", width=width, indent=2)) if sentence else []
    if replay.ending is not None and replay.ending.observed:
        lines += map(Text, headline(f"  observed {', '.join(map(repr, replay.ending.observed))}", width=width))
    return [*lines, Text(f"schedule {trace.schedule}"), Text(f"         {facts}")]


def _how(replay: Replay) -> tuple[str, str]:
    if replay.ending is None:
        running = ", ".join(replay.unfinished)
        return f"the schedule stops here; not finished: {running}", "bold yellow"
    if replay.ending.slug:
        return f"VIOLATED {replay.ending.slug}: {scrubbed(replay.ending.message)}", "bold red"
    return "all threads finished and every check of this race holds on this schedule", "bold green"
