"""``pytester`` for this folder alone, and sample files to run inside it."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = str(Path(__file__).parents[3])

HEAD = "from weft import AtomicInt64, Mutex, Results, Setting, require, scenario\n"

COUNTER = (
    HEAD
    + """

def _counter(s: Setting, *, split: bool) -> None:
    counter = AtomicInt64(0)

    def add_one() -> None:
        if split:
            counter.store(counter.load() + 1)
        else:
            counter.add(1)

    s.thread(add_one, name="first")
    s.thread(add_one, name="second")

    @s.final
    def both_counted(_: Results) -> None:
        require(counter.load() == 2, f"counter is {counter.load()}, expected 2")


@scenario(expect="VIOLATED", violates="final:both_counted", why="add is split into load and store")
def lost_update(s: Setting) -> None:
    _counter(s, split=True)


@scenario(why="add is one step")
def atomic_update(s: Setting) -> None:
    _counter(s, split=False)


@scenario(why="nothing is checked", slow=True)
def slow_one(s: Setting) -> None:
    s.thread(AtomicInt64().load, name="reader")
"""
)

WRONG = (
    HEAD
    + """

@scenario(why="said by somebody who overlooked that two threads store")
def said_to_hold(s: Setting) -> None:
    number = AtomicInt64(0)
    s.thread(number.store, 1, name="one")
    s.thread(number.store, 2, name="two")

    @s.final
    def two_is_last(_: Results) -> None:
        require(number.load() == 2, f"number is {number.load()}, expected 2")


@scenario(expect="VIOLATED", why="said by somebody who thought that stores are lost")
def said_to_break(s: Setting) -> None:
    number = AtomicInt64(0)
    s.thread(number.store, 1, name="one")
    s.thread(number.store, 1, name="another")
"""
)

WRONG_REPORT = """\
said_to_hold (test_wrong.py:4): not as expected
  expected HOLDS, found final:two_is_last
  expected because: said by somebody who overlooked that two threads store
VIOLATED final:two_is_last: number is 1, expected 2
  one   returned None   step 2
  two   returned None   step 1
  because AtomicInt64#0 is 1 since one's step 2; after step 1 no execution ends well any more
step  one                                            two
   1                                                 AtomicInt64#0.store(2)  [0 -> 2]
   2  AtomicInt64#0.store(1)  [2 -> 1]
schedule v1:t1.o1   2 steps, 0 preemptions, proven minimal; replayed 1 of 1; 5 states explored
replay   weft replay test_wrong.py::said_to_hold v1:t1.o1
     or  pytest test_wrong.py::said_to_hold --weft-replay v1:t1.o1
""".splitlines()


def pytest_configure(config: pytest.Config) -> None:
    """``pytest_plugins`` is for the topmost conftest; this is its way in for one folder, with the options that come too late."""
    for option, value in {"lsof": False, "runpytest": "inprocess"}.items():
        if not hasattr(config.option, option):
            setattr(config.option, option, value)
    config.pluginmanager.import_plugin("pytester")
    for lazily in (
        "check.replaying",
        "check.run",
        "cli.main",
        "report.columns",
        "report.ending",
        "report.record",
        "report.summary",
    ):
        import_module(f"weft.{lazily}")  # once: pytester forgets what an inner run imports


@pytest.fixture
def inner(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder in which pytest runs as a user's would, with the plugin."""
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", ROOT)
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest")  # which would be imported in each run, for 0.7 seconds
    if not any(point.value == "weft.pytest_plugin" for point in entry_points(group="pytest11")):
        pytester.plugins = ["weft.pytest_plugin"]
    return pytester


def properties(junit: Path) -> dict[str, dict[str, str]]:
    """By test case the properties of a JUnit file."""
    from xml.etree import ElementTree

    cases = ElementTree.parse(junit).getroot().iter("testcase")
    return {case.attrib["name"]: {p.attrib["name"]: p.attrib["value"] for p in case.iter("property")} for case in cases}
