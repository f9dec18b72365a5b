"""Sequences of operations from a seed: few names, many mounts, mostly something that can succeed.

The choice looks at the model's state, for two reasons: half of the paths lead somewhere, so operations get past their
first check, and a handle or namespace is named as unused only if it is (misuse of names is the model's own, see
``operations``). Nothing else depends on the model.

Not generated: BeginWrite and EndWrite (no system call), negative sizes (no ``size_t``), a negative offset with an unknown handle
(the model refuses names first), and a Bind with two different cwds (mount(2) has one).
"""

import random
from collections.abc import Callable, Iterator
from typing import Literal

from model import Operation, State, initial, step
from model import operations as op
from stress.visible import model_tree

NAMES = ("a", "b", "c")
FILES = ("f", "g")
LINKS = ("l", "m")
PARTS = (*NAMES, *NAMES, *FILES, *LINKS, ".", "..", "..")
HANDLES = (1, 2, 3, 4)
UNKNOWN = 9
NAMESPACES = ("init", "two", "three")
LABELS = ("F", "G", "H")
KINDS = ("directory", "file", "symlink")
ACCESS: tuple[Literal["r", "w", "rw"], ...] = ("r", "r", "w", "rw")

DETACHABLE: tuple[Operation, ...] = (
    op.Mkdir("init", "/a"),
    op.CloneNamespace("two", source="init"),
    op.Mount("two", "/a", filesystem="F"),
    op.Mkdir("two", "/a/b"),
    op.Mount("two", "/a/b", filesystem="G"),
    op.Mkdir("two", "/a/b/c"),
    op.GetDentry("two", "/a", handle=1),
    op.Open("two", "/a/b/c", handle=2),
)
PRELUDES: tuple[tuple[Operation, ...], ...] = (
    (),
    (op.Mkdir("init", "/a"), op.Mkdir("init", "/b"), op.Mount("init", "/a", filesystem="F"), op.Mkdir("init", "/a/b")),
    (op.Mkdir("init", "/a"), op.Open("init", "/a", handle=1), op.Mkdir("init", "/b"), op.Rmdir("init", "/a")),
    DETACHABLE,
    (*DETACHABLE, op.Rmdir("init", "/a")),  # "two" loses its mounts by it
    (
        op.Mkdir("init", "/a"),
        op.Mkdir("init", "/a/b"),
        op.Mount("init", "/a/b", filesystem="F"),
        op.Mkdir("init", "/c"),
        op.Bind("init", "/a", new="/c"),
        op.CloneNamespace("two", source="init"),
        op.Mount("two", "/c/b", filesystem="G"),
    ),
)
"""How sequences begin. Each would take long to be found."""

Handle = str | int


