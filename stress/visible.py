"""What a process can see of the VFS: of ``impl`` found by its own calls (opening directories, reading them, stat, read, readlink),
of ``model`` in its state.
"""

from __future__ import annotations

from impl.context import FsContext, PathOperation
from impl.flags import O_RDONLY
from impl.stat import S_IFDIR, S_IFLNK, S_IFMT, S_IFREG
from impl.vfs import VirtualFilesystem
from model import State

Visible = tuple[str, str, str, bytes]
EVERYTHING = 1 << 30
KINDS = {S_IFDIR: "directory", S_IFREG: "file", S_IFLNK: "symlink"}


def visible_tree(vfs: VirtualFilesystem, context: FsContext) -> tuple[Visible, ...]:
    """(path, filesystem's label, kind, content) of all that absolute paths reach, sorted."""
    found: list[Visible] = []
    _list(vfs, context, "", context.at("/"), found)
    return tuple(sorted(found))


def _list(vfs: VirtualFilesystem, context: FsContext, path: str, at: PathOperation, found: list[Visible]) -> None:
    """Add the directory ``at``, which is ``path``, and everything below it."""
    opened = vfs.open_at(at)
    try:
        found.append((path or "/", opened.vd.mount.fs.name, "directory", b""))
        for entry in opened.iter_dirents():
            if entry.name not in {".", ".."}:
                below = context.at(entry.name, start=opened.vd, follow=False)
                look = _list if entry.kind == S_IFDIR else _look  # a directory is covered by directories only
                look(vfs, context, f"{path}/{entry.name}", below, found)
    finally:
        opened.dec_ref()


def _look(vfs: VirtualFilesystem, _context: FsContext, path: str, at: PathOperation, found: list[Visible]) -> None:
    """Add the file or symlink ``at``, which is ``path``."""
    stat = vfs.stat_at(at)
    kind = stat.mode & S_IFMT
    content = b""
    if kind == S_IFLNK:
        content = vfs.readlink_at(at).encode()
    elif stat.size:
        opened = vfs.open_at(at, flags=O_RDONLY)
        content = opened.read(EVERYTHING)
        opened.dec_ref()
    found.append((path, stat.dev, KINDS[kind], content))


def model_tree(state: State, namespace: str) -> tuple[Visible, ...]:
    """The same of the model's ``namespace``."""
    (root,) = (space.root for space in state.namespaces if space.name == namespace)
    todo, found = [("", state.root_of(root))], list[Visible]()
    for path, at in todo:
        found.append((path or "/", state.mounts[at.mount].filesystem, *state.inode(at.dentry)))
        below = state.children(at.dentry).items()
        todo.extend((f"{path}/{name}", state.follow(at._replace(dentry=child))) for name, child in below)
    return tuple(sorted(found))
