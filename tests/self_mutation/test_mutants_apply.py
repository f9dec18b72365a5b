"""The planted bugs fit the engine as it is, and the published table is about them."""

from __future__ import annotations

import json

import pytest

from tests.self_mutation.applied import ROOT, mutated
from tests.self_mutation.mutants import MUTANTS


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_what_a_mutant_changes_is_there_once(mutant):
    """Where this fails, the engine has moved on: write the bug anew in mutants.py, or drop it."""
    text = mutated(mutant)
    if mutant.file.endswith(".py"):
        compile(text, mutant.file, "exec")


def test_every_bug_is_in_the_table_and_seen():
    rows = json.loads((ROOT / "reports" / "self_mutation.json").read_text())
    assert list(rows) == [mutant.name for mutant in MUTANTS]
    assert [name for name, answers in rows.items() if not any(answers.values())] == []
