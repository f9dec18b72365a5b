"""What stands under the table of ``weft check``: problems, what was searched, and what the verdicts rest on."""

from __future__ import annotations

import os
import shlex
from collections import Counter

from rich.text import Text

from weft.report import document, words
from weft.report.prose import headline, violation, wrapped

_ORDER = ("as expected", "not as expected", "inconclusive", "error", "engine bug", "not run")


def problems(report: document.Report, *, width: int, whole: bool = False) -> list[Text]:
    """Every race whose search is not as expected, with its violations. Errors are lines on standard error instead.

    Args:
        report: What was found.
        width: Of lines.
        whole: Whether traces have every step.
    """
    lines: list[Text] = []
    for race in report.races:
        if race.judgement in ("not as expected", "inconclusive", "not run"):
            lines += [*problem(race, width=width, whole=whole), Text()]
    return lines


def problem(race: document.Race, *, width: int, whole: bool = False) -> list[Text]:
    """Why the search of one race is not as expected, with its violations."""
    lines = [*_title(race, width=width), *map(Text, wrapped(race.reason, width=width, indent=2))]
    if race.judgement == "not as expected" and race.why:
        lines += map(Text, wrapped(f"expected because: {race.why}", width=width, indent=2))
    return lines + _violations(race, width=width, whole=whole)


def details(race: document.Race, *, width: int) -> list[Text]:
    """All there is to say about one race (``-v``)."""
    lines = _title(race, width=width)
    if race.why:
        lines += map(Text, wrapped(race.why, width=width, indent=2))
    lines += map(Text, wrapped(_rests_on(race), width=width, indent=2))
    for outcome in race.outcomes:
        lines += map(Text, wrapped(f"outcome {say_outcome(outcome)}", width=width, indent=2))
    for situation, shown in race.reached.items():
        lines.append(Text(f"  sometimes {situation}: {'reached' if shown else 'not reached'}"))
    for why, times in race.fallbacks.items():
        text = f"told apart by history {words.count(times, 'time')}: {why}"
        lines += map(Text, wrapped(text, width=width, indent=2))
    if race.judgement == "as expected":
        lines += _violations(race, width=width, whole=True)
    return [*lines, Text()]


def _title(race: document.Race, *, width: int) -> list[Text]:
    place = f"{race.file}:{race.line}" if race.line else race.file
    return [Text(line, style="bold") for line in headline(f"{race.name} ({place}): {race.judgement}", width=width)]


def _violations(race: document.Race, *, width: int, whole: bool = False) -> list[Text]:
    return [line for found in race.violations for line in violation(race, found, width=width, whole=whole)]


def _rests_on(race: document.Race) -> str:
    if race.verdict is None:
        return "no search came to an answer"
    parts = [f"{words.count(race.executions, 're-execution')}, {words.count(race.finals, 'final state')}"]
    if race.passes > 1:
        parts.append(f"every interleaving or one that stands for it, in {race.passes} passes")
    elif race.cyclic or race.interleavings is not None:
        parts.append(f"{words.interleavings(race)} interleaving{'' if race.interleavings == '1' else 's'}")
    else:
        parts.append("interleavings not counted, so many states" if race.verdict == "HOLDS" else "not every interleaving searched")
    if race.states:
        parts.append(f"omission probability {race.omission_probability:.1e}")
    return "; ".join(parts)


def say_outcome(outcome: document.Outcome) -> str:
    """One outcome in a line."""
    results = ", ".join(f"{name} = {value}" for name, value in outcome.results.items())
    observed = f"; observed {', '.join(outcome.observed)}" if outcome.observed else ""
    return (f"{outcome.slug}: " if outcome.slug else "") + results + observed


def tally(report: document.Report, *, verbose: bool, width: int) -> list[Text]:
    """The closing lines: how many are as expected, and what was searched."""
    found = Counter(race.judgement for race in report.races)
    counts = ", ".join(f"{found[judgement]} {_plural(judgement, found[judgement])}" for judgement in _ORDER if found[judgement])
    lines = [f"{words.count(len(report.races), 'race')}: {counts}; {words.seconds(report.seconds)} s"]
    lines += [f"differs from the baseline: {text}" for text in report.differences]
    lines += [searched(report)]
    shown = sum(race.judgement == "as expected" and bool(race.violations) for race in report.races)
    if shown and not verbose:
        lines.append(f"{words.count(shown, 'expected violation')} not shown; -v shows schedule and replay command")
    if report.left_out_slow:
        lines.append(f"{words.count(report.left_out_slow, 'slow race')} left out; --slow includes them")
    style = "bold green" if report.exit_code == 0 else "bold red" if report.exit_code != 3 else "bold yellow"
    first, *rest = [headline(line, width=width) for line in lines]
    return [Text(line, style=style) for line in first] + [Text(line) for lines in rest for line in lines]


def certificates(report: document.Report, *, width: int) -> list[Text]:
    """What was certified, and what was to be and is not."""
    written = [race.certificate for race in report.races if race.certificate and not race.certificate.startswith("none:")]
    lines = []
    if written:
        folder = os.path.dirname(written[0]) or "."
        lines.append(f"{words.count(len(written), 'certificate')} written; `weft verify {shlex.quote(folder)}` goes over them")
    lines += [f"{race.name}: certificate {race.certificate}" for race in report.races if race.certificate.startswith("none:")]
    return [Text(text) for line in lines for text in headline(line, width=width)]


def _plural(judgement: str, number: int) -> str:
    return judgement + "s" if judgement in ("error", "engine bug") and number > 1 else judgement


def searched(report: document.Report) -> str:
    """What the verdicts stand for, in one sentence or two."""
    held = [race for race in report.races if race.verdict == "HOLDS"]
    how = _how(report)
    if not held:
        return f"searched: {how}; no verdict here stands for every interleaving"
    risk = sum(race.omission_probability for race in held)
    missed = f"a state was missed with probability below {max(risk, 1e-30):.1e} ({report.fingerprint_bits}-bit fingerprints)"
    if report.reduction:
        many = words.count(len(held), "HOLDS", "HOLDS")
        return f"searched: {how}; {many} for every interleaving, their number not counted; {missed}"
    known = [int(race.interleavings) for race in held if race.interleavings is not None]
    unbounded = sum(race.cyclic for race in held)
    parts = [
        f"{words.count(sum(known), 'interleaving') if sum(known) < words.EXACT_BELOW else words.big(sum(known)) + ' interleavings'}"
    ]
    if unbounded:
        parts = parts if known else []
        parts.append(f"unboundedly many in {words.count(unbounded, 'race')} with retry loops")
    text = f"searched: {how}; {words.count(len(held), 'HOLDS', 'HOLDS')} for {' and '.join(parts)}"
    if report.engine != "compiled":
        return f"{text}, each executed on the real code"
    return f"{text}; {missed}"


def _how(report: document.Report) -> str:
    if report.engine == "naive":
        return "naively, one execution an interleaving"
    how = "compiled, equal local states merged" if report.merged else "compiled, local states told apart by history (--no-merge)"
    return f"{how}, reduced by {', '.join(report.reduction)}" if report.reduction else how
