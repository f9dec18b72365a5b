"""Defects of counting writers against read-only."""

from __future__ import annotations

import errno

from impl.dentry import Dentry
from impl.errors import FsError
from impl.file_description import FileDescription
from impl.flags import O_TRUNC
from impl.memfs.filesystem import MemfsFilesystem
from impl.memfs.inode import RegularFile
from impl.mount import Mount
from impl.resolving_path import ResolvingPath
from weft import Edit, Planted

S5 = Planted(
    slug="S5",
    source="the seed, vfs/mount.go CheckBeginWrite; in gVisor to this day",
    what="a writer adds itself before it looks whether it may, and takes it back: for an instant it counts",
    function=Mount.check_begin_write,
    change=Edit(
        """
        while True:
            writers = self.writers.load()
            if writers < 0:
                raise FsError(errno.EROFS)
            if self.writers.compare_and_swap(writers, writers + 1):
                return
        """,
        """
        if self.writers.add(1) < 0:
            self.writers.add(-1)
            raise FsError(errno.EROFS)
        """,
    ),
    oracle="O9",
    race="remounts_vs_writer",
    check="invariant:indexes_agree_while_mount_mu_is_free",
    covers=("M33",),
)

STORE_ZERO = Planted(
    slug="M33-store",
    source="operator M33, related to S5",
    what="remount,rw stores 0 instead of clearing one bit, and loses the transient increment of a refused writer",
    function=Mount.set_read_only_locked,
    change=Edit(
        "self.writers.add(READ_ONLY)  # two's complement: adding bit 63 to a word that has it clears it",
        "self.writers.store(0)",
    ),
    oracle="O9",
    race="remounts_vs_writer",
    also=(S5,),
)

M33_TEST = Planted(
    slug="M33-test",
    source="operator M33, related to S5",
    what="whether the mount is read-only is tested before the writer is added, and can change in between",
    function=Mount.check_begin_write,
    change=Edit(
        """
        if self.writers.compare_and_swap(writers, writers + 1):
            return
        """,
        """
        self.writers.add(1)
        return
        """,
    ),
    oracle="O9",
    race="create_vs_remount",
)


def _end_write_before_opening(self: MemfsFilesystem, rp: ResolvingPath, parent: Dentry, flags: int, mode: int) -> FileDescription:
    if parent.is_disowned():
        raise FsError(errno.ENOENT)
    rp.mount.check_begin_write()
    try:
        name = rp.component()
        file = RegularFile(self._inode_name(parent, name), self._new_ino(), mode & 0o7777)
        child = self._add_child_locked(parent, name, file)
    finally:
        rp.mount.end_write()
    return self._open_locked(rp.mount, child, flags & ~O_TRUNC)


M34 = Planted(
    slug="L25",
    source="Linux 4ed5e82fe77f and 4a3fd211ccfc",
    what="the write announced for creating ends before the open file announces its own, and a remount comes between",
    function=MemfsFilesystem._create_and_open_locked,
    change=_end_write_before_opening,
    oracle="O9",
    race="create_vs_remount",
    check="final:what_is_refused_is_not_there",
    covers=("M34",),
)

S13 = Planted(
    slug="S13",
    source="the seed, memfs OpenAt",
    what="open(O_RDONLY|O_TRUNC) truncates without announcing a write, on a read-only mount too",
    function=MemfsFilesystem._open_regular_locked,
    change=Edit(
        """
        if flags & O_TRUNC and not is_writable(flags):
            mount.check_begin_write()
            try:
                file.truncate()
            finally:
                mount.end_write()
        """,
        """
        if flags & O_TRUNC and not is_writable(flags):
            file.truncate()
        """,
    ),
    oracle="O9",
    race="truncate_vs_remount",
)
