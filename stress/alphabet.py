"""The alphabet of ``weft fuzz``: the model's operations, on a whole VFS, over a tree of few names.

Programs have a handful of paths to choose from, most of them paths that exist, so threads meet. Each thread has one handle of its
own, which may have been opened before the threads; only its owner uses it, as file descriptors of a process are used by others only
by mistake. A second namespace may be made before the threads.

Carrying out is ``stress.adapters``' ``VfsAdapter``, what is checked is what races check: every answer against the model, errno
included; invariants of the mount layer in every state; lock rules; at the end the visible tree of each namespace against the
model's, and that nothing is left once everything is let go of.

Not drawn: BeginWrite and EndWrite (no system call), releasing a namespace that others use, and symlinks, which meet mounts and
threads nowhere that directories do not.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import model
from impl.context import FsContext, new_fs_context
from impl.file_description import FileDescription
from model import operations as op
from model.allowances import Allowances, Unfinished
from model.state import MountId, Refused, State
from stress.adapters.calls import Result, VfsAdapter
from stress.linearizable import say as say_like_a_shell
from stress.machine import Machine
from stress.visible import model_tree, visible_tree
from weft import Setting, require
from weft.cells.monitor import Rest
from weft.fuzz.alphabet import BEFORE, Alphabet, Known, Left, say_call

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

INIT, TWO = "init", "two"
HANDLES = ("h", "i", "j")
"""One a thread."""
NEW = ("/a", "/b", "/a/b")
BESIDE = (".", "..", "b")
"""Where a path from a handle leads."""
DRAWN = Allowances(busy_umount=True)
"""What the specification allows to calls that overlap: as in ``stress.linearizable``."""


class Caller(VfsAdapter):
    """The adapter of one call: what the thread has comes from its ``mine``, and goes there."""

    def __init__(self, machine: Machine, mine: dict[Any, Any]) -> None:
        self.vfs = machine.vfs
        self.handles = mine
        self.contexts = {INIT: machine.process.context}
        if TWO in mine:
            self.contexts[TWO] = mine[TWO]
        self.writes = {}


def set_up(_s: Setting) -> Machine:
    return Machine()


def do(machine: Machine, operation: op.Operation, mine: dict[Any, Any]) -> Result:
    """See ``Alphabet.do``."""
    if isinstance(operation, op.CloneNamespace):  # before the threads only
        namespace, mine[TWO] = _cloned(machine, operation)
        namespace.dec_ref()
        return "ok", None
    return Caller(machine, mine).call(operation)


def _cloned(machine: Machine, operation: op.CloneNamespace) -> tuple[Any, FsContext]:
    namespace = machine.vfs.clone_mount_namespace(machine.ns, name=operation.namespace)
    return namespace, new_fs_context(namespace, name=operation.namespace)


def watch(s: Setting, machine: Machine, left: Left) -> None:
    """See ``Alphabet.watch``."""
    machine.watch(s, *(value.namespace for value in left.values() if isinstance(value, FsContext)))


def end(machine: Machine, left: Left, states: frozenset[State]) -> None:
    """See ``Alphabet.end``."""
    contexts = {INIT: machine.process.context, **{key: value for key, value in left.items() if isinstance(value, FsContext)}}
    found = {name: visible_tree(machine.vfs, context) for name, context in contexts.items()}
    allowed = [{name: model_tree(state, name) for name in contexts} for state in states]
    require(found in allowed, f"the trees are {found}, the model ends with {' or '.join(sorted(map(str, allowed)))}")
    for value in left.values():
        if isinstance(value, FileDescription):
            value.dec_ref()
    for name, context in contexts.items():
        if name != INIT:
            context.release()
    machine.end()


@lru_cache(maxsize=100_000)
def step(state: State, operation: Any) -> tuple[State, Result]:
    """The model's, and the rest of what a known disagreement has split."""
    return model.resume(state, operation) if isinstance(operation, Unfinished) else model.step(state, operation)


def _alternatives(state: State, operation: Any, overlapping: tuple[Any, ...], allowed: Allowances) -> Iterable[tuple[State, Any]]:
    if isinstance(operation, Unfinished):
        return
    held = {handle.name for handle in state.handles}
    scratch = next(name for name in ("scratch", "scratch 2", "scratch 3") if name not in held)
    others = tuple(each.operation if isinstance(each, Unfinished) else each for each in overlapping)
    for after, result in model.alternatives(state, operation, overlapping=others, scratch=scratch, allowances=allowed):
        yield after, Rest(result) if isinstance(result, Unfinished) else result