class Generator:
    """The next operation, given a state."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.state: State = initial()
        self.paths: dict[str, list[tuple[str, str]]] = {}
        self.namespace = "init"

    def sequence(self, length: int) -> Iterator[Operation]:
        """``length`` operations, each chosen in the model's state after those before it."""
        prelude = self.random.choice(PRELUDES)
        for number in range(length):
            operation = prelude[number] if number < len(prelude) else self.choose()
            before, self.state = self.state, step(self.state, operation)[0]
            if self.state is not before:
                self.paths = {}
            yield operation

    def choose(self) -> Operation:
        """What comes next."""
        self.namespace = self.random.choice(sorted(namespace.name for namespace in self.state.namespaces))
        makers, weights = zip(*MAKERS, strict=True)
        while True:
            maker: Callable[[Generator], Operation | None] = self.random.choices(makers, weights)[0]
            operation = maker(self)
            if operation is not None:
                return operation

    # -- parts of operations ---------------------------------------------------------------------------------------

    def chance(self, probability: float) -> bool:
        """True that often."""
        return self.random.random() < probability

    def start(self) -> Handle | None:
        """A handle to start at, now and then."""
        if not self.state.handles or self.chance(0.7):
            return None
        return UNKNOWN if self.chance(0.02) else self.held([handle.name for handle in self.state.handles])

    def held(self, handles: list[Handle]) -> Handle:
        """One of the ``handles``, rather one whose mount was detached or whose name is gone."""
        places = {handle.name: handle.at for handle in self.state.handles if handle.name in handles}
        odd = [n for n, at in places.items() if self.state.namespace_of(at.mount) is None or self.state.dentries[at.dentry].dead]
        return self.random.choice(odd if odd and self.chance(0.5) else handles)

    def known(self, *kinds: str) -> str | None:
        """A path that leads to something of one of the ``kinds``."""
        if self.namespace not in self.paths:
            self.paths[self.namespace] = [entry[::2][:2] for entry in model_tree(self.state, self.namespace)]
        found = [path for path, kind in self.paths[self.namespace] if not kinds or kind in kinds]
        below = [path for path in found if path != "/"]
        found = below if below and self.chance(0.9) else found
        return self.random.choice(found) if found else None

    def path(self, start: Handle | None, *kinds: str, new: tuple[str, ...] = ()) -> str:
        """A path to use from ``start``: to something of the ``kinds``, or for ``new`` to a new name in a directory."""
        if self.chance(0.01):
            return ""
        known = self.known("directory") if new else self.known(*kinds)
        if start is None and known is not None and self.chance(0.75):
            path = f"{known.rstrip('/')}/{self.random.choice(new)}" if new else known
            if self.chance(0.1):
                path += f"/{self.random.choice(PARTS)}"
            return path + "/" * self.chance(0.05)
        parts = self.random.choices(PARTS, k=self.random.randint(0, 2))
        if new:
            parts.append(self.random.choice(new))
        return "/" * (start is None and self.chance(0.7)) + "/".join(parts or ["."]) + "/" * self.chance(0.05)

    def is_worth_it(self, operation: Operation) -> bool:
        """One in ten of those that would not find a mount, else all."""
        return step(self.state, operation)[1] != "EINVAL" or self.chance(0.1)

    def label(self) -> str:
        """A filesystem's label."""
        return self.random.choice(LABELS)

    def unused_handle(self) -> Handle | None:
        """A handle's name that is free."""
        taken = {handle.name for handle in self.state.handles}
        return next((handle for handle in HANDLES if handle not in taken), None)

    def handle(self, access: str = "", kind: str = "") -> Handle | None:
        """One that is held, mostly with the ``access`` and of the ``kind``; None if there is none."""
        if self.chance(0.02):
            return UNKNOWN
        held = [
            handle.name
            for handle in self.state.handles
            if access in handle.access and self.state.inode(handle.at.dentry).kind in (kind or KINDS)
        ]
        if not held and self.chance(0.8):
            return None
        if not held or self.chance(0.1):
            held = [handle.name for handle in self.state.handles]
        return self.held(held) if held else None

    def offset(self, handle: Handle) -> int | None:
        """Of a read or a write through ``handle``."""
        return None if self.chance(0.5) else self.random.randint(-(handle != UNKNOWN), 4)


def create(kind: type[op.Mkdir]) -> Callable[[Generator], Operation]:
    def make(g: Generator) -> Operation:
        return kind(g.namespace, g.path(start := g.start(), new=NAMES), start=start)

    return make


def look(kind: type[op.Rmdir | op.Unlink | op.Readlink], *kinds: str) -> Callable[[Generator], Operation]:
    def make(g: Generator) -> Operation:
        return kind(g.namespace, g.path(start := g.start(), *kinds * g.chance(0.9)), start=start)

    return make


def get_dentry(g: Generator) -> Operation | None:
    handle, start = g.unused_handle(), g.start()
    if handle is None:
        return None
    kinds = ("directory",) * g.chance(0.8)
    return op.GetDentry(g.namespace, g.path(start, *kinds), start=start, handle=handle, follow=g.chance(0.8))


def open_file(g: Generator) -> Operation | None:
    handle, start = g.unused_handle(), g.start()
    if handle is None:
        return None
    make = g.chance(0.5)
    path = g.path(start, new=FILES) if make and g.chance(0.9) else g.path(start, *("file",) * g.chance(0.5))
    return op.Open(
        g.namespace,
        path,
        start=start,
        handle=handle,
        access=g.random.choice(ACCESS),
        create=make,
        exclusive=g.chance(0.15),
        truncate=g.chance(0.15),
        directory=g.chance(0.01 if make else 0.15),
        nofollow=g.chance(0.15),
    )


def open_directory(g: Generator) -> Operation | None:
    handle, start = g.unused_handle(), g.start()
    if handle is None:
        return None
    return op.Open(g.namespace, g.path(start, "directory"), start=start, handle=handle, directory=g.chance(0.5))


def stat(g: Generator) -> Operation:
    return op.Stat(g.namespace, g.path(start := g.start()), start=start, follow=g.chance(0.7))


