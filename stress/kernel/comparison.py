"""Run sequences on both sides and compare: every result, errno included, and at the end what each namespace shows.

A sequence is compared up to its first difference that is not deliberate, or up to a deliberate one after which the
states may differ. A finding prints as a list of calls, shortened by leaving out operations one by
one while the same kind of difference remains.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from model import Operation, initial, step
from model import operations as op
from stress.kernel.client import KernelWorker
from stress.kernel.differences import DIFFERENCES, Comparison, name_of
from stress.visible import model_tree

LOOKS_ONLY = (op.Readdir, op.Readlink, op.Stat)
"""Operations that change nothing whatever they answer."""


class Finding(NamedTuple):
    """A difference that nobody meant, at the last of the ``operations`` (or in the trees after it)."""

    operations: tuple[Operation, ...]
    expected: object
    found: object

    @property
    def kind(self) -> tuple[str, ...]:
        """What makes two findings the same."""
        if isinstance(self.expected, frozenset):
            return ("tree",)
        sides = (name_of(side) if isinstance(side, str | tuple) else "" for side in (self.expected, self.found))
        return (type(self.operations[-1]).__name__, *sides)

    def __str__(self) -> str:
        lines = [f"    op.{operation!r}," for operation in self.operations]
        return "\n".join(
            (
                "the kernel differs from the model after",
                *lines,
                f"  model   {self.expected!r}",
                f"  kernel  {self.found!r}",
            )
        )


@dataclass
class Totals:
    """What was compared."""

    sequences: int = 0
    complete: int = 0  # compared to their last operation, and their trees
    generated: int = 0
    operations: int = 0
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)  # (operation, errno or ok) where both agree
    deliberate: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    @property
    def unused(self) -> list[str]:
        """Deliberate differences that did not occur."""
        return [difference.name for difference in DIFFERENCES if not self.deliberate[difference.name]]

    def figures(self) -> dict[str, object]:
        """The same as ``str``, for machines."""
        return {
            "sequences": self.sequences,
            "complete": self.complete,
            "operations": self.operations,
            "generated": self.generated,
            "pairs": {f"{kind} {result}": count for (kind, result), count in sorted(self.pairs.items())},
            "deliberate": {d.name: {"count": self.deliberate[d.name], "because": d.because} for d in DIFFERENCES},
            "findings": list(map(str, self.findings)),
        }

    def pair_lines(self) -> list[str]:
        """One line an operation: how often which errno."""
        kinds = sorted({kind for kind, _ in self.pairs})
        return [f"{k:<16} " + ", ".join(f"{e} {n:,}" for (kind, e), n in self.pairs.most_common() if kind == k) for k in kinds]

    def __str__(self) -> str:
        lines = [
            f"{self.sequences:,} sequences, {self.complete:,} of them to the end",
            f"{self.operations:,} operations compared of {self.generated:,} generated",
            f"{len(self.pairs)} (operation, errno) pairs on which both agree",
            *(f"  {line}" for line in self.pair_lines()),
            f"{sum(self.deliberate.values()):,} deliberate differences",
            *(f"  {self.deliberate[d.name]:6,} {d.name:<22} {d.because}" for d in DIFFERENCES),
            f"unused in the list of deliberate differences: {', '.join(self.unused) or 'none'}",
            f"{len(self.findings)} other differences",
            *map(str, self.findings),
        ]
        return "\n".join(lines)


def compare(worker: KernelWorker, operations: Sequence[Operation], totals: Totals) -> None:
    """Compare one sequence and add to the totals."""
    executed = worker.execute(operations)
    state = initial()
    totals.sequences += 1
    totals.generated += len(operations)
    for count, (operation, found) in enumerate(zip(operations, executed.results, strict=True), 1):
        before = state
        state, expected = step(before, operation)
        totals.operations += 1
        deliberate = explain(Comparison(before, operation, expected, found))
        if deliberate:
            totals.deliberate[deliberate] += 1
            if isinstance(operation, LOOKS_ONLY) or (isinstance(expected, str) and isinstance(found, str)):
                continue
            return
        if expected != found:
            totals.findings.append(Finding(tuple(operations[:count]), expected, found))
            return
        totals.pairs[type(operation).__name__, name_of(found)] += 1
    totals.complete += 1
    trees = {namespace.name: model_tree(state, namespace.name) for namespace in state.namespaces}
    if trees != executed.trees:
        expected_tree, found_tree = ({(n, *e) for n, tree in side.items() for e in tree} for side in (trees, executed.trees))
        shown = frozenset(expected_tree - found_tree), frozenset(found_tree - expected_tree)
        totals.findings.append(Finding(tuple(operations), *shown))


def explain(c: Comparison) -> str | None:
    """The name of the deliberate difference that this is."""
    for difference in DIFFERENCES:
        if (c.expected != c.found or difference.silent) and difference.applies(c):
            return difference.name
    return None


def compare_all(worker: KernelWorker, sequences: Iterable[Sequence[Operation]], totals: Totals | None = None) -> Totals:
    """Compare each and add to ``totals``; findings come out shortened, one of a kind."""
    totals = Totals() if totals is None else totals
    for operations in sequences:
        known = {finding.kind for finding in totals.findings}
        compare(worker, operations, totals)
        if totals.findings and totals.findings[-1].kind not in known:
            totals.findings[-1] = shorten(worker, totals.findings[-1])
    return totals


def shorten(worker: KernelWorker, finding: Finding) -> Finding:
    """Leave out what is not needed for a finding of this kind, one operation at a time, until nothing can go."""
    at = 0
    while at < len(finding.operations):
        trial = Totals()
        compare(worker, (*finding.operations[:at], *finding.operations[at + 1 :]), trial)
        if trial.findings and trial.findings[0].kind == finding.kind:
            finding, at = trial.findings[0], 0
        else:
            at += 1
    return finding
