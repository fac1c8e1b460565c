"""The command line: reads arguments, calls flows and publish, decides nothing."""

import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from errors import DyadcastError

if TYPE_CHECKING:
    import pandas as pd

    from publish.forecast import Forecast

NO_FORECAST = 3
REFUSALS_SHOWN = 20
app = typer.Typer(
    help="Forecasts the risk that the conflict between Pakistan and Afghanistan escalates.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
events = typer.Typer(help="The events that forecasts are made from.", no_args_is_help=True)
app.add_typer(events, name="events")

TheatreName = Annotated[str, typer.Option("--theatre", help="a name in theatres/, or a .toml file")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON on standard output")]
AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        formats=["%Y-%m-%d"],
        help="the day of the forecast; by default the newest that the events cover",
    ),
]


def _out() -> Console:
    width = None if sys.stdout.isatty() else 100
    return Console(width=width, highlight=False, soft_wrap=False)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def _quiet(verbose: bool) -> Iterator[None]:
    """Keeps the libraries' own logs off the terminal unless they are asked for."""
    if not verbose:
        os.environ["PREFECT_LOGGING_LEVEL"] = "CRITICAL"
        os.environ["PREFECT_LOGGING_ROOT_LEVEL"] = "CRITICAL"
        os.environ["PYTHONWARNINGS"] = "ignore"
        logging.disable(logging.ERROR)
    yield


def _tell(done: int, total: int) -> None:
    print(f"\r  rolling origins: {done} of {total}", end="", file=sys.stderr, flush=True)
    if done == total:
        _say("")


def _tell_part(what: str, done: int, total: int) -> None:
    if not sys.stderr.isatty():
        return
    share = f"{done:,} of {total:,}" if total else f"{done:,}"
    print(f"\r  {what[-60:]}: {share}\033[K", end="", file=sys.stderr, flush=True)
    if total and done >= total:
        _say("")


@contextmanager
def _job(theatre: str, verbose: bool) -> Iterator[None]:
    """One job at a time in a home that can be written, its progress told on standard error.

    A theatre file that is wrong is told before anything is started.
    """
    from flows.settings import read_settings
    from publish.disk import locked
    from theatres import load_theatre

    load_theatre(theatre)
    home = read_settings().home
    _make(home)
    with _quiet(verbose), locked(home):
        from flows.steps import hear

        hear(_tell)
        yield


Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="show the libraries' own logs")]


@app.command()
def forecast(
    as_of: AsOf = None,
    theatre: TheatreName = "pak_afg",
    as_json: AsJson = False,
    every_row: Annotated[bool, typer.Option("--all", help="print every row")] = False,
    verbose: Verbose = False,
) -> None:
    """Ingest, train where need be, forecast, publish.

    Example: dyadcast forecast --as-of 2025-11-15

    Exit status 3 where there can be no forecast; the rows then say why.
    """
    day = as_of.date() if as_of else None
    _say("starting (the first run also trains the models: about a minute and a half)")
    with _job(theatre, verbose):
        from flows.daily import daily

        issued, published = daily(theatre, day)
    if as_json:
        from publish.forecast import to_json

        print(to_json(issued))
    else:
        _show(issued, every_row, str(published.folder))
    if issued.status == "no_forecast":
        raise typer.Exit(NO_FORECAST)


