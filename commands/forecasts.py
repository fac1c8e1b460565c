"""Commands that make, judge, show and check forecasts."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.console import (
    AsJson,
    AsOf,
    TheatreName,
    TheatreNames,
    Verbose,
    job,
    out,
    quiet,
    say,
    tell,
)

if TYPE_CHECKING:
    import pandas as pd

    from publish.contract.forecast import Forecast

NO_FORECAST = 3


def forecast(
    as_of: AsOf = None,
    theatre: TheatreName = "",
    as_json: AsJson = False,
    every_row: Annotated[bool, typer.Option("--all", help="print every row")] = False,
    verbose: Verbose = False,
) -> None:
    """Ingest, train where need be, forecast, publish.

    Example: dyadcast forecast --as-of 2025-11-15

    Exit status 3 where the theatre's headline cannot be forecast; its row then says why.
    """
    day = as_of.date() if as_of else None
    say("starting (the first run also trains the models: about a minute and a half)")
    with job(theatre, verbose):
        from flows.daily import issue_of

        issued, published = issue_of(theatre, day)
    if as_json:
        from publish.contract.forecast import to_json

        print(to_json(issued))
    else:
        _show(issued, theatre, every_row, str(published.folder))
    from theatres import load_theatre

    if not load_theatre(theatre).headline.given(issued.rows):
        raise typer.Exit(NO_FORECAST)


def _show(issued: "Forecast", theatre: str, every_row: bool, folder: str) -> None:
    from commands.report import record_lines
    from publish.contract.older import completed
    from publish.text.age import gap_told
    from publish.text.terminal import change_lines, count_table, forecast_table
    from theatres import load_theatre

    console, issued = out(), completed(issued, load_theatre(theatre))
    console.print(
        f"{issued.theatre} as of {issued.as_of} ({issued.status}), issue {issued.issue_id}"
    )
    if gap := gap_told(issued, load_theatre(theatre)):
        console.print(gap)
    console.print(forecast_table(issued, every_row))
    if (counted := count_table(issued)) is not None:
        console.print(counted)
    for line in change_lines(issued):
        console.print(line)
    reasons = sorted({row.reason for row in issued.rows if row.reason})
    for reason in reasons:
        console.print(f"Note: {reason}.")
    age = (datetime.now(UTC).date() - issued.as_of).days
    if issued.status == "hindcast":
        console.print(
            f"A hindcast, {age} days late: from what was known on {issued.as_of}, no later."
        )
    elif age > 1:
        console.print(
            f"Mind: as_of is {age} days ago. Events are covered until {issued.data_as_of};"
            " nothing is said of the days since."
        )
    for line in record_lines(issued.mlflow_run_id):
        console.print(line)
    console.print(f"Data covered until {issued.data_as_of}. Files: ", end="")
    console.print(folder, soft_wrap=True)


def backtest(
    as_json: AsJson = False,
    predictions: Annotated[
        Path | None, typer.Option(help="write every out-of-sample forecast to this Parquet file")
    ] = None,
    theatre: TheatreName = "",
) -> None:
    """Judge every model and baseline on weekly rolling origins since 2012.

    Example: dyadcast backtest --predictions forecasts.parquet
    """
    with quiet(verbose=False):
        from commands.report import backtest as run
        from commands.report import score_lines

        scores, skill, record = run(theatre, tell)
    if predictions:
        record.to_parquet(predictions, index=False)
    if as_json:
        print(json.dumps({"scores": _rows(scores), "skill": _rows(skill)}))
        return
    for line in score_lines(scores, skill):
        out().print(line)


def _rows(frame: "pd.DataFrame") -> list[Any]:
    rows: list[Any] = json.loads(frame.to_json(orient="records"))
    return rows


def scores(
    as_of: AsOf = None,
    theatre: TheatreName = "",
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="print CSV on standard output")] = False,
) -> None:
    """Print the latest published scores, or those of a day. Nothing is computed anew.

    Example: dyadcast scores --csv > scores.csv
    """
    from flows.pipeline.settings import read_settings
    from publish.contract.forecast import to_json
    from publish.files.files import latest, read_issue
    from publish.files.formats import CSV, render
    from publish.text.terminal import forecast_table
    from theatres import load_theatre

    root, name = read_settings().published, load_theatre(theatre).name
    forecast = read_issue(root, name, as_of.date()) if as_of else latest(root, name)
    if as_json:
        print(to_json(forecast))
    elif as_csv:
        sys.stdout.write(render(forecast)[CSV].decode("utf-8"))
    else:
        out().print(forecast_table(forecast, every_row=True))


def train(
    theatre: TheatreName = "",
    promote_because: Annotated[
        str, typer.Option(help="promote whatever the gate says, for this reason (it is kept)")
    ] = "",
    verbose: Verbose = False,
) -> None:
    """Train a challenger as of the newest day that can be forecast; the gate decides.

    Example: dyadcast train

    One for each group of targets whose source has told something.
    """
    with job(theatre, verbose):
        from commands.report import score_lines
        from flows.daily import train as run

        logged = run(theatre, because=promote_because)
    for group, each in logged.items():
        if group.startswith("events"):
            for line in score_lines(each.scores, each.skill):
                out().print(line)
        if each.decision:
            outcome = "promoted" if each.decision.promoted else "refused"
            out().print(f"{group}: the gate: {outcome}: {each.decision.reason}")


def models(theatre: TheatreName = "", as_json: AsJson = False) -> None:
    """Show the registered models, which is the champion, and why the gate let it through.

    Example: dyadcast models
    """
    with quiet(verbose=False):
        from commands.report import model_lines, model_rows

        rows = model_rows(theatre)
    if as_json:
        print(json.dumps(rows))
        return
    for line in model_lines(rows):
        out().print(line)


def deaths(
    unit: Annotated[str, typer.Argument(help="a country's ISO 3166 code, such as IND")],
    theatre: TheatreName = "",
    as_json: AsJson = False,
) -> None:
    """Show what is forecast of monthly deaths in any country, by the newest run.

    Example: dyadcast deaths IND

    The model is trained on every country; `dyadcast forecast` makes it where UCDP has landed.
    """
    with quiet(verbose=False):
        from commands.report import deaths_rows, deaths_table

        rows = deaths_rows(theatre, unit.upper())
    if as_json:
        print(json.dumps(rows))
    else:
        out().print(deaths_table(rows))


def schedule(theatre: TheatreNames = None) -> None:
    """Serve the flows of every theatre on its cron lines, until stopped: ingest, then forecast.

    Example: PREFECT_API_URL=http://127.0.0.1:4200/api dyadcast schedule
    """
    from flows.schedule import serve

    serve(theatre, say)


def verify(theatre: TheatreName = "") -> None:
    """Recompute the archive's hash chain and hold it against the published head.

    Example: dyadcast verify
    """
    from flows.pipeline.settings import read_settings
    from publish.archive.archive import Archive
    from publish.files.files import published_head
    from streams.store.store import connect
    from theatres import load_theatre

    settings, name = read_settings(), load_theatre(theatre).name
    archive = Archive(connect(settings.database_url))
    verified = archive.verify(name, published_head(settings.published, name))
    for fault in verified.faults:
        say(fault)
    if unguarded := archive.unguarded():
        gone = f"the archive's rules {', '.join(unguarded)} were taken away"
        say(f"{gone}: put them back by `dyadcast database views`")
    print(
        f"{name}: {verified.count} issues, head {verified.head.hash[:16]}, "
        + ("the chain holds" if verified.holds else f"{len(verified.faults)} faults")
    )
    if unguarded or not verified.holds:
        raise typer.Exit(1)
