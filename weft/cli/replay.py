"""``weft replay``: execute one schedule on the real code and show it step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from weft.check.collect import Race

_HELP = """\
Execute a race along SCHEDULE on the real code and print every step, a column a thread.

RACE can be left out if FILE has only one. SCHEDULE is what a failure prints, such as v1:w7.u5.w2: thread w takes 7 steps,
then u 5, then w 2. It may stop before the end.

Exit code 1 if it ends in a violation that the race does not expect.
"""


@click.command(help=_HELP, short_help="Show one interleaving step by step.")
@click.argument("race", metavar="FILE[::RACE]")
@click.argument("schedule", metavar="SCHEDULE")
def replay(race: str, schedule: str) -> int:
    """See ``_HELP``."""
    from weft.check.replaying import is_wrong, replay_text
    from weft.report import columns, console, record
    from weft.report.ending import ending

    found = _only(race)
    done = replay_text(found.scenario, schedule)
    trace = record.trace(done)
    out = console.output()
    console.write(out, columns.interleaving(trace, width=out.width))
    console.write(out, ending(done, trace, width=out.width))
    return int(is_wrong(found.scenario, done))


def _only(path: str) -> Race:
    from weft.check.collect import collect
    from weft.errors import UsageError

    races = collect([path])
    if len(races) > 1:
        names = ", ".join(race.scenario.name for race in races)
        raise UsageError(f"{path} has {len(races)} races: {names}; name one as FILE::RACE")
    return races[0]
