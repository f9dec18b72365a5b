"""Options that several commands share, and how their values are read."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import click

if TYPE_CHECKING:
    from weft.check.collect import Race

CommandT = TypeVar("CommandT", bound=Callable[..., Any])


class Amount(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """A whole number above zero: ``2000000``, ``2_000_000``, ``2M``; for memory also ``1.5G``."""

    name = "number"
    _UNITS: ClassVar = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9}

    def __init__(self, *, memory: bool = False) -> None:
        self._binary = memory
        self.name = "size" if memory else "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """See ``click.ParamType``."""
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"(\d[\d_]*(?:\.\d+)?)([KMG]?)(?:i?B)?", str(value).strip(), re.IGNORECASE)
        number = float(match[1].replace("_", "")) if match else 0
        unit = self._UNITS[match[2].upper()] if match else 1
        if self._binary and unit > 1:
            unit = 1 << (10 * "_KMG".index(match[2].upper()))  # type: ignore[index]
        if number * unit < 1:
            self.fail(
                f"{value!r} is not a {self.name} above zero; expected such as {'512M' if self._binary else '2000000 or 2M'}",
                param,
                ctx,
            )
        return int(match[1].replace("_", "")) if match and unit == 1 and "." not in match[1] else int(number * unit)


class Jobs(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """How many processes: a whole number, or ``auto``, which is 0."""

    name = "n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """See ``click.ParamType``."""
        text = str(value).strip().lower()
        if text != "auto" and not re.fullmatch(r"\d{1,4}", text):
            self.fail(f"{value!r} is not a number of processes; expected such as 4, or auto", param, ctx)
        return 0 if text == "auto" else int(text)


def default_paths(paths: Sequence[str]) -> tuple[str, ...]:
    """What to search where nothing was named: the folder ``stress`` if there is one, else everything here."""
    return tuple(paths) or (("stress",) if os.path.isdir("stress") else (".",))


paths_argument = click.argument("paths", nargs=-1, metavar="[PATH | FILE::RACE]...")
keyword_option = click.option(
    "-k", "keywords", metavar="EXPRESSION", help="Only races whose FILE::RACE matches: 'umount and not seed'."
)
slow_option = click.option("--slow", is_flag=True, help="Include races marked slow.")


def chosen(paths: Sequence[str], *, keywords: str | None, slow: bool) -> tuple[list[Race], int]:
    """The races to work on, and how many were left out as slow.

    Raises:
        UsageError: There are none.
    """
    from weft.check.collect import collect
    from weft.check.keywords import matcher
    from weft.errors import UsageError

    fits = matcher(keywords) if keywords is not None else None
    races = collect(default_paths(paths))
    matching = [race for race in races if fits is None or fits(race.name)]
    if not matching:
        raise UsageError(f"-k {keywords!r} matches none of {len(races)} races; `weft list` shows their names")
    quick = [race for race in matching if slow or race.asked or not race.scenario.slow]
    if not quick:
        raise UsageError(f"all {len(matching)} races chosen are slow; --slow includes them")
    return quick, len(matching) - len(quick)
