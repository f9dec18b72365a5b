"""Planted bugs: what kills them, and what is said of those that live."""

from __future__ import annotations

import pytest

from tests.unit.mutants.subject.counter import Stock
from tests.unit.mutants.subject.planted import SPLIT, UNLOCKED
from weft import Edit, Planted, UsageError

SUBJECT = "tests/unit/mutants/subject"
PLANTED = f"{SUBJECT}/planted.py"


def by_name(record):
    return {mutant["name"]: mutant for mutant in record["mutants"]}


def test_each_is_killed_by_the_race_and_the_check_that_should(mutants):
    result = mutants(PLANTED, "--cpu-seconds", "2")
    found = by_name(result.record)
    killers = {
        name: (m["killed_by"]["race"].rpartition("::")[2], m["killed_by"]["slug"]) for name, m in found.items() if m["killed_by"]
    }
    assert killers == {
        "split": ("two_takers", "final:both_are_counted"),
        "unlocked": ("two_takers", "data-race:stock.items"),
        "endless": ("one_drainer", "endless"),
    }
    assert all(mutant["as_planned"] for mutant in found.values())
    assert found["split"]["killed_by"] | {"message": "", "race": ""} == {
        "race": "",
        "kind": "violated",
        "slug": "final:both_are_counted",
        "message": "",
        "schedule": "v1:x5.y6.x1",
        "steps": 12,
        "preemptions": 1,
        "states": found["split"]["killed_by"]["states"],
    }
    assert (found["harmless"]["status"], found["weak"]["status"]) == ("gap", "gap")
    assert (result.code, result.record["exit_code"], result.record["counts"]) == (0, 0, {"gap": 2, "killed": 3})
    assert "| split | the count is read and written in two steps | a textbook |" in result.page


def test_equal_runs_give_equal_bytes_whatever_the_number_of_processes(mutants):
    once = mutants(PLANTED, "-m", "split or unlocked or harmless").bytes
    assert mutants(PLANTED, "-m", "split or unlocked or harmless", "-j", "2").bytes == once


def test_a_survivor_that_is_no_known_gap_is_exit_code_1(mutants):
    result = mutants(PLANTED, "-m", "endless", "-k", "one_drainer", "--cpu-seconds", "2")
    assert result.code == 0
    result = mutants(f"{SUBJECT}/survivor.py")
    assert (result.code, result.record["counts"]) == (1, {"survived": 1})
    assert result.record["mutants"][0]["races"] == 2


def test_a_gap_that_is_killed_is_wrongly_listed(mutants):
    result = mutants(f"{SUBJECT}/wrong_gap.py")
    assert (result.code, result.record["counts"]) == (1, {"wrongly listed": 1})


def test_a_race_that_does_not_hold_anyway_kills_nothing(mutants):
    broken = f"{SUBJECT}/broken_race.py"
    result = mutants(PLANTED, "-m", "split", "--races", broken, "-k", "never or two_takers", "--all")
    assert result.code == 2
    assert "does not hold without any mutant" in result.out


def test_all_tries_every_race(mutants):
    [split] = mutants(PLANTED, "-m", "split", "--all").record["mutants"]
    assert (split["races"], len(split["also_killed_by"])) == (1, 0)


def test_a_bug_is_in_force_inside_a_with_block_only():
    code, function = Stock.take.__code__, Stock.take
    with UNLOCKED():
        assert Stock.take is function
        assert Stock.take.__code__ is not code
    assert Stock.take.__code__ is code
    with SPLIT(), pytest.raises(ZeroDivisionError):
        raise ZeroDivisionError
    assert Stock.take.__code__ is code


def test_an_edit_that_fits_no_longer_is_refused():
    planted = Planted(slug="x", source="", what="", function=Stock.take, change=Edit("self.taken.add(2)", "pass"))
    with (
        pytest.raises(UsageError, match=r"subject/counter\.py: Stock\.take does not have exactly one 'self\.taken\.add\(2\)'"),
        planted(),
    ):
        pass


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nowhere"], "no such file or folder: 'nowhere'"),
        ([f"{SUBJECT}/races.py"], "no planted bug in"),
        ([PLANTED, "-m", "nothing"], "-m 'nothing' matches none of 4 planted bugs: split, unlocked, endless, harmless"),
        ([PLANTED, "-k", "two_takers", "-m", "endless"], "planted bug endless should be shown by 'one_drainer'"),
        ([PLANTED, "-k", "broken"], "none of these races is expected to hold"),
    ],
)
def test_errors_say_what_was_expected(mutants, arguments, text):
    result = mutants(*arguments)
    assert result.code == 2
    assert text in result.out
