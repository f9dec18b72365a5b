"""With several invariants each is asked, in both loops."""

from __future__ import annotations

import pytest

from tests.programs.making import program, slugs
from weft import AtomicInt64, Setting, require
from weft.search.compiled_loop import AVAILABLE
from weft.search.exhaustive import explore


@pytest.mark.parametrize("compiled", [False, True] if AVAILABLE else [False])
@pytest.mark.parametrize("wrong", range(3))
def test_the_one_that_does_not_hold_is_found_wherever_it_stands(wrong, compiled):
    def build(s: Setting) -> None:
        x = AtomicInt64(0)

        def store() -> None:
            x.store(1)
            x.store(0)

        s.thread(store, name="writer")
        for k in range(3):

            def check(k: int = k) -> None:
                require(k != wrong or x.load() == 0, "it is not zero")

            check.__name__ = f"check_{k}"
            s.invariant(check)

    assert slugs(explore(program("several", build), compiled_loop=compiled)) == {f"invariant:check_{wrong}"}
