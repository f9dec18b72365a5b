"""A mount table in miniature: the umount race at the size other tools have been measured on.

One root mount, one mount on its directory ``a``, a table of four slots. The steps are those of the hand-written Promela model
``umount.pml`` (one transition a step), so state counts and times can be set side by side. The real subject is ``impl/``; this
exists to be compared, and has the two-step busy test of the original.

A scenario is a word: w walks into the mount, u walks and unmounts eagerly, p walks and then goes up through "..", m mounts.
"""

from __future__ import annotations

from collections.abc import Callable

from weft import INT64_MIN, AtomicInt64, AtomicReference, Mutex, Results, Scenario, SeqCount, Setting, Shared, require

SLOTS = 4


class Counted(Shared):
    """Something with a reference count that starts at one."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.refs = AtomicInt64(1)

    def try_inc(self) -> bool:
        """Take a reference unless there is none left, or the count is marked as unmounted (negative)."""
        while True:
            refs = self.refs.load()
            if refs <= 0:
                return False
            if self.refs.compare_and_swap(refs, refs + 1):
                return True

    def drop(self) -> None:
        """Give a reference back."""
        self.refs.add(-1)


class Dentry(Counted):
    """A directory that may be mounted on."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.mounts = AtomicInt64(0)


class Mount(Counted):
    """A mount with its key (parent, point)."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.filesystem = Counted(f"{name}.fs")
        self.root = Dentry(f"{name}.root")
        self.parent: AtomicReference[Mount | None] = AtomicReference(None)
        self.point: AtomicReference[Dentry | None] = AtomicReference(None)
        self.destroyed = AtomicInt64(0)

    def drop(self) -> None:
        """Give a reference back; the last one destroys the mount."""
        if self.refs.add(-1) & ~INT64_MIN:
            return
        parent, point = self.parent.load(), self.point.load()
        if parent is not None and point is not None:
            point.drop()
            parent.drop()
        self.root.drop()
        self.filesystem.drop()
        self.destroyed.add(1)


def _home(mount: Mount, point: Dentry) -> int:
    return sum(map(ord, mount.name + point.name)) % SLOTS


class MountTable(Shared):
    """The mounts by (parent, point), found without a lock."""

    def __init__(self) -> None:
        self.name = "table"
        self.mutex = Mutex()
        self.seq = SeqCount()
        self.slots: tuple[AtomicReference[Mount | None], ...] = tuple(AtomicReference[Mount | None](None) for _ in range(SLOTS))

    def lookup(self, parent: Mount, point: Dentry) -> Mount | None:
        """The mount at (parent, point), valid at the last check of the sequence counter."""
        while True:
            epoch = self.seq.begin_read()
            found = self._probe(parent, point)
            if self.seq.read_ok(epoch):
                return found

    def _probe(self, parent: Mount, point: Dentry) -> Mount | None:
        home = _home(parent, point)
        for k in range(SLOTS):
            mount = self.slots[(home + k) % SLOTS].load()
            if mount is None:
                return None
            if mount.parent.load() is parent and mount.point.load() is point:
                return mount
        return None

    def mount(self, mount: Mount, parent: Mount, point: Dentry) -> None:
        """Put ``mount`` on (parent, point)."""
        self.mutex.lock()
        self.seq.begin_write()
        parent.refs.add(1)
        point.refs.add(1)
        mount.parent.store(parent)
        mount.point.store(point)
        point.mounts.add(1)
        k = _home(parent, point)
        while self.slots[k].load() is not None:
            k = (k + 1) % SLOTS
        self.slots[k].store(mount)
        self.seq.end_write()
        self.mutex.unlock()

    def walk(self, parent: Mount, point: Dentry) -> Mount | None:
        """The topmost mount at (parent, point) with a reference, or ``None``."""
        while True:
            found = self.lookup(parent, point)
            if found is None:
                return None
            if found.try_inc():
                break
        while found.root.mounts.load() > 0:
            above = self.lookup(found, found.root)
            if above is None:
                break
            if above.try_inc():
                found.drop()
                found = above
        return found

    def up(self, mount: Mount) -> tuple[Mount, Dentry] | None:
        """The mount point of ``mount`` with references on both, or ``None`` when it is detached."""
        while True:
            epoch = self.seq.begin_read()
            parent, point = mount.parent.load(), mount.point.load()
            if not self.seq.read_ok(epoch):
                continue
            if parent is None or point is None:
                return None
            if not parent.try_inc():
                continue
            if not point.try_inc():
                parent.drop()
                continue
            if self.seq.read_ok(epoch):
                return parent, point
            point.drop()
            parent.drop()

    def umount(self, mount: Mount) -> str:
        """Unmount eagerly with the original's two-step busy test; the caller holds a reference."""
        self.mutex.lock()
        self.seq.begin_write()
        if mount.parent.load() is None:
            return self._leave("EINVAL")
        if mount.refs.load() & ~INT64_MIN != 2:
            return self._leave("EBUSY")
        parent, point = mount.parent.load(), mount.point.load()
        assert parent is not None
        assert point is not None
        k = _home(parent, point)
        while self.slots[k].load() is not mount:
            k = (k + 1) % SLOTS
        self.slots[k].store(None)
        point.mounts.add(-1)
        mount.parent.store(None)
        mount.point.store(None)
        while True:
            refs = mount.refs.load()
            if mount.refs.compare_and_swap(refs, refs | INT64_MIN):
                break
        self._leave("ok")
        point.drop()
        parent.drop()
        mount.drop()
        return "ok"

    def _leave(self, answer: str) -> str:
        self.seq.end_write()
        self.mutex.unlock()
        return answer


def _walker(table: MountTable, root: Mount, point: Dentry) -> str:
    mount = table.walk(root, point)
    if mount is None:
        return "none"
    mount.drop()
    return mount.name


def _up_walker(table: MountTable, root: Mount, point: Dentry) -> str:
    mount = table.walk(root, point)
    if mount is None:
        return "none"
    above = table.up(mount)
    if above is not None:
        above[1].drop()
        above[0].drop()
    mount.drop()
    return "detached" if above is None else "up"


def _umounter(table: MountTable, root: Mount, point: Dentry) -> str:
    mount = table.walk(root, point)
    if mount is None:
        return "EINVAL"
    answer = table.umount(mount)
    mount.drop()
    return answer


def _mounter(table: MountTable, root: Mount, point: Dentry) -> str:
    table.mount(Mount("m2"), root, point)
    return "mounted"


_ACTS: dict[str, Callable[[MountTable, Mount, Dentry], str]] = {"w": _walker, "u": _umounter, "p": _up_walker, "m": _mounter}


def race(word: str) -> Scenario:
    """The scenario of ``word``, such as ``wwu``."""

    def build(s: Setting) -> None:
        table, root, point, mount = MountTable(), Mount("root"), Dentry("a"), Mount("m1")
        table.mount(mount, root, point)
        for letter in word:
            s.thread(_ACTS[letter], table, root, point, name=letter)

        @s.observe
        def counts(_: Results) -> tuple[int, ...]:
            return root.refs.load(), mount.refs.load(), point.refs.load(), mount.destroyed.load()

        @s.final
        def destroyed_at_most_once(_: Results) -> None:
            require(mount.destroyed.load() <= 1, "m1 was destroyed twice")

    return Scenario(word, build, why="refcounts stay safe although the umount may succeed under a walk")
