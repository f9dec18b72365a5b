"""Running searches over many races, so that no race can spoil the answers of the others.

Each race has the whole budget. What goes wrong in one (its set-up raises, it reads a clock, weft contradicts itself) is that race's
answer. Ctrl-C ends the race that runs and leaves the rest as not run; what was finished stays.

Choice a reader may question: a race that expects one kind of violation and shows another first is searched again for all kinds, for
which of them comes first is an accident of the search order. The second search has the seconds that are left.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Protocol

from weft.automaton.automaton import Automaton
from weft.certificate.writing import certify
from weft.check.collect import Race
from weft.check.judge import Judgement, judge, shows_expected
from weft.check.paths import blamed, said, scrubbed, shown
from weft.errors import EngineBug, NondeterminismError, UsageError, WeftError
from weft.search.budget import Budget
from weft.search.checkpoint import Checkpoint, checkpoint_of
from weft.search.exhaustive import ALL_TOGETHER, Look, explore
from weft.search.minimal_violation import tried
from weft.search.naive import explore_naively
from weft.search.pulse import LookAhead, Pulse
from weft.search.reduction import NONE, Reduction
from weft.search.replay import Replay, replay
from weft.search.result import Exploration, Violation

Engine = Literal["compiled", "naive"]
INTERRUPTED = "Ctrl-C"


@dataclass(frozen=True, slots=True)
class Plan:
    """How to search.

    Attributes:
        cores: Threads that search one race together.
        checkpoints: The folder where unfinished searches are saved.
        resume: Begin from what is saved there.
        look: A function at module level; what it makes of the automata ends up in the exploration.
        certificates: The folder for certificates of what holds, if they are wanted.
        explorer: What searches in place of ``explore``, with its arguments, if anything does.
    """

    engine: Engine = "compiled"
    merge: bool = True
    stop_at_first: bool = True
    fingerprint_bits: int = 64
    reduction: Reduction = NONE
    cores: int = 1
    checkpoints: Path | None = None
    resume: bool = False
    budget: Budget = field(default_factory=Budget)
    look: Look | None = None
    certificates: str | None = None
    explorer: Callable[..., Exploration] | None = None


@dataclass(frozen=True, slots=True)
class Witness:
    """A violation with the execution that shows it; without one where only all interleavings together show it."""

    violation: Violation
    replay: Replay | None


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of one race. ``exploration`` is ``None`` where there was no search to its end."""

    race: Race
    judgement: Judgement
    reason: str = ""
    exploration: Exploration | None = None
    witnesses: tuple[Witness, ...] = ()


class Watcher(Protocol):
    """Who wants to see progress."""

    def begin(self, race: Race, *, number: int, total: int) -> None:
        """The search of a race begins."""

    def pulse(self, states: int, transitions: int, seconds: float, look_ahead: LookAhead | None = None) -> None:
        """It goes on."""


class Unwatched:
    """Nobody looks."""

    def begin(self, race: Race, *, number: int, total: int) -> None:
        """See ``Watcher``."""

    def pulse(self, states: int, transitions: int, seconds: float, look_ahead: LookAhead | None = None) -> None:
        """See ``Watcher``."""


Search = Callable[[Race, Pulse], Exploration]


def check(races: Sequence[Race], plan: Plan, *, watcher: Watcher | None = None) -> list[Checked]:
    """Search every race; one answer each, in their order."""

    def search(race: Race, pulse: Pulse) -> Exploration:
        return _searched(race, plan, pulse)

    return each_race(races, search, watcher or Unwatched())


def each_race(races: Sequence[Race], search: Search, watcher: Watcher) -> list[Checked]:
    """Call ``search`` for one race after the other; one answer each, in their order."""
    checked: list[Checked] = []
    interrupted = False
    for number, race in enumerate(races, 1):
        if interrupted:
            checked.append(Checked(race, Judgement.NOT_RUN, f"{INTERRUPTED} came before it"))
            continue
        try:
            watcher.begin(race, number=number, total=len(races))
            answer = _one(race, search, watcher.pulse)
        except KeyboardInterrupt:
            answer = Checked(race, Judgement.NOT_RUN, f"{INTERRUPTED} came before its search could answer")
            interrupted = True
        checked.append(answer)
        interrupted = interrupted or (answer.exploration is not None and answer.exploration.stopped_by == INTERRUPTED)
    return checked


