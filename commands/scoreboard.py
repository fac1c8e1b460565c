"""Commands for what past issues said and what happened."""

import csv
import json
import sys
from typing import Annotated, Any

import typer

from commands.console import AsJson, TheatreName, Verbose, job, out, quiet


def resolve(theatre: TheatreName = "", verbose: Verbose = False) -> None:
    """Close every published window that can be known by now, and score it.

    Example: dyadcast resolve
    """
    with job(theatre, verbose):
        from flows.resolve import resolve as run

        closed = run(theatre)
    print(f"{closed.closed} rows closed, {closed.revised} revised")


def scoreboard(
    theatre: TheatreName = "",
    every_row: Annotated[bool, typer.Option("--all", help="every row, not the means")] = False,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="print CSV on standard output")] = False,
) -> None:
    """Show what past issues said and what happened, beside their base rates.

    Example: dyadcast scoreboard
    """
    with quiet(verbose=False):
        from flows.pipeline.settings import read_settings
        from publish.archive.scoreboard import Scoreboard
        from streams.store.store import connect
        from theatres import load_theatre

        board = Scoreboard(connect(read_settings().database_url))
        name = load_theatre(theatre).name
        rows = board.standing(name) if every_row else board.summary(name)
    if as_json:
        print(json.dumps(rows, default=str))
    elif as_csv:
        _csv(rows)
    elif not rows:
        print("no window of a published issue is closed yet: dyadcast resolve")
    else:
        _table(rows, every_row)


def _csv(rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    writer = csv.DictWriter(sys.stdout, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _table(rows: list[dict[str, Any]], every_row: bool) -> None:
    from rich.table import Table

    names: tuple[str, ...] = (
        ("as_of", "unit", "target", "horizon_days", "probability", "outcome", "brier")
        if every_row
        else (
            *("target", "units", "horizon_days", "months_ahead"),
            *("forecasts", "windows", "rate", "brier", "skill"),
        )
    )
    if all(row.get("months_ahead") is None for row in rows):
        names = tuple(name for name in names if name != "months_ahead")
    table = Table(*names, box=None, pad_edge=False)
    for row in rows:
        mark = " (hindcast)" if row["hindcast"] else ""
        cells = [_cell(row[name]) for name in names]
        table.add_row(cells[0] + mark, *cells[1:])
    out().print(table)


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else "" if value is None else str(value)
