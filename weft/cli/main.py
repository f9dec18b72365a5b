"""The ``weft`` command: its help, its version, and where its subcommands are."""

from __future__ import annotations

import click

from weft.cli.bench import bench
from weft.cli.check import check
from weft.cli.failures import Reported, outlive_readers
from weft.cli.fuzz import fuzz
from weft.cli.listing import list_
from weft.cli.mutants import mutants
from weft.cli.profile import profile
from weft.cli.progress import progress
from weft.cli.replay import replay
from weft.cli.sample import sample
from weft.cli.schema import schema
from weft.cli.stress import stress
from weft.cli.verify import verify

_HELP = """\
Weft searches every interleaving of ordinary concurrent Python and says what holds, or shows the schedule that breaks it.

\b
  weft check stress                   search every race under stress/
  weft check race.py::lost_update -v  one race, with its outcomes
  weft replay race.py::lost_update v1:f1.s2.f1    show one interleaving

A race is a function that builds shared state, starts threads and says what must hold at the end:

\b
  from weft import AtomicInt64, Results, Setting, require, scenario
  @scenario(expect="VIOLATED", why="add is split into load and store")
  def lost_update(s: Setting) -> None:
      counter = AtomicInt64(0)
      def add_one() -> None:
          counter.store(counter.load() + 1)
      s.thread(add_one, name="first")
      s.thread(add_one, name="second")
      @s.final
      def both_counted(results: Results) -> None:
          require(counter.load() == 2, f"counter is {counter.load()}")

Threads share cells (AtomicInt64, AtomicReference, Mutex, RWMutex, Field, SharedDict, ...) and objects derived from
weft.Shared; one operation on a cell is one step, the unit that schedules interleave.

\b
Verdicts:
  HOLDS         every interleaving was searched
  VIOLATED      a schedule was executed on the real code and showed it
  INCONCLUSIVE  a limit or Ctrl-C came first; never a pass

\b
Exit codes (of several races the first that occurs of 4, 2, 1, 5, 3, 0):
  0  all as expected
  1  a verdict is not as expected
  2  usage: a path, an option, a schedule or a race is wrong
  3  inconclusive: a search did not finish, and nothing wrong was found
  4  engine bug: weft contradicts itself; please report it
  5  a verdict differs from the baseline, or states have grown
"""


@click.group(cls=Reported, help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda c, _, v: _version(c, asked=v),
    help="Show versions.",
)
def cli() -> None:
    """See ``_HELP``."""


def _version(context: click.Context, *, asked: bool) -> None:
    if not asked:
        return
    import platform

    import weft
    from weft.automaton import peek
    from weft.search import compiled_loop

    frames = "frames can be read: equal local states are merged"
    if not peek.AVAILABLE:
        frames = "frames cannot be read here: local states are told apart by history, which costs states"
    loop = compiled_loop.said()
    click.echo(f"weft {weft.__version__}, {platform.python_implementation()} {platform.python_version()}; {frames}; {loop}")
    context.exit()


for _command in (bench, check, fuzz, list_, mutants, profile, progress, replay, sample, schema, stress, verify):
    cli.add_command(_command)


def main() -> None:
    """Entry point of the ``weft`` command."""
    outlive_readers()
    cli(prog_name="weft")
