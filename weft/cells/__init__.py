"""Cells: the only places where threads may share what changes."""

from weft.cells.atomic import INT64_MAX, INT64_MIN, AtomicBool, AtomicInt64, AtomicReference, AtomicUint32
from weft.cells.cell import Cell
from weft.cells.containers import SharedDict, SharedList, SharedSet
from weft.cells.field import Field
from weft.cells.mutex import Mutex
from weft.cells.rwmutex import RWMutex
from weft.cells.seqcount import SeqCount
from weft.cells.shared import Shared

__all__ = [
    "INT64_MAX",
    "INT64_MIN",
    "AtomicBool",
    "AtomicInt64",
    "AtomicReference",
    "AtomicUint32",
    "Cell",
    "Field",
    "Mutex",
    "RWMutex",
    "SeqCount",
    "Shared",
    "SharedDict",
    "SharedList",
    "SharedSet",
]
