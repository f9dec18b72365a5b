"""``step``: the result of an operation and the state after it. An operation that fails changes nothing.

Each case resolves its whole path and then makes its checks in the order written; the errors of a walk are in ``paths``,
of wrong names in ``operations``. As in era E1, a filesystem may be mounted on a file. The functions by kind of
operation may be long: they are lists of short cases.

Source: facts 1.8, 1.9, 2.2, 2.4, 2.6; bind 2.3; rename, link, symlink and readlink as in their Linux man pages.
"""

# ruff: noqa: D103 - where there is no docstring, the name and the types say it all

from typing import Any, NamedTuple

from model import mounts, paths, tree
from model import operations as op
from model.state import DentryId, Handle, Inode, Mount, MountId, Namespace, Refused, State, VirtualDentry, refuse_if

Result = tuple[str, Any] | str  # ("ok", payload), or the name of an errno
Outcome = tuple[State, Any]  # of an operation that succeeds: the new state and the payload
LastErrors = dict[str, str]  # the errors of a path that ends in no component at all, in "." and in ".."

CREATE: LastErrors = {"": "EEXIST", ".": "EEXIST", "..": "EEXIST"}
RMDIR: LastErrors = {"": "EBUSY", ".": "EINVAL", "..": "ENOTEMPTY"}
UNLINK: LastErrors = {"": "EBUSY", ".": "EISDIR", "..": "EISDIR"}
RENAME: LastErrors = {"": "EBUSY", ".": "EBUSY", "..": "EBUSY"}


class Name(NamedTuple):
    """The last component of a path in its directory, and the dentry there if any, without what is mounted on it."""

    mount: MountId
    parent: DentryId
    name: str
    child: DentryId | None
    must_be_directory: bool


def step(state: State, operation: op.Operation) -> tuple[State, Result]:
    """What ``operation`` does to ``state`` when nothing overlaps it."""
    try:
        if isinstance(operation, op.HandleOperation):
            after, payload = on_handle(state, operation)
        elif isinstance(operation, op.NamespaceOperation):
            after, payload = on_namespace(state, operation), None
        elif isinstance(operation, op.GetDentry | op.Open | op.Stat | op.Readlink):
            after, payload = look(state, operation)
        elif isinstance(operation, op.Mount | op.Umount | op.Remount | op.Bind):
            after, payload = on_mounts(state, operation), None
        else:
            after, payload = on_tree(state, operation), None
    except Refused as refused:
        return state, refused.errno_name
    return after, ("ok", payload)


def on_handle(state: State, o: op.HandleOperation) -> Outcome:
    refuse_if(o.handle not in state.handles, "EBADF")
    handle = state.handles[o.handle]
    inode = paths.inode_of(state, handle.at.dentry)
    match o:
        case op.Close():
            return mounts.collect(state._replace(handles=state.handles.without(o.handle))), None
        case op.StatHandle():
            kind, nlink, size, label = describe(state, handle.at)
            seen = (nlink if o.nlink is None else o.nlink, size if o.size_bytes is None else o.size_bytes)
            return state, (kind, *seen, label)
        case op.Readdir():
            refuse_if(not handle.access, "EBADF")
            refuse_if(inode.kind != "directory", "ENOTDIR")
            names = tree.children(state, handle.at.dentry).items()
            return state, tuple((name, paths.inode_of(state, child).kind) for name, child in names)
        case op.BeginWrite():
            refuse_if(state.mounts[handle.at.mount].read_only, "EROFS")
            return hold(state, o, handle._replace(writes=handle.writes + 1)), None
        case op.EndWrite():
            refuse_if(handle.writes == 0, "EINVAL")
            return hold(state, o, handle._replace(writes=handle.writes - 1)), None
        case op.Read() | op.Write():
            refuse_if(("r" if isinstance(o, op.Read) else "w") not in handle.access, "EBADF")
            refuse_if(inode.kind == "directory", "EISDIR")
            return transfer(state, o, handle, inode.content if isinstance(inode.content, bytes) else b"")
    raise TypeError(f"not an operation: {o!r}")


def transfer(state: State, o: op.Read | op.Write, handle: Handle, content: bytes) -> Outcome:
    offset = handle.offset if o.offset is None else o.offset
    refuse_if(offset < 0 or (isinstance(o, op.Read) and o.size_bytes < 0), "EINVAL")
    data = content[offset : offset + o.size_bytes] if isinstance(o, op.Read) else o.data
    if isinstance(o, op.Write) and data:
        content = content[:offset].ljust(offset, b"\0") + data + content[offset + len(data) :]
        state = tree.with_content(state, handle.at.dentry, content)
    if o.offset is None:
        state = hold(state, o, handle._replace(offset=offset + len(data)))
    return state, data if isinstance(o, op.Read) else len(data)


