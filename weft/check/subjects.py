"""Collecting what real threads can be let loose on: the races and loads at module level of the files that were named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from weft.check.collect import python_files
from weft.check.loading import import_file
from weft.check.mutants.planted import Planted
from weft.check.paths import shown
from weft.errors import UsageError
from weft.native.load import Load
from weft.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Subject:
    """A race or a load, and the file it was found in, as shown."""

    what: Scenario | Load
    file: str

    @property
    def name(self) -> str:
        """``FILE::NAME``."""
        return f"{self.file}::{self.what.name}"


def collect_subjects(paths: Sequence[str], *, fits: Callable[[str], bool] | None = None, slow: bool = False) -> list[Subject]:
    """The races and loads in ``paths``: files, folders, or ``FILE::NAME``; each once, where it was written.

    Raises:
        UsageError: There are none, or a name is unknown.
    """
    found: dict[str, Subject] = {}
    asked: set[str] = set()
    for path in paths:
        file, separator, name = path.partition("::")
        there = [one for each in python_files(file, expected="a .py file, a folder, or FILE::NAME") for one in _in_file(each)]
        if separator:
            there = [one for one in there if one.what.name == name] or _unknown(name, file, there)
            asked |= {one.name for one in there}
        found |= {one.name: one for one in there}
    if not found:
        raise UsageError(f"no race and no load in {', '.join(paths)}; expected functions decorated with @scenario or @load")
    chosen = [one for one in found.values() if fits is None or fits(one.name)]
    quick = [one for one in chosen if slow or one.name in asked or not getattr(one.what, "slow", False)]
    if not quick:
        raise UsageError(f"none of {len(found)} races and loads was chosen: -k fits {len(chosen)}, and the rest is slow (--slow)")
    return quick


def _in_file(file: str) -> list[Subject]:
    objects = {id(value): value for value in vars(import_file(file)).values() if isinstance(value, Scenario | Load)}
    return [Subject(value, shown(file)) for value in objects.values() if shown(value.file) == shown(file)]


def _unknown(name: str, file: str, there: Sequence[Subject]) -> list[Subject]:
    raise UsageError(f"no race or load {name!r} in {file}; there: {', '.join(one.what.name for one in there) or 'none'}")


def with_bug(subjects: Sequence[Subject], asked: str) -> list[Subject]:
    """The same with the planted bug ``PATH::SLUG`` in force, which they should show.

    Raises:
        UsageError: There is no such bug.
    """
    from weft.check.mutants.collecting import collect_planted

    path, separator, slug = asked.rpartition("::")
    if not separator:
        raise UsageError(f"--plant {asked!r}: expected PATH::SLUG, such as stress/planted::H1")
    planted, _ = collect_planted([path])
    bug = next((each for each in planted if each.slug == slug), None)
    if bug is None:
        raise UsageError(f"--plant: no planted bug {slug!r} in {path}; there: {', '.join(each.slug for each in planted)}")
    return [Subject(_planted(one.what, bug), one.file) for one in subjects]


def _planted(what: Scenario | Load, bug: Planted) -> Scenario | Load:
    if isinstance(what, Scenario):
        return replace(what, within=bug, expect="VIOLATED")
    return replace(what, within=bug, expect="VIOLATED")
