"""The page: what the search says of each function of the seed, the interleaving that shows each defect, its cost."""

from __future__ import annotations

from dataclasses import dataclass

from stress.seed import races
from stress.seed.calls import costs
from weft import Scenario
from weft.check.collect import Race
from weft.check.judge import Judgement
from weft.check.run import Plan, check
from weft.errors import EngineBug
from weft.report import document, record, words
from weft.report.columns import interleaving

WIDTH = 110
FILE = "stress/seed/races.py"


@dataclass(frozen=True)
class Function:
    """A function of the seed, the races it is judged by, and what became of it here."""

    name: str
    races: tuple[Scenario, ...]
    here: str


FUNCTIONS = (
    Function("NewMountNamespace", (), "makes objects that nobody else knows yet"),
    Function("NewMount", (races.new_mount, races.new_mount_twice), "references are dropped after unlocking, and taken with tryInc"),
    Function(
        "getMountAt", (races.get_mount_at, races.get_mount_at_stack), "as it was; the umount, which the seed lacks, closes H1"
    ),
    Function("getMountpointAt", (races.get_mountpoint_at,), "one check more at the end of the first block"),
    Function("Mount.tryIncMountedRef", (races.try_inc_mounted_ref,), "as it was"),
    Function("Mount.incRef", (races.inc_ref,), "an increment from zero is an error"),
    Function("Mount.decRef", (races.dec_ref,), "the last reference disconnects under mountMu, in a write section"),
    Function("Mount.CheckBeginWrite", (races.check_begin_write,), "a compare-and-swap that never counts on a read-only mount"),
    Function("Mount.EndWrite", (races.end_write,), "a write that was not announced is an error"),
    Function("Mount.setReadOnlyLocked", (races.set_read_only_locked,), "as it was"),
    Function("Mount.Filesystem", (), "reads what never changes"),
    Function("MountNamespace.IncRef", (races.namespace_inc_ref,), "as it was"),
    Function("MountNamespace.DecRef", (races.namespace_dec_ref,), "subtracts 1, and the last one umounts the tree"),
    Function("MountNamespace.Root", (races.root,), "as it was"),
)

HEAD = """# The seed, judged

`pkg/sentry/vfs/mount.go` of gVisor commit 163ab5e9, function by function: each one stands in for ours, line for line
(`stress/planted/seed.py`), in races of the gate, and everything else stays as it is. `python -m stress.seed` writes this page.

Steps are operations on shared cells that the call takes alone, in the seed's text and in ours. An interleaving has the fewest
preemptions that show its finding, and of those the fewest steps.

| function | verdict | races | interleavings | steps, seed | steps, ours | here |
|---|---|---|--:|--:|--:|---|
"""


def page() -> str:
    """The whole page.

    Raises:
        EngineBug: A race does not come out as it is declared.
    """
    found = {each.name: [_judged(race) for race in each.races] for each in FUNCTIONS}
    lines = [_row(function, found[function.name]) for function in FUNCTIONS]
    sections = [_defect(function, race) for function in FUNCTIONS for race in found[function.name] if race.verdict == "VIOLATED"]
    return HEAD + "\n".join(lines) + "\n" + "".join(f"\n{section}" for section in sections)


def _judged(race: Scenario) -> document.Race:
    [checked] = check([Race(race, FILE)], Plan())
    if checked.judgement is not Judgement.AS_EXPECTED:
        raise EngineBug(f"{race.name}: {checked.reason}")
    return record.race(checked)


def _row(function: Function, judged: list[document.Race]) -> str:
    verdicts = "VIOLATED" if any(race.verdict == "VIOLATED" for race in judged) else "HOLDS" if judged else "nothing shared"
    names = ", ".join(f"`{race.name}`" for race in judged) or "-"
    numbers = ", ".join(_interleavings(race) for race in judged) or "-"
    if not judged:
        return f"| `{function.name}` | {verdicts} | {names} | {numbers} | - | - | {function.here} |"
    cost = costs(function.name)
    seed = ", ".join(f"{before} ({situation})" for situation, before, _ in cost)
    ours = ", ".join(str(after) for _, _, after in cost)
    return f"| `{function.name}` | {verdicts} | {names} | {numbers} | {seed} | {ours} | {function.here} |"


def _interleavings(race: document.Race) -> str:
    if race.verdict == "VIOLATED":
        return "violated"
    return words.interleavings(race)


def _defect(function: Function, race: document.Race) -> str:
    violation = race.violations[0]
    trace = violation.trace
    assert trace is not None
    about = f"{race.why[0].upper()}{race.why[1:]}."
    counted = f"{len(trace.steps)} steps, {trace.preemptions} preemptions, {race.states:,} states searched"
    shown = "\n".join(line.plain.rstrip() for line in interleaving(trace, width=WIDTH))
    return (
        f"## `{function.name}`: {race.name}\n\n{about}\n\n`{violation.slug}`: {violation.message} ({counted}).\n\n"
        f"```console\n$ {violation.command}\n```\n\n<details><summary>interleaving</summary>\n\n"
        f"```text\n{shown}\n```\n\n</details>\n"
    )
