"""The pytest plugin: scenarios are tests.

Every ``Scenario`` at module level of a collected test file is an item ``FILE::RACE``: a search that passes if the verdict is the
expected one. Files that ``python_files`` does not match are collected when they are named, or when the ini option ``weft_files``
matches them (glob patterns as in ``python_files``)::

    [tool.pytest.ini_options]
    testpaths = ["tests", "stress"]
    weft_files = ["stress/races/*.py"]

Races carry the marker ``weft``, those with ``slow=True`` also ``slow``; pytest runs the slow ones too, unless told
``-m "not slow"``. Other marks go between ``@scenario(...)`` and the function. Fixtures do not apply to races.

    pytest -m weft -n auto                          all races, over all cores (pytest-xdist)
    pytest FILE::RACE --weft-replay v1:w7.u5.w2     execute one interleaving and show it, instead of searching
    pytest --weft-max-seconds 60                    a search that meets a limit is INCONCLUSIVE, which fails

A failure shows what ``weft check`` shows, with ``-vv`` every step. JUnit XML has ``verdict``, ``expected``, the counts, ``slug``
and ``schedule`` as properties. Verdicts and schedules are those of ``weft check``; the number of states is too, except where
threads ``assert`` in a file whose asserts pytest rewrites: the intermediate values that it keeps for its messages are local state.

This is imported in every run of pytest, with weft or without: it imports nothing heavy before a race runs, and says nothing
without one.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Generator, Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import weft
from weft.errors import EngineBug, WeftError
from weft.scenario import Scenario

if TYPE_CHECKING:
    from weft.report import document
    from weft.search.replay import Replay

_REPLAYED = pytest.StashKey[tuple[str, str]]()
"""The race that was replayed, and its interleaving."""

_FROM_CONTROLLER = "weft_width"
_MOST_COLUMNS = 100


# Options.


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the command line and of the ini file."""
    group = parser.getgroup("weft", "weft, which searches every interleaving of scenarios")
    group.addoption("--weft-max-states", type=_states, metavar="N", help="End a search at this many states, such as 2M.")
    group.addoption("--weft-max-seconds", type=_seconds, metavar="S", help="End a search after this time.")
    group.addoption("--weft-replay", metavar="SCHEDULE", help="Execute the one selected race along this schedule and show it.")
    parser.addini("weft_files", type="args", default=[], help="Files with scenarios besides python_files (glob patterns).")


