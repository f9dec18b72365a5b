"""The VFS's tree: entries that are counted, locked one by one, and cached in their parents.

An entry exists while somebody holds a reference on it, or a descendant of it exists, or the mount's cache keeps it. Its parent
knows it by name without a reference, so the one it finds there may be about to go: ``try_inc_ref`` decides. Every reference on an
entry is counted at its mount too; that is how an eager umount knows that nobody is inside.

Source: gVisor ``fs/dirent.go``, ``dirent_cache.go``, ``mount.go`` as of 2019; ``refs/refcounter.go``.
"""

from __future__ import annotations

import errno

from impl import refcount
from impl.errors import FsError, InvariantError
from impl.sync import AtomicInt64, Field, Mutex, RWMutex, Shared, SharedDict
from stress.baseline.vfs1.inode import Directory, Inode

CACHE_SIZE = 1000
"""How many entries a mount keeps although nobody uses them."""


class MountSource(Shared):
    """What all entries of one mount share."""

    def __init__(self, name: str, *, cache_size: int = CACHE_SIZE) -> None:
        """A mount without entries.

        Args:
            name: Of its filesystem; stat shows it as the device.
            cache_size: How many entries it keeps although nobody uses them.
        """
        self.name = name
        # References on all its entries together. Atomic. Invariant: their sum, while nobody is between the two counts.
        self.dirent_refs = AtomicInt64()
        self.cache = DirentCache(f"{name}.cache", cache_size)
        # The last inode number given out. Atomic.
        self._last_ino = AtomicInt64(1)

    def new_ino(self) -> int:
        """A number no other file of this filesystem has."""
        return self._last_ino.add(1)


class DirentCache(Shared):
    """The entries found last, each with a reference, so that their names need not be looked up again."""

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.size = size
        self.mu = Mutex()
        # The newest first. Guarded by mu. Each is held with a reference.
        self.held: Field[tuple[Dirent, ...]] = Field(())

    def add(self, dirent: Dirent) -> None:
        """Keep an entry, or make it the newest; the caller holds a reference. The oldest goes if there are too many."""
        self.mu.lock()
        try:
            held = self.held.read()
            is_newest = bool(held) and held[0] is dirent
            others = () if is_newest else tuple(other for other in held if other is not dirent)
            if len(others) == len(held):
                dirent.inc_ref()
            if not is_newest:
                self.held.write((dirent, *others)[: self.size])
        finally:
            self.mu.unlock()
        for old in others[self.size - 1 :]:
            old.dec_ref()

    def remove(self, dirent: Dirent) -> None:
        """Let go of an entry if it is kept; the caller holds a reference."""
        self.mu.lock()
        try:
            held = self.held.read()
            kept = tuple(other for other in held if other is not dirent)
            self.held.write(kept)
        finally:
            self.mu.unlock()
        if len(kept) < len(held):
            dirent.dec_ref()

    def flush(self) -> None:
        """Let go of all."""
        self.mu.lock()
        try:
            held = self.held.read()
            self.held.write(())
        finally:
            self.mu.unlock()
        for dirent in held:
            dirent.dec_ref()


