"""The primitives the reference VFS is built from: the only module of ``impl`` that knows ``weft``.

Whoever wants to run the same code on other primitives replaces this file and nothing else.
"""

from weft.cells import (
    INT64_MAX,
    INT64_MIN,
    AtomicBool,
    AtomicInt64,
    AtomicReference,
    AtomicUint32,
    Field,
    Mutex,
    RWMutex,
    SeqCount,
    Shared,
    SharedDict,
    SharedList,
    SharedSet,
)

__all__ = [
    "INT64_MAX",
    "INT64_MIN",
    "AtomicBool",
    "AtomicInt64",
    "AtomicReference",
    "AtomicUint32",
    "Field",
    "Mutex",
    "RWMutex",
    "SeqCount",
    "Shared",
    "SharedDict",
    "SharedList",
    "SharedSet",
]
