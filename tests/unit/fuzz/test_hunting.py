"""A hunt finds what is wrong and makes it small; where nothing is wrong it finds nothing."""

from __future__ import annotations

import pytest

from tests.unit.fuzz.alphabets import counters, stacks
from tests.unit.fuzz.conftest import Unwatched
from weft.errors import UsageError
from weft.fuzz import Alphabet, Call, Program
from weft.fuzz.drawing import Shape
from weft.fuzz.probe import Limits
from weft.fuzz.program import smaller

ADD = Call("add", (1,))
GET = Call("get")


def test_the_lost_update_shrinks_to_its_smallest_program_and_schedule(hunted) -> None:
    [finding] = hunted(counters.racy).findings
    assert finding.found.program == Program((), ((ADD, GET), (ADD,)))
    assert finding.found.slug == "linearizability"
    [violation] = finding.checked.exploration.violations
    assert violation.minimal
    assert violation.schedule.text(finding.checked.exploration.letters) == "v1:a1.b2.a2"
    assert finding.checked.exploration.states == 15
    assert finding.name == "add_vs_add"


def test_a_check_at_the_end_makes_it_smaller_still(hunted) -> None:
    [finding] = hunted(counters.racy_at_the_end, first_only=True).findings
    assert finding.found.program == Program((), ((ADD,), (ADD,)))
    assert finding.found.slug == "final:the_end_is_one_of_the_model"
    assert finding.checked.exploration.states == 8


def test_its_safe_twin_has_no_finding(hunted) -> None:
    found = hunted(counters.safe)
    assert not found.findings
    assert not found.stopped_by
    assert (found.tally.programs, found.tally.searched, found.tally.states) == (60, 60, 553)
    assert (found.tally.conflicts, found.tally.several_outcomes) == (53, 53)


@pytest.mark.parametrize("seed", range(4))
def test_no_call_of_what_is_found_can_be_left_out(hunted, seed: int) -> None:
    from weft.fuzz.probe import Probe

    [finding] = hunted(stacks.racy, seed=seed, programs=200, first_only=True).findings
    assert finding.found.program.calls == 4
    probe = Probe(stacks.racy, Limits())
    assert probe(finding.found.program).slug == "linearizability"
    assert not any(probe(program).slug for program in smaller(finding.found.program) if program.threads)


def test_equal_seeds_find_the_same(hunted) -> None:
    one, other = hunted(stacks.racy, programs=150), hunted(stacks.racy, programs=150)
    assert one.tally == other.tally
    assert [f.found for f in one.findings] == [f.found for f in other.findings] != []


def test_what_failed_before_is_tried_first(hunted) -> None:
    [first] = hunted(stacks.racy, programs=200, first_only=True).findings
    [again] = hunted(stacks.racy, programs=200, first_only=True, reuse=True, seed=99).findings
    assert first.examples > again.examples == 1
    assert again.found.program.calls == 4


def test_a_thread_that_waits_for_itself_is_found_alone(hunted) -> None:
    [finding] = hunted(counters.stuck, first_only=True).findings
    assert finding.found.program == Program((), ((ADD, ADD),))
    assert finding.found.slug == "deadlock"


def test_what_is_wrong_before_the_threads_is_found_too(hunted) -> None:
    [finding] = hunted(counters.wrong, first_only=True).findings
    assert finding.found.slug == "linearizability"
    assert finding.found.program == Program((Call("add", (2,)),), ((GET,),))


def test_what_is_known_is_counted_and_no_finding(hunted) -> None:
    found = hunted(counters.racy_and_known, shape=Shape(calls=1, before=0))
    assert not found.findings
    [(names, programs)] = found.tally.known.items()
    assert names == ("lost_update",)
    assert 0 < len(programs) < found.tally.programs


def test_a_program_too_large_to_search_is_walked_through(hunted) -> None:
    found = hunted(counters.racy_at_the_end, limits=Limits(states=3, runs=50), programs=30, first_only=True)
    assert found.tally.searched < found.tally.programs
    [finding] = found.findings
    assert finding.found.slug in ("linearizability", "final:the_end_is_one_of_the_model")
    assert finding.checked.witnesses[0].violation.slug == finding.found.slug


def test_few_programs_are_not_drawn_for_ever(hunted) -> None:
    only = Alphabet(
        setup=lambda s: counters.Counter(), operations=counters.methods(get=[]), initial=0, step=counters.what_a_counter_does
    )
    found = hunted(only, shape=Shape(calls=1, before=0))
    assert found.tally.programs == 2
    assert not found.stopped_by


class InterruptedAfter(Unwatched):
    def __init__(self, drawn: int, shrinking: int = 0) -> None:
        self.at = (drawn, shrinking)

    def hunting(self, tally, *, shrinking: str) -> None:
        if (tally.examples, tally.shrinking) >= self.at:
            raise KeyboardInterrupt


def test_ctrl_c_keeps_the_counts(hunted) -> None:
    found = hunted(counters.safe, watcher=InterruptedAfter(20))
    assert found.stopped_by == "Ctrl-C"
    assert found.tally.examples == 20
    assert 0 < found.tally.programs < 20


def test_ctrl_c_keeps_a_finding_as_small_as_it_was(hunted) -> None:
    whole = hunted(counters.racy)
    [first] = whole.findings
    found = hunted(counters.racy, watcher=InterruptedAfter(first.examples, 1))
    assert found.stopped_by == "Ctrl-C"
    [finding] = found.findings
    assert finding.found.program == finding.first != first.found.program
    assert finding.checked.witnesses[0].violation.minimal


def test_the_time_ends_a_hunt(hunted) -> None:
    found = hunted(counters.safe, seconds=1e-9)
    assert (found.stopped_by, found.tally.programs) == ("seconds 1e-09", 0)


def failing(*_: object) -> None:
    raise LookupError("no such thing")


def test_a_set_up_that_raises_is_named(hunted) -> None:
    broken = Alphabet(setup=failing, operations=counters.CALLS, initial=0, step=counters.what_a_counter_does)
    with pytest.raises(UsageError, match=r"program .*get\(\).*: the alphabet raised LookupError: no such thing at .*test_hunting"):
        hunted(broken)


def test_a_specification_that_raises_is_named(hunted) -> None:
    broken = Alphabet(setup=lambda s: counters.Counter(), operations=counters.CALLS, initial=0, step=failing)
    with pytest.raises(UsageError, match=r"drawing from the alphabet raised LookupError: no such thing at .*test_hunting"):
        hunted(broken)


def test_state_that_threads_share_outside_cells_is_refused(hunted) -> None:
    class Hiding(counters.Counter):
        pass

    shared: list[int] = []

    def do(counter, call, mine):
        shared.append(1)
        return counters.RacyCounter.get(counter)

    broken = Alphabet(setup=lambda s: Hiding(), operations=counters.CALLS, initial=0, step=counters.what_a_counter_does, do=do)
    with pytest.raises(UsageError, match=r"program .*shared"):
        hunted(broken)
