"""``step``: the result of an operation and the state after it. An operation that fails changes nothing.

Unknown names are refused first, then empty paths, then what the walks meet (``paths``), then what the case checks, in its order.
As in era E1, a mount point's entries count before its mounts, and names are looked up before a read-only mount is noticed.

Source: facts 1.8, 1.9, 2.2, 2.4, 2.6; bind 2.3; rename, link, symlink and readlink as in their Linux man pages.
"""

from typing import Any

from model import operations as op
from model.paths import SPECIAL, Walk, begin
from model.state import Dentry, DentryId, Handle, Inode, Mount, MountId, Namespace, Refused, State, VirtualDentry, named, refuse

Result = tuple[str, Any] | str  # ("ok", payload), or the name of an errno
Outcome = tuple[State, Any]  # of an operation that succeeds: the new state and the payload

DIRECTORY = Inode("directory")
NO_NAME = {  # what rmdir and unlink say of a path that ends in no name
    op.Rmdir: {"": "EBUSY", ".": "EINVAL", "..": "ENOTEMPTY"},
    op.Unlink: {"": "EBUSY", ".": "EISDIR", "..": "EISDIR"},
}


def step(state: State, operation: op.Operation) -> tuple[State, Result]:
    """What ``operation`` does to ``state`` when nothing overlaps it."""
    try:
        if isinstance(operation, op.HandleOperation):
            after, payload = on_handle(state, operation, named(state.handles, operation.handle, "EBADF"))
        elif isinstance(operation, op.NamespaceOperation):
            after, payload = on_namespace(state, operation), None
        else:
            after, payload = on_path(state, operation)
    except Refused as refused:
        return state, str(refused)
    return state if after is state else after.tidy(), ("ok", payload)


def on_path(state: State, o: op.PathOperation) -> Outcome:
    walk = begin(state, o)
    new = begin(state, o.second()) if isinstance(o, op.TwoPaths) else walk
    # fmt: off
    match o:
        case op.Stat(): return state, describe(state, walk.to_end(follow_final=o.follow))
        case op.Readlink():
            kind, target = state.inode(walk.to_end(follow_final=False).dentry)
            refuse(EINVAL=kind != "symlink")
            return state, target.decode()
        case op.GetDentry() | op.Open(): return new_handle(walk, o)
        case op.Mkdir(): return create(DIRECTORY, walk.to_last()), None
        case op.Symlink():
            refuse(ENOENT=not o.target)
            return create(Inode("symlink", o.target.encode()), walk.to_last()), None
        case op.Link(): return create(walk.to_end(follow_final=False), new.to_last()), None
        case op.Rename(): return rename(walk.to_last(), new.to_last(), o.namespace), None
        case op.Rmdir() | op.Unlink(): return remove(walk.to_last(), o), None
        case op.Mount() | op.Bind(): return mount(state, o, walk.to_end(), new.to_end()), None
        case op.Umount() | op.Remount(): return on_mount(state, o, state.follow(walk.to_end())), None
    # fmt: on
    raise TypeError(f"not an operation: {o!r}")


def on_handle(state: State, o: op.HandleOperation, handle: Handle) -> Outcome:
    kind, nlink, size, label = describe(state, handle.at)
    match o:
        case op.Close():
            return state.drop("handles", o.handle), None
        case op.StatHandle():
            return state, (kind, nlink if o.nlink is None else o.nlink, size if o.size_bytes is None else o.size_bytes, label)
        case op.Readdir():
            refuse(EBADF=not handle.access, ENOTDIR=kind != "directory")
            return state, tuple((name, state.inode(d).kind) for name, d in sorted(state.children(handle.at.dentry).items()))
        case op.BeginWrite() | op.EndWrite():
            writes = handle.writes + (1 if isinstance(o, op.BeginWrite) else -1)
            refuse(EROFS=writes > handle.writes and state.mounts[handle.at.mount].read_only, EINVAL=writes < 0)
            return state.put("handles", handle._replace(writes=writes)), None
        case op.Read() | op.Write():
            content, offset = state.inode(handle.at.dentry).content, handle.offset if o.offset is None else o.offset
            permitted = ("r" if isinstance(o, op.Read) else "w") in handle.access
            refuse(EBADF=not permitted, EISDIR=kind == "directory", EINVAL=offset < 0)
            data = content[offset : offset + o.size_bytes] if isinstance(o, op.Read) else o.data
            if isinstance(o, op.Write) and data:
                state = state.write(handle.at, content[:offset].ljust(offset, b"\0") + data + content[offset + len(data) :])
            if o.offset is None:
                state = state.put("handles", handle._replace(offset=offset + len(data)))
            return state, data if isinstance(o, op.Read) else len(data)
    raise TypeError(f"not an operation: {o!r}")


