"""Questions to the model's state: where a path leads, what has a name, what hangs together.

They use the state's fields and the model's walks. Nothing compares ids of two states.
"""

from collections.abc import Callable

from model import Operation, State
from model import operations as op
from model.state import Refused, VirtualDentry

NO_NAMES = ("", ".", "..")


def reached(walk: Callable[[], VirtualDentry]) -> VirtualDentry | str:
    """Where a walk ends, or the errno it ends with."""
    try:
        return walk()
    except Refused as refused:
        return str(refused)


def end(state: State, o: Operation) -> VirtualDentry | str:
    """Where the path of the operation leads, its final symlink followed."""
    if not isinstance(o, op.PathOperation):
        return "EINVAL"
    return reached(lambda: state.walk(o.namespace, o.path, o.start).to_end())
