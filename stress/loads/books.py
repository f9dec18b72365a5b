"""The books of a load on the VFS: what was made and lives, compared exactly with who is known to hold it whenever all threads rest.

The same checks as between two calls of one thread (``stress.adapters.holdings``): every reference count of every mount, filesystem
and inode is the number of its known holders. So a reference that one thread lost shows at the next rest, and not only at the end.
"""

from __future__ import annotations

from typing import Any

from impl.sync import INT64_MAX, AtomicInt64, Shared
from model import operations as op
from stress.adapters import VfsAdapter
from stress.adapters.holdings import check_holdings, check_nothing_left
from weft import require
from weft.native.load import Traffic


class Books:
    """What ``stress.adapters.ledger.Ledger`` keeps for one thread, kept for many: looked at only while they rest."""

    def __init__(self) -> None:
        self.living: dict[Any, Any] = {}
        self.held: dict[Any, int] = {}  # nobody is inside a lock while all rest; weft looks at those of the set-up
        self.counted: list[Any] = []

    def note(self, shared: Shared) -> None:
        """Something was made."""
        refs = getattr(shared, "refs", None)
        if isinstance(refs, AtomicInt64):
            self.living[refs] = shared

    def bury(self) -> None:
        """Forget what has no references left."""
        self.living = {refs: shared for refs, shared in self.living.items() if refs.value & INT64_MAX}


def keep_books(t: Traffic, adapter: VfsAdapter) -> Books:
    """Check every count at every rest, and at the end that nothing is left once everything was let go."""
    books = Books()
    t.watch_made(books.note)

    @t.invariant
    def every_reference_has_a_holder() -> None:
        books.bury()
        check_holdings(adapter, books)  # type: ignore[arg-type]

    @t.final
    def nothing_is_left(_: object) -> None:
        for handle in list(adapter.handles):
            adapter.call(op.Close(handle))
        for name, context in list(adapter.contexts.items()):
            for _ in range(context.namespace.refs.load()):
                adapter.call(op.ReleaseNamespace(name))
        require(not adapter.contexts, f"{list(adapter.contexts)!r} keep references whatever is dropped")
        books.bury()
        check_nothing_left(books)  # type: ignore[arg-type]

    return books
