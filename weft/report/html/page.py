"""Writing the report: one HTML file that needs nothing else, and beside it what the next run compares itself with.

The page is a Jinja template with autoescape on: what code under test says is text wherever it stands. A content security policy
lets only our own scripts and styles run, by their hashes, and lets nothing be fetched.

Choice a reader may question: graphs are laid out in the reader's browser, by a vendored library of 49 kB, and only when they are
opened. Laying them out here would need Graphviz, and ten times the space in the file.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2  # 50 ms to import, 1.3 MB: a plain dependency, so that a first --report does not fail
from markupsafe import Markup

from weft.errors import UsageError
from weft.report import document, summary, tables, words
from weft.report.html import history, lines, payload
from weft.report.html.portrait import MOST_NODES, MOST_STATES, MOST_STATES_CLASSED, Pictured
from weft.report.prose import FATES

PAGE = "index.html"
_UNFINISHED = f"{PAGE}.part"
_ASSETS = Path(__file__).parent / "assets"
_SCRIPTS = (
    "dagre.min.js",
    "elements.js",
    "overview.js",
    "lanes.js",
    "at_a_step.js",
    "timeline.js",
    "graph.js",
    "automata.js",
    "lines.js",
    "main.js",
)
_STYLES = ("page.css", "race.css")


def prepare(folder: str) -> Path:
    """Make ``folder``, before the search and not after it.

    Raises:
        UsageError: It cannot be written to.
    """
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
        tried = path / _UNFINISHED
        tried.touch()
        tried.unlink()
    except OSError as error:
        raise UsageError(f"--report {folder!r}: {error.strerror}; name a folder that can be written") from None
    return path


def write(folder: Path, made: document.Report, pictured: Sequence[Pictured], *, reproducible: bool) -> Path:
    """Write the report into ``folder`` and return its path.

    Args:
        folder: Exists.
        made: The document.
        pictured: Its races with their portraits, in the same order.
        reproducible: Leave out times and the comparison with the last run, so that equal results give equal bytes.
    """
    before = {} if reproducible else history.read(folder)
    page, unfinished = folder / PAGE, folder / _UNFINISHED
    unfinished.write_text(rendered(made, pictured, before=before, timed=not reproducible), encoding="utf-8")
    unfinished.replace(page)
    if not reproducible:
        history.write(folder, before, made.races)
    return page


def rendered(made: document.Report, pictured: Sequence[Pictured], *, before: dict[str, history.Entry], timed: bool) -> str:
    """The page."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_ASSETS),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["breakable"] = _breakable
    script, style = _joined(_SCRIPTS), _joined(_STYLES)
    return environment.get_template("page.html.j2").render(
        report=made,
        rows=_rows(made, pictured, before),
        timed=timed,
        compared=bool(before),
        tally=_tally(made.races),
        files=lines.files(pictured),
        since=_since(made, before),
        limited=_limited(made.limits),
        searched=summary.searched(made),
        words=words,
        fates=FATES,
        limits={"nodes": MOST_NODES, "states": MOST_STATES, "classed": MOST_STATES_CLASSED},
        embedded=lambda data: Markup(payload.embedded(data)),
        script=Markup(script),
        style=Markup(style),
        policy=f"default-src 'none'; img-src data:; script-src '{_hash(script)}'; style-src '{_hash(style)}'",
    )


def _rows(made: document.Report, pictured: Sequence[Pictured], before: dict[str, history.Entry]) -> list[dict[str, Any]]:
    changes = history.changes(before, made.races) if before else [None] * len(made.races)
    labels = tables.labels(made.races)
    return [
        {
            "id": f"race-{one.race.name if one.race.name.isidentifier() and label == one.race.name else number}",
            "label": label,
            "race": one.race,
            "portrait": one.portrait,
            "change": change,
            "mark": tables.MARKS[one.race.judgement],
            "verdict": one.race.verdict or one.race.judgement.upper(),
            "payload": payload.race(one),
        }
        for number, (one, change, label) in enumerate(zip(pictured, changes, labels, strict=True), 1)
    ]


def _tally(races: Sequence[document.Race]) -> dict[str, Any]:
    unexpected = [race for race in races if race.judgement != "as expected"]
    verdicts = Counter(race.verdict or race.judgement.upper() for race in races)
    others = Counter(race.judgement for race in unexpected)
    return {
        "races": len(races),
        "unexpected": len(unexpected),
        "others": [_many(judgement, others[judgement]) for judgement in tables.MARKS if others[judgement]],
        "verdicts": sorted(verdicts.items()),
    }


def _many(judgement: str, number: int) -> str:
    return words.count(number, judgement, f"{judgement}s" if judgement in ("error", "engine bug") else judgement)


def _limited(limits: document.Limits) -> list[str]:
    """The limits in force, in words."""
    counts = {"states": limits.max_states, "transitions": limits.max_transitions, "bytes": limits.max_memory_bytes}
    said = [f"{value:,} {name}" for name, value in counts.items() if value is not None]
    return said if limits.max_seconds is None else [*said, f"{limits.max_seconds:g} seconds"]


def _since(made: document.Report, before: dict[str, history.Entry]) -> str:
    """One sentence on what changed since the last run."""
    kinds = Counter(change.kind for change in history.changes(before, made.races))
    said = {
        "verdict": words.count(kinds["verdict"], "verdict changed", "verdicts changed"),
        "counts": f"{kinds['counts']} with other counts",
        "new": f"{kinds['new']} new",
        "same": f"{kinds['same']} unchanged",
    }
    return "Since the last run: " + ", ".join(said[kind] for kind in said if kinds[kind])


def _breakable(text: str) -> Markup:
    """``text`` that may be broken after separators."""
    return Markup("<wbr>").join(Markup.escape(part) for part in re.split(r"(?<=[/_.:,(])(?=.)", text))


def _joined(names: Sequence[str]) -> str:
    return "\n".join((_ASSETS / name).read_text(encoding="utf-8").strip() for name in names)


def _hash(text: str) -> str:
    """As a content security policy wants it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
