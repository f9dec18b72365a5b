"""Which scenarios are found, under which names and in which order."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from weft.check.collect import collect
from weft.check.keywords import matcher
from weft.errors import UsageError

RACE = """
from weft import AtomicInt64, Setting, scenario

@scenario()
def {name}(s: Setting) -> None:
    s.thread(AtomicInt64().load, name="reader")
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current directory; what is imported from it is forgotten."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    for name in set(sys.modules):
        if name.startswith("weft_race_") or name in ("alpha", "beta", "package", "package.gamma"):
            monkeypatch.delitem(sys.modules, name)
    return tmp_path


def write(folder: Path, file: str, text: str) -> None:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def names(*paths: str) -> list[str]:
    return [race.name for race in collect(paths)]


def test_a_folder_is_searched_in_the_order_of_names_and_definitions(here: Path) -> None:
    write(here, "b/two.py", RACE.format(name="z") + RACE.format(name="a"))
    write(here, "a.py", RACE.format(name="first"))
    assert names(".") == ["a.py::first", "b/two.py::z", "b/two.py::a"]
    assert names("b", "a.py") == ["b/two.py::z", "b/two.py::a", "a.py::first"]


@pytest.mark.parametrize("file", ["test_x.py", "x_test.py", "conftest.py", "setup.py", "__main__.py", ".hidden/x.py", "venv/x.py"])
def test_what_is_plainly_no_race_is_passed_over_in_folders(here: Path, file: str) -> None:
    write(here, "race.py", RACE.format(name="race"))
    write(here, "venv/pyvenv.cfg", "")
    write(here, file, "raise RuntimeError")
    assert names(".") == ["race.py::race"]


def test_a_test_file_that_is_named_is_searched(here: Path) -> None:
    write(here, "test_named.py", RACE.format(name="race"))
    assert names("test_named.py") == ["test_named.py::race"]


def test_a_path_named_twice_counts_once(here: Path) -> None:
    write(here, "d/race.py", RACE.format(name="race"))
    assert names("d", "d/race.py", "./d/../d") == ["d/race.py::race"]


def test_an_imported_scenario_belongs_to_the_file_that_defines_it(here: Path) -> None:
    write(here, "beta.py", RACE.format(name="race"))
    write(here, "alpha.py", "from beta import race")
    assert names(".") == ["beta.py::race"]
    assert names("alpha.py") == ["alpha.py::race"]


def test_packages_are_importable_by_their_own_name(here: Path) -> None:
    write(here, "sub/package/__init__.py", "")
    write(here, "sub/package/rest.py", "VALUE = 1")
    write(here, "sub/package/gamma.py", "from package.rest import VALUE\n" + RACE.format(name="race"))
    assert names("sub/package/gamma.py") == ["sub/package/gamma.py::race"]


def test_a_file_named_like_a_standard_module_is_that_file(here: Path) -> None:
    write(here, "random.py", RACE.format(name="race"))
    assert names("random.py") == ["random.py::race"]
    import random

    assert random.randrange(1) == 0


def test_two_scenarios_of_one_name_are_an_error(here: Path) -> None:
    write(here, "twice.py", RACE.format(name="race") + "first = race\n" + RACE.format(name="race"))
    with pytest.raises(UsageError, match=r"^twice\.py: two scenarios are called 'race'; give one another name=$"):
        collect(["twice.py"])


def test_a_name_brings_in_a_slow_race_that_words_do_not(here: Path) -> None:
    write(here, "slow.py", RACE.format(name="race").replace("scenario()", "scenario(slow=True)"))
    assert [race.asked for race in collect(["slow.py"])] == [False]
    assert [race.asked for race in collect(["slow.py", "slow.py::race"])] == [True]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("umount", {"walk_umount", "umount_seed"}),
        ("UMOUNT and not seed", {"walk_umount"}),
        ("walk or seed", {"walk_umount", "umount_seed"}),
        ("not (walk or seed)", {"mount"}),
        ("not walk and not seed", {"mount"}),
        ("walk and seed or mount", {"walk_umount", "umount_seed", "mount"}),
    ],
)
def test_words_choose_races(expression: str, expected: set[str]) -> None:
    fits = matcher(expression)
    assert {name for name in ("walk_umount", "umount_seed", "mount") if fits(name)} == expected


@pytest.mark.parametrize("expression", ["", "and", "a b", "(a", "a)", "not", "a or"])
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(UsageError, match="does not fit here"):
        matcher(expression)
