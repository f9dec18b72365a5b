"""One filesystem's tree: make, drop and move names, count links.

Source: facts 1.9 (memfs), with the link counts of Linux: a live directory has 2 plus its subdirectories, a dead one 0.
"""

# ruff: noqa: D103 - where there is no docstring, the name and the types say it all

from model.state import Dentry, DentryId, Inode, InodeId, State, unused

InodeOrId = Inode | InodeId  # a new inode, or one more name for an old one


def make(state: State, parent: DentryId | None, name: str, inode: InodeOrId) -> tuple[State, DentryId]:
    """A dentry for a new inode or one more for an existing one; ``parent`` None makes a filesystem's root."""
    dentry = DentryId(unused(state.dentries))
    if isinstance(inode, Inode):
        content, inode = inode, InodeId(unused(state.inodes))
        state = state._replace(inodes=state.inodes.put(inode, content))
    state = state._replace(dentries=state.dentries.put(dentry, Dentry(parent, name, inode)))
    if parent is not None:
        state = state._replace(entries=state.entries.put((parent, name), dentry))
    return state, dentry


def kill(state: State, dentry: DentryId) -> State:
    """Take the name out of its directory; the dentry lives on, dead, for whoever holds it."""
    record = state.dentries[dentry]
    return state._replace(
        entries=state.entries.without((record.parent, record.name)),
        dentries=state.dentries.put(dentry, record._replace(dead=True)),
    )


def move(state: State, dentry: DentryId, parent: DentryId, name: str) -> State:
    record = state.dentries[dentry]
    return state._replace(
        entries=state.entries.without((record.parent, record.name)).put((parent, name), dentry),
        dentries=state.dentries.put(dentry, record._replace(parent=parent, name=name)),
    )


def ancestry(state: State, dentry: DentryId) -> list[DentryId]:
    """``dentry``, its parent, and so on up to the root of its filesystem."""
    line = [dentry]
    while (parent := state.dentries[line[-1]].parent) is not None:
        line.append(parent)
    return line


def children(state: State, directory: DentryId) -> dict[str, DentryId]:
    return {name: child for (parent, name), child in sorted(state.entries.items()) if parent == directory}


def nlink(state: State, dentry: DentryId) -> int:
    record = state.dentries[dentry]
    if state.inodes[record.inode].kind != "directory":
        return sum(other.inode == record.inode and not other.dead for other in state.dentries.values())
    inodes = [state.inodes[state.dentries[child].inode] for child in children(state, dentry).values()]
    return 0 if record.dead else 2 + sum(inode.kind == "directory" for inode in inodes)


def with_content(state: State, dentry: DentryId, content: bytes) -> State:
    return state._replace(inodes=state.inodes.put(state.dentries[dentry].inode, Inode("file", content)))