def _states(text: str) -> int:
    from click import BadParameter

    from weft.cli.options import Amount

    try:
        return Amount().convert(text, None, None)
    except BadParameter as error:
        raise pytest.UsageError(f"--weft-max-states: {error.message}") from None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not seconds > 0:
        raise pytest.UsageError(f"--weft-max-seconds: {text!r} is not a number of seconds above zero")
    return seconds


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known to ``--strict-markers``."""
    config.addinivalue_line("markers", "weft: a race, whose interleavings are searched (put on every scenario)")
    config.addinivalue_line("markers", "slow: a race with slow=True (pytest runs it unless told otherwise)")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Keep a replay in this process, whatever ``-n`` says."""
    if config.getoption("weft_replay") is not None and hasattr(config.option, "numprocesses"):
        config.option.numprocesses, config.option.dist, config.option.tx = 0, "no", []


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell the workers of pytest-xdist how wide the terminal is, which they cannot see."""
    node.workerinput[_FROM_CONTROLLER] = _width(node.config)


def _width(config: pytest.Config) -> int:
    """How wide reports are: as wide as a terminal up to a limit; in files and pipes that limit, or ``COLUMNS``."""
    if hasattr(config, "workerinput"):
        return int(config.workerinput.get(_FROM_CONTROLLER, _MOST_COLUMNS))
    terminal = config.pluginmanager.getplugin("terminalreporter")
    if terminal is not None and terminal.isatty:
        return min(config.get_terminal_writer().fullwidth, _MOST_COLUMNS)
    asked = os.environ.get("COLUMNS", "")
    return int(asked) if asked.isdecimal() and int(asked) else _MOST_COLUMNS


# Collecting.


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Generator[None, list[Any], list[Any]]:
    """Collect files that ``weft_files`` matches, if nobody else does."""
    found = yield
    patterns = parent.config.getini("weft_files")
    if file_path.suffix == ".py" and _is_matched(file_path, patterns) and not any(isinstance(c, pytest.Module) for c in found):
        found.append(pytest.Module.from_parent(parent, path=file_path))
    return found


def _is_matched(file: Path, patterns: Iterable[str]) -> bool:
    """The rule of ``python_files``: a pattern without a slash is for the name, another one for the end of the path."""
    return any(fnmatch(file.as_posix(), f"*/{pattern}") if "/" in pattern else fnmatch(file.name, pattern) for pattern in patterns)


def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: object) -> pytest.Item | None:
    """Make an item of a scenario at module level; of one only, however many names it has there."""
    if not isinstance(obj, Scenario) or not isinstance(collector, pytest.Module):
        return None
    there = {key: value for key, value in vars(collector.obj).items() if isinstance(value, Scenario)}
    if next(key for key, value in there.items() if value is obj) != name:
        return None
    if any(other is not obj and other.name == obj.name for other in there.values()):
        raise collector.CollectError(f"{collector.nodeid}: two scenarios are called {obj.name!r}; give one another name=")
    if not collector.config.getini("collect_imported_tests") and Path(obj.file) != collector.path:
        return None
    return RaceItem.from_parent(collector, name=obj.name, scenario=obj)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out races that a file imports from another one which is collected too, unless they are asked for by name."""
    races = [item for item in items if isinstance(item, RaceItem)]
    at_home = {id(race.scenario) for race in races if race.is_at_home}
    asked = {argument.partition("::")[2] for argument in config.args}
    twice = [race for race in races if not race.is_at_home and id(race.scenario) in at_home and race.name not in asked]
    if twice:
        items[:] = [item for item in items if item not in twice]
        config.hook.pytest_deselected(items=twice)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """A schedule is of one race: refuse to replay it in several."""
    if session.config.getoption("weft_replay") is None or session.config.getoption("collectonly"):
        return
    races = [item for item in session.items if isinstance(item, RaceItem)]
    if len(session.items) != 1 or not races:
        names = ", ".join(race.name for race in races[:5]) + (", ..." if len(races) > 5 else "")
        seen = f"{len(races)} races ({names})" if races else "none"
        if races and len(session.items) > len(races):
            seen += f" and {len(session.items) - len(races)} other tests"
        raise pytest.UsageError(f"--weft-replay needs one race, selected are {seen}; name it as FILE::RACE")


# Running.


class RaceFailed(Exception):
    """A race is not as expected. Its text is the report; ``summary`` says it in a line."""

    def __init__(self, text: str, *, summary: str) -> None:
        super().__init__(text)
        self.summary = " ".join(summary.split())


