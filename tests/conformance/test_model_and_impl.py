"""The implementation and its specification, side by side over random sequences of the whole alphabet.

After every step ``SideBySide`` compares results and trees and checks invariants with every reference counted; at the end nothing
may be left. A failure shrinks and prints as a script of calls.
"""

import pytest

from model import operations as op
from tests.conformance.state_machine import run_part, run_parts

PARTS = 20
SEQUENCES_A_PART = 500
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


def test_they_agree_on_a_few_sequences():
    totals = run_part(0, 25)
    assert totals.sequences >= 25
    assert not totals.seen.keys() - EVERY_PAIR


@pytest.mark.slow
def test_they_agree_on_ten_thousand_sequences_that_meet_every_errno():
    totals = run_parts(PARTS, SEQUENCES_A_PART)
    print(f"{len(EVERY_PAIR & totals.seen.keys())} of {len(EVERY_PAIR)} pairs (operation, result) met")
    assert totals.sequences >= PARTS * SEQUENCES_A_PART == 10_000
    assert totals.seen.keys() == EVERY_PAIR


def test_the_table_of_errnos_names_every_operation():
    def leaves(kind):
        return {leaf for below in kind.__subclasses__() for leaf in leaves(below)} or {kind}

    assert leaves(op.PathOperation) | leaves(op.HandleOperation) | leaves(op.NamespaceOperation) == ERRNOS.keys()