def on_namespace(state: State, o: op.NamespaceOperation) -> State:
    new = isinstance(o, op.CreateNamespace | op.CloneNamespace)
    if (o.namespace in state.namespaces) == new:
        raise Refused("EBADFD" if new else "ESRCH")
    match o:
        case op.CreateNamespace():
            state, root = tree.make(state, None, "", Inode("directory"))
            state, mount = mounts.connect(state, Mount(o.filesystem, root, None, o.namespace))
            return with_namespace(state, o.namespace, Namespace(mount))
        case op.CloneNamespace():
            refuse_if(o.source not in state.namespaces, "ESRCH")
            state, mount = mounts.clone(state, state.namespaces[o.source].root, o.namespace)
            return with_namespace(state, o.namespace, Namespace(mount))
    namespace = state.namespaces[o.namespace]
    references = namespace.references + (1 if isinstance(o, op.AcquireNamespace) else -1)
    if references:
        return with_namespace(state, o.namespace, namespace._replace(references=references))
    state = state._replace(namespaces=state.namespaces.without(o.namespace))
    return mounts.disown(mounts.detach(state, [namespace.root], disconnect_hierarchy=True), o.namespace)


def look(state: State, o: op.GetDentry | op.Open | op.Stat | op.Readlink) -> Outcome:
    refuse_if(isinstance(o, op.GetDentry | op.Open) and o.handle in state.handles, "EBADFD")
    cursor = paths.start(state, o.namespace, o.path, o.start)
    if isinstance(o, op.Open):
        return open_file(state, cursor._replace(must_be_directory=cursor.must_be_directory or o.directory), o)
    at = paths.to_end(state, cursor, follow_final=not isinstance(o, op.Readlink) and o.follow)
    if isinstance(o, op.Stat):
        return state, describe(state, at)
    if isinstance(o, op.GetDentry):
        return hold(state, o, Handle(at)), state.mounts[at.mount].filesystem
    inode = paths.inode_of(state, at.dentry)
    refuse_if(inode.kind != "symlink", "EINVAL")
    return state, inode.content


def open_file(state: State, cursor: paths.Cursor, o: op.Open) -> Outcome:
    if o.create:
        state, at = find_or_create(state, cursor, o)
    else:
        at = paths.to_end(state, cursor, follow_final=not o.nofollow)
    writing = "w" in o.access or o.truncate
    kind = paths.inode_of(state, at.dentry).kind
    refuse_if(kind == "symlink", "ELOOP")
    refuse_if(writing and kind == "directory", "EISDIR")
    refuse_if(writing and state.mounts[at.mount].read_only, "EROFS")
    state = tree.with_content(state, at.dentry, b"") if o.truncate else state
    return hold(state, o, Handle(at, o.access)), state.mounts[at.mount].filesystem


def find_or_create(state: State, cursor: paths.Cursor, o: op.Open) -> tuple[State, VirtualDentry]:
    """The walk of O_CREAT: a final symlink is followed unless O_NOFOLLOW, and what it names is created."""
    (at, rest) = (cursor := paths.to_last(state, cursor)).at, cursor.rest
    refuse_if(cursor.must_be_directory or rest in ((".",), ("..",)), "EISDIR")
    if rest and (at.dentry, rest[0]) not in state.entries:
        refuse_if(state.dentries[at.dentry].dead, "ENOENT")
        refuse_if(state.mounts[at.mount].read_only, "EROFS")
        state, child = tree.make(state, at.dentry, rest[0], Inode("file"))
        return state, VirtualDentry(at.mount, child)
    refuse_if(o.exclusive, "EEXIST")
    if not rest:
        return state, at
    return find_or_create(state, paths.advance(state, cursor, follow_final=not o.nofollow), o)


def on_tree(state: State, o: op.PathOperation) -> State:
    """The operations that change a directory."""
    cursor = paths.start(state, o.namespace, o.path, o.start)
    match o:
        case op.Mkdir():
            return create(state, last_name(state, cursor, CREATE), Inode("directory"))
        case op.Symlink():
            refuse_if(not o.target, "ENOENT")
            return create(state, last_name(state, cursor, CREATE), Inode("symlink", o.target))
        case op.Link():
            source = paths.to_end(state, cursor, follow_final=False)
            new = last_name(state, paths.start(state, o.namespace, o.new, o.new_start), CREATE)
            return create(state, new, state.dentries[source.dentry].inode, source=source)
        case op.Rename():
            old = last_name(state, cursor, RENAME)
            return rename(state, o, old, last_name(state, paths.start(state, o.namespace, o.new, o.new_start), RENAME))
        case op.Rmdir() | op.Unlink():
            rmdir = isinstance(o, op.Rmdir)
            name = last_name(state, cursor, RMDIR if rmdir else UNLINK)
            child = present(state, name)
            refuse_if(state.mounts[name.mount].read_only, "EROFS")
            refuse_if(is_directory(state, child) != rmdir, "ENOTDIR" if rmdir else "EISDIR")
            refuse_if(tree.children(state, child), "ENOTEMPTY")
            mounts.check_deletable(state, o.namespace, child)
            return mounts.delete(state, child)
    raise TypeError(f"not an operation: {o!r}")


