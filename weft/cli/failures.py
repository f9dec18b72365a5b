"""How the command line fails: one line on standard error beginning with ``weft:``, and an exit code that says whose fault it is."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import traceback
from typing import Any

import click

from weft.errors import EngineBug, WeftError

NOT_AS_EXPECTED, USAGE, UNFINISHED, ENGINE_BUG = 1, 2, 3, 4
REPORT_IT = "weft contradicts itself, so nothing it says here counts: please report this with the race's file and `weft --version`"


def complain(text: str) -> None:
    """One line on standard error."""
    click.echo(f"weft: {' '.join(text.split())}", err=True)


def complain_of_engine(text: str) -> None:
    """Two lines that cannot be overlooked."""
    click.echo(click.style(f"weft: ENGINE BUG: {' '.join(text.split())}", fg="red", bold=True), err=True)
    complain(REPORT_IT)


class Reported(click.Group):
    """A group whose commands end in an exit code instead of a traceback, under ``CliRunner`` too."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and exit with 0 to 4; see ``weft --help``."""
        kwargs["standalone_mode"] = False
        sys.exit(self._exit_code(*args, **kwargs))

    def _exit_code(self, *args: Any, **kwargs: Any) -> int:
        try:
            code = super().main(*args, **kwargs)
            sys.stdout.flush()
        except click.ClickException as error:
            if type(error).__name__ == "NoArgsIsHelpError":  # since click 8.2; earlier ones print the help themselves
                click.echo(error.format_message())
                return 0
            context = getattr(error, "ctx", None)
            hint = f"; see `{context.command_path} --help`" if context is not None else ""
            complain(error.format_message().rstrip(".") + hint)
            return USAGE
        except (click.Abort, KeyboardInterrupt):
            complain("interrupted before anything was found")
            return UNFINISHED
        except EngineBug as bug:
            complain_of_engine(str(bug))
            return ENGINE_BUG
        except WeftError as error:
            from weft.check.paths import scrubbed

            complain(scrubbed(str(error)))
            return USAGE
        except Exception as error:
            traceback.print_exc()
            complain_of_engine(f"{type(error).__name__}: {error}")
            return ENGINE_BUG
        return code if isinstance(code, int) else 0


class _QuietOutput(io.FileIO):
    """Standard output that goes nowhere once its reader has left."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            return super().write(data)


def outlive_readers() -> None:
    """Let ``weft check | head`` end as without ``head``: rich and click would make the exit code 1, which means something else."""
    if sys.stdout is None:  # closed by the caller, ``weft check >&-``
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open to the end
        return
    out = sys.stdout
    with contextlib.suppress(OSError, ValueError):
        raw = _QuietOutput(out.fileno(), "w", closefd=False)
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(raw), out.encoding, out.errors, line_buffering=raw.isatty())
