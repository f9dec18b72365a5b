"""The VFS's alphabet: what is known to disagree is explained by exactly that, and what is planted is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from model.operations import Close, Mkdir, Mount, Open, Rmdir, Stat, Umount
from stress.alphabet import vfs
from stress.planted.deletion import M18
from stress.planted.eager_umount import H1
from weft.fuzz import Program
from weft.fuzz.probe import Limits, Probe

A, B, SUB = Mkdir("init", "/a"), Mkdir("init", "/b"), Mkdir("init", "/a/b")
ON_A, LAZILY = Mount("init", "/a", filesystem="N"), Umount("init", "/a", lazy=True)
HOLD = Open("init", "/a/b", handle="h")
MORE_MOUNTS = (A, ON_A, SUB, Mount("init", "/a/b", filesystem="M"), Mount("init", "/a/b", filesystem="N"))

KNOWN = [
    (Program((A, ON_A), ((Mount("init", "/a", filesystem="P"),), (LAZILY,))), 979, {0, 2}),
    (Program(MORE_MOUNTS, ((HOLD,), (LAZILY,))), 1568, {1}),
    (Program((A, ON_A, SUB, HOLD), ((Stat("init", "../../b", start="h"),), (LAZILY, B))), 586, {3}),
]
HOLDS = [
    Program((A, ON_A, SUB), ((HOLD,), (LAZILY,))),
    Program((A,), ((Umount("init", "/a"),), (ON_A,))),  # EBUSY while mount still holds what it has mounted
    Program((A, Open("init", "/b", handle="h", create=True)), ((Close("h"), Open("init", "/a", handle="h")),)),
]
PLANTED = [
    (H1, Program((A, ON_A), ((Open("init", "/a", handle="h"),), (Umount("init", "/a"),)))),
    (M18, Program((A,), ((ON_A,), (Rmdir("init", "/a"),)))),
]


@pytest.mark.parametrize(("program", "states", "explained"), KNOWN)
def test_what_is_known_is_explained_by_nothing_more(program: Program, states: int, explained: set[int]) -> None:
    probed = Probe(vfs, Limits())(program)
    assert probed.slug == ""
    assert probed.states == states
    assert set(probed.known) == {vfs.known[k].name for k in explained}


@pytest.mark.parametrize("program", HOLDS)
def test_what_holds_needs_no_explanation(program: Program) -> None:
    probed = Probe(vfs, Limits())(program)
    assert (probed.slug, probed.known, probed.how) == ("", (), "searched")


@pytest.mark.parametrize(("planted", "program"), PLANTED)
def test_what_is_planted_is_found_and_not_explained(planted, program: Program) -> None:
    with planted():
        assert Probe(vfs, Limits())(program).slug
    assert not Probe(vfs, Limits())(program).slug


def test_the_page_is_of_the_bugs_that_are_listed() -> None:
    from stress.fuzz import PLANTED as LISTED

    page = (Path(__file__).parents[2] / "reports" / "fuzz.md").read_text()
    assert re.findall(r"^### ([\w-]+):", page, flags=re.MULTILINE) == [each.slug for each in LISTED]
    assert re.findall(r"(\d+) of (\d+) found", page)[0][1] == str(len(LISTED))
