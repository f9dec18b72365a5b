"""``step``: the result of an operation and the state after it. An operation that fails changes nothing.

Unknown names are refused first, then empty paths, then what the walks meet (``paths``), then what the case checks, in its order.
As in era E1, a mount point's entries count before its mounts, and names are looked up before a read-only mount is noticed.

Source: facts 1.8, 1.9, 2.2, 2.4, 2.6; bind 2.3; rename, link, symlink and readlink as in their Linux man pages.
"""

# ruff: noqa: D103, E701 - where there is no docstring, the name and the types say it all

from typing import Any

from model import operations as op
from model.paths import SPECIAL, Walk, begin, follow

# isort: off
from model.state import Dentry, DentryId, Handle, Inode, InodeId, Mount, MountId, Namespace, Refused, State, VirtualDentry
from model.state import changed, named, refuse, without
# isort: on

Result = tuple[str, Any] | str  # ("ok", payload), or the name of an errno
Outcome = tuple[State, Any]  # of an operation that succeeds: the new state and the payload

RMDIR = {"": "EBUSY", ".": "EINVAL", "..": "ENOTEMPTY"}  # the errors of a path that ends in no name
UNLINK = {"": "EBUSY", ".": "EISDIR", "..": "EISDIR"}


def step(state: State, operation: op.Operation) -> tuple[State, Result]:
    """What ``operation`` does to ``state`` when nothing overlaps it."""
    try:
        after, payload = perform(state, operation)
    except Refused as refused:
        return state, str(refused)
    return state if after is state else after.tidy(), ("ok", payload)


def perform(state: State, o: op.Operation) -> Outcome:
    if isinstance(o, op.HandleOperation):
        return on_handle(state, o, named(state.handles, o.handle, "EBADF"))
    if isinstance(o, op.NamespaceOperation):
        return on_namespace(state, o), None
    walk = begin(state, o)
    if isinstance(o, op.TwoPaths):
        return on_two_paths(state, o, walk, begin(state, o.second())), None
    # fmt: off
    match o:
        case op.Stat(): return state, describe(state, walk.to_end(follow_final=o.follow))
        case op.Readlink(): return state, readlink(*state.inode(walk.to_end(follow_final=False).dentry))
        case op.GetDentry() | op.Open(): return new_handle(state, o, walk)
    # fmt: on
    return on_path(state, o, walk), None


def on_path(state: State, o: op.PathOperation, walk: Walk) -> State:
    refuse(ENOENT=isinstance(o, op.Symlink) and not o.target)
    # fmt: off
    match o:
        case op.Mkdir(): return create(walk.to_last(), Inode("directory"))
        case op.Symlink(): return create(walk.to_last(), Inode("symlink", o.target.encode()))
        case op.Rmdir(): return remove(walk.to_last(), o.namespace, RMDIR, directory=True)
        case op.Unlink(): return remove(walk.to_last(), o.namespace, UNLINK, directory=False)
        case op.Mount(): return mount_new(state, o, walk.to_end())
        case op.Umount() | op.Remount(): return on_mount(state, o, follow(state, walk.to_end()))
    # fmt: on
    raise TypeError(f"not an operation: {o!r}")


def on_two_paths(state: State, o: op.TwoPaths, old: Walk, new: Walk) -> State:
    if isinstance(o, op.Rename):
        return rename(old.to_last(), new.to_last(), o.namespace)
    source = old.to_end(follow_final=isinstance(o, op.Bind))
    if isinstance(o, op.Link):
        return create(new.to_last(), source)
    return mount_on(state, new.to_end(), state.mounts[source.mount]._replace(root=source.dentry), bound_in=o.namespace)


