"""Path walks: components, "..", mounts crossed both ways, symlinks. A walk happens at one instant and changes nothing.

A final trailing slash demands a directory (ENOTDIR otherwise); it does not make a final symlink followed.

Source: facts 1.8 (gVisor ``resolving_path.go``), 2.6 (follow, up).
"""

# ruff: noqa: D102, D103 - where there is no docstring, the name and the types say it all

from __future__ import annotations

from typing import NamedTuple

from model.operations import PathOperation
from model.state import DentryId, Kind, MountId, State, VirtualDentry, named, refuse

MAX_SYMLINKS = 40
SPECIAL = ("", ".", "..")  # what is no name


class Walk(NamedTuple):
    """A walk under way: ``at`` is reached, ``rest`` is still to do; ``name`` is what comes next, "" if nothing."""

    state: State
    root: VirtualDentry
    at: VirtualDentry
    rest: tuple[str, ...]
    must_be_directory: bool
    symlinks: int = 0

    @property
    def name(self) -> str:
        return self.rest[0] if self.rest else ""

    @property
    def child(self) -> DentryId | None:
        """What has this name here, itself and not what is mounted on it."""
        return self.state.children(self.at.dentry).get(self.name)

    def existing(self) -> DentryId:
        refuse(ENOENT=self.child is None)
        return self.state.children(self.at.dentry)[self.name]

    def advance(self, *, follow_final: bool) -> Walk:
        """Consume one component: ENOTDIR not in a directory; ENOENT no such name; ELOOP the 41st symlink."""
        rest = self.rest[1:]
        refuse(ENOTDIR=not self.state.is_directory(self.at.dentry))
        if self.name in SPECIAL:
            return self._replace(at=self.at if self.name == "." else parent_of(self.state, self.root, self.at), rest=rest)
        found = follow(self.state, self.at._replace(dentry=self.existing()))
        kind, target = self.state.inode(found.dentry)
        if kind != "symlink" or not (rest or follow_final):
            return self._replace(at=found, rest=rest)
        refuse(ELOOP=self.symlinks >= MAX_SYMLINKS)
        to = start(self.state, self.root, self.at, target.decode())
        slash = self.must_be_directory or (to.must_be_directory and not rest)
        return to._replace(rest=to.rest + rest, must_be_directory=slash, symlinks=self.symlinks + 1)

    def to_last(self) -> Walk:
        """Go on until one component is left, and stop in the directory it is to be looked up in (ENOTDIR if it is none)."""
        if len(self.rest) > 1:
            return self.advance(follow_final=True).to_last()
        refuse(ENOTDIR=not self.state.is_directory(self.at.dentry))
        return self

    def to_end(self, *, follow_final: bool = True) -> VirtualDentry:
        if self.rest:
            return self.advance(follow_final=follow_final).to_end(follow_final=follow_final)
        refuse(ENOTDIR=self.must_be_directory and not self.state.is_directory(self.at.dentry))
        return self.at


def start(state: State, root: VirtualDentry, at: VirtualDentry, path: str) -> Walk:
    place = root if path[0] == "/" else at
    return Walk(state, root, place, tuple(filter(None, path.split("/"))), must_be_directory=path[-1] == "/")


def begin(state: State, o: PathOperation) -> Walk:
    """ESRCH no such namespace; ENOENT an empty path; EBADF a relative path from an unknown handle."""
    at = root = root_of(state, named(state.namespaces, o.namespace, "ESRCH").root)
    refuse(ENOENT=not o.path)
    if o.start is not None and o.path[0] != "/":
        at = named(state.handles, o.start, "EBADF").at
    return start(state, root, at, o.path)


def root_of(state: State, mount: MountId) -> VirtualDentry:
    return VirtualDentry(mount, state.mounts[mount].root)


def follow(state: State, at: VirtualDentry) -> VirtualDentry:
    """Climb to the top of the mounts stacked on ``at``. A mount stays connected in its detached parent."""
    above = [MountId(k) for k, mount in enumerate(state.mounts) if mount.point == at]
    return follow(state, root_of(state, above[0])) if above else at


def parent_of(state: State, root: VirtualDentry, at: VirtualDentry) -> VirtualDentry:
    """For "..": from mount roots to their points, never above ``root`` or a detached mount; then up; then follow."""
    point, parent = state.mounts[at.mount].point, state.dentries[at.dentry].parent
    if point and at != root and at == root_of(state, at.mount):
        return parent_of(state, root, point)
    if parent is None or at in (root, root_of(state, at.mount)):
        return follow(state, at)
    return follow(state, VirtualDentry(at.mount, parent))


def visible_tree(state: State, namespace: str) -> tuple[tuple[str, str, Kind, bytes], ...]:
    """(path, filesystem's label, kind, content) of all that absolute paths reach, sorted."""
    todo, found = [("", root_of(state, named(state.namespaces, namespace, "ESRCH").root))], []
    for path, at in todo:
        found.append((path or "/", state.mounts[at.mount].filesystem, *state.inode(at.dentry)))
        below = state.children(at.dentry).items()
        todo.extend((f"{path}/{name}", follow(state, VirtualDentry(at.mount, child))) for name, child in below)
    return tuple(sorted(found))
