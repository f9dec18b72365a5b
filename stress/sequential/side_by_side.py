"""Implementation and model, call by call, over a fixed set of scripts.

What one caller alone can get wrong: results, errnos, trees, references. The scripts are those of some hundred random ones that
between them execute every line of ``impl`` that any does, twice, and meet every pair of call and result. The search has nothing to
do: the calls are made in a check of the end.
"""

from __future__ import annotations

from pathlib import Path

from stress.adapters import SideBySide
from stress.sequential.scripts import scripts_in
from weft import AtomicBool, Setting, scenario

SCRIPTS = Path(__file__).with_name("scripts.txt")


@scenario(why="alone, every call does what the model says")
def side_by_side(s: Setting) -> None:
    """All scripts."""
    begun = AtomicBool()
    s.thread(lambda: begun.store(value=True), name="caller")

    @s.final
    def model_and_impl_agree(_: object) -> None:
        for script in scripts_in(SCRIPTS):
            both = SideBySide()
            for operation in script:
                both.do(operation)
            both.finish()