def on_namespace(state: State, o: op.NamespaceOperation) -> State:
    if isinstance(o, op.CreateNamespace | op.CloneNamespace):
        refuse(EBADFD=o.namespace in {namespace.name for namespace in state.namespaces})
        if isinstance(o, op.CreateNamespace):
            state, root = state.add_file(DIRECTORY)
            mounts = [Mount(o.filesystem, root, namespace=o.namespace)]
        else:
            mounts = state.copies(named(state.namespaces, o.source, "ESRCH").root, o.namespace)
        new = Namespace(o.namespace, MountId(len(state.mounts)))
        return state.put("namespaces", new)._replace(mounts=(*state.mounts, *mounts))
    namespace = named(state.namespaces, o.namespace, "ESRCH")
    references = namespace.references + (1 if isinstance(o, op.AcquireNamespace) else -1)
    if references:
        return state.put("namespaces", namespace._replace(references=references))
    return state.disconnect(state.subtree(namespace.root)).drop("namespaces", o.namespace)


def new_handle(walk: Walk, o: op.GetDentry | op.Open) -> Outcome:
    """The payload is the filesystem's label."""
    refuse(EBADFD=o.handle in {handle.name for handle in walk.state.handles})
    if isinstance(o, op.GetDentry):
        state, handle = walk.state, Handle(o.handle, walk.to_end(follow_final=o.follow))
    else:
        state, handle = open_file(walk._replace(must_be_directory=walk.must_be_directory or o.directory), o)
    return state.put("handles", handle), state.mounts[handle.at.mount].filesystem


def open_file(walk: Walk, o: op.Open) -> tuple[State, Handle]:
    state, at = find_or_create(walk, o) if o.create else (walk.state, walk.to_end(follow_final=not o.nofollow))
    kind, writing = state.inode(at.dentry).kind, "w" in o.access or o.truncate
    read_only = state.mounts[at.mount].read_only
    refuse(ELOOP=kind == "symlink", EISDIR=writing and kind == "directory", EROFS=writing and read_only)
    return state.write(at, b"") if o.truncate else state, Handle(o.handle, at, o.access)


def find_or_create(walk: Walk, o: op.Open) -> tuple[State, VirtualDentry]:
    """The walk of O_CREAT: a final symlink is followed unless O_NOFOLLOW, and what it names is created."""
    walk = walk.to_last()
    refuse(EISDIR=walk.must_be_directory or walk.name in SPECIAL)
    if walk.child is None:
        return create(Inode("file"), walk), walk.at._replace(dentry=DentryId(len(walk.state.dentries)))
    refuse(EEXIST=o.exclusive)
    after = walk.advance(follow_final=not o.nofollow)
    return find_or_create(after, o) if after.symlinks > walk.symlinks else (walk.state, after.at)


def create(new: Inode | VirtualDentry, walk: Walk) -> State:
    """A name for a new inode (mkdir, symlink, open) or for that of an existing place (link)."""
    state, (mount, parent) = walk.state, walk.at
    refuse(
        EEXIST=walk.name in SPECIAL or walk.child is not None,
        ENOENT=state.dentries[parent].dead or (walk.must_be_directory and new != DIRECTORY),
        EXDEV=isinstance(new, VirtualDentry) and new.mount != mount,
        EROFS=state.mounts[mount].read_only,
        EPERM=isinstance(new, VirtualDentry) and state.is_directory(new.dentry),
    )
    if isinstance(new, Inode):
        return state.add_file(new, parent=parent, name=walk.name)[0]
    return state._replace(dentries=(*state.dentries, Dentry(parent, walk.name, state.dentries[new.dentry].inode)))