def _one(race: Race, search: Search, pulse: Pulse) -> Checked:
    try:
        exploration = search(race, pulse)
        witnesses = tuple(_witness(race, violation, exploration) for violation in exploration.violations)
    except EngineBug as bug:
        return Checked(race, Judgement.ENGINE_BUG, scrubbed(str(bug)))
    except WeftError as error:
        return Checked(race, Judgement.ERROR, scrubbed(str(error)))
    except (Exception, SystemExit) as error:
        place = blamed(error.__traceback__)
        if place:
            return Checked(race, Judgement.ERROR, f"its set-up or an observer raised {said(error)} at {place}; correct the race")
        return Checked(race, Judgement.ENGINE_BUG, f"weft raised {said(error)}{_inside(error)}")
    judgement, reason = judge(race.scenario, exploration)
    return Checked(race, judgement, reason, exploration, witnesses)


def _inside(error: BaseException) -> str:
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return "" if traceback is None else f" at {shown(traceback.tb_frame.f_code.co_filename)}:{traceback.tb_lineno}"


def _searched(race: Race, plan: Plan, pulse: Pulse) -> Exploration:
    scenario, started = race.scenario, time.monotonic()
    if plan.engine == "naive":
        return shortened(race, explore_naively(scenario, budget=plan.budget, pulse=pulse))
    found = _explored(race, plan, pulse)
    if not found.violations or not plan.stop_at_first or scenario.expect != "VIOLATED" or shows_expected(scenario, found):
        return found
    left, spent = plan.budget.max_seconds, time.monotonic() - started
    budget = replace(plan.budget, max_seconds=None if left is None else max(0.0, left - spent))
    again = _explored(race, replace(plan, stop_at_first=False, budget=budget), pulse)
    again.seconds += spent
    return again


def shortened(race: Race, found: Exploration) -> Exploration:
    """The same with better schedules, from engines that know no automata."""
    if found.stopped_by != INTERRUPTED:
        found.violations = [v if v.slug.startswith(ALL_TOGETHER) else tried(race.scenario, v) for v in found.violations]
    return found


def _explored(race: Race, plan: Plan, pulse: Pulse) -> Exploration:
    def certified(automaton: Automaton) -> str:
        assert plan.certificates is not None
        return certify(automaton, race.name, files=(race.file, race.scenario.file), merged=plan.merge, folder=plan.certificates)

    return (plan.explorer or explore)(
        race.scenario,
        budget=plan.budget,
        merge=plan.merge,
        stop_at_first=plan.stop_at_first,
        bits=plan.fingerprint_bits,
        reduction=plan.reduction,
        cores=plan.cores,
        checkpoint=_checkpoint(race, plan),
        pulse=pulse,
        look=plan.look,
        certify=None if plan.certificates is None else certified,
    )


def _checkpoint(race: Race, plan: Plan) -> Checkpoint | None:
    """Where this search is saved."""
    if plan.checkpoints is None:
        return None
    options = {
        "equal local states": "merged" if plan.merge else "not merged",
        "fingerprints of": f"{plan.fingerprint_bits} bits",
        "reductions": ", ".join(plan.reduction.names) or "none",
    }
    name = race.name if plan.stop_at_first else f"{race.name} all violations"
    if plan.explorer is not None:
        name += " by a cluster"
    return checkpoint_of(plan.checkpoints, name, options, resume=plan.resume)


def _witness(race: Race, violation: Violation, exploration: Exploration) -> Witness:
    """Execute the schedule of ``violation`` once more, for its steps.

    Raises:
        NondeterminismError: It shows something else than when it was found.
    """
    if violation.slug.startswith(ALL_TOGETHER):
        return Witness(violation, None)
    try:
        executed = replay(race.scenario, violation.schedule)
        seen = "livelock" if executed.ending is None else executed.ending.slug or "no violation"
    except UsageError as misfit:
        seen = str(misfit)
    if seen != violation.slug:
        text = violation.schedule.text(exploration.letters)
        raise NondeterminismError(
            f"schedule {text} gave {violation.slug} when it was found and {seen} when it was replayed; the race depends on "
            "something outside cells (a clock, random numbers, id(), a global variable)"
        )
    return Witness(violation, executed)
