"""``python -m stress.sampling``: write ``reports/sampling.md`` and its plots from ``reports/bench/sampling*.json``."""

from __future__ import annotations

import argparse
from pathlib import Path

from stress.sampling.page import measured, page, plot, plot_of_bugs


def main() -> None:
    """Write them."""
    argparse.ArgumentParser(prog="python -m stress.sampling", description=__doc__).parse_args()
    reports = Path("reports")
    found = measured(reports / "bench")
    (reports / "sampling.svg").write_text(plot(found.planted), encoding="utf-8")
    (reports / "sampling-bugs.svg").write_text(plot_of_bugs(found.planted), encoding="utf-8")
    (reports / "sampling.md").write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