def _make(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe = home / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise DyadcastError(
            f"cannot be written: {error.strerror}",
            where=str(home),
            do="set DYADCAST_HOME to a folder that can",
        ) from None


def _show(issued: "Forecast", every_row: bool, folder: str) -> None:
    from flows.report import record_lines
    from publish.terminal import forecast_table

    out = _out()
    out.print(f"{issued.theatre} as of {issued.as_of} ({issued.status}), issue {issued.issue_id}")
    out.print(forecast_table(issued, every_row))
    reasons = sorted({row.reason for row in issued.rows if row.reason})
    for reason in reasons:
        out.print(f"Note: {reason}.")
    age = (datetime.now(UTC).date() - issued.as_of).days
    if issued.status == "hindcast":
        out.print(f"A hindcast, {age} days late: from what was known on {issued.as_of}, no later.")
    elif age > 1:
        out.print(
            f"Mind: as_of is {age} days ago. Events are covered until {issued.data_as_of};"
            " nothing is said of the days since."
        )
    for line in record_lines(issued.mlflow_run_id):
        out.print(line)
    out.print(f"Data covered until {issued.data_as_of}. Files: ", end="")
    out.print(folder, soft_wrap=True)


@app.command()
def backtest(
    as_json: AsJson = False,
    predictions: Annotated[
        Path | None, typer.Option(help="write every out-of-sample forecast to this Parquet file")
    ] = None,
    theatre: TheatreName = "pak_afg",
) -> None:
    """Judge every model and baseline on weekly rolling origins since 2012.

    Example: dyadcast backtest --predictions forecasts.parquet
    """
    with _quiet(verbose=False):
        from flows.report import backtest as run
        from flows.report import score_lines

        scores, skill, record = run(theatre, _tell)
    if predictions:
        record.to_parquet(predictions, index=False)
    if as_json:
        print(json.dumps({"scores": _rows(scores), "skill": _rows(skill)}))
        return
    for line in score_lines(scores, skill):
        _out().print(line)


def _rows(frame: "pd.DataFrame") -> list[Any]:
    rows: list[Any] = json.loads(frame.to_json(orient="records"))
    return rows


@app.command()
def scores(
    as_of: AsOf = None,
    theatre: TheatreName = "pak_afg",
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="print CSV on standard output")] = False,
) -> None:
    """Print the latest published scores, or those of a day. Nothing is computed anew.

    Example: dyadcast scores --csv > scores.csv
    """
    from flows.settings import read_settings
    from publish.files import latest, read_issue
    from publish.forecast import to_json
    from publish.formats import csv_bytes
    from publish.terminal import forecast_table
    from theatres import load_theatre

    root, name = read_settings().published, load_theatre(theatre).name
    found = read_issue(root, name, as_of.date()) if as_of else latest(root, name)
    if as_json:
        print(to_json(found))
    elif as_csv:
        sys.stdout.write(csv_bytes(found).decode("utf-8"))
    else:
        _out().print(forecast_table(found, every_row=True))


@app.command()
def ingest(
    source: Annotated[str | None, typer.Argument(help="one source; by default all")] = None,
    path: Annotated[
        Path | None, typer.Option(help="a file (or folder) in the source's format, already here")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="from this day on (gdelt, acled)")
    ] = None,
    theatre: TheatreName = "pak_afg",
    verbose: Verbose = False,
) -> None:
    """Fetch what is new from the sources, or take in a file; what is known already changes nothing.

    Example: dyadcast ingest ucdp --path GEDEvent_v26_0_7.csv

    Exit status 1 where a source failed; the others are stored all the same.
    """
    if path and not source:
        raise DyadcastError("a path without its source", do="name the source, as in: ingest ucdp")
    with _job(theatre, verbose):
        from flows import steps
        from flows.ingest import run_ingest as run
        from flows.sources import stream_of
        from theatres import load_theatre

        if source:
            stream_of(source, load_theatre(theatre))
        steps.hear_part(_tell_part)
        day = since.date() if since else None
        outcomes = run(theatre, source, path, day)
    for each in outcomes:
        for refusal in each.ingested.refusals[:REFUSALS_SHOWN]:
            _say(refusal.message)
        if (more := len(each.ingested.refusals) - REFUSALS_SHOWN) > 0:
            _say(f"and {more:,} more: dyadcast events list --refused")
        print(f"{each.source}: {each.status}: {each.told}")
    if (failed := sum(each.status == "failed" for each in outcomes)) and len(outcomes) > 1:
        print("partial" if failed < len(outcomes) else "failed")
    if failed:
        raise typer.Exit(1)


@app.command()
def streams(theatre: TheatreName = "pak_afg", as_json: AsJson = False) -> None:
    """Show each source: when it was last asked, its newest event, how far behind it is.

    Example: dyadcast streams
    """
    from flows import steps
    from flows.report import stream_rows, stream_table
    from flows.settings import read_settings

    rows = stream_rows(
        steps.streams_health(read_settings(), theatre), datetime.now(UTC).replace(tzinfo=None)
    )
    if as_json:
        print(json.dumps(rows))
    else:
        _out().print(stream_table(rows))


