"""A certificate that was damaged or changed is refused, with one line that says why.

Where the file is changed on purpose its checksum is made right again: that is against accidents, the checker against the rest.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.certificate import racing
from tests.unit.certificate.conftest import FILE
from weft import AtomicInt64, Field, Mutex, Setting, require
from weft.verify import Certificate, Refused


def refusal(certified, file=None):
    with pytest.raises(Refused) as caught:
        certified.verify(file)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_any_flipped_byte(certified, tmp_path):
    content = Path(certified.file).read_bytes()
    choose = random.Random(0)
    for place in [0, 19, 84, 85, len(content) - 1, *choose.sample(range(len(content)), 40)]:
        damaged = bytearray(content)
        damaged[place] ^= 1 << choose.randrange(8)
        (tmp_path / "damaged").write_bytes(damaged)
        assert refusal(certified, str(tmp_path / "damaged")).startswith("the file is damaged")


def test_a_file_cut_short(certified, tmp_path):
    (tmp_path / "short").write_bytes(Path(certified.file).read_bytes()[:-1])
    assert refusal(certified, str(tmp_path / "short")).startswith("the file is damaged")


def test_a_dropped_state(certified):
    if certified.found.states > 1:
        for k in (1, certified.found.states // 2, certified.found.states - 1):
            assert "one that it does not have" in refusal(certified, certified.changed(lambda header, states, k=k: states.pop(k)))


def test_a_state_too_many_or_twice(certified):
    assert "are reached" in refusal(certified, certified.changed(lambda header, states: states.append([0] * len(states[0]))))
    assert "are reached" in refusal(certified, certified.changed(lambda header, states: states.append(states[0])))


def test_a_dropped_edge(certified):
    moves = []
    certified.changed(lambda header, states: moves.extend(header["moves"]))
    for k in range(len(moves)):
        assert "it has no move" in refusal(certified, certified.changed(lambda header, states, k=k: header["moves"].pop(k)))


def test_another_start(certify_race):
    certified = certify_race(racing.two_increments)
    assert refusal(certified, certified.changed(lambda header, states: states.insert(0, states.pop(3))))


def test_a_move_that_leads_elsewhere(certified):
    """Every number of every move, one after the other."""
    moves = []
    certified.changed(lambda header, states: moves.extend(header["moves"]))
    for k, move in enumerate(moves):
        for part in (2, 3):

            def change(header, states, k=k, part=part):
                header["moves"][k][part] += 1

            if move[2] >= 0:
                with pytest.raises((Refused, LookupError)):
                    certified.verify(certified.changed(change))


def test_a_step_that_waits_only_in_the_file(certify_race):
    certified = certify_race(racing.linearizable_register)

    def wait(header, states):
        header["moves"][-1][2:] = [-1, 0, 0, []]

    assert refusal(certified, certified.changed(wait))


def test_another_operation_or_operand(certify_race):
    certified = certify_race(racing.two_increments)

    def other_kind(header, states):
        node = next(node for node in header["nodes"] if node[1] == "load")
        node[1] = "exchange"

    def other_operand(header, states):
        node = next(node for node in header["nodes"] if node[1] == "compare_and_swap")
        node[3] = node[2]

    assert "where the file has [0, 'exchange']" in refusal(certified, certified.changed(other_kind))
    assert "where the file has [0, 'compare_and_swap'" in refusal(certified, certified.changed(other_operand))


def test_other_values(certified):
    values = []
    certified.changed(lambda header, states: values.extend(header["values"]))
    for k in range(1, len(values)):

        def change(header, states, k=k):
            header["values"][k] = "0" * 32

        try:
            certified.verify(certified.changed(change))
        except Refused:
            continue
        assert k not in used(certified), f"value {k} may be anything"


def used(certified):
    """The value numbers that some step or check meets: all but those of results alone."""
    met = set()
    certified.changed(lambda header, states: met.update(number for move in header["moves"] for number in (move[1], move[3])))
    return met


def test_a_changed_source_file(certify_race, tmp_path, monkeypatch):
    certified = certify_race(racing.two_increments)
    assert certified.verify()

    def older(header, states):
        header["sources"][FILE] = "0" * 64

    assert refusal(certified, certified.changed(older)) == f"{FILE} has changed since"
    for name in ("weft/cells/atomic.py", "weft/worlds/controlled.py", "weft/scenario.py"):
        assert refusal(certified, certified.changed(lambda header, states, name=name: header["sources"].update({name: ""}))) == (
            f"{name} has changed since"
        )


def test_a_source_file_that_is_gone_or_was_never_there(certify_race):
    certified = certify_race(racing.two_increments)
    assert "gone.py has changed" in refusal(certified, certified.changed(lambda h, s: h["sources"].update({"gone.py": ""})))
    assert f"{FILE} has changed" in refusal(certified, certified.changed(lambda h, s: h["sources"].pop(FILE)))


def test_the_certificate_of_another_race(certify_race):
    certified = certify_race(racing.counted_under_a_lock)
    file = certified.file
    certified.race = racing.two_increments
    assert re.match(r"executed along v1:, thread 0 wants \[-2, 'load'\], where the file has", refusal(certified, file))


def test_checks_that_the_certified_race_did_not_have(certify_race):
    """No answer to a check is taken from the file, so it may be asked anew."""

    def build(s: Setting) -> None:
        x = AtomicInt64(0)
        s.thread(x.load, name="reader")
        s.thread(x.store, 1, name="writer")

    def failing(s: Setting) -> None:
        x = AtomicInt64(0)
        s.thread(x.load, name="reader")
        s.thread(x.store, 1, name="writer")

        @s.invariant
        def stays_zero() -> None:
            require(x.load() == 0, "it does not")

    def failing_at_the_end(s: Setting) -> None:
        x = AtomicInt64(0)
        s.thread(x.load, name="reader")
        s.thread(x.store, 1, name="writer")
        s.final(lambda results: require(results["reader"] == 0, "saw it"))

    def never(s: Setting) -> None:
        build(s)
        s.sometimes(lambda taken: taken.kind == "exchange")

    certified = certify_race(replace(racing.two_increments, build=build))
    assert certified.verify()["interleavings"] == 2
    for other, reason in ((failing, "invariant:stays_zero"), (failing_at_the_end, "final:<lambda>"), (never, "no step shows")):
        certified.race = replace(certified.race, build=other)
        assert reason in refusal(certified)


def test_a_data_race_that_the_certified_race_did_not_look_for(certify_race):
    def build(s: Setting) -> None:
        s.data_races = False
        x = Field(0)
        s.thread(x.read, name="reader")
        s.thread(x.write, 1, name="writer")

    def judged(s: Setting) -> None:
        build(s)
        s.data_races = True

    certified = certify_race(replace(racing.two_increments, build=build))
    certified.race = replace(certified.race, build=judged)
    assert "the code shows data-race:" in refusal(certified)


def test_a_rule_that_the_certified_race_did_not_have(certify_race):
    def build(s: Setting) -> None:
        mutex, x = Mutex(), AtomicInt64(0)

        def work() -> None:
            with mutex:
                x.store(1)

        s.thread(work, name="worker")

    def judged(s: Setting) -> None:
        mutex, x = Mutex(), AtomicInt64(0)

        def work() -> None:
            with mutex:
                x.store(1)

        s.thread(work, name="worker")
        s.never_while_holding(mutex)(lambda cell, kind, operands: kind.name == "store")

    certified = certify_race(replace(racing.two_increments, build=build))
    certified.race = replace(certified.race, build=judged)
    assert "the code shows forbidden:" in refusal(certified)


def test_reading_a_certificate_names_its_race(certified):
    assert Certificate(certified.file).race == f"{FILE}::{certified.race.name}"
