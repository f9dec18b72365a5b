"""The page of ``weft profile``: one HTML file without scripts that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from weft.errors import UsageError
from weft.report import words
from weft.report.contention import Contention, Share
from weft.report.contention_tables import HOWS, summary

PAGE = "index.html"
_ASSETS = Path(__file__).parent / "html" / "assets"
_MOST_LINES = 14
_MOST_SHARES = 3


def prepare(folder: str) -> Path:
    """Make ``folder``, before the run and not after it.

    Raises:
        UsageError: It cannot be written to.
    """
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
        (path / PAGE).touch()
    except OSError as error:
        raise UsageError(f"--out {folder!r}: {error.strerror}; name a folder that can be written") from None
    return path


def write(folder: Path, made: Contention) -> Path:
    """Write the page into ``folder`` and return its path."""
    page = folder / PAGE
    page.write_text(rendered(made, flame=(folder / "flame.svg").exists()), encoding="utf-8")
    return page


def rendered(made: Contention, *, flame: bool = False) -> str:
    """The page; with ``flame`` it links to ``flame.svg`` and to the samples beside it."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_ASSETS),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    style = "\n".join((_ASSETS / name).read_text(encoding="utf-8").strip() for name in ("page.css", "contention.css"))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment.get_template("contention.html.j2").render(
        made=made,
        matrix=_matrix(made),
        longest=max((row.sampled_seconds for row in made.waits), default=0) or 1,
        said=summary(made),
        how=HOWS[made.how],
        flame=flame,
        words=words,
        most_lines=_MOST_LINES,
        shares=_shares,
        style=Markup(style),
        policy=f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'",
    )


def _shares(shares: list[Share]) -> str:
    """``umount 61 %, stat 39 %``."""
    whole = sum(share.seconds for share in shares) or 1.0
    return ", ".join(f"{share.name} {share.seconds / whole:.0%}" for share in shares[:_MOST_SHARES])


def _matrix(made: Contention) -> dict[str, Any]:
    """Who waits for whom: rows and columns by seconds, and how strong each cell of the table is, 0 to 5."""
    waiting: dict[str, float] = {}
    holding: dict[str, float] = {}
    for pair in made.pairs:
        waiting[pair.waiting] = waiting.get(pair.waiting, 0) + pair.seconds
        holding[pair.holding] = holding.get(pair.holding, 0) + pair.seconds
    most = max((pair.seconds for pair in made.pairs), default=0.0)
    return {
        "rows": sorted(waiting, key=lambda name: -waiting[name]),
        "columns": sorted(holding, key=lambda name: -holding[name]),
        "seconds": {(pair.waiting, pair.holding): pair.seconds for pair in made.pairs},
        "strength": {(pair.waiting, pair.holding): round(5 * pair.seconds / most) if most else 0 for pair in made.pairs},
    }
