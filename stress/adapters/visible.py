"""What a process can see of the VFS, found by its own calls: opening directories, reading them, stat, read and readlink."""

from __future__ import annotations

from impl.context import FsContext
from impl.flags import O_RDONLY
from impl.stat import S_IFDIR, S_IFLNK, S_IFMT
from impl.vfs import VirtualFilesystem
from impl.virtual_dentry import VirtualDentry
from stress.adapters.calls import KINDS

Visible = tuple[str, str, str, bytes]
EVERYTHING = 1 << 30


def visible_tree(vfs: VirtualFilesystem, context: FsContext) -> tuple[Visible, ...]:
    """(path, filesystem's label, kind, content) of all that absolute paths reach, sorted; the model's function of this name."""
    found: list[Visible] = [("/", context.root.mount.fs.name, "directory", b"")]
    _list(vfs, context, "", context.root, found)
    return tuple(sorted(found))


def _list(vfs: VirtualFilesystem, context: FsContext, path: str, directory: VirtualDentry, found: list[Visible]) -> None:
    """Add everything below ``directory``, which ``path`` names."""
    opened = vfs.open_at(context.at(".", start=directory))
    try:
        for entry in opened.iter_dirents():
            if entry.name not in {".", ".."}:
                _look(vfs, context, f"{path}/{entry.name}", opened.vd, found)
    finally:
        opened.dec_ref()


def _look(vfs: VirtualFilesystem, context: FsContext, path: str, directory: VirtualDentry, found: list[Visible]) -> None:
    """Add what is called like the end of ``path`` in ``directory``, and what is below it."""
    at = context.at(path.rpartition("/")[2], start=directory, follow=False)
    stat = vfs.stat_at(at)
    kind = stat.mode & S_IFMT
    content = b""
    if kind == S_IFLNK:
        content = vfs.readlink_at(at).encode()
    elif kind == S_IFDIR:
        place = vfs.get_dentry_at(at)
        try:
            _list(vfs, context, path, place, found)
        finally:
            place.dec_ref()
    elif stat.size:
        opened = vfs.open_at(at, flags=O_RDONLY)
        content = opened.read(EVERYTHING)
        opened.dec_ref()
    found.append((path, stat.dev, KINDS[kind], content))