class Dirent(Shared):
    """A name in the VFS's tree. Holds a reference on its parent."""

    def __init__(self, name: str, inode: Inode, source: MountSource, parent: Dirent | None) -> None:
        """An entry with one reference, the caller's, which the caller must count at the mount too.

        Args:
            name: In the parent's directory.
            inode: What it names.
            source: Its mount.
            parent: With a reference that the entry takes over; ``None`` for the root of all.
        """
        self.name = f"{source.name}:{name}"
        self.component = name
        self.inode = inode
        self.source = source
        self.parent = parent
        # Excludes walks and other changes while a name is added or removed. Taken before mu.
        self.dir_mu = RWMutex()
        # Guards children.
        self.mu = Mutex()
        # References. Atomic; zero is final.
        self.refs = AtomicInt64(1)
        # Entries of names looked up before, without references: one whose count is zero is about to go. Guarded by mu.
        self.children: SharedDict[str, Dirent] = SharedDict()

    # -- references ------------------------------------------------------------------------------------------

    def inc_ref(self) -> None:
        """Add a reference. The caller holds one."""
        self.source.dirent_refs.add(1)
        refcount.inc_ref(self.refs, self)

    def try_inc_ref(self) -> bool:
        """Add a reference unless the entry is about to go; whether it was added. Needs no reference."""
        if not refcount.try_inc_ref(self.refs):
            return False
        self.source.dirent_refs.add(1)
        return True

    def dec_ref(self) -> None:
        """Drop a reference; the last one destroys the entry, and may destroy ancestors: their ``mu`` must be free.

        A caller with a reference on the parent may hold the parent's, then.
        """
        if refcount.dec_ref(self.refs, self):
            self._destroy()
        self.source.dirent_refs.add(-1)

    def _destroy(self) -> None:
        """Forget the children, which are gone or going, and let go of the parent."""
        self.mu.lock()
        try:
            self.children.clear()
        finally:
            self.mu.unlock()
        if self.parent is not None:
            self.parent.dec_ref()

    # -- walking ---------------------------------------------------------------------------------------------

    def walk(self, rename_mu: RWMutex, root: Dirent, name: str) -> Dirent:
        """The entry ``name`` leads to from here, with a reference for the caller.

        Errors, in the order checked:
            ENOTDIR: This is not a directory.
            ENOENT: It has no such entry.
        Source: gVisor ``Dirent.Walk``.
        """
        rename_mu.read_lock()
        self.dir_mu.read_lock()
        self.mu.lock()
        try:
            found = self.walk_locked(root, name, may_unlock=True)
        finally:
            self.mu.unlock()
            self.dir_mu.read_unlock()
            rename_mu.read_unlock()
        return found

    def walk_locked(self, root: Dirent, name: str, *, may_unlock: bool) -> Dirent:
        """``walk`` with the locks held: the rename lock and ``dir_mu`` for reading at least, and ``mu``.

        Args:
            root: Above which ".." does not lead.
            name: One component.
            may_unlock: Whether ``mu`` may be given back while the filesystem is asked. Then ``dir_mu`` keeps the name as it is.
        """
        if not isinstance(self.inode, Directory):
            raise FsError(errno.ENOTDIR)
        if name in (".", ".."):
            found = self if name == "." or self is root or self.parent is None else self.parent
            found.inc_ref()
            return found
        child = self.children.get(name)
        if child is not None and child.try_inc_ref():
            return child
        if may_unlock:
            self.mu.unlock()
        inode = self.inode.lookup(name)
        if may_unlock:
            self.mu.lock()
        if inode is None:
            raise FsError(errno.ENOENT)
        return self._looked_up_locked(name, inode)

    def _looked_up_locked(self, name: str, inode: Inode) -> Dirent:
        """The entry for what the filesystem answered, unless somebody else has made one meanwhile; with a reference."""
        other = self.children.get(name)
        if other is not None and other.try_inc_ref():
            return other
        return self.attach_locked(name, inode, self.source)

    def attach_locked(self, name: str, inode: Inode, source: MountSource) -> Dirent:
        """A new entry in the place of what is in ``children``, with one reference. Needs ``mu``."""
        self.inc_ref()
        made = Dirent(name, inode, source, self)
        source.dirent_refs.add(1)
        self.children[name] = made
        return made

    # -- changes -----------------------------------------------------------------------------------------------

    def lock_directory(self, rename_mu: RWMutex) -> None:
        """Exclude walks and other changes of this directory."""
        rename_mu.read_lock()
        self.dir_mu.write_lock()
        self.mu.lock()

    def unlock_directory(self, rename_mu: RWMutex) -> None:
        """The reverse of ``lock_directory``."""
        self.mu.unlock()
        self.dir_mu.write_unlock()
        rename_mu.read_unlock()

    def keep(self) -> None:
        """Let the mount's cache hold this entry, and thereby its ancestors."""
        self.source.cache.add(self)

    def check_alone(self, refs: int) -> None:
        """For quiet moments: exactly so many references, which the mount counts too.

        Raises:
            InvariantError: There are others.
        """
        counts = self.refs.load(), self.source.dirent_refs.load()
        if counts != (refs, refs):
            raise InvariantError("dirent-refs", f"{self!r} and its mount count {counts} references, expected {refs} each")
