"""Mounts: a dentry of one filesystem stands in for a dentry of another, in the context of a parent mount.

Reference counting is the heart of it. The low 63 bits of ``refs`` count; bit 63 says "eagerly unmounted" and makes
every later ``try_inc_mounted_ref`` fail. Who may hold a reference: the VFS while the mount is not umounted, each
child mount, and anything outside (open files, roots, walks under way).

A mount is destroyed when the count, without the flag, reaches zero. Only a mount that was umounted but left connected
(below a deleted mount point) can still be in the table then; destroying takes it out.

Source: gVisor ``vfs/mount.go`` at the seed and at commits 128948d6a, c8e796838; Linux ``struct mount``.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final

from impl.errors import FsError, RefcountError
from impl.stable_hash import hash_of_name
from impl.sync import INT64_MAX, INT64_MIN, AtomicInt64, AtomicReference, Field, Shared, SharedSet

if TYPE_CHECKING:
    from impl.dentry import Dentry
    from impl.filesystem import Filesystem
    from impl.namespace import MountNamespace
    from impl.vfs import VirtualFilesystem

EAGERLY_UMOUNTED: Final = INT64_MIN
"""Bit 63 of ``Mount.refs``."""

READ_ONLY: Final = INT64_MIN
"""Bit 63 of ``Mount.writers``."""

# The low 63 bits of a count that fell below zero look like this or more.
_BELOW_ZERO: Final = 1 << 62


class Mount(Shared):
    """One mount of one filesystem. Unless said otherwise, callers of its methods hold a reference."""

    def __init__(self, name: str, vfs: VirtualFilesystem, fs: Filesystem, root: Dentry, *, read_only: bool = False) -> None:
        """A mount that is not connected anywhere, with one reference, the caller's.

        Args:
            name: How traces show it, and what the default mount hash uses.
            vfs: Where it will be mounted.
            fs: The mounted filesystem. The mount takes over a reference to it.
            root: The dentry of ``fs`` that is mounted. The mount takes over a reference to it.
            read_only: Begin read-only.
        """
        self.name = name
        self.name_hash = hash_of_name(name)
        self.vfs = vfs
        self.fs = fs
        self.root = root
        # Low 63 bits: references. Bit 63: eagerly unmounted, set once, under vfs.mount_mu. Atomic. Invariant
        # mount-refs: the count is at least (0 if umounted else 1) + len(children), more by what others hold.
        self.refs = AtomicInt64(1)
        # Low 63 bits: writers between check_begin_write and end_write. Bit 63: read-only. Atomic. Invariant
        # read-only-no-writers: while bit 63 is set the count is zero.
        self.writers = AtomicInt64(READ_ONLY if read_only else 0)
        # The key: where this is mounted, or two Nones. Each word atomic; written under vfs.mount_mu inside a write
        # section of vfs.mounts.seq, so a reader without mount_mu must check that section to get a pair. References are
        # held on both. Invariant key-pair: parent is None exactly when point is; point belongs to parent.fs.
        self.parent: AtomicReference[Mount | None] = AtomicReference(None)
        self.point: AtomicReference[Dentry | None] = AtomicReference(None)
        # The namespace this was last connected in; stays after an umount. Guarded by vfs.mount_mu. No reference is
        # held on it. Invariant tree: while not umounted, the parents lead to its root mount.
        self.ns: Field[MountNamespace | None] = Field(None)
        # The mounts whose parent is this one. Guarded by vfs.mount_mu. Invariant children-parent: exactly the
        # connected mounts with that parent; each of them holds a reference on this one.
        self.children: SharedSet[Mount] = SharedSet()
        # Detached from its namespace for good, even if still connected. Guarded by vfs.mount_mu. Never cleared.
        self.umounted = Field(initial=False)

    # -- references ------------------------------------------------------------------------------------------

    def inc_ref(self) -> None:
        """Add a reference, also to an eagerly unmounted mount.

        Raises:
            RefcountError: There was none to add to.
        """
        refs = self.refs.add(1)
        if refs & INT64_MAX <= 1:
            raise RefcountError(f"{self!r}: reference taken without holding one (the count became {refs & INT64_MAX})")

    def try_inc_mounted_ref(self) -> bool:
        """Add a reference unless the mount is gone or eagerly unmounted; whether it was added.

        Needs no reference: this is how a walk turns what the table told it into something it may use.
        """
        while True:
            refs = self.refs.load()
            if refs <= 0:  # zero: being destroyed; negative: bit 63, eagerly unmounted
                return False
            if self.refs.compare_and_swap(refs, refs + 1):
                return True

    def dec_ref(self) -> None:
        """Drop a reference; the last one destroys the mount. Never call it with ``mount_mu`` or a dentry's ``mu`` held.

        Raises:
            RefcountError: It was not held.
        """
        count = self.refs.add(-1) & INT64_MAX
        if count == 0:
            self._destroy()
        elif count >= _BELOW_ZERO:
            raise RefcountError(f"{self!r}: reference dropped that was not held")

    def _destroy(self) -> None:
        """Take the mount out of the table if it is still there, then let go of what it holds.

        The dentry goes before the filesystem and the mount point before the parent, as dentries pin neither.
        """
        where = self.vfs.disconnect_destroyed(self)
        self.root.dec_ref()
        self.fs.dec_ref()
        if where is not None:
            where.dec_ref()

    def _mark_eagerly_umounted(self, expected: int) -> bool:
        """Set bit 63 if exactly ``expected`` references exist; whether it was done. Needs ``mount_mu``.

        Test and mark must be one step: a walk that takes its reference between them would be inside a mount
        that umount reports as unused. With one step, either the walk comes first and the umount is busy,
        or the mark does and ``try_inc_mounted_ref`` fails.
        """
        return self.refs.compare_and_swap(expected, expected | EAGERLY_UMOUNTED)

    # -- writers ---------------------------------------------------------------------------------------------

    def check_begin_write(self) -> None:
        """Announce a write; pair with ``end_write``.

        Never counts on a read-only mount, not even for an instant: the original adds first and takes back, and a
        remount in between (to read-write and to read-only again) then fails with EBUSY although nobody writes.

        Errors, in the order checked:
            EROFS: The mount is read-only.
        Linearizes at: the compare-and-swap, or the load that saw bit 63.
        Source: gVisor ``Mount.CheckBeginWrite``; Linux ``mnt_want_write``.
        """
        while True:
            writers = self.writers.load()
            if writers < 0:
                raise FsError(errno.EROFS)
            if self.writers.compare_and_swap(writers, writers + 1):
                return

    def end_write(self) -> None:
        """Finish the write announced by ``check_begin_write``.

        Raises:
            RefcountError: None was announced.
        """
        writers = self.writers.add(-1)
        if writers & INT64_MAX >= _BELOW_ZERO:
            raise RefcountError(f"{self!r}: end_write without check_begin_write")

    def set_read_only_locked(self, *, read_only: bool) -> None:
        """Make the mount read-only or writable. Needs ``mount_mu``.

        Errors, in the order checked:
            EBUSY: ``read_only`` is asked for and a write is under way.
        Linearizes at: the compare-and-swap, the addition, or the load that saw nothing to do.
        Source: gVisor ``Mount.setReadOnlyLocked``; Linux ``mnt_make_readonly``.
        """
        writers = self.writers.load()
        if (writers < 0) == read_only:
            return
        if not read_only:
            self.writers.add(READ_ONLY)  # two's complement: adding bit 63 to a word that has it clears it
        elif not self.writers.compare_and_swap(0, READ_ONLY):
            raise FsError(errno.EBUSY)

    def is_read_only(self) -> bool:
        """Whether the mount is read-only now."""
        return self.writers.load() < 0
