"""What ``weft check`` writes besides its tables: files for CI systems, annotations, the baseline.

That a file can be written is made sure of before the search, not after it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from weft.errors import UsageError

if TYPE_CHECKING:
    from weft.report import document
    from weft.report.baseline import Baseline

CommandT = TypeVar("CommandT", bound=Callable[..., Any])

_FILES = {"json": "json_file", "junit": "junit_file", "sarif": "sarif_file", "baseline-write": "baseline_write"}
_FILE = click.Path(dir_okay=False)

_OPTIONS = (
    click.option("--json", "json_file", type=_FILE, metavar="FILE", help="Write all results there as JSON (`weft schema`)."),
    click.option("--junit", "junit_file", type=_FILE, metavar="FILE", help="Write JUnit XML there."),
    click.option("--sarif", "sarif_file", type=_FILE, metavar="FILE", help="Write SARIF 2.1.0 there, for code scanning."),
    click.option("--ci", type=click.Choice(["github"]), help="github: also annotations, and the summary of the job."),
    click.option(
        "--baseline",
        "baseline_file",
        type=click.Path(dir_okay=False, exists=True),
        metavar="FILE",
        help="Compare with this baseline; where a verdict differs or states have grown, exit with 5.",
    ),
    click.option(
        "--baseline-factor",
        type=click.FloatRange(min=1),
        default=2.0,
        show_default=True,
        help="By how much states may grow against the baseline.",
    ),
    click.option("--baseline-write", type=_FILE, metavar="FILE", help="Write what was found there as the new baseline."),
)


def output_options(command: CommandT) -> CommandT:
    """Decorator: the options of ``Outputs``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


class Outputs:
    """The files that were asked for.

    Args:
        given: The values of all options.
        paths: What is searched.

    Raises:
        UsageError: One cannot be written, or the baseline cannot be read.
    """

    def __init__(self, given: dict[str, Any], *, paths: tuple[str, ...]) -> None:
        self._given = given
        self._paths = [os.path.normpath(path).replace(os.sep, "/") for path in paths]
        self._before = self._baseline()
        for option, name in _FILES.items():
            if given[name] is not None:
                make_sure_writable(option, given[name])

    def _baseline(self) -> Baseline | None:
        name = self._given["baseline_file"]
        if name is None:
            return None
        from weft.report.baseline import decoded

        with open(name, "rb") as stream:
            return decoded(stream.read(), name=name)

    def compared(self, made: document.Report) -> document.Report:
        """``made`` with what differs from the baseline, and the exit code that goes with it."""
        before = self._before
        if before is None:
            return made
        import msgspec

        from weft.check.judge import Judgement, exit_code
        from weft.report.baseline import differences

        asked = (before.paths, before.keywords, before.slow)
        same = asked == (self._paths, self._given["keywords"], self._given["slow"])
        found = differences(before, made, factor=self._given["baseline_factor"], same_question=same)
        code = exit_code([Judgement(race.judgement) for race in made.races], differs=bool(found))
        return msgspec.structs.replace(made, differences=found, exit_code=code)

    def write(self, made: document.Report) -> None:
        """Write everything."""
        given = self._given
        if given["json_file"]:
            from weft.report.document import encoded

            _write(given["json_file"], encoded(made))
        if given["junit_file"]:
            from weft.report.junit import junit

            _write(given["junit_file"], junit(made))
        if given["sarif_file"]:
            from weft.report.sarif import sarif

            _write(given["sarif_file"], sarif(made))
        if given["ci"] == "github":
            _tell_github(made)
        if given["baseline_write"]:
            from weft.report import baseline

            found = baseline.baseline(made, paths=self._paths, keywords=given["keywords"], slow=given["slow"])
            _write(given["baseline_write"], baseline.encoded(found))


def make_sure_writable(option: str, file: str) -> None:
    """See that ``file``, which ``--option`` gave, can be written.

    Raises:
        UsageError: It cannot.
    """
    try:
        existed = os.path.exists(file)
        with open(file, "ab"):
            pass
        if not existed:
            os.remove(file)
    except OSError as error:
        raise UsageError(f"--{option} {file!r}: {error.strerror}; name a file that can be written") from None


def _write(file: str, content: bytes) -> None:
    with open(file, "wb") as stream:
        stream.write(content)


def _tell_github(made: document.Report) -> None:
    from weft.report.github import summary, workflow_commands

    for line in workflow_commands(made):
        click.echo(line)
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if file:
        with open(file, "a", encoding="utf-8") as stream:
            stream.write(summary(made))
