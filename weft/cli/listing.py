"""``weft list``: which races there are, and what is expected of them."""

from __future__ import annotations

from typing import Any

import click

from weft.cli import options


@click.command(
    "list",
    short_help="List races and what is expected of them.",
    help="List the races in the given files and folders, with what is expected of them and why. Nothing is searched.",
)
@options.paths_argument
@options.keyword_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead.")
def list_(paths: tuple[str, ...], **given: Any) -> int:
    """See its help."""
    from weft.report import document
    from weft.report.record import listed

    races, _ = options.chosen(paths, keywords=given["keywords"], slow=True)
    rows = [listed(race) for race in races]
    if given["as_json"]:
        click.echo(document.encoded(document.Listing(races=rows)).decode(), nl=False)
        return 0
    _print(rows)
    return 0


def _print(rows: list[Any]) -> None:
    from rich.text import Text

    from weft.report import console, tables, words

    out = console.output()
    console.write_table(out, tables.table(tables.LIST, rows, width=out.width))
    slow = sum(row.slow for row in rows)
    tail = f", {slow} slow" if slow else ""
    console.write(out, [Text(f"{words.count(len(rows), 'race')}{tail}; --json has why each verdict is expected")])
