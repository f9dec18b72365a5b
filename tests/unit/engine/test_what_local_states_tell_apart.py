"""Parts of a local state that no other test missed when they were left out of it (see ``tests/self_mutation``)."""

from __future__ import annotations

import pytest

from tests.programs.making import assert_all_engines_agree, program
from weft import AtomicInt64, Setting


def what_a_function_closes_over(x: AtomicInt64, pause: AtomicInt64) -> object:
    def holding(seen: int) -> object:
        return lambda: seen

    tell = holding(x.load())
    pause.load()
    return tell()


def which_of_two_equal_lists_is_changed(x: AtomicInt64, pause: AtomicInt64) -> object:
    first, second = [0], [0]
    chosen = first if x.load() else second
    pause.load()
    chosen.append(1)
    return tuple(first), tuple(second)


@pytest.mark.parametrize("work", [what_a_function_closes_over, which_of_two_equal_lists_is_changed], ids=lambda w: w.__name__)
def test_local_states_that_differ_in_one_thing_only_are_told_apart(work):
    def build(s: Setting) -> None:
        x, pause = AtomicInt64(0), AtomicInt64(0)
        s.thread(lambda: work(x, pause), name="worker")
        s.thread(lambda: x.store(1), name="writer")

    found = assert_all_engines_agree(program(work.__name__, build))
    assert found.verdict == "HOLDS"
    assert not found.fallbacks
    assert len(found.outcomes) == 2
