"""``impl`` and ``model``, driven side by side; after every step everything that can be compared is.

Compared: the result, errno included; the tree each namespace sees; the references of each namespace. Checked on ``impl``: every
invariant, with every reference counted (``holdings``). ``finish`` lets everything go, by operations that are compared like the
others, and then nothing may be left on either side.
"""

from __future__ import annotations

from collections.abc import Iterable

import model
from impl.errors import InvariantError, RefcountError
from model import operations as op
from model.state import State
from stress.adapters.calls import Result, VfsAdapter
from stress.adapters.holdings import check_holdings, check_nothing_left
from stress.adapters.ledger import Ledger
from stress.adapters.script import as_script
from stress.visible import Visible, model_tree, visible_tree
from weft.cells.world import activate


class Disagreement(AssertionError):
    """The two sides differ, or ``impl`` broke an invariant; the text says how and ends with a script that repeats it."""


class SideBySide:
    """One machine on each side, beginning with the namespace "init" whose root filesystem is labelled "root".

    Attributes:
        state: The model's.
        script: The operations done so far.
    """

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.state: State = model.initial()
        self.script: list[op.Operation] = []
        self._trees: dict[str, tuple[Visible, ...]] = {}
        self._trees_after = -1  # so many writes of ``impl``
        with activate(self.ledger):
            self.adapter = VfsAdapter()
            self.adapter.call(op.CreateNamespace("init", filesystem="root"))

    def do(self, operation: op.Operation) -> Result:
        """One operation on both sides; what both answered.

        Raises:
            Disagreement: They did not, or something else is wrong afterwards.
        """
        self.script.append(operation)
        self.state, expected = model.step(self.state, operation)
        with activate(self.ledger):
            try:
                seen = self.adapter.call(operation)
                self._expect("the result", seen, expected)
                self._compare_namespaces()
                check_holdings(self.adapter, self.ledger)
            except (InvariantError, RefcountError) as broken:
                raise self._disagreement(f"impl broke an invariant: {broken}") from broken
        return expected

    def finish(self) -> None:
        """Close every handle and release every namespace, in an order that depends on the script; nothing may be left."""
        handles = [op.Close(handle.name) for handle in self.state.handles]
        spaces = [op.ReleaseNamespace(space.name) for space in self.state.namespaces for _ in range(space.references)]
        for operation in (handles + spaces) if len(self.script) % 2 else (spaces + handles):
            self.do(operation)
        try:
            with activate(self.ledger):
                check_nothing_left(self.ledger)
        except InvariantError as broken:
            raise self._disagreement(f"impl kept something: {broken}") from broken
        self._expect("what the model keeps", State(), self.state)

    def _compare_namespaces(self) -> None:
        spaces = {name: context.namespace.refs.value for name, context in self.adapter.contexts.items()}
        self._expect("references of namespaces", spaces, {each.name: each.references for each in self.state.namespaces})
        self._look_again()
        for name, seen in self._trees.items():
            self._expect(f"the tree of {name!r}", seen, model_tree(self.state, name))

    def _look_again(self) -> None:
        """What each namespace of ``impl`` sees; as before if nothing but locks and reference counts was written since."""
        if self._trees_after != self.ledger.writes or self._trees.keys() != self.adapter.contexts.keys():
            self._trees = {name: visible_tree(self.adapter.vfs, context) for name, context in self.adapter.contexts.items()}
            self._trees_after = self.ledger.writes

    def _expect(self, what: str, seen: object, expected: object) -> None:
        if seen != expected:
            raise self._disagreement(f"{what}:\n  impl  {seen!r}\n  model {expected!r}")

    def _disagreement(self, how: str) -> Disagreement:
        return Disagreement(f"{how}\n\n{as_script(self.script, result=how.splitlines()[0])}")


def compare(operations: Iterable[op.Operation]) -> None:
    """Do ``operations`` on both sides, printing each result, and let everything go.

    Raises:
        Disagreement: At the first difference.
    """
    both = SideBySide()
    for operation in operations:
        print(f"{both.do(operation)!r:30} {operation}")
    both.finish()
