"""Collecting races: the ``Scenario`` objects at module level of the files that were named.

A race is named ``FILE::RACE``. A folder stands for every ``.py`` file under it, except what is plainly something else:
hidden folders, virtual environments, ``test_*.py``, ``*_test.py``, ``conftest.py``, ``setup.py``, ``__main__.py`` (naming
such a file itself collects it). The order is that of the arguments, then of the file names, then of the definitions.

A scenario imported from another file is the other file's, if that one is collected too. A path that is named twice, directly
or through a folder, counts once; two scenarios of one name in one file are an error, for no schedule could tell which it is of.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType

from weft.check.loading import import_file
from weft.check.paths import shown
from weft.errors import UsageError
from weft.scenario import Scenario

_NO_RACES = ("__main__.py", "conftest.py", "setup.py")
_NO_FOLDERS = ("__pycache__", "node_modules", "site-packages")


@dataclass(frozen=True, slots=True)
class Race:
    """A scenario and the file it was found in, as shown.

    Attributes:
        asked: Whether it was named as ``FILE::RACE``, which includes it even if it is slow.
    """

    scenario: Scenario
    file: str
    asked: bool = False

    @property
    def name(self) -> str:
        """``FILE::RACE``."""
        return f"{self.file}::{self.scenario.name}"

    @property
    def line(self) -> int:
        """Where it is written; 0 if another file builds it."""
        return self.scenario.line if shown(self.scenario.file) == self.file else 0


def collect(paths: Sequence[str]) -> list[Race]:
    """The races in ``paths``: files, folders, or ``FILE::RACE``.

    Raises:
        UsageError: A path is unknown, holds no scenario or cannot be imported; a name is taken twice.
    """
    found: dict[str, Race] = {}
    for path in paths:
        races = _in_path(path)
        if not races:
            raise UsageError(
                f"no scenario in {path!r}; expected functions decorated with @scenario at module level (weft --help shows one)"
            )
        for race in races:
            if race.name not in found or race.asked:
                found[race.name] = race
    return _without_imported(list(found.values()))


def _in_path(path: str) -> list[Race]:
    file, separator, name = path.partition("::")
    files = python_files(file, expected="a .py file, a folder, or FILE::RACE")
    if separator and os.path.isdir(file):
        raise UsageError(f"{file!r} is a folder; expected FILE::RACE with a .py file")
    races = [race for each in files for race in _in_file(each)]
    return _named(races, file, name) if separator else races


def python_files(path: str, *, expected: str) -> list[str]:
    """The file ``path`` itself, or those under the folder that may hold declarations.

    Raises:
        UsageError: There is no such file or folder, or it is not a Python file; ``expected`` says what would be.
    """
    if not os.path.exists(path):
        raise UsageError(f"no such file or folder: {path!r}; expected {expected}")
    if os.path.isdir(path):
        return list(_files(path))
    if not path.endswith(".py"):
        raise UsageError(f"{path!r} is not a Python file; expected {expected}")
    return [path]


def _named(races: list[Race], file: str, name: str) -> list[Race]:
    chosen = [Race(race.scenario, race.file, asked=True) for race in races if race.scenario.name == name]
    if not chosen:
        there = ", ".join(race.scenario.name for race in races) or "none"
        raise UsageError(f"no race {name!r} in {file}; races there: {there}")
    return chosen


def _files(folder: str) -> Iterator[str]:
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if _is_searched(here, f))
        for file in sorted(files):
            if file.endswith(".py") and not (file in _NO_RACES or file.startswith("test_") or file.endswith("_test.py")):
                yield os.path.join(here, file)


def _is_searched(parent: str, folder: str) -> bool:
    hidden = folder.startswith(".") or folder in _NO_FOLDERS
    return not hidden and not os.path.exists(os.path.join(parent, folder, "pyvenv.cfg"))


def _in_file(file: str) -> list[Race]:
    races: dict[str, Race] = {}
    for scenario in _scenarios(import_file(file)):
        race = Race(scenario, shown(file))
        if scenario.name in races:
            raise UsageError(f"{race.file}: two scenarios are called {scenario.name!r}; give one another name=")
        races[scenario.name] = race
    return list(races.values())


def _scenarios(module: ModuleType) -> list[Scenario]:
    """The scenarios of a module in the order of definition, each once however many names it has."""
    return list({id(value): value for value in vars(module).values() if isinstance(value, Scenario)}.values())


def _without_imported(races: list[Race]) -> list[Race]:
    """Leave out a race that is the same object as one in the file that defines it, or as an earlier one."""
    homes: dict[int, Race] = {}
    for race in races:
        at_home = shown(race.scenario.file) == race.file
        if at_home or id(race.scenario) not in homes:
            homes[id(race.scenario)] = race
    return [race for race in races if race.asked or homes[id(race.scenario)] is race]
