"""Path walks: components, "..", mounts crossed both ways, symlinks. A walk happens at one instant and changes nothing.

A final trailing slash demands a directory (ENOTDIR otherwise); it does not make a final symlink followed.

Source: facts 1.8 (gVisor ``resolving_path.go``), 2.6 (follow, up).
"""

# ruff: noqa: D103 - where there is no docstring, the name and the types say it all

from typing import NamedTuple

from model.state import DentryId, HandleName, Inode, Kind, Refused, State, VirtualDentry
from model.tree import children

MAX_SYMLINKS = 40
Visible = tuple[str, str, Kind, bytes | str]


class Cursor(NamedTuple):
    """A walk under way: ``at`` is reached, ``rest`` is still to do."""

    root: VirtualDentry
    at: VirtualDentry
    rest: tuple[str, ...]
    must_be_directory: bool
    symlinks: int = 0


def inode_of(state: State, dentry: DentryId) -> Inode:
    return state.inodes[state.dentries[dentry].inode]


def follow(state: State, at: VirtualDentry) -> VirtualDentry:
    """Climb to the top of the mounts stacked on ``at``. A mount stays connected in its detached parent."""
    for mount_id, mount in state.mounts.items():
        if mount.point == at:
            return follow(state, VirtualDentry(mount_id, mount.root))
    return at


def parent_of(state: State, root: VirtualDentry, at: VirtualDentry) -> VirtualDentry:
    """For "..": from mount roots to their points, never above ``root`` or a detached mount; then up; then follow."""
    while at != root and at.dentry == state.mounts[at.mount].root and (point := state.mounts[at.mount].point):
        at = point
    parent = state.dentries[at.dentry].parent
    if at == root or at.dentry == state.mounts[at.mount].root or parent is None:
        return follow(state, at)
    return follow(state, VirtualDentry(at.mount, parent))


def start(state: State, namespace: str, path: str, handle: HandleName | None) -> Cursor:
    """ESRCH no such namespace; ENOENT empty path; EBADF a relative path from an unknown handle."""
    if namespace not in state.namespaces:
        raise Refused("ESRCH")
    mount = state.namespaces[namespace].root
    root = at = VirtualDentry(mount, state.mounts[mount].root)
    if not path:
        raise Refused("ENOENT")
    if handle is not None and path[0] != "/":
        if handle not in state.handles:
            raise Refused("EBADF")
        at = state.handles[handle].at
    return Cursor(root, at, tuple(filter(None, path.split("/"))), must_be_directory=path[-1] == "/")


def advance(state: State, cursor: Cursor, *, follow_final: bool) -> Cursor:
    """Consume one component: ENOTDIR not in a directory; ENOENT no such name; ELOOP the 41st symlink."""
    name, rest = cursor.rest[0], cursor.rest[1:]
    if inode_of(state, cursor.at.dentry).kind != "directory":
        raise Refused("ENOTDIR")
    if name == ".":
        return cursor._replace(rest=rest)
    if name == "..":
        return cursor._replace(at=parent_of(state, cursor.root, cursor.at), rest=rest)
    child = state.entries.get((cursor.at.dentry, name))
    if child is None:
        raise Refused("ENOENT")
    found = follow(state, VirtualDentry(cursor.at.mount, child))
    inode = inode_of(state, found.dentry)
    if inode.kind != "symlink" or not (rest or follow_final):
        return cursor._replace(at=found, rest=rest)
    if cursor.symlinks >= MAX_SYMLINKS:
        raise Refused("ELOOP")
    target = str(inode.content)
    return Cursor(
        root=cursor.root,
        at=cursor.root if target.startswith("/") else cursor.at,
        rest=(*filter(None, target.split("/")), *rest),
        must_be_directory=cursor.must_be_directory or (not rest and target.endswith("/")),
        symlinks=cursor.symlinks + 1,
    )


def to_last(state: State, cursor: Cursor) -> Cursor:
    """Go on until one component is left, and stop in the directory it is to be looked up in (ENOTDIR if it is none)."""
    while len(cursor.rest) > 1:
        cursor = advance(state, cursor, follow_final=True)
    if cursor.rest and inode_of(state, cursor.at.dentry).kind != "directory":
        raise Refused("ENOTDIR")
    return cursor


def to_end(state: State, cursor: Cursor, *, follow_final: bool = True) -> VirtualDentry:
    while cursor.rest:
        cursor = advance(state, cursor, follow_final=follow_final)
    if cursor.must_be_directory and inode_of(state, cursor.at.dentry).kind != "directory":
        raise Refused("ENOTDIR")
    return cursor.at


def visible_tree(state: State, namespace: str) -> tuple[Visible, ...]:
    """(path, filesystem's label, kind, content) of all that absolute paths reach, sorted."""
    mount = state.namespaces[namespace].root
    todo, found = [("", VirtualDentry(mount, state.mounts[mount].root))], list[Visible]()
    while todo:
        path, at = todo.pop()
        found.append((path or "/", state.mounts[at.mount].filesystem, *inode_of(state, at.dentry)))
        for name, child in children(state, at.dentry).items():
            todo.append((f"{path}/{name}", follow(state, VirtualDentry(at.mount, child))))
    return tuple(sorted(found))
