"""A hunt: programs are drawn and probed until the budget is spent; what goes wrong is made as small as can be.

One finding for each kind of violation (its slug). After each the hunt goes on with what is left of the budget, for other kinds,
unless it is to end there. Ctrl-C and the end of the time keep what was found, as small as it was by then.

Deterministic: equal seeds draw equal programs, as long as Hypothesis is the same; without a seed of the user's, what failed in
earlier hunts, kept in Hypothesis' database, is tried first.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from weft.check.paths import blamed, said
from weft.check.run import Checked
from weft.errors import EngineBug, UsageError, WeftError
from weft.fuzz.alphabet import Alphabet
from weft.fuzz.drawing import Shape, programs, require_hypothesis
from weft.fuzz.probe import Limits, Probe, Probed
from weft.fuzz.program import Program, depends_on_order, short
from weft.fuzz.smallest import shortest, smallest
from weft.fuzz.writing import race_name

DRAWS = 20
"""How many programs may be drawn for one that was not drawn before. Where there are no more, the hunt ends."""

DATABASE = ".hypothesis/examples"


@dataclass(frozen=True, slots=True)
class Budget:
    """What a hunt may cost, and how it begins."""

    programs: int = 200
    seconds: float | None = None
    seed: int = 0
    reuse: bool = True
    first_only: bool = False


@dataclass(slots=True)
class Finding:
    """One kind of violation.

    Attributes:
        found: The smallest program that shows it.
        checked: The search of that with the shortest schedule; ``None`` if Ctrl-C came before.
        name: What its race is called.
        examples: As which of the programs drawn it came, those from the database first.
        shrinking: How many programs were probed to make it smaller.
        first: The program as it was drawn.
    """

    found: Probed
    name: str
    examples: int
    shrinking: int
    first: Program
    checked: Checked | None = None


@dataclass(slots=True)
class Tally:
    """What was drawn, and what it was like. All but the first two count different programs."""

    examples: int = 0
    shrinking: int = 0
    programs: int = 0
    searched: int = 0
    states: int = 0
    conflicts: int = 0
    several_outcomes: int = 0
    known: dict[tuple[str, ...], list[Program]] = field(default_factory=dict)

    def add(self, alphabet: Alphabet, program: Program, probed: Probed) -> None:
        """Count a program that was drawn for the first time."""
        self.programs += 1
        self.searched += probed.how == "searched"
        self.states += probed.states
        self.conflicts += depends_on_order(alphabet, program)
        self.several_outcomes += probed.outcomes > 1
        if probed.known:
            self.known.setdefault(probed.known, []).append(probed.program)


@dataclass(slots=True)
class Hunted:
    """What a hunt came to. ``stopped_by`` is the limit that ended it before its examples were drawn, or Ctrl-C, or empty."""

    tally: Tally
    findings: list[Finding]
    stopped_by: str = ""


class Watcher(Protocol):
    """Who wants to see progress."""

    def pulse(self, states: int, transitions: int, seconds: float, look_ahead: object = None) -> None:
        """A search goes on."""

    def hunting(self, tally: Tally, *, shrinking: str) -> None:
        """The next program is about to be probed."""


class _Wrong(Exception):
    """A program goes wrong: how Hypothesis is told."""


class _Stop(BaseException):
    """Ends Hypothesis at once, which takes any other exception for a failure to be shrunk."""

    def __init__(self, why: str = "", error: Exception | None = None) -> None:
        self.why = why
        self.error = error


def hunt(alphabet: Alphabet, *, key: str, file: str, shape: Shape, limits: Limits, budget: Budget, watcher: Watcher) -> Hunted:
    """Draw programs over ``alphabet`` and look for some that go wrong.

    Args:
        alphabet: What they are made of.
        key: What the database keeps failures under.
        file: Where races are, or would be.
        shape: How large programs may be.
        limits: What one may cost.
        budget: What all may cost.
        watcher: For progress.

    Raises:
        UsageError: The alphabet is at fault.
        EngineBug: Weft is.
    """
    require_hypothesis()
    return _Hunt(alphabet, key, shape, budget, watcher, Probe(alphabet, limits, watcher.pulse)).run(file)


class _Hunt:
    def __init__(self, alphabet: Alphabet, key: str, shape: Shape, budget: Budget, watcher: Watcher, probe: Probe) -> None:
        self._alphabet = alphabet
        self._key = key
        self._budget = budget
        self._watcher = watcher
        self._probe = probe
        self._programs = programs(alphabet, shape)
        self._random = random.Random(budget.seed)
        self._started = time.monotonic()
        self._slugs: set[str] = set()
        self._finding: Finding | None = None
        self.hunted = Hunted(Tally(), [])

    def run(self, file: str) -> Hunted:
        """Hunt."""
        hunted, budget = self.hunted, self._budget
        while not hunted.stopped_by and hunted.tally.programs < budget.programs:
            self._finding = None
            try:
                self._draw()
                if self._finding is not None:
                    self._finding.found = smallest(self._probe, self._finding.found)
            except _Stop as stop:
                if stop.error is not None:
                    raise stop.error from None
                hunted.stopped_by = stop.why
            except KeyboardInterrupt:
                hunted.stopped_by = "Ctrl-C"
            finding = self._finding
            if finding is None:
                break
            self._conclude(finding, file)
            if budget.first_only:
                break
        return hunted

    def _conclude(self, finding: Finding, file: str) -> None:
        """Give a finding its name and its schedule."""
        hunted = self.hunted
        self._slugs.add(finding.found.slug)
        finding.name = race_name(self._alphabet, finding.found.program, taken=[each.name for each in hunted.findings])
        hunted.findings.append(finding)
        try:
            finding.checked = shortest(self._alphabet, finding.found, self._probe.limits, name=finding.name, file=file)
        except KeyboardInterrupt:
            hunted.stopped_by = "Ctrl-C"

    def _draw(self) -> None:
        """Let Hypothesis draw until a program goes wrong, and shrink it."""
        from hypothesis import HealthCheck, Phase, settings
        from hypothesis.database import DirectoryBasedExampleDatabase

        best: list[Program] = []

        def test(program: Program) -> None:
            if self._goes_wrong(program):
                best[:] = [program]
                raise _Wrong

        chosen = settings(
            max_examples=DRAWS * (self._budget.programs - self.hunted.tally.programs),
            database=DirectoryBasedExampleDatabase(DATABASE),
            deadline=None,
            derandomize=False,
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.reuse] * self._budget.reuse + [Phase.generate, Phase.shrink],
        )
        key = "\0".join(["weft.fuzz", self._key, *sorted(self._slugs)]).encode()
        try:
            self._given(test, chosen, key)()
        except _Wrong:  # the last one that did is Hypothesis' smallest
            assert self._finding is not None
            self._finding.found = self._probe(best[0])
        except WeftError:
            raise
        except Exception as error:  # a strategy, or the specification
            place = blamed(error.__traceback__)
            raise UsageError(f"drawing from the alphabet raised {said(error)}{f' at {place}' * bool(place)}; correct it") from None

    def _given(self, test: Callable[[Program], None], chosen: Any, key: bytes) -> Callable[[], None]:
        """``test`` as Hypothesis runs it: what ``hypothesis.find`` does, but for the database, which a seed switches off there."""
        from hypothesis import given, seed

        drawn: Any = seed(self._random.getrandbits(64))(given(self._programs)(test))
        drawn._hypothesis_internal_use_settings = chosen
        drawn._hypothesis_internal_database_key = key
        return drawn  # type: ignore[no-any-return]

    def _goes_wrong(self, program: Program) -> bool:
        """Whether a program shows what this round has found, or anything new."""
        tally, finding = self.hunted.tally, self._finding
        if self._budget.seconds is not None and time.monotonic() - self._started > self._budget.seconds:
            raise _Stop(f"seconds {self._budget.seconds:g}")
        if finding is None and tally.programs >= self._budget.programs:
            raise _Stop()
        tally.examples += finding is None
        tally.shrinking += finding is not None
        self._watcher.hunting(tally, shrinking="" if finding is None else finding.found.slug)
        new = finding is None and program not in self._probe.known
        probed = self._probed(program)
        if new:
            tally.add(self._alphabet, program, probed)
        if not probed.slug or probed.slug in self._slugs:
            return False
        if finding is None:
            self._finding = Finding(probed, "", examples=tally.examples, shrinking=0, first=program)
            return True
        finding.shrinking += 1
        if probed.slug != finding.found.slug:
            return False
        if probed.program.size < finding.found.program.size:
            finding.found = probed
        return True

    def _probed(self, program: Program) -> Probed:
        try:
            return self._probe(program)
        except WeftError as error:
            kind = EngineBug if isinstance(error, EngineBug) else UsageError
            raise _Stop(error=kind(f"program {short(self._alphabet, program)}: {error}")) from None
        except Exception as error:
            place = blamed(error.__traceback__)
            text = f"program {short(self._alphabet, program)}: the alphabet raised {said(error)}{f' at {place}' * bool(place)}"
            raise _Stop(error=UsageError(f"{text}; correct it") if place else EngineBug(text)) from None
