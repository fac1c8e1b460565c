"""Commands that ask the sources for what is new and say how they fare."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from commands.console import AsJson, TheatreName, Verbose, job, out, say, tell_part
from commands.incidents import show_reporting
from errors import DyadcastError

REFUSALS_SHOWN = 20


def ingest(
    source: Annotated[str | None, typer.Argument(help="one source; by default all")] = None,
    path: Annotated[
        Path | None, typer.Option(help="a file (or folder) in the source's format, already here")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="from this day on (gdelt, acled)")
    ] = None,
    theatre: TheatreName = "",
    accept: Annotated[
        bool,
        typer.Option("--accept", help="take the file though rows of it are unread or taken back"),
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Fetch what is new from the sources, or take in a file; what is known already changes nothing.

    Example: dyadcast ingest ucdp --path GEDEvent_v26_0_7.csv

    Exit status 1 where a source failed; the others are stored all the same.
    """
    if path and not source:
        raise DyadcastError("a path without its source", do="name the source, as in: ingest ucdp")
    with job(theatre, verbose):
        from flows.ingest import run_ingest as run
        from flows.pipeline import knowledge
        from flows.pipeline.sources import Request, stream_of
        from theatres import load_theatre

        if source:
            stream_of(source, load_theatre(theatre))
        knowledge.hear_part(tell_part)
        day = since.date() if since else None
        outcomes = run(theatre, source, Request(path, day, accept))
    for each in outcomes:
        for refusal in each.ingested.refusals[:REFUSALS_SHOWN]:
            say(refusal.message)
        if (more := len(each.ingested.refusals) - REFUSALS_SHOWN) > 0:
            say(f"and {more:,} more: dyadcast events list --refused")
        print(f"{each.source}: {each.status}: {each.told}")
    if (failed := sum(each.status == "failed" for each in outcomes)) and len(outcomes) > 1:
        print("partial" if failed < len(outcomes) else "failed")
    if failed:
        raise typer.Exit(1)


def streams(
    theatre: TheatreName = "",
    as_json: AsJson = False,
    reporting: Annotated[
        bool, typer.Option("--reporting", help="how soon each tells, and which share, instead")
    ] = False,
) -> None:
    """Show each source: when it was last asked, its newest event, how far behind it is.

    Example: dyadcast streams --reporting
    """
    if reporting:
        show_reporting(theatre, datetime.now(UTC).date(), as_json)
        return
    from commands.report import stream_rows, stream_table
    from flows.pipeline import knowledge
    from flows.pipeline.settings import read_settings

    rows = stream_rows(
        knowledge.streams_health(read_settings(), theatre), datetime.now(UTC).replace(tzinfo=None)
    )
    if as_json:
        print(json.dumps(rows))
    else:
        out().print(stream_table(rows))
        for row in rows:
            if row["declared_by"]:
                day, who, at = (
                    row[name] for name in ("covered_until", "declared_by", "declared_at")
                )
                print(f"{row['source']}: covered until {day}, says {who} on {at} UTC")
