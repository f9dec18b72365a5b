"""``python -m stress.kernel``: compare, print what was compared.

Exit codes: 0 no difference but deliberate ones, 1 others, 3 not possible here, 130 interrupted (with what was compared until then).
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from model import Operation
from stress.kernel.client import KernelWorker, Unavailable
from stress.kernel.comparison import Totals, compare_all
from stress.kernel.sequences import generate


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("sequences", type=click.IntRange(min=1), default=2000)
@click.argument("seed", type=int, default=0)
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Also write the figures to this file.")
def main(sequences: int, seed: int, json_file: Path | None) -> None:
    """Run SEQUENCES generated sequences of operations, those of SEED, SEED + 1, ..., on the model and on this machine's Linux.

    Every result and the visible trees are compared; needs the right to unshare a mount namespace (root). Nothing outside is
    touched. Exit codes: 0 no difference but deliberate ones, 1 others, 3 not possible here, 130 interrupted.
    """
    totals, interrupted = Totals(), False
    try:
        with KernelWorker() as worker:
            compare_all(worker, _counted(range(seed, seed + sequences)), totals)
    except Unavailable as reason:
        click.echo(reason)
        sys.exit(3)
    except KeyboardInterrupt:
        interrupted = True
    click.echo(totals)
    if json_file is not None:
        json_file.write_text(json.dumps(totals.figures(), indent=2) + "\n")
    sys.exit(130 if interrupted else 1 if totals.findings else 0)


def _counted(seeds: range) -> Iterator[tuple[Operation, ...]]:
    """The sequences, with a line on a terminal that counts them."""
    for done, seed in enumerate(seeds):
        if sys.stderr.isatty():
            click.echo(f"\r{done:,} of {len(seeds):,} sequences", nl=False, err=True)
        yield generate(seed)
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)


if __name__ == "__main__":
    main()
