"""Collecting planted bugs: the ``Planted`` and ``NotPlanted`` objects at module level of the files that were named."""

from __future__ import annotations

from collections.abc import Sequence

from weft.check.collect import Race, python_files
from weft.check.loading import import_file
from weft.check.mutants.planted import NotPlanted, Planted
from weft.errors import UsageError


def collect_planted(paths: Sequence[str]) -> tuple[list[Planted], list[NotPlanted]]:
    """What is declared in ``paths``, in the order of the files and of the definitions, each once.

    Raises:
        UsageError: A path does not exist, nothing is planted there, or two have one slug.
    """
    found: dict[int, Planted | NotPlanted] = {}
    for path in paths:
        for file in python_files(path, expected="files with planted bugs, or folders of such"):
            found |= {id(value): value for value in vars(import_file(file)).values() if isinstance(value, Planted | NotPlanted)}
    planted = [each for each in found.values() if isinstance(each, Planted)]
    if not planted:
        raise UsageError(f"no planted bug in {', '.join(paths)}; expected weft.Planted at module level, or --operators PATH")
    slugs = [each.slug for each in planted]
    twice = next((slug for slug in slugs if slugs.count(slug) > 1), None)
    if twice is not None:
        raise UsageError(f"two planted bugs are called {twice!r}; give one another slug")
    return planted, [each for each in found.values() if isinstance(each, NotPlanted)]


def in_order(planted: Planted, races: Sequence[Race]) -> list[Race]:
    """The races, the one that should show the bug first.

    Raises:
        UsageError: There is no such race, or it does not hold as it is.
    """
    if not planted.race:
        return list(races)
    expected = [race for race in races if planted.race in (race.scenario.name, race.name)]
    if not expected:
        raise UsageError(f"planted bug {planted.slug} should be shown by {planted.race!r}, which is not among the races that hold")
    return expected + [race for race in races if race not in expected]