def symlink(g: Generator) -> Operation:
    start = g.start()
    target = g.path(None) if g.chance(0.6) else g.path(1)
    return op.Symlink(g.namespace, g.path(start, new=LINKS), start=start, target=target)


def mount(g: Generator) -> Operation | None:
    start = g.start()
    path = g.path(start, *("directory",) * g.chance(0.95))
    if on_root(g, path):
        return None
    return op.Mount(g.namespace, path, start=start, filesystem=g.label(), read_only=g.chance(0.2))


def umount(g: Generator) -> Operation | None:
    o = op.Umount(g.namespace, g.path(start := g.start(), "directory"), start=start, lazy=g.chance(0.4))
    return o if g.is_worth_it(o) else None


def remount(g: Generator) -> Operation | None:
    o = op.Remount(g.namespace, g.path(start := g.start(), "directory"), start=start, read_only=g.chance(0.5))
    return o if g.is_worth_it(o) and not on_root(g, o.path) else None


def on_root(g: Generator, path: str) -> bool:
    """Mostly so if it is the root: what is mounted there is never reached, and ``remount-covered`` ends the sequence."""
    return not path.strip("./") and g.chance(0.8)


def two_paths(kind: type[op.Link | op.Rename], *kinds: str) -> Callable[[Generator], Operation]:
    def make(g: Generator) -> Operation:
        start, new_start = g.start(), g.start()
        new = g.path(new_start, new=(*NAMES, *FILES)) if g.chance(0.6) else g.path(new_start)
        return kind(g.namespace, g.path(start, *kinds), start=start, new=new, new_start=new_start)

    return make


def bind(g: Generator) -> Operation | None:
    start, kind = g.start(), "file" if g.chance(0.1) else "directory"
    path, new = g.path(start, kind), g.path(start if g.chance(0.5) else None, kind)
    return None if on_root(g, new) else op.Bind(g.namespace, path, start=start, new=new, new_start=start)


def on_handle(kind: type[op.Close | op.Readdir | op.StatHandle]) -> Callable[[Generator], Operation | None]:
    def make(g: Generator) -> Operation | None:
        handle = g.handle("r", "directory") if kind is op.Readdir else g.handle()
        return None if handle is None else kind(handle)

    return make


def read(g: Generator) -> Operation | None:
    handle = g.handle("r", "file")
    return None if handle is None else op.Read(handle, size_bytes=g.random.randint(0, 4), offset=g.offset(handle))


def write(g: Generator) -> Operation | None:
    handle, data = g.handle("w", "file"), g.random.choice((b"", b"x", b"yz", b"uvw"))
    return None if handle is None else op.Write(handle, data=data, offset=g.offset(handle))


def new_namespace(g: Generator) -> Operation | None:
    taken = {namespace.name for namespace in g.state.namespaces}
    name = next((name for name in NAMESPACES if name not in taken), None)
    if name is None:
        return None
    if g.chance(0.2):
        return op.CreateNamespace(name, filesystem=g.label())
    return op.CloneNamespace(name, source=g.namespace)


def reference(g: Generator) -> Operation | None:
    if len(g.state.namespaces) == 1:
        return None
    return op.AcquireNamespace(g.namespace) if g.chance(0.2) else op.ReleaseNamespace(g.namespace)


MAKERS: tuple[tuple[Callable[[Generator], Operation | None], float], ...] = (
    (create(op.Mkdir), 12),
    (look(op.Rmdir, "directory"), 5),
    (look(op.Unlink, "file", "symlink"), 4),
    (look(op.Readlink, "symlink"), 2),
    (get_dentry, 8),
    (open_file, 10),
    (open_directory, 3),
    (stat, 6),
    (symlink, 4),
    (mount, 10),
    (umount, 8),
    (remount, 5),
    (two_paths(op.Link, "file", "symlink"), 4),
    (two_paths(op.Rename), 7),
    (bind, 6),
    (on_handle(op.Close), 6),
    (on_handle(op.Readdir), 3),
    (on_handle(op.StatHandle), 3),
    (read, 4),
    (write, 4),
    (new_namespace, 2),
    (reference, 1.5),
)
"""Who makes the next operation, with weights. None: not in this state."""


def generate(seed: int, *, length: int | None = None) -> tuple[Operation, ...]:
    """The sequence of ``seed``, of ``length`` operations (default: 20 to 50, by the seed)."""
    generator = Generator(seed)
    return tuple(generator.sequence(generator.random.randint(20, 50) if length is None else length))
