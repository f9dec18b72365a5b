"""Path walks: components, "..", mounts crossed both ways, symlinks. A walk happens at one instant and changes nothing.

A final trailing slash demands a directory (ENOTDIR otherwise); it does not make a final symlink followed.

Source: facts 1.8 (gVisor ``resolving_path.go``), 2.6 (follow, up).
"""

from __future__ import annotations

from typing import NamedTuple

from model.operations import PathOperation
from model.state import DentryId, Kind, State, VirtualDentry, named, refuse

MAX_SYMLINKS = 40
SPECIAL = ("", ".", "..")  # what is no name


class Walk(NamedTuple):
    """A walk under way: ``at`` is reached, ``rest`` is still to do."""

    state: State
    root: VirtualDentry
    at: VirtualDentry
    rest: tuple[str, ...] = ()
    must_be_directory: bool = False
    symlinks: int = 0

    @property
    def name(self) -> str:
        """What comes next, "" if nothing."""
        return self.rest[0] if self.rest else ""

    @property
    def child(self) -> DentryId | None:
        """What has this name here, itself and not what is mounted on it."""
        return self.state.children(self.at.dentry).get(self.name)

    def existing(self) -> DentryId:
        refuse(ENOENT=self.child is None)
        return self.state.children(self.at.dentry)[self.name]

    def enter(self, path: str) -> Walk:
        """With ``path`` before the rest; its trailing slash counts if there is no rest."""
        slash = self.must_be_directory or (path[-1] == "/" and not self.rest)
        rest = (*filter(None, path.split("/")), *self.rest)
        return self._replace(at=self.root if path[0] == "/" else self.at, rest=rest, must_be_directory=slash)

    def advance(self, *, follow_final: bool) -> Walk:
        """Consume one component: ENOTDIR not in a directory; ENOENT no such name; ELOOP the 41st symlink."""
        refuse(ENOTDIR=not self.state.is_directory(self.at.dentry))
        after = self._replace(rest=self.rest[1:])
        if self.name in SPECIAL:
            return after._replace(at=self.at if self.name == "." else self.parent(self.at))
        found = self.state.follow(self.at._replace(dentry=self.existing()))
        kind, target = self.state.inode(found.dentry)
        if kind != "symlink" or not (after.rest or follow_final):
            return after._replace(at=found)
        refuse(ELOOP=self.symlinks >= MAX_SYMLINKS)
        return after._replace(symlinks=self.symlinks + 1).enter(target.decode())

    def parent(self, at: VirtualDentry) -> VirtualDentry:
        """For "..": from mount roots to their points, never above the root or a detached mount; then up; then follow."""
        point, mount_root = self.state.mounts[at.mount].point, self.state.root_of(at.mount)
        if at == mount_root != self.root and point:
            return self.parent(point)
        above = at if at in (self.root, mount_root) else at._replace(dentry=self.state.dentries[at.dentry].parent)
        return self.state.follow(above)

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


def begin(state: State, o: PathOperation) -> Walk:
    """ESRCH no such namespace; ENOENT an empty path; EBADF a relative path from an unknown handle."""
    at = root = state.root_of(named(state.namespaces, o.namespace, "ESRCH").root)
    refuse(ENOENT=not o.path)
    if o.start is not None and o.path[0] != "/":
        at = named(state.handles, o.start, "EBADF").at
    return Walk(state, root, at).enter(o.path)


def visible_tree(state: State, namespace: str) -> tuple[tuple[str, str, Kind, bytes], ...]:
    """(path, filesystem's label, kind, content) of all that absolute paths reach, sorted."""
    todo, found = [("", state.root_of(named(state.namespaces, namespace, "ESRCH").root))], []
    for path, at in todo:
        found.append((path or "/", state.mounts[at.mount].filesystem, *state.inode(at.dentry)))
        below = state.children(at.dentry).items()
        todo.extend((f"{path}/{name}", state.follow(at._replace(dentry=child))) for name, child in below)
    return tuple(sorted(found))
