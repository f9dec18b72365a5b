"""Every operation of the VFS at once, asking for no order of the calls: what must hold is that none breaks anything.

Each thread has open files, a working directory, and now and then a mount namespace of its own, cloned while the others mount and
umount. All share the filesystems: a deletion in one namespace takes mounts out of the others. At every rest all references are
counted, and all indexes compared; at the end everything is let go.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from model import operations as op
from stress.adapters import VfsAdapter
from stress.loads.books import keep_books
from weft import require
from weft.native.load import Traffic, load

SHARED = "init"
PARTS = ("a", "b", "c", "..", ".", "s")
MOST_HANDLES = 4

CROWDED = 120
"""Living objects from which on callers take away more than they add, or an hour's tree would have thousands of mounts."""

Call = Callable[[op.Operation], Any]


class Caller:
    """One thread's calls, drawn at random, failing ones among them."""

    def __init__(self, number: int, call: Call, living: Callable[[], int]) -> None:
        self.number = number
        self.living = living
        self.own = f"ns{number}"
        self.has_own = False
        self.free = [f"t{number}.{k}" for k in range(MOST_HANDLES)]
        self.open: list[str] = []
        self.call = call

    def one_call(self, choose: Random) -> None:
        """Make a call."""
        kinds: list[tuple[int, Callable[[Random], None]]] = [
            (8, self._mounts),
            (8, self._handles),
            (12, self._names),
            (6, self._two_paths),
            (1, self._namespace),
        ]
        choose.choices([kind for _, kind in kinds], [weight for weight, _ in kinds])[0](choose)

    def _space(self, choose: Random) -> str:
        return self.own if self.has_own and choose.random() < 0.3 else SHARED

    def _path(self, choose: Random) -> str:
        parts = "/".join(choose.choice(PARTS) for _ in range(choose.choice((1, 1, 2, 2, 3))))
        return f"/{parts}"

    def _start(self, choose: Random) -> tuple[str, str | None]:
        """A path, absolute or from an open directory."""
        path = self._path(choose)
        return (path[1:], choose.choice(self.open)) if self.open and choose.random() < 0.25 else (path, None)

    def _draw(self, choose: Random, kinds: int, adding: int) -> int:
        """One of so many kinds of call, of which the first ``adding`` add something; of these fewer where it is crowded."""
        crowded = self.living() > CROWDED and choose.random() < 0.8
        return choose.randrange(adding if crowded else 0, kinds)

    def _mounts(self, choose: Random) -> None:
        space, (path, start) = self._space(choose), self._start(choose)
        match self._draw(choose, 8, adding=3):
            case 0 | 1 | 2:
                self.call(op.Mount(space, path, start=start, filesystem=f"M{self.number}", read_only=choose.random() < 0.1))
            case 3 | 4:
                self.call(op.Umount(space, path, start=start))
            case 5 | 6:
                self.call(op.Umount(space, path, start=start, lazy=True))
            case _:
                self.call(op.Remount(space, path, start=start, read_only=choose.random() < 0.4))

    def _handles(self, choose: Random) -> None:
        if self.open and (not self.free or choose.random() < 0.6):
            self._use(choose)
            return
        handle, space, (path, start) = self.free.pop(), self._space(choose), self._start(choose)
        operation: op.Operation
        if choose.random() < 0.3:
            operation = op.GetDentry(space, path, start=start, handle=handle)
        else:
            writes = choose.random() < 0.5
            operation = op.Open(
                space,
                path,
                start=start,
                handle=handle,
                access="rw" if writes else "r",
                create=writes,
                truncate=choose.random() < 0.2,
            )
        (self.free if isinstance(self.call(operation), str) else self.open).append(handle)

    def _use(self, choose: Random) -> None:
        position = choose.randrange(len(self.open))
        handle = self.open[position]
        match choose.randrange(9):
            case 0:
                self.call(op.Readdir(handle))
            case 1:
                self.call(op.Read(handle, size_bytes=4))
            case 2:
                self.call(op.Write(handle, data=b"data", offset=choose.randrange(8)))
            case 3:
                self.call(op.StatHandle(handle))
            case 4:
                self.call(op.BeginWrite(handle))
            case 5:
                self.call(op.EndWrite(handle))
            case _:
                self.call(op.Close(handle))
                self.free.append(self.open.pop(position))

    def _names(self, choose: Random) -> None:
        space, (path, start) = self._space(choose), self._start(choose)
        match self._draw(choose, 8, adding=3):
            case 0 | 1:
                self.call(op.Mkdir(space, path, start=start))
            case 2:
                self.call(op.Symlink(space, path, start=start, target=self._path(choose)))
            case 3:
                self.call(op.Rmdir(space, path, start=start))
            case 4:
                self.call(op.Unlink(space, path, start=start))
            case 5:
                self.call(op.Readlink(space, path, start=start))
            case _:
                self.call(op.Stat(space, path, start=start))

    def _two_paths(self, choose: Random) -> None:
        space, (path, start), (new, new_start) = self._space(choose), self._start(choose), self._start(choose)
        kinds = (op.Bind, op.Link, op.Rename, op.Rename)
        self.call(kinds[self._draw(choose, 4, adding=2)](space, path, start=start, new=new, new_start=new_start))

    def _namespace(self, choose: Random) -> None:
        if self.has_own:
            self.call(op.ReleaseNamespace(self.own))
        elif self._draw(choose, 2, adding=1) == 0:
            self.call(op.CloneNamespace(self.own, source=SHARED))
        else:
            return
        self.has_own = not self.has_own


@load(why="whatever calls overlap, every reference has its holder, the indexes agree, and nothing is left", threads=6, calls=12)
def every_call(t: Traffic) -> None:
    """All operations, several namespaces."""
    adapter = VfsAdapter()
    setup: list[op.Operation] = [op.CreateNamespace(SHARED, filesystem="R")]
    setup += [op.Mkdir(SHARED, f"/{name}") for name in "abc"]
    for operation in setup:
        answered = adapter.call(operation)
        require(answered == ("ok", None), f"the set-up's {operation!r} answers {answered!r}")

    def call(operation: op.Operation) -> Any:
        return t.call(type(operation).__name__.lower(), adapter.call, operation)

    books = keep_books(t, adapter)
    callers = [Caller(number, call, lambda: len(books.living)) for number in range(t.wanted)]

    @t.callers
    def one_call(choose: Random, number: int) -> None:
        callers[number].one_call(choose)
