"""Weft: a model checker for concurrent Python that searches every interleaving of ordinary code."""

from weft.cells import (
    INT64_MAX,
    INT64_MIN,
    AtomicBool,
    AtomicInt64,
    AtomicReference,
    AtomicUint32,
    Cell,
    Field,
    Mutex,
    RWMutex,
    SeqCount,
    Shared,
    SharedDict,
    SharedList,
    SharedSet,
)
from weft.check.mutants.planted import Edit, NotPlanted, Planted
from weft.errors import CheckFailed, EngineBug, NondeterminismError, SharedStateError, UsageError, WeftError, require
from weft.scenario import Results, Scenario, Setting, scenario
from weft.worlds import native as _native  # noqa: F401 - importing it puts the native world in force

__version__ = "0.1.0"

__all__ = [
    "INT64_MAX",
    "INT64_MIN",
    "AtomicBool",
    "AtomicInt64",
    "AtomicReference",
    "AtomicUint32",
    "Cell",
    "CheckFailed",
    "Edit",
    "EngineBug",
    "Field",
    "Mutex",
    "NondeterminismError",
    "NotPlanted",
    "Planted",
    "RWMutex",
    "Results",
    "Scenario",
    "SeqCount",
    "Setting",
    "Shared",
    "SharedDict",
    "SharedList",
    "SharedSet",
    "SharedStateError",
    "UsageError",
    "WeftError",
    "require",
    "scenario",
]