def on_handle(state: State, o: op.HandleOperation, handle: Handle) -> Outcome:
    kind, nlink, size, label = describe(state, handle.at)
    match o:
        case op.Close():
            return state._replace(handles=without(state.handles, o.handle)), None
        case op.StatHandle():
            return state, (kind, nlink if o.nlink is None else o.nlink, size if o.size_bytes is None else o.size_bytes, label)
        case op.Readdir():
            refuse(EBADF=not handle.access, ENOTDIR=kind != "directory")
            return state, tuple((name, state.inode(d).kind) for name, d in sorted(state.children(handle.at.dentry).items()))
        case op.BeginWrite():
            refuse(EROFS=state.mounts[handle.at.mount].read_only)
            return hold(state, handle._replace(writes=handle.writes + 1)), None
        case op.EndWrite():
            refuse(EINVAL=handle.writes == 0)
            return hold(state, handle._replace(writes=handle.writes - 1)), None
        case op.Read() | op.Write():
            permitted = ("r" if isinstance(o, op.Read) else "w") in handle.access
            refuse(EBADF=not permitted, EISDIR=kind == "directory", EINVAL=o.offset is not None and o.offset < 0)
            return transfer(state, o, handle)
    raise TypeError(f"not an operation: {o!r}")


def transfer(state: State, o: op.Read | op.Write, handle: Handle) -> Outcome:
    content, offset = state.inode(handle.at.dentry).content, handle.offset if o.offset is None else o.offset
    data = content[offset : offset + o.size_bytes] if isinstance(o, op.Read) else o.data
    if isinstance(o, op.Write) and data:
        state = write(state, handle.at, content[:offset].ljust(offset, b"\0") + data + content[offset + len(data) :])
    if o.offset is None:
        state = hold(state, handle._replace(offset=offset + len(data)))
    return state, data if isinstance(o, op.Read) else len(data)


def on_namespace(state: State, o: op.NamespaceOperation) -> State:
    if isinstance(o, op.CreateNamespace | op.CloneNamespace):
        refuse(EBADFD=o.namespace in {namespace.name for namespace in state.namespaces})
        if isinstance(o, op.CloneNamespace):
            return state.clone(named(state.namespaces, o.source, "ESRCH").root, o.namespace)
        state, root = new_file(state, None, "", Inode("directory"))
        namespaces = (*state.namespaces, Namespace(o.namespace, MountId(len(state.mounts))))
        return state._replace(namespaces=namespaces, mounts=(*state.mounts, Mount(o.filesystem, root, namespace=o.namespace)))
    namespace = named(state.namespaces, o.namespace, "ESRCH")
    references = namespace.references + (1 if isinstance(o, op.AcquireNamespace) else -1)
    kept = (*without(state.namespaces, o.namespace), namespace._replace(references=references))
    return state._replace(namespaces=kept) if references else state.release(namespace)


def readlink(kind: str, content: bytes) -> str:
    refuse(EINVAL=kind != "symlink")
    return content.decode()


def new_handle(state: State, o: op.GetDentry | op.Open, walk: Walk) -> Outcome:
    """The payload is the filesystem's label."""
    refuse(EBADFD=o.handle in {handle.name for handle in state.handles})
    if isinstance(o, op.Open):
        state, handle = open_file(walk._replace(must_be_directory=walk.must_be_directory or o.directory), o)
    else:
        handle = Handle(o.handle, walk.to_end(follow_final=o.follow))
    return hold(state, handle), state.mounts[handle.at.mount].filesystem


def open_file(walk: Walk, o: op.Open) -> tuple[State, Handle]:
    state, at = find_or_create(walk, o) if o.create else (walk.state, walk.to_end(follow_final=not o.nofollow))
    kind, writing = state.inode(at.dentry).kind, "w" in o.access or o.truncate
    refuse(
        ELOOP=kind == "symlink",
        EISDIR=writing and kind == "directory",
        EROFS=writing and state.mounts[at.mount].read_only,
    )
    return write(state, at, b"") if o.truncate else state, Handle(o.handle, at, o.access)


def find_or_create(walk: Walk, o: op.Open) -> tuple[State, VirtualDentry]:
    """The walk of O_CREAT: a final symlink is followed unless O_NOFOLLOW, and what it names is created."""
    walk = walk.to_last()
    refuse(EISDIR=walk.must_be_directory or walk.name in SPECIAL)
    if walk.child is None:
        return create(walk, Inode("file")), walk.at._replace(dentry=DentryId(len(walk.state.dentries)))
    refuse(EEXIST=o.exclusive)
    after = walk.advance(follow_final=not o.nofollow)
    return find_or_create(after, o) if after.symlinks > walk.symlinks else (walk.state, after.at)


