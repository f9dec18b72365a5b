"""Questions to the model's state: where a path leads, what has a name, what hangs together.

They use the state's fields and the model's walks. Nothing compares ids of two states.
"""

from collections.abc import Callable

from model import Operation, State, paths
from model import operations as op
from model.state import DentryId, HandleName, Refused, VirtualDentry

NO_NAMES = ("", ".", "..")


def cursor(state: State, o: op.PathOperation) -> paths.Cursor:
    """The walk of ``path`` before its first step."""
    return _start(state, o.namespace, o.path, o.start)


def new_cursor(state: State, o: op.TwoPaths) -> paths.Cursor:
    """The walk of ``new``."""
    return _start(state, o.namespace, o.new, o.new_start)


def _start(state: State, namespace: str, path: str, start: HandleName | None) -> paths.Cursor:
    if namespace not in state.namespaces:
        raise Refused("ESRCH")
    if path and path[0] != "/" and start is not None and start not in state.handles:
        raise Refused("EBADF")
    return paths.start(state, namespace, path, start)


def reached(walk: Callable[[], VirtualDentry]) -> VirtualDentry | str:
    """Where a walk ends, or the errno it ends with."""
    try:
        return walk()
    except Refused as refused:
        return str(refused)


def end(state: State, o: Operation) -> VirtualDentry | str:
    """Where the path of the operation leads, its final symlink followed."""
    if not isinstance(o, op.PathOperation):
        return "EINVAL"
    return reached(lambda: paths.to_end(state, cursor(state, o)))


def kind(state: State, dentry: DentryId) -> str:
    """directory, file or symlink."""
    return state.inodes[state.dentries[dentry].inode].kind


def named(state: State, walk: paths.Cursor) -> DentryId | None:
    """What the last name of a walk by ``paths.to_last`` stands for."""
    live = (d for d, record in state.dentries.items() if not record.dead and record.parent == walk.at.dentry)
    return next((d for d in live if (state.dentries[d].name,) == walk.rest), None)


def lies_below(state: State, dentry: DentryId, ancestor: DentryId | None) -> bool:
    """A dentry lies below itself."""
    at: DentryId | None = dentry
    while at is not None and at != ancestor:
        at = state.dentries[at].parent
    return at is not None
