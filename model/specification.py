"""``step``: the result of an operation and the state after it. An operation that fails changes nothing.

Unknown names are refused first, then empty paths, then what the walks meet (``state``), then what the case checks, in its order.
As in era E1, a mount point's entries count before its mounts, and names are looked up before a read-only mount is noticed.

Source: facts 1.8, 1.9, 2.2, 2.4, 2.6; bind 2.3; rename, link, symlink and readlink as in their Linux man pages.
"""

from typing import Any

from model import operations as op
from model.state import SPECIAL, Dentry, Handle, Inode, MountId, Namespace, Refused, State, VirtualDentry, Walk, named, refuse

Result = tuple[str, Any] | str  # ("ok", payload), or the name of an errno
Outcome = tuple[State, Any]  # of an operation that succeeds: the new state and the payload

RMDIR = {"": "EBUSY", ".": "EINVAL", "..": "ENOTEMPTY"}  # the errors of a path that ends in no name
UNLINK = {"": "EBUSY", ".": "EISDIR", "..": "EISDIR"}


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
    walk = state.walk(o.namespace, o.path, o.start)
    new = state.walk(o.namespace, o.new, o.new_start) if isinstance(o, op.TwoPaths) else walk
    # fmt: off
    match o:
        case op.Stat(): return state, describe(state, walk.to_end(follow_final=o.follow))
        case op.Readlink():
            kind, target = state.inode(walk.to_end(follow_final=False).dentry)
            refuse(EINVAL=kind != "symlink")
            return state, target.decode()
        case op.GetDentry() | op.Open(): return open_file(walk, o)
        case op.Mkdir(): return create(Inode("directory"), walk.to_last()), None
        case op.Symlink():
            refuse(ENOENT=not o.target)
            return create(Inode("symlink", o.target.encode()), walk.to_last()), None
        case op.Link(): return create(walk.to_end(follow_final=False), new.to_last()), None
        case op.Rename(): return rename(walk.to_last(), new.to_last(), o.namespace), None
        case op.Rmdir(): return remove(walk.to_last(), o.namespace, RMDIR, directory=True), None
        case op.Unlink(): return remove(walk.to_last(), o.namespace, UNLINK, directory=False), None
        case op.Mount() | op.Bind(): return mount_on(state, o, walk.to_end(), new.to_end()), None
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
            refuse(EINVAL=offset < 0, EBADF=not permitted, EISDIR=kind == "directory")
            data = content[offset : offset + o.size_bytes] if isinstance(o, op.Read) else o.data
            if isinstance(o, op.Write) and data:
                content = content[:offset].ljust(offset, b"\0") + data + content[offset + len(data) :]
                state = state.change("inodes", state.dentries[handle.at.dentry].inode, content=content)
            if o.offset is None:
                state = state.put("handles", handle._replace(offset=offset + len(data)))
            return state, data if isinstance(o, op.Read) else len(data)
    raise TypeError(f"not an operation: {o!r}")


def on_namespace(state: State, o: op.NamespaceOperation) -> State:
    if isinstance(o, op.CreateNamespace | op.CloneNamespace):
        refuse(EBADFD=o.namespace in {namespace.name for namespace in state.namespaces})
        if isinstance(o, op.CreateNamespace):
            state, mount = state.add_filesystem(o.filesystem, namespace=o.namespace)
            mounts = [mount]
        else:
            tree = state.subtree(named(state.namespaces, o.source, "ESRCH").root)
            copy = {old: MountId(len(state.mounts) + k) for k, old in enumerate(tree)}
            mounts = [state.mounts[old]._replace(namespace=o.namespace) for old in tree]
            mounts = [each._replace(point=each.point and each.point._replace(mount=copy[each.point.mount])) for each in mounts]
        new = Namespace(o.namespace, MountId(len(state.mounts)))
        return state.put("namespaces", new)._replace(mounts=(*state.mounts, *mounts))
    namespace = named(state.namespaces, o.namespace, "ESRCH")
    references = namespace.references + (1 if isinstance(o, op.AcquireNamespace) else -1)
    if references:
        return state.put("namespaces", namespace._replace(references=references))
    return state.disconnect(state.subtree(namespace.root)).drop("namespaces", o.namespace)


def open_file(walk: Walk, o: op.GetDentry | op.Open) -> Outcome:
    """With O_CREAT what is missing is made first, where a final symlink leads unless O_NOFOLLOW or O_EXCL. Payload: the label."""
    refuse(EBADFD=o.handle in {handle.name for handle in walk.state.handles})
    if isinstance(o, op.GetDentry):
        state, handle = walk.state, Handle(o.handle, walk.to_end(follow_final=o.follow))
        return state.put("handles", handle), state.mounts[handle.at.mount].filesystem
    walk = walk._replace(must_be_directory=walk.must_be_directory or o.directory)
    if o.create:
        walk = walk.to_last(follow_final=not (o.nofollow or o.exclusive))
        refuse(EISDIR=walk.must_be_directory or walk.name in SPECIAL, EEXIST=o.exclusive and walk.child is not None)
        walk = walk if walk.child is not None else walk._replace(state=create(Inode("file"), walk))
    state, at = walk.state, walk.to_end(follow_final=not o.nofollow)
    kind, writing, mount = state.inode(at.dentry).kind, "w" in o.access or o.truncate, state.mounts[at.mount]
    refuse(ELOOP=kind == "symlink", EISDIR=writing and kind == "directory", EROFS=writing and mount.read_only)
    state = state.change("inodes", state.dentries[at.dentry].inode, content=b"") if o.truncate else state
    return state.put("handles", Handle(o.handle, at, o.access)), mount.filesystem


def create(new: Inode | VirtualDentry, walk: Walk) -> State:
    """A name for a new inode (mkdir, symlink, open) or for that of an existing place (link)."""
    state, (mount, parent) = walk.state, walk.at
    refuse(
        EEXIST=walk.name in SPECIAL or walk.child is not None,
        ENOENT=state.dentries[parent].dead or (walk.must_be_directory and new != Inode("directory")),
        EXDEV=isinstance(new, VirtualDentry) and new.mount != mount,
        EROFS=state.mounts[mount].read_only,
        EPERM=isinstance(new, VirtualDentry) and state.is_directory(new.dentry),
    )
    if isinstance(new, Inode):
        return state.add_file(new, parent=parent, name=walk.name)
    return state._replace(dentries=(*state.dentries, Dentry(parent, walk.name, state.dentries[new.dentry].inode)))


def remove(walk: Walk, namespace: str, special: dict[str, str], *, directory: bool) -> State:
    state, read_only = walk.state, walk.state.mounts[walk.at.mount].read_only
    if walk.name in SPECIAL:
        refuse(EROFS=read_only, **{special[walk.name]: True})
    child = walk.existing()
    refuse(ENOTDIR=walk.must_be_directory and not state.is_directory(child), EROFS=read_only)
    return state.delete(child, directory=directory, busy=state.is_mountpoint(namespace, child))


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
        state = state.delete(target, directory=directory, busy=state.is_mountpoint(namespace, source, target))
    return state.change("dentries", source, parent=parent, name=new.name)


def mount_on(state: State, o: op.Mount | op.Bind, source: VirtualDentry, at: VirtualDentry) -> State:
    """Mount a new filesystem, or once more what ``source`` names, on top of what is ``at``, and in that one's namespace."""
    if isinstance(o, op.Mount):
        state, new = state.add_filesystem(o.filesystem, read_only=o.read_only)
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