def specified(state: State, operation: Any, overlapping: tuple[Any, ...]) -> Iterable[tuple[State, Any]]:
    return _alternatives(state, operation, overlapping, DRAWN)


def stepwise_dot_dot(state: State, operation: Any, overlapping: tuple[Any, ...]) -> Iterable[tuple[State, Any]]:
    return _alternatives(state, operation, overlapping, Allowances(stepwise_dotdot=True))


def mounting_on_what_goes(state: State, operation: Any, overlapping: tuple[Any, ...]) -> Iterable[tuple[State, Any]]:
    if isinstance(operation, op.Mount | op.Bind) and any(
        isinstance(other, op.Umount | op.TwoPaths | op.Rmdir) for other in overlapping
    ):
        yield state, "ENOENT"


def _umounted(state: State, operation: op.Umount) -> MountId | None:
    """The mount that an umount would take, now."""
    try:
        at = state.follow(state.walk(operation.namespace, operation.path, operation.start).to_end())
    except Refused:
        return None
    return at.mount if at == state.root_of(at.mount) and state.mounts[at.mount].point else None


def tree_mount_by_mount(state: State, operation: Any, overlapping: tuple[Any, ...]) -> Iterable[tuple[State, Any]]:
    """A lazy umount takes one mount of those inside first."""
    target = _umounted(state, operation) if overlapping and isinstance(operation, op.Umount) and operation.lazy else None
    for inside in () if target is None else state.subtree(target)[1:]:
        yield state.disconnect([inside]).tidy(), Rest(operation)


def with_what_was_mounted_on_it(state: State, operation: Any, overlapping: tuple[Any, ...]) -> Iterable[tuple[State, Any]]:
    """A lazy umount takes a mount that another one covers by now, and that one with it."""
    mounting = isinstance(operation, op.Umount) and operation.lazy and any(isinstance(o, op.Mount | op.Bind) for o in overlapping)
    target = _umounted(state, operation) if mounting else None
    point = None if target is None else state.mounts[target].point
    if point is not None and point == state.root_of(point.mount) and state.mounts[point.mount].point is not None:
        yield state.disconnect(state.subtree(point.mount)).tidy(), ("ok", None)


KNOWN = (
    Known(
        "mount_resolved_into_what_is_umounted",
        "mount resolves its path into a mount that is umounted before it has mount_mu, and says ENOENT although the path was there "
        "all the time: gVisor answers so by design (d7d8a0a5a), Linux EINVAL",
        mounting_on_what_goes,
    ),
    Known(
        "walk_up_a_stack_shows_a_covered_root",
        "a walk is inside a tree of mounts when a lazy umount takes that away, and sees what the mounts in there covered all the "
        "time, such as the root of the lower of two stacked ones; so do gVisor's walks, and Linux's as to the stack",
        tree_mount_by_mount,
    ),
    Known(
        "umount_takes_what_was_mounted_on_it",
        "a lazy umount resolves its path, another mount is stacked on what it found, and it takes both away, although each call "
        "alone takes one: it holds the mount and not the path; gVisor and Linux (umount2 with MNT_DETACH) do the same",
        with_what_was_mounted_on_it,
    ),
    Known(
        "dot_dot_is_resolved_stepwise",
        'a walk through ".." finds its way at one instant and what is there at a later one; the tree may have changed in between, '
        "as in every VFS that does not lock a whole path",
        stepwise_dot_dot,
    ),
)


@lru_cache(maxsize=100_000)
def operations(state: State, thread: int) -> SearchStrategy[op.Operation]:
    """What a thread may do next, each kind of call as likely as another. Before the threads: what makes a tree, and handles."""
    from hypothesis import strategies as st

    offered = (before_threads if thread == BEFORE else in_threads)(Names.of(state, thread))
    kinds: list[list[op.Operation]] = [calls for calls in offered if calls] or [[op.Stat(INIT, "/")]]
    return st.sampled_from(kinds).flatmap(st.sampled_from)