@app.command()
def train(
    theatre: TheatreName = "pak_afg",
    promote_because: Annotated[
        str, typer.Option(help="promote whatever the gate says, for this reason (it is kept)")
    ] = "",
    verbose: Verbose = False,
) -> None:
    """Train a challenger as of the newest day that the events cover; the gate decides.

    Example: dyadcast train
    """
    with _job(theatre, verbose):
        from flows.daily import train as run
        from flows.report import score_lines

        logged = run(theatre, because=promote_because)
    for line in score_lines(logged.scores, logged.skill):
        _out().print(line)
    if logged.decision:
        said = "promoted" if logged.decision.promoted else "refused"
        _out().print(f"The gate: {said}: {logged.decision.reason}")


@app.command()
def models(theatre: TheatreName = "pak_afg", as_json: AsJson = False) -> None:
    """Show the registered models, which is the champion, and why the gate let it through.

    Example: dyadcast models
    """
    with _quiet(verbose=False):
        from flows.report import model_lines, model_rows

        rows = model_rows(theatre)
    if as_json:
        print(json.dumps(rows))
        return
    for line in model_lines(rows):
        _out().print(line)


@app.command()
def schedule(theatre: TheatreName = "pak_afg") -> None:
    """Serve the flows on the theatre's cron lines, until stopped: ingest, then the forecast.

    Example: PREFECT_API_URL=http://127.0.0.1:4200/api dyadcast schedule
    """
    from flows.schedule import serve

    serve(theatre, _say)


@app.command()
def verify(theatre: TheatreName = "pak_afg") -> None:
    """Recompute the archive's hash chain and hold it against the published head.

    Example: dyadcast verify
    """
    from flows.settings import read_settings
    from publish.archive import Archive
    from publish.files import published_head
    from streams.store import connect
    from theatres import load_theatre

    settings, name = read_settings(), load_theatre(theatre).name
    found = Archive(connect(settings.database_url)).verify(
        name, published_head(settings.published, name)
    )
    for fault in found.faults:
        _say(fault)
    print(
        f"{name}: {found.count} issues, head {found.head.hash[:16]}, "
        + ("the chain holds" if found.holds else f"{len(found.faults)} faults")
    )
    if not found.holds:
        raise typer.Exit(1)


@events.command("list")
def list_events(
    as_of: AsOf = None,
    kind: Annotated[str | None, typer.Option("--type", help="only this event type")] = None,
    last: Annotated[int, typer.Option(help="how many, the newest last")] = 20,
    refused: Annotated[bool, typer.Option("--refused", help="list refused rows instead")] = False,
) -> None:
    """List the stored events as known on a day.

    Example: dyadcast events list --as-of 2025-11-15 --type mediation_offer
    """
    from rich.table import Table

    from flows import steps
    from flows.settings import read_settings
    from streams.event import FAMILIES

    if kind is not None and kind not in FAMILIES:
        known = ", ".join(sorted(FAMILIES))
        raise DyadcastError("no such event type", found=kind, expected=f"one of {known}")
    store = steps.open_store(read_settings())
    if refused:
        for row in store.quarantined().to_dict("records"):
            state = "resolved" if row["resolved"] else "open"
            print(
                f"{row['file']}, line {row['line']}, column {row['column']}: found "
                f"{row['found']}, expected {row['expected']} ({state})"
            )
        return
    found = store.events(as_of.date() if as_of else date.max)
    found = found if kind is None else found[found["type"] == kind]
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("occurred", "known", "type", "actor", "segment"):
        table.add_column(name, no_wrap=True)
    table.add_column("summary", overflow="fold")
    for event in found.tail(last).to_dict("records"):
        dates = (f"{event[name]:%Y-%m-%d}" for name in ("occurred_on", "known_at"))
        table.add_row(*dates, *(event[n] for n in ("type", "actor", "segment", "summary")))
    _out().print(table)


