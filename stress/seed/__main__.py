"""``python -m stress.seed``: judge the seed's functions and write ``reports/seed.md``."""

from __future__ import annotations

import argparse
from pathlib import Path

from stress.seed.page import page


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(prog="python -m stress.seed", description="Judge the seed's functions and write the page.")
    parser.add_argument("--output", type=Path, default=Path("reports/seed.md"), help="where to (default: %(default)s)")
    given = parser.parse_args()
    given.output.write_text(page(), encoding="utf-8")
    print(f"{given.output} written")


if __name__ == "__main__":
    main()