class Names(NamedTuple):
    """What the calls of ``thread`` have to choose from."""

    thread: int
    spaces: list[str]
    there: list[str]  # paths; what is mounted on twice, so that threads meet there
    directories: list[str]
    new: list[str]
    taken: list[op.HandleName]
    free: list[op.HandleName]

    @classmethod
    def of(cls, state: State, thread: int) -> Names:
        """Those of ``thread`` in ``state``."""
        tree = {path: (label, kind) for path, label, kind, _ in model_tree(state, INIT)}
        (root, _) = tree.pop("/")
        mounted = [path for path, (label, _) in tree.items() if label != tree.get(path.rpartition("/")[0], (root, ""))[0]]
        directories = [*mounted, *(path for path, (_, kind) in tree.items() if kind == "directory")]
        new = [path for path in NEW if path not in tree and path.rpartition("/")[0] in ("", *directories)]
        own = HANDLES if thread == BEFORE else (HANDLES[thread],)
        taken = [handle.name for handle in state.handles if handle.name in own]
        spaces = [INIT, TWO] if any(space.name == TWO for space in state.namespaces) else [INIT]
        return cls(thread, spaces, [*mounted, *tree], directories, new, taken, [name for name in own if name not in taken])

    def calls(self, kind: Any, paths: list[str], **rest: Any) -> list[op.Operation]:
        """Calls of one kind, on each path in each namespace."""
        return [kind(space, path, **rest) for space in self.spaces for path in paths]


def before_threads(names: Names) -> list[list[op.Operation]]:
    directories, new = names.directories, names.new
    handle = names.free[0] if names.free else None
    opened = [] if handle is None else names.calls(op.Open, names.there, handle=handle)
    created = [] if handle is None else names.calls(op.Open, new, handle=handle, create=True)
    return [
        names.calls(op.Mkdir, new),
        names.calls(op.Mount, directories, filesystem="M"),
        names.calls(op.Mkdir, new),
        names.calls(op.Mount, directories, filesystem="N"),
        opened,
        created,
        [op.Close(name) for name in names.taken],
        names.calls(op.Remount, directories, read_only=True),
        [call for path in directories for call in names.calls(op.Bind, directories, new=path)],
        [op.CloneNamespace(TWO, source=INIT)] * (TWO not in names.spaces),
    ]


def in_threads(names: Names) -> list[list[op.Operation]]:
    there, directories, new = names.there or ["/a"], names.directories or ["/a"], names.new or ["/a"]
    anywhere = [*there, *new]
    return [
        names.calls(op.Stat, [*anywhere, *(f"{path}/.." for path in directories)]),
        names.calls(op.Umount, directories),
        names.calls(op.Umount, directories, lazy=True),
        names.calls(op.Mount, directories, filesystem="PQR"[names.thread]),
        names.calls(op.Mkdir, new),
        names.calls(op.Rmdir, directories),
        names.calls(op.Unlink, there),
        [call for path in anywhere for call in names.calls(op.Rename, there, new=path)],
        [call for flag in (False, True) for call in names.calls(op.Remount, directories, read_only=flag)],
        [call for path in directories for call in names.calls(op.Bind, directories, new=path)],
        *([] if not names.free else by_new_handle(names, there, new)),
        *([] if not names.taken else by_handle(names.taken[0])),
    ]


def by_new_handle(names: Names, there: list[str], new: list[str]) -> list[list[op.Operation]]:
    handle = names.free[0]
    return [
        [call for flag in (False, True) for call in names.calls(op.Open, there, handle=handle, truncate=flag)],
        [call for access in ("r", "w") for call in names.calls(op.Open, new, handle=handle, create=True, access=access)],
    ]


def by_handle(handle: op.HandleName) -> list[list[op.Operation]]:
    return [
        [op.Close(handle)],
        [op.Stat(INIT, path, start=handle) for path in BESIDE],
        [op.Umount(INIT, path, start=handle, lazy=lazy) for path in BESIDE for lazy in (False, True)],
        [op.Mount(INIT, path, start=handle, filesystem="S") for path in BESIDE],
        [op.Write(handle, data=b"x", offset=0), op.Read(handle, size_bytes=1, offset=0)],
    ]


def say(operation: Any) -> str:
    """A call as a shell would show it: ``umount('/a', lazy=True)``."""
    if isinstance(operation, Unfinished):
        operation = operation.operation
    name, _, rest = say_call(operation).partition("(")
    return f"{name.lower()}({rest.removeprefix(chr(34) + INIT + chr(34)).removeprefix(', ')}"


def say_answer(answer: Any) -> str:
    """``ok``, what was found, or the errno."""
    return say_like_a_shell(None, answer).partition(" = ")[2]


vfs = Alphabet(
    setup=set_up,
    operations=operations,
    initial=model.initial(INIT, "R"),
    step=step,
    do=do,
    watch=watch,
    end=end,
    alternatives=specified,
    known=KNOWN,
    say_call=say,
    say_answer=say_answer,
)
