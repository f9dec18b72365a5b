"""A reference count that detects misuse: raised from zero or lowered below it is an error at that very step.

Used by everything whose count has no flag bits (filesystems, namespaces, dentries, file descriptions). ``Mount``
keeps its own, because bit 63 there means "eagerly unmounted". The change and the test of its result are one atomic
step, so of two threads exactly one sees zero.

Source: gVisor ``vfs/filesystem.go`` ``incRef``/``decRef`` and ``memfs`` ``inode.tryIncRef`` at the seed.
"""

from __future__ import annotations

from impl.errors import RefcountError
from impl.sync import AtomicInt64, Shared


def inc_ref(refs: AtomicInt64, owner: Shared) -> None:
    """Add a reference for a caller that already holds one.

    Raises:
        RefcountError: The count was zero (or less): ``owner`` is already being destroyed.
    """
    count = refs.add(1)
    if count <= 1:
        raise RefcountError(f"{owner!r}: reference taken without holding one (the count became {count})")


def try_inc_ref(refs: AtomicInt64) -> bool:
    """Add a reference unless there is none left; whether it was added. Needs no reference."""
    while True:
        count = refs.load()
        if count <= 0:
            return False
        if refs.compare_and_swap(count, count + 1):
            return True


def dec_ref(refs: AtomicInt64, owner: Shared) -> bool:
    """Drop a reference; whether it was the last, in which case the caller must release ``owner``.

    Raises:
        RefcountError: The count fell below zero: somebody dropped a reference twice.
    """
    count = refs.add(-1)
    if count < 0:
        raise RefcountError(f"{owner!r}: reference dropped that was not held (the count became {count})")
    return count == 0
