"""The implementation and its specification, side by side over random sequences of the whole alphabet.

After every step ``SideBySide`` compares results and trees and checks invariants with every reference counted; at the end nothing
may be left. A failure shrinks and prints as a script of calls.
"""

import time
from collections import Counter
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from model import operations as op
from stress.adapters import SideBySide
from tests.conformance.sequences import operations, preludes

LONGEST = 50
WALK = {"ESRCH", "ENOENT", "EBADF", "ENOTDIR", "ELOOP"}
CHANGE = WALK | {"EROFS"}
ERRNOS = {
    op.Stat: WALK,
    op.Readlink: WALK | {"EINVAL"},
    op.GetDentry: WALK | {"EBADFD"},
    op.Open: CHANGE | {"EBADFD", "EEXIST", "EISDIR"},
    op.Mkdir: CHANGE | {"EEXIST"},
    op.Symlink: CHANGE | {"EEXIST"},
    op.Link: CHANGE | {"EEXIST", "EXDEV", "EPERM"},
    op.Rmdir: CHANGE | {"EBUSY", "EINVAL", "ENOTEMPTY"},
    op.Unlink: CHANGE | {"EBUSY", "EISDIR"},
    op.Rename: CHANGE | {"EXDEV", "EBUSY", "EINVAL", "ENOTEMPTY", "EISDIR"},
    op.Mount: WALK,
    op.Bind: WALK | {"EINVAL"},
    op.Umount: WALK | {"EINVAL", "EBUSY"},
    op.Remount: WALK | {"EINVAL", "EBUSY"},
    op.Close: {"EBADF"},
    op.StatHandle: {"EBADF"},
    op.Readdir: {"EBADF", "ENOTDIR"},
    op.BeginWrite: {"EBADF", "EROFS"},
    op.EndWrite: {"EBADF", "EINVAL"},
    op.Read: {"EBADF", "EISDIR", "EINVAL"},
    op.Write: {"EBADF", "EINVAL"},
    op.CreateNamespace: {"EBADFD"},
    op.CloneNamespace: {"EBADFD", "ESRCH"},
    op.AcquireNamespace: {"ESRCH"},
    op.ReleaseNamespace: {"ESRCH"},
}
"""Every errno of every operation."""

EVERY_PAIR = {(kind.__name__, errno) for kind, errnos in ERRNOS.items() for errno in (*errnos, "ok")}


class Machine(RuleBasedStateMachine):
    """One sequence; ``seen`` counts (operation, result) over all of them."""

    seen: ClassVar = Counter()
    sequences: ClassVar = 0

    def __init__(self):
        super().__init__()
        self.both = SideBySide()

    @property
    def state(self):
        return self.both.state

    @initialize(prelude=preludes)
    def begin(self, prelude):
        for operation in prelude:
            self.both.do(operation)

    @rule(operation=operations)
    def do(self, operation):
        result = self.both.do(operation)
        self.seen[type(operation).__name__, result if isinstance(result, str) else "ok"] += 1

    def teardown(self):
        self.both.finish()
        type(self).sequences += 1


def run(how_many, **options):
    """Run that many sequences; how many pairs they met, as a text."""
    Machine.seen, Machine.sequences = Counter(), 0
    began = time.monotonic()
    options |= {"deadline": None, "suppress_health_check": list(HealthCheck), "phases": [Phase.generate, Phase.shrink]}
    run_state_machine_as_test(Machine, settings=settings(max_examples=how_many, stateful_step_count=LONGEST, **options))
    print(f"\n{Machine.sequences} sequences, {Machine.seen.total()} operations, {time.monotonic() - began:.0f} seconds")
    for kind in sorted({name for name, _ in Machine.seen}):
        met = sorted((result, count) for (name, result), count in Machine.seen.items() if name == kind)
        print(f"  {kind:16}", *(f"{result} {count}" for result, count in met))
    print(f"{len(EVERY_PAIR & Machine.seen.keys())} of {len(EVERY_PAIR)} pairs (operation, result) met")


def test_they_agree_on_a_few_sequences():
    run(25, derandomize=True, database=None)
    assert not Machine.seen.keys() - EVERY_PAIR


@pytest.mark.slow
def test_they_agree_on_ten_thousand_sequences_that_meet_every_errno():
    run(10_000, database=None)
    assert Machine.sequences >= 10_000
    assert Machine.seen.keys() == EVERY_PAIR


def test_the_table_of_errnos_names_every_operation():
    def leaves(kind):
        return {leaf for below in kind.__subclasses__() for leaf in leaves(below)} or {kind}

    assert leaves(op.PathOperation) | leaves(op.HandleOperation) | leaves(op.NamespaceOperation) == ERRNOS.keys()
