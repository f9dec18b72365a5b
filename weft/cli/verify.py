"""``weft verify``: go over certificates, on the real code and without the search."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import click

from weft.cli import options

_SUFFIX = ".certificate"

_HELP = """\
Go over the certificates that `weft check --certify` wrote: files, or folders with *.certificate in them.

The checker (weft/verify.py, under 250 lines) shares no code with the search. It visits every state again without any reduction,
executes every step of every local state on the real code, asks every check there, and counts the interleavings. A certificate is
refused if it is damaged, leaves out a state or a step, says what the code does not do, or if a source file has changed since.

What a certificate does not cover: other races, weaker memory than sequentially consistent, what code does outside cells, and, where
two threads take two locks in opposite orders without a deadlock, whether they can meet there; the last line names such races.
What is trusted all the same is said at the head of weft/verify.py.

Run it where the certificates were written: source files are looked for relative to the current directory.

Exit code 1 if a certificate is refused.
"""


@click.command("verify", short_help="Go over certificates, on the real code and without the search.", help=_HELP)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "-j",
    "--jobs",
    type=options.Jobs(),
    default="1",
    show_default=True,
    help="That many certificates at once; 0 or auto: one a core.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Decides at random how executions go on to their ends.")
@click.option("--json", "json_file", type=click.File("w", lazy=True), metavar="FILE", help="Write all figures there as JSON.")
def verify(paths: tuple[str, ...], jobs: int, seed: int, json_file: Any) -> int:
    """See its help."""
    started, rows = time.monotonic(), []
    for row in _each(_files(paths), seed, jobs=jobs or os.cpu_count() or 1):
        rows.append(row)
        click.echo(_line(row))
    for line in _tally(rows, seed):
        click.echo(line)
    click.echo(f"{time.monotonic() - started:.1f} s")
    if json_file is not None:
        json.dump({"format": "weft-verify/1", "seed": seed, "certificates": [_exact(row) for row in rows]}, json_file, indent=2)
    return int(any("refused" in row for row in rows))


def _files(paths: Sequence[str]) -> list[str]:
    from weft.errors import UsageError

    files: list[str] = []
    for path in paths:
        inside = sorted(name for name in os.listdir(path) if name.endswith(_SUFFIX)) if os.path.isdir(path) else []
        if not inside and not os.path.isfile(path):
            raise UsageError(f"no certificate in {path!r}; expected *{_SUFFIX} files as `weft check --certify DIR` writes them")
        files += [os.path.join(path, name) for name in inside] or [path]
    return files


def _each(files: Sequence[str], seed: int, *, jobs: int) -> Iterator[dict[str, Any]]:
    if jobs == 1 or len(files) == 1:
        yield from (_one(file, seed) for file in files)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(files)), context, signal.signal, (signal.SIGINT, signal.SIG_IGN)) as executor:
        try:
            yield from executor.map(_one, files, [seed] * len(files))
        except KeyboardInterrupt:
            executor.shutdown(wait=False, cancel_futures=True)
            raise


def _one(file: str, seed: int) -> dict[str, Any]:
    """The figures of one certificate, or under ``refused`` why it does not stand."""
    from weft.check.collect import collect
    from weft.check.paths import scrubbed
    from weft.errors import WeftError
    from weft.verify import Certificate, Refused

    row: dict[str, Any] = {"file": file, "race": os.path.basename(file), "size_bytes": os.path.getsize(file)}
    started = time.monotonic()
    try:
        certificate = Certificate(file)
        row["race"] = certificate.race
        row |= certificate.verify(collect([certificate.race])[0].scenario, seed=seed)
    except (Refused, WeftError) as reason:
        row["refused"] = scrubbed(str(reason))
    except Exception as error:  # whatever a file that is not a certificate leads to
        row["refused"] = f"it is not a certificate, or of another program: {type(error).__name__}: {scrubbed(str(error))}"
    return row | {"seconds": round(time.monotonic() - started, 3)}


def _line(row: dict[str, Any]) -> str:
    if "refused" in row:
        return f"refused   {row['race']}: {row['refused']}"
    ways = "infinitely many" if row["interleavings"] is None else f"{row['interleavings']:,}"
    figures = f"{row['states']:>9,} states {row['steps']:>9,} steps {row['executions']:>6,} executions {row['seconds']:>6.1f} s"
    return f"verified  {row['race'].rpartition('::')[2]:<40} {figures}  {ways} interleavings"


def _tally(rows: Sequence[dict[str, Any]], seed: int) -> Iterator[str]:
    held = [row for row in rows if "refused" not in row]
    known = [row["interleavings"] for row in held if row["interleavings"] is not None]
    yield f"\n{len(rows)} certificate{'s' * (len(rows) != 1)}: {len(held)} verified, {len(rows) - len(held)} refused"
    if held:
        steps = f"{sum(row['states'] for row in held):,} states, {sum(row['steps'] for row in held):,} steps"
        unbounded = f" and infinitely many in {len(held) - len(known)}" * (len(known) < len(held))
        yield f"verified: {steps}, which stand for {sum(known):,} interleavings{unbounded}"
        local = f"{sum(row['local_steps'] for row in held):,} steps of local states, each executed on the real code"
        merged = f"{sum(row['merged'] for row in held):,} local states stand for several histories: tried at random (seed {seed})"
        yield f"{local}; {merged}, not proved"
        crossing = [row["race"].rpartition("::")[2] for row in held if row["crossings"]]
        yield (
            f"two threads take two locks in opposite orders in {', '.join(crossing)}: whether they can meet there is not judged"
            if crossing
            else "no two threads of a race take two locks in opposite orders"
        )


def _exact(row: dict[str, Any]) -> dict[str, Any]:
    """With the number of interleavings as text, since it passes what JSON readers hold exactly."""
    ways = row.get("interleavings")
    return row if ways is None else row | {"interleavings": str(ways)}