@events.command("check")
def check_events(
    file: Annotated[Path, typer.Argument(help="a file in the chronicle's format")],
) -> None:
    """Check a file of events, store nothing; exit status 1 where a row would be refused.

    Example: dyadcast events check events.csv
    """
    from streams import chronicle

    reading = chronicle.read(file)
    for refusal in reading.refusals:
        _say(refusal.message)
    print(f"{file}: {len(reading.frame)} good rows, {len(reading.refusals)} refused")
    if reading.refusals:
        raise typer.Exit(1)


@events.command("load")
def load_events(
    file: Annotated[Path, typer.Argument(help="a file in the chronicle's format")],
    covered_until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="the last day whose silence now means calm"),
    ] = None,
) -> None:
    """Load a file of events; refused rows are told and kept aside, the good ones land.

    Example: dyadcast events load april.csv --covered-until 2026-04-30
    """
    from flows import steps
    from flows.settings import read_settings

    settings, now = read_settings(), datetime.now(UTC)
    _make(settings.home)
    landed = steps.ingest(settings, now, file)
    if covered_until:
        steps.extend_coverage(settings, covered_until.date(), now)
    for refusal in landed.refusals:
        _say(refusal.message)
    print(
        f"{file}: {landed.read} rows read, {landed.new} new, {landed.revised} revised, "
        f"{landed.unchanged} unchanged, {landed.refused} refused"
    )
    if landed.refused:
        raise typer.Exit(1)


@events.command("add")
def add_event(
    kind: Annotated[str, typer.Option("--type", prompt=True, help="an event type")],
    on: Annotated[str, typer.Option(prompt="on (YYYY-MM-DD)", help="the day it happened")],
    actor: Annotated[str, typer.Option(prompt=True, help="who acts, as PAK")],
    target: Annotated[str, typer.Option(prompt=True, help="towards whom, as AFG")],
    summary: Annotated[str, typer.Option(prompt=True, help="one sentence")],
    until: Annotated[str, typer.Option(help="its last day")] = "",
    known_at: Annotated[str, typer.Option(help="when it became known; by default now")] = "",
    place: Annotated[str, typer.Option(help="where, as reported")] = "",
    segment: Annotated[str, typer.Option(help="the border segment; by default its point's")] = "",
    lat: Annotated[str, typer.Option(help="decimal degrees")] = "",
    lon: Annotated[str, typer.Option(help="decimal degrees")] = "",
    mediators: Annotated[str, typer.Option(help="codes joined by ;")] = "",
    deaths: Annotated[str, typer.Option(help="the best figure, all sides together")] = "",
    url: Annotated[str, typer.Option(help="where it was reported")] = "",
    confidence: Annotated[str, typer.Option(help="high, medium or low")] = "",
    theatre: TheatreName = "pak_afg",
) -> None:
    """Add one event of your own, by flags or by answering questions.

    Example: dyadcast events add --type threat --on 2026-04-02 --actor PAK --target AFG --summary S
    """
    from flows import steps
    from flows.settings import read_settings

    settings = read_settings()
    _make(settings.home)
    told = {
        "type": kind,
        "occurred_on": on,
        "actor": actor,
        "target": target,
        "url": url,
        "summary": summary,
        "ended_on": until,
        "known_at": known_at,
        "place": place,
        "segment": segment,
        "lat": lat,
        "lon": lon,
        "mediators": mediators,
        "deaths_best": deaths,
        "confidence": confidence,
    }
    event, landed = steps.add_event(settings, theatre, told, datetime.now(UTC))
    state = "stored" if landed.new else "revised" if landed.revised else "there already"
    print(f"{event.event_id}: {event.occurred_on} {event.type}, {state}")


@events.command("retract")
def retract_event(
    event_id: Annotated[str, typer.Argument(help="the event's id")],
    source: Annotated[str, typer.Option(help="the source it came from")] = "analyst",
) -> None:
    """Retract an event: it is gone from now on, and stays in views of before.

    Example: dyadcast events retract 3f2a90c1b2d4e5f6
    """
    from flows import steps
    from flows.settings import read_settings

    landed = steps.retract_event(read_settings(), source, event_id, datetime.now(UTC))
    print(f"{event_id}: " + ("retracted" if landed.retracted else "retracted already"))


def main() -> None:
    """Run the command line; a person's error is one line on standard error, exit status 1."""
    try:
        app()
    except DyadcastError as error:
        _say(f"dyadcast: {error}")
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