def create(state: State, name: Name, inode: tree.InodeOrId, *, source: VirtualDentry | None = None) -> State:
    """mkdir, symlink, and link of ``source``."""
    refuse_if(name.child is not None, "EEXIST")
    refuse_if(name.must_be_directory and inode != Inode("directory"), "ENOENT")
    refuse_if(state.dentries[name.parent].dead, "ENOENT")
    refuse_if(source is not None and source.mount != name.mount, "EXDEV")
    refuse_if(state.mounts[name.mount].read_only, "EROFS")
    refuse_if(source is not None and is_directory(state, source.dentry), "EPERM")
    return tree.make(state, name.parent, name.name, inode)[0]


def rename(state: State, o: op.Rename, old: Name, new: Name) -> State:
    moved, replaced = present(state, old), new.child
    directory = is_directory(state, moved)
    refuse_if(new.must_be_directory and not directory, "ENOTDIR")
    refuse_if(old.mount != new.mount, "EXDEV")
    refuse_if(state.mounts[old.mount].read_only, "EROFS")
    refuse_if(moved in tree.ancestry(state, new.parent), "EINVAL")
    if replaced is None:
        refuse_if(state.dentries[new.parent].dead, "ENOENT")
        mounts.check_deletable(state, o.namespace, moved)
        return tree.move(state, moved, new.parent, new.name)
    if state.dentries[replaced].inode == state.dentries[moved].inode:
        return state
    refuse_if(directory and not is_directory(state, replaced), "ENOTDIR")
    refuse_if(not directory and is_directory(state, replaced), "EISDIR")
    refuse_if(tree.children(state, replaced), "ENOTEMPTY")
    mounts.check_deletable(state, o.namespace, moved)
    mounts.check_deletable(state, o.namespace, replaced)
    return tree.move(mounts.delete(state, replaced), moved, new.parent, new.name)


def on_mounts(state: State, o: op.Mount | op.Umount | op.Remount | op.Bind) -> State:
    at = paths.to_end(state, paths.start(state, o.namespace, o.path, o.start))
    if isinstance(o, op.Mount):
        top = mounts.check_mountable(state, paths.follow(state, at))
        state, root = tree.make(state, None, "", Inode("directory"))
        new = Mount(o.filesystem, root, top, state.mounts[top.mount].namespace, read_only=o.read_only)
        return mounts.connect(state, new)[0]
    if isinstance(o, op.Bind):
        target = paths.to_end(state, paths.start(state, o.namespace, o.new, o.new_start))
        refuse_if(is_directory(state, at.dentry) != is_directory(state, target.dentry), "ENOTDIR")
        top = mounts.check_mountable(state, paths.follow(state, target))
        refuse_if(not all(mounts.is_attached_in(state, m, o.namespace) for m in (at.mount, top.mount)), "EINVAL")
        return mounts.connect(state, state.mounts[at.mount]._replace(root=at.dentry, point=top))[0]
    mount_id, dentry = paths.follow(state, at)
    mount = state.mounts[mount_id]
    refuse_if(dentry != mount.root or not mounts.is_attached_in(state, mount_id, o.namespace), "EINVAL")
    if isinstance(o, op.Remount):
        writing = o.read_only and not mount.read_only and mounts.has_writers(state, mount_id)
        refuse_if(writing, "EBUSY")
        return state._replace(mounts=state.mounts.put(mount_id, mount._replace(read_only=o.read_only)))
    refuse_if(mount.point is None, "EINVAL")
    refuse_if(not o.lazy and mounts.is_busy(state, mount_id), "EBUSY")
    return mounts.detach(state, [mount_id], disconnect_hierarchy=True)


def last_name(state: State, cursor: paths.Cursor, errors: LastErrors) -> Name:
    cursor = paths.to_last(state, cursor)
    at, name = cursor.at, cursor.rest[0] if cursor.rest else ""
    if name in errors:
        raise Refused(errors[name])
    return Name(at.mount, at.dentry, name, state.entries.get((at.dentry, name)), cursor.must_be_directory)


def present(state: State, name: Name) -> DentryId:
    if name.child is None:
        raise Refused("ENOENT")
    refuse_if(name.must_be_directory and not is_directory(state, name.child), "ENOTDIR")
    return name.child


def is_directory(state: State, dentry: DentryId) -> bool:
    return paths.inode_of(state, dentry).kind == "directory"


def describe(state: State, at: VirtualDentry) -> tuple[str, int, int, str]:
    inode = paths.inode_of(state, at.dentry)
    return inode.kind, tree.nlink(state, at.dentry), len(inode.content), state.mounts[at.mount].filesystem


def hold(state: State, o: op.GetDentry | op.Open | op.HandleOperation, handle: Handle) -> State:
    return state._replace(handles=state.handles.put(o.handle, handle))


def with_namespace(state: State, name: str, namespace: Namespace) -> State:
    return state._replace(namespaces=state.namespaces.put(name, namespace))
