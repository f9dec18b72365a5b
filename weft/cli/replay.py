"""``weft replay``: execute one schedule on the real code and show it step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from weft.check.collect import Race
    from weft.search.replay import Replay

_HELP = """\
Execute a race along SCHEDULE on the real code and print every step, a column a thread.

RACE can be left out if FILE has only one. SCHEDULE is what a failure prints, such as v1:w7.u5.w2: thread w takes 7 steps,
then u 5, then w 2. It may stop before the end.

With --pdb a debugger stops before step --step in the thread that takes it, with its real frames: n and s go on along the
schedule, p reads variables and cells, c runs to the end, q leaves.

Exit code 1 if it ends in a violation that the race does not expect.
"""


@click.command(help=_HELP, short_help="Show one interleaving step by step.")
@click.argument("race", metavar="FILE[::RACE]")
@click.argument("schedule", metavar="SCHEDULE")
@click.option("--pdb", "debug", is_flag=True, help="Stop in a debugger.")
@click.option("--step", type=click.IntRange(min=1), help="Where to stop; one more than there are is after the last.  [default: 1]")
@click.option("--thread", metavar="NAME", help="In which thread to stop; by default the one that takes the step.")
def replay(race: str, schedule: str, *, debug: bool, step: int | None, thread: str | None) -> int:
    """See ``_HELP``."""
    from weft.check.replaying import is_wrong, replay_text
    from weft.errors import UsageError
    from weft.report import columns, console, record
    from weft.report.ending import ending

    if not debug and (step or thread):
        raise UsageError("--step and --thread say where a debugger stops; add --pdb")
    found = _only(race)
    out = console.output()
    if debug:
        done = _debugged(found, schedule, step=step or 1, thread=thread)
        if done is None:
            return 0
        trace = record.trace(done)
    else:
        done = replay_text(found.scenario, schedule)
        trace = record.trace(done)
        console.write(out, columns.interleaving(trace, width=out.width))
    console.write(out, ending(done, trace, width=out.width))
    return int(is_wrong(found.scenario, done))


def _debugged(race: Race, schedule: str, *, step: int, thread: str | None) -> Replay | None:
    """Replay with a stop; ``None`` if the debugger was left before the end."""
    import sys

    from weft.check.replaying import parsed, replay_text
    from weft.cli.debugging import Left, StopBefore

    stop = StopBefore(parsed(race.scenario, schedule).threads, number=step, thread=thread)
    try:
        return replay_text(race.scenario, schedule, before_step=stop)
    except Left:
        return None
    finally:
        sys.settrace(None)


def _only(path: str) -> Race:
    from weft.check.collect import collect
    from weft.errors import UsageError

    races = collect([path])
    if len(races) > 1:
        names = ", ".join(race.scenario.name for race in races)
        raise UsageError(f"{path} has {len(races)} races: {names}; name one as FILE::RACE")
    return races[0]
