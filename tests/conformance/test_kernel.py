"""The model agrees with Linux, but for the differences that are listed."""

from __future__ import annotations

import errno
import io
import os
import pickle
from pathlib import Path
from types import SimpleNamespace

import pytest

from model import operations as op
from stress.kernel import worker as kernel_worker
from stress.kernel.client import KernelWorker, Unavailable
from stress.kernel.comparison import Totals, compare, compare_all
from stress.kernel.differences import DIFFERENCES
from stress.kernel.sequences import generate

QUICK_SEQUENCES = 60
SLOW_SEQUENCES = 3_000


@pytest.fixture(scope="module")
def worker():
    try:
        made = KernelWorker()
    except Unavailable as reason:
        pytest.skip(str(reason))
    with made:
        yield made


def test_generated_sequences_differ_only_as_listed(worker):
    totals = compare_all(worker, map(generate, range(QUICK_SEQUENCES)))
    assert not totals.findings, str(totals)
    assert totals.operations > 20 * QUICK_SEQUENCES
    assert totals.complete > QUICK_SEQUENCES / 2


@pytest.mark.slow
def test_thousands_of_sequences_differ_only_as_listed_and_in_every_way_listed(worker):
    totals = compare_all(worker, map(generate, range(SLOW_SEQUENCES)))
    print(f"\n{totals}")
    assert totals.sequences == SLOW_SEQUENCES >= 2_000
    assert not totals.findings, str(totals)
    assert not totals.unused, f"no longer needed in stress/kernel/differences.py: {totals.unused}"


def test_a_difference_that_nobody_meant_is_found_and_shortened(worker, monkeypatch):
    monkeypatch.setattr("stress.kernel.comparison.DIFFERENCES", [])
    noise = [op.Symlink("init", "/l", target="a"), op.Mkdir("init", "/a"), op.Stat("init", "/a")]
    reads_the_dead = [op.Open("init", "/a", handle=1), op.Rmdir("init", "/a"), op.Readdir(1)]
    totals = compare_all(worker, [(*noise, *reads_the_dead)])
    (finding,) = totals.findings
    assert [type(operation) for operation in finding.operations] == [op.Mkdir, op.Open, op.Rmdir, op.Readdir]
    assert (finding.expected, finding.found) == (("ok", ()), "ENOENT")
    assert "op.Readdir(handle=1)" in str(totals)


def test_what_is_visible_at_the_end_is_compared(worker, monkeypatch):
    monkeypatch.setattr("stress.kernel.comparison.model_tree", lambda state, namespace: ())
    totals = Totals()
    compare(worker, [op.Mkdir("init", "/a")], totals)
    (finding,) = totals.findings
    assert finding.found == {("init", "/", "root", "directory", b""), ("init", "/a", "root", "directory", b"")}


def test_sequences_share_nothing(worker):
    for _ in range(2):
        results, trees = worker.execute([op.Mkdir("init", "/a"), op.Mount("init", "/a", filesystem="F"), op.Mkdir("init", "/a/b")])
        assert results == (("ok", None),) * 3
        assert [entry[:2] for entry in trees["init"]] == [("/", "root"), ("/a", "F"), ("/a/b", "F")]


def test_nothing_outside_is_touched_or_left_behind():
    def outside():
        mounts, namespace = Path("/proc/self/mounts").read_text(), os.readlink("/proc/self/ns/mnt")
        return mounts, namespace, sorted(os.listdir("/"))

    before = outside()
    try:
        with KernelWorker() as worker:
            compare_all(worker, map(generate, range(10)))
            worker.execute([op.Mkdir("init", "/left behind"), op.Mount("init", "/left behind", filesystem="F")])
            during = outside()
    except Unavailable as reason:
        pytest.skip(str(reason))
    assert before == during == outside()


def test_the_same_seed_gives_the_same_sequence_and_others_differ():
    assert generate(7) == generate(7)
    assert len({generate(seed) for seed in range(20)}) == 20
    assert all(20 <= len(generate(seed)) <= 50 for seed in range(20))


def test_every_difference_names_its_source_once():
    assert len({difference.name for difference in DIFFERENCES}) == len(DIFFERENCES)
    assert all(difference.because.startswith("facts ") for difference in DIFFERENCES)


def test_a_refused_namespace_is_reported_as_the_reason(monkeypatch):
    def refuse():
        raise PermissionError(errno.EPERM, "Operation not permitted")

    greeting = io.BytesIO()
    monkeypatch.setattr("stress.kernel.syscalls.unshare_mount_namespace", refuse)
    monkeypatch.setattr("sys.stdout", SimpleNamespace(buffer=greeting))
    kernel_worker.main()
    assert "a private mount namespace cannot be made here" in pickle.loads(greeting.getvalue())
    assert "not permitted" in pickle.loads(greeting.getvalue())
