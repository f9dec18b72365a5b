"""A certificate of a race that holds is verified, and says as much as the search."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.programs.gallery import GALLERY
from tests.programs.making import program
from tests.unit.certificate import racing
from tests.unit.certificate.conftest import FILE, RACES
from weft import AtomicInt64, Mutex, Setting
from weft.certificate import writing
from weft.search.exhaustive import explore
from weft.search.reduction import ALL


def test_the_checker_and_the_search_count_the_same(certified):
    figures = certified.verify()
    found = certified.found
    assert (figures["states"], figures["steps"]) == (found.states, found.transitions)
    assert figures["interleavings"] == found.interleavings
    assert found.cyclic == (figures["interleavings"] is None)


def test_counts_are_exact_and_cycles_are_infinitely_many(certify_race):
    assert certify_race(racing.two_increments).verify()["interleavings"] == 2 + 2 * 2  # in turn, or both look first
    assert certify_race(racing.one_waits_by_looking_again).verify()["interleavings"] is None


def test_every_step_of_every_local_state_is_executed_whatever_the_seed(certify_race):
    certified = certify_race(racing.two_increments)
    for seed in range(5):
        figures = certified.verify(seed=seed)
        assert figures["executions"] >= figures["local_steps"]


def test_without_merging_no_local_state_stands_for_two_histories(certify_race):
    merged, histories = certify_race(racing.counted_under_a_lock), certify_race(racing.pushed_nodes, merge=False)
    assert merged.verify()["merged"] >= 0
    assert histories.verify()["merged"] == 0


def test_merging_is_counted(certify_race):
    assert certify_race(racing.two_increments).verify()["merged"] > 0
    assert certify_race(racing.two_increments, merge=False).verify()["merged"] == 0


def crosswise(*, gate: bool, apart: bool = False):
    """One thread takes B while it holds A, the other A while it holds B; under a gate lock, or one when the other is done."""

    def build(s: Setting) -> None:
        outer, a, b, done = Mutex(), Mutex(), Mutex(), AtomicInt64(0)

        def takes(first: Mutex, second: Mutex) -> None:
            with outer, first, second:
                pass

        def takes_later() -> None:
            if done.load():
                with b, a:
                    pass

        def takes_first() -> None:
            with a, b:
                pass
            done.store(1)

        s.thread(takes_first if apart else lambda: takes(a, b), name="one")
        s.thread(takes_later if apart else lambda: takes(b, a) if gate else takes(a, b), name="two")

    return program(f"crosswise-{gate}-{apart}", build)


def test_locks_taken_in_opposite_orders_are_counted(certify_race):
    assert certify_race(crosswise(gate=False)).verify()["crossings"] == 0
    assert certify_race(crosswise(gate=True)).verify()["crossings"] == 1
    assert certify_race(crosswise(gate=False, apart=True)).verify()["crossings"] == 1


def test_one_thread_alone_may_take_locks_in_either_order(certify_race):
    def build(s: Setting) -> None:
        a, b = Mutex(), Mutex()

        def both_ways() -> None:
            with a, b:
                pass
            with b, a:
                pass

        s.thread(both_ways, name="one")

    assert certify_race(program("both_ways", build)).verify()["crossings"] == 0


def test_the_same_race_gives_the_same_bytes(certify_race, tmp_path):
    certified = certify_race(racing.pushed_nodes)
    with open(certified.file, "rb") as stream:
        first = stream.read()
    with open(certify_race(racing.pushed_nodes).file, "rb") as stream:
        assert stream.read() == first


@pytest.mark.parametrize("race", GALLERY, ids=lambda race: race.name)
def test_the_gallery_is_certified_where_it_holds(race, certify_race):
    certified = certify_race(race)
    assert bool(certified.file) == (certified.found.verdict == "HOLDS")
    if certified.file:
        assert certified.verify()["interleavings"] == certified.found.interleavings


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.name)
def test_a_reduced_search_is_certified_in_full(race, certify_race):
    full = certify_race(race).verify()
    reduced = certify_race(race, reduction=ALL)
    assert reduced.found.states <= full["states"]
    assert {**reduced.verify(), "executions": 0} == {**full, "executions": 0}


def test_too_many_states_are_said_and_nothing_is_written(monkeypatch, tmp_path):
    monkeypatch.setattr(writing, "MOST_STATES", 3)
    answer = explore(
        racing.two_increments,
        certify=lambda automaton: writing.certify(automaton, "x.py::y", files=[FILE], merged=True, folder=str(tmp_path)),
    ).certificate
    assert answer == "none: more than 3 states"
    assert not os.listdir(tmp_path)


def test_what_does_not_hold_gets_no_certificate():
    def build(s: Setting) -> None:
        x = AtomicInt64(0)
        s.thread(x.load, name="reader")
        s.sometimes(lambda taken: taken.kind == "store")

    def never(_: object) -> str:
        raise AssertionError("asked for a certificate")

    assert explore(program("never", build), certify=never).verdict == "VIOLATED"


def test_the_commands_write_and_verify_without_loading_the_search(tmp_path):
    weft = [sys.executable, "-m", "weft"]
    made = subprocess.run([*weft, "check", FILE, "--certify", str(tmp_path)], capture_output=True, text=True, check=True)
    assert "6 certificates written; `weft verify" in made.stdout
    program = (
        "import sys; from weft.cli.main import cli\n"
        f"code = cli(['verify', {str(tmp_path)!r}, '--json', {str(tmp_path / 'figures.json')!r}], standalone_mode=False)\n"
        "loaded = [name for name in sys.modules if name.startswith(('weft.search', 'weft.automaton'))]\n"
        "assert code == 0 and not loaded, (code, loaded)"
    )
    seen = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert seen.returncode == 0, seen.stderr
    assert "6 certificates: 6 verified, 0 refused" in seen.stdout
    figures = json.loads((tmp_path / "figures.json").read_text())["certificates"]
    assert {row["race"] for row in figures} == {f"{FILE}::{race.name}" for race in vars(racing).values() if hasattr(race, "build")}