class RaceItem(pytest.Item):
    """A scenario as a test."""

    def __init__(self, *, scenario: Scenario, **known: Any) -> None:
        super().__init__(**known)
        self.scenario = scenario
        self.add_marker("weft")
        if scenario.slow:
            self.add_marker("slow")
        for mark in getattr(scenario.build, "pytestmark", ()):
            self.own_markers.append(mark)
            self.keywords[mark.name] = mark

    @property
    def is_at_home(self) -> bool:
        """Whether the scenario was written in the file that it was found in."""
        return Path(self.scenario.file) == self.path

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """See ``pytest.Item``."""
        return self.path, self.scenario.line - 1 if self.is_at_home else None, self.name

    def runtest(self) -> None:
        """Search, or replay.

        Raises:
            RaceFailed: It is not as expected.
        """
        schedule = self.config.getoption("weft_replay")
        try:
            if schedule is None:
                self._search()
            else:
                self._replay(schedule)
        except EngineBug as bug:
            raise RaceFailed(f"ENGINE BUG: {bug}\n{_report_it()}", summary=f"ENGINE BUG: {bug}") from None
        except WeftError as error:
            raise RaceFailed(str(error), summary=str(error)) from None

    def _search(self) -> None:
        from weft.check.collect import Race
        from weft.check.judge import Judgement
        from weft.check.paths import shown
        from weft.check.run import INTERRUPTED, Plan, check
        from weft.report import record
        from weft.report.in_short import in_a_line, properties
        from weft.search.budget import Budget

        limit = self.config.getoption
        budget = Budget(max_states=limit("weft_max_states"), max_seconds=limit("weft_max_seconds"))
        [checked] = check([Race(self.scenario, shown(str(self.path)))], Plan(budget=budget))
        found = checked.exploration
        if checked.judgement is Judgement.NOT_RUN or (found is not None and found.stopped_by == INTERRUPTED):
            raise KeyboardInterrupt  # which a search takes for the end of its budget
        race = record.race(checked)
        self._tell({"weft": weft.__version__, **properties(race)})
        if checked.judgement is not Judgement.AS_EXPECTED:
            text = _explained(race, width=_width(self.config), whole=self.config.get_verbosity() > 1)
            raise RaceFailed(text, summary=in_a_line(race))

    def _replay(self, schedule: str) -> None:
        from weft.check.replaying import is_wrong, replay_text

        replayed = replay_text(self.scenario, schedule)
        ended = replayed.ending
        self._tell({"schedule": schedule, "slug": "" if ended is None else ended.slug})
        text = _interleaving(replayed, width=_width(self.config))
        if ended is not None and is_wrong(self.scenario, replayed):
            raise RaceFailed(text, summary=f"VIOLATED {ended.slug}: {ended.message}")
        self.config.stash[_REPLAYED] = self.name, text

    def _tell(self, properties: dict[str, Any]) -> None:
        self.user_properties[:] = {**dict(self.user_properties), **properties}.items()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The report of a race, without a traceback; in a form that pytest-xdist can send."""
        if not isinstance(excinfo.value, RaceFailed):
            return super().repr_failure(excinfo, style)
        text = excinfo.getrepr(style="value")
        if text.reprcrash is not None:  # what the short summary, --tb=line and JUnit show
            text.reprcrash.path, text.reprcrash.lineno = str(self.path), self.scenario.line if self.is_at_home else 1
            text.reprcrash.message = excinfo.value.summary
        return text


def _explained(race: document.Race, *, width: int, whole: bool) -> str:
    from weft.report.summary import problem

    lines = [line.plain for line in problem(race, width=width, whole=whole)]
    if race.judgement == "engine bug":
        lines.append(_report_it())
    command = f"     or  pytest {shlex.quote(f'{race.file}::{race.name}')} --weft-replay"
    lines += [f"{command} {found.trace.schedule}" for found in race.violations if found.trace is not None]
    return "\n".join(lines)


def _interleaving(replayed: Replay, *, width: int) -> str:
    from weft.report import columns, record
    from weft.report.ending import ending

    trace = record.trace(replayed)
    lines = [*columns.interleaving(trace, width=width), *ending(replayed, trace, width=width)]
    return "\n".join(line.plain for line in lines)


def _report_it() -> str:
    from weft.cli.failures import REPORT_IT

    return REPORT_IT


# Telling.


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The replayed interleaving; with ``-v`` a table of all races, else of those that failed."""
    if _REPLAYED in config.stash:
        name, text = config.stash[_REPLAYED]
        terminalreporter.section(f"replay of {name}")
        terminalreporter.write_line(text)
    verbose = config.get_verbosity()
    if verbose < 0:
        return
    rows = {
        report.nodeid: dict(report.user_properties)
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call" and (report.failed or verbose)
    }
    races = {name: told for name, told in sorted(rows.items()) if "weft" in told}
    if races:
        _write_table(races, terminalreporter.write_line, title=terminalreporter.section, verbose=verbose > 0)


def _write_table(
    races: dict[str, dict[str, Any]], write: Callable[[str], None], *, title: Callable[[str], None], verbose: bool
) -> None:
    names = {name: name.rpartition("::")[2] for name in races}
    if len(set(names.values())) < len(names):
        names = {name: name for name in races}
    title("weft" if verbose else "weft: races that failed")
    wide = max(4, *map(len, names.values()))
    write(f"{'race':<{wide}}  {'expected':<8}  {'verdict':<12}  {'states':>12}")
    for name, told in races.items():
        states = f"{told['states']:,}" if told["states"] else "-"
        write(f"{names[name]:<{wide}}  {told['expected']:<8}  {told['verdict']:<12}  {states:>12}")