def remove(walk: Walk, o: op.Rmdir | op.Unlink) -> State:
    state, read_only = walk.state, walk.state.mounts[walk.at.mount].read_only
    if walk.name in SPECIAL:
        refuse(EROFS=read_only, **{NO_NAME[type(o)][walk.name]: True})
    child = walk.existing()
    refuse(ENOTDIR=walk.must_be_directory and not state.is_directory(child), EROFS=read_only)
    refuse_to_remove(state, child, directory=isinstance(o, op.Rmdir))
    refuse(EBUSY=state.is_mountpoint(o.namespace, child))
    return state.delete(child)


def refuse_to_remove(state: State, child: DentryId, *, directory: bool) -> None:
    is_directory = state.is_directory(child)
    refuse(ENOTDIR=directory and not is_directory, EISDIR=is_directory and not directory, ENOTEMPTY=state.children(child))


def rename(old: Walk, new: Walk, namespace: str) -> State:
    state = old.state
    refuse(EXDEV=old.at.mount != new.at.mount, EBUSY=old.name in SPECIAL or new.name in SPECIAL)
    source, target, parent = old.existing(), new.child, new.at.dentry
    directory = state.is_directory(source)
    refuse(
        EROFS=state.mounts[old.at.mount].read_only,
        ENOTDIR=(old.must_be_directory or new.must_be_directory) and not directory,
        EINVAL=source in state.ancestry(parent),
        ENOTEMPTY=target in state.ancestry(old.at.dentry),
    )
    if target is None:
        refuse(ENOENT=state.dentries[parent].dead, EBUSY=state.is_mountpoint(namespace, source))
    elif state.dentries[target].inode == state.dentries[source].inode:
        return state
    else:
        refuse_to_remove(state, target, directory=directory)
        refuse(EBUSY=state.is_mountpoint(namespace, source, target))
        state = state.delete(target)
    return state.change("dentries", source, parent=parent, name=new.name)


def mount(state: State, o: op.Mount | op.Bind, source: VirtualDentry, at: VirtualDentry) -> State:
    """Mount on top of what is mounted ``at`` a new filesystem, or once more what ``source`` names."""
    if isinstance(o, op.Mount):
        state, root = state.add_file(DIRECTORY)
        new = Mount(o.filesystem, root, read_only=o.read_only)
    else:
        new = state.mounts[source.mount]._replace(root=source.dentry)
    top = state.follow(at)
    namespace = state.namespace_of(top.mount)
    refuse(
        ENOTDIR=state.is_directory(at.dentry) != state.is_directory(new.root),
        ENOENT=state.dentries[top.dentry].dead or namespace is None,
        EINVAL=isinstance(o, op.Bind) and not namespace == state.namespace_of(source.mount) == o.namespace,
    )
    return state._replace(mounts=(*state.mounts, new._replace(point=top, namespace=namespace)))


def on_mount(state: State, o: op.Umount | op.Remount, at: VirtualDentry) -> State:
    root, inside = state.root_of(at.mount), [handle for handle in state.handles if handle.at.mount == at.mount]
    refuse(EINVAL=at != root or state.namespace_of(at.mount) != o.namespace)
    if isinstance(o, op.Remount):
        refuse(EBUSY=o.read_only and any(handle.writes or "w" in handle.access for handle in inside))
        return state.change("mounts", at.mount, read_only=o.read_only)
    tree = state.subtree(at.mount)
    refuse(EINVAL=state.mounts[at.mount].point is None, EBUSY=not o.lazy and (inside or len(tree) > 1))
    return state.disconnect(tree)


def describe(state: State, at: VirtualDentry) -> tuple[str, int, int, str]:
    """Kind, nlink, size, label. nlink: a file's live names; for a live directory 2 plus its subdirectories, for a dead one 0."""
    record, inode = state.dentries[at.dentry], state.inode(at.dentry)
    if inode.kind == "directory":
        nlink = 0 if record.dead else 2 + sum(map(state.is_directory, state.children(at.dentry).values()))
    else:
        nlink = sum(other.inode == record.inode and not other.dead for other in state.dentries)
    return inode.kind, nlink, len(inode.content), state.mounts[at.mount].filesystem
