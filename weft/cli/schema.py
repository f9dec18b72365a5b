"""``weft schema``: the JSON Schema of what weft writes."""

from __future__ import annotations

import click

_HELP = """\
Print the JSON Schema (2020-12) of a document that weft writes.

\b
  check       weft check --json
  baseline    weft check --baseline-write
  list        weft list --json
  sample      weft sample --json
  stress      weft stress --json
  fuzz        weft fuzz --json
  contention  weft profile, contention.json
"""


@click.command(help=_HELP, short_help="Print the JSON Schema of what weft writes.")
@click.argument(
    "document", type=click.Choice(["check", "baseline", "list", "sample", "stress", "fuzz", "contention"]), default="check"
)
def schema(document: str) -> int:
    """See ``_HELP``."""
    import msgspec

    from weft.fuzz.document import Report as FuzzReport
    from weft.report.baseline import Baseline
    from weft.report.contention import Contention
    from weft.report.document import Listing, Report
    from weft.report.sampling import SampleReport
    from weft.report.stressed import Report as StressReport

    kinds: dict[str, type[msgspec.Struct]] = {
        "check": Report,
        "baseline": Baseline,
        "list": Listing,
        "sample": SampleReport,
        "stress": StressReport,
        "fuzz": FuzzReport,
        "contention": Contention,
    }
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(kinds[document])}
    click.echo(msgspec.json.format(msgspec.json.encode(made), indent=2))
    return 0