def create(walk: Walk, new: Inode | VirtualDentry) -> State:
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
        return new_file(state, parent, walk.name, new)[0]
    return state._replace(dentries=(*state.dentries, Dentry(parent, walk.name, state.dentries[new.dentry].inode)))


def new_file(state: State, parent: DentryId | None, name: str, inode: Inode) -> tuple[State, DentryId]:
    """A new inode with its first dentry; ``parent`` None makes a filesystem's root."""
    dentry = Dentry(parent, name, InodeId(len(state.inodes)))
    new = state._replace(inodes=(*state.inodes, inode), dentries=(*state.dentries, dentry))
    return new, DentryId(len(state.dentries))


def remove(walk: Walk, namespace: str, special: dict[str, str], *, directory: bool) -> State:
    """Rmdir and unlink, which differ in whether it must be a directory."""
    state, read_only = walk.state, walk.state.mounts[walk.at.mount].read_only
    if walk.name in SPECIAL:
        refuse(EROFS=read_only)
        raise Refused(special[walk.name])
    child = walk.existing()
    refuse(ENOTDIR=walk.must_be_directory and not state.is_directory(child), EROFS=read_only)
    refuse_to_remove(state, child, directory=directory)
    refuse(EBUSY=state.is_mountpoint(namespace, child))
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
    return state._replace(dentries=changed(state.dentries, source, parent=parent, name=new.name))


def mount_new(state: State, o: op.Mount, at: VirtualDentry) -> State:
    state, root = new_file(state, None, "", Inode("directory"))
    return mount_on(state, at, Mount(o.filesystem, root, read_only=o.read_only))


def mount_on(state: State, at: VirtualDentry, mount: Mount, *, bound_in: str | None = None) -> State:
    """Mount on top of what is mounted ``at``. For a bind, ``mount`` is a copy."""
    top = follow(state, at)
    below = state.mounts[top.mount]
    refuse(
        ENOTDIR=state.is_directory(at.dentry) != state.is_directory(mount.root),
        ENOENT=state.dentries[top.dentry].dead or below.umounted,
        EINVAL=bound_in and (mount.umounted or not mount.namespace == below.namespace == bound_in),
    )
    return state._replace(mounts=(*state.mounts, mount._replace(point=top, namespace=below.namespace)))


def on_mount(state: State, o: op.Umount | op.Remount, at: VirtualDentry) -> State:
    mount, inside = state.mounts[at.mount], [handle for handle in state.handles if handle.at.mount == at.mount]
    refuse(EINVAL=at.dentry != mount.root or mount.umounted or mount.namespace != o.namespace)
    if isinstance(o, op.Remount):
        refuse(EBUSY=o.read_only and any(handle.writes or "w" in handle.access for handle in inside))
        return state._replace(mounts=changed(state.mounts, at.mount, read_only=o.read_only))
    refuse(EINVAL=mount.point is None, EBUSY=not o.lazy and (inside or state.descendants(at.mount)))
    return state.detach([at.mount], disconnect_hierarchy=True)


def hold(state: State, handle: Handle) -> State:
    return state._replace(handles=(*without(state.handles, handle.name), handle))


def write(state: State, at: VirtualDentry, content: bytes) -> State:
    return state._replace(inodes=changed(state.inodes, state.dentries[at.dentry].inode, content=content))


def describe(state: State, at: VirtualDentry) -> tuple[str, int, int, str]:
    """Kind, nlink, size, label. nlink: a file's live names; for a live directory 2 plus its subdirectories, for a dead one 0."""
    record, inode = state.dentries[at.dentry], state.inode(at.dentry)
    if inode.kind == "directory":
        nlink = 0 if record.dead else 2 + sum(map(state.is_directory, state.children(at.dentry).values()))
    else:
        nlink = sum(other.inode == record.inode and not other.dead for other in state.dentries)
    return inode.kind, nlink, len(inode.content), state.mounts[at.mount].filesystem
