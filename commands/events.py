"""Commands for the events that forecasts are made from."""

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Final

import typer

from commands.console import AsOf, TheatreName, make_home, out, say
from commands.incidents import show_event
from errors import DyadcastError

FIELDS: Final[tuple[tuple[str, str, str | None, str], ...]] = (
    ("type", "--type", "Type", "an event type"),
    ("occurred_on", "--on", "on (YYYY-MM-DD)", "the day it happened"),
    ("actor", "--actor", "Actor", "who acts, as RUS"),
    ("target", "--target", "Target", "towards whom, as USA"),
    ("summary", "--summary", "Summary", "one sentence"),
    ("ended_on", "--until", None, "its last day"),
    ("known_at", "--known-at", None, "when it became known; by default now"),
    ("place", "--place", None, "where, as reported"),
    ("segment", "--segment", None, "the border segment; by default its point's"),
    ("lat", "--lat", None, "decimal degrees"),
    ("lon", "--lon", None, "decimal degrees"),
    ("mediators", "--mediators", None, "codes joined by ;"),
    ("deaths_best", "--deaths", None, "the best figure, all sides together"),
    ("url", "--url", None, "where it was reported"),
    ("confidence", "--confidence", None, "high, medium or low"),
)
"""An event's fields: the option, the question where it must be given, and what it means."""
app = typer.Typer(help="The events that forecasts are made from.", no_args_is_help=True)
app.command("show")(show_event)


@app.command("list")
def list_events(
    as_of: AsOf = None,
    kind: Annotated[str | None, typer.Option("--type", help="only this event type")] = None,
    last: Annotated[int, typer.Option(help="how many, the newest last")] = 20,
    refused: Annotated[bool, typer.Option("--refused", help="list refused rows instead")] = False,
    theatre: TheatreName = "",
) -> None:
    """List the stored events as known on a day.

    Example: dyadcast events list --as-of 2025-11-15 --type mediation_offer
    """
    from rich.table import Table

    from flows.pipeline import knowledge
    from flows.pipeline.settings import read_settings
    from streams.events.event import FAMILIES
    from theatres import load_theatre

    if kind is not None and kind not in FAMILIES:
        known = ", ".join(sorted(FAMILIES))
        raise DyadcastError("no such event type", found=kind, expected=f"one of {known}")
    store = knowledge.open_store(read_settings(), load_theatre(theatre))
    if refused:
        for row in store.quarantined().to_dict("records"):
            state = "resolved" if row["resolved"] else "open"
            print(
                f"{row['file']}, line {row['line']}, column {row['column']}: found "
                f"{row['found']}, expected {row['expected']} ({state})"
            )
        return
    frame = store.events(as_of.date() if as_of else date.max)
    frame = frame if kind is None else frame[frame["type"] == kind]
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("occurred", "known", "type", "actor", "segment"):
        table.add_column(name, no_wrap=True)
    table.add_column("summary", overflow="fold")
    for event in frame.tail(last).to_dict("records"):
        dates = (f"{event[name]:%Y-%m-%d}" for name in ("occurred_on", "known_at"))
        table.add_row(*dates, *(event[n] for n in ("type", "actor", "segment", "summary")))
    out().print(table)


@app.command("check")
def check_events(
    file: Annotated[Path, typer.Argument(help="a file in the chronicle's format")],
) -> None:
    """Check a file of events, store nothing; exit status 1 where a row would be refused.

    Example: dyadcast events check events.csv
    """
    from streams.sources import chronicle

    reading = chronicle.read(file)
    for refusal in reading.refusals:
        say(refusal.message)
    print(f"{file}: {len(reading.frame)} good rows, {len(reading.refusals)} refused")
    if reading.refusals:
        raise typer.Exit(1)


@app.command("load")
def load_events(
    file: Annotated[Path, typer.Argument(help="a file in the chronicle's format")],
    covered_until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="the last day whose silence now means calm"),
    ] = None,
    by: Annotated[
        str, typer.Option(help="who says that it is covered; asked for where the file has no event")
    ] = "",
    theatre: TheatreName = "",
) -> None:
    """Load a file of events; refused rows are told and kept aside, the good ones land.

    Example: dyadcast events load april.csv --covered-until 2026-04-30

    A day before the one that stands takes coverage back. A file with refused rows covers nothing.
    """
    from flows.pipeline import knowledge
    from flows.pipeline.settings import read_settings
    from streams.sources import chronicle
    from theatres import load_theatre

    settings, now = read_settings(), datetime.now(UTC)
    make_home(settings.home)
    landed = knowledge.ingest(settings, theatre, now, file)
    if covered_until and not landed.refused:
        by = by.strip() or _who(file, landed.read, covered_until.date())
        store = knowledge.open_store(settings, load_theatre(theatre))
        chronicle.cover_until(store, covered_until.date(), now.replace(tzinfo=None), by)
    for refusal in landed.refusals:
        say(refusal.message)
    print(
        f"{file}: {landed.read} rows read, {landed.new} new, {landed.revised} revised, "
        f"{landed.unchanged} unchanged, {landed.refused} refused"
    )
    if landed.refused:
        if covered_until:
            say("coverage stays as it was: nobody knows what the refused rows tell")
        raise typer.Exit(1)


def _who(file: Path, rows: int, until: date) -> str:
    """Who says that silence means calm where a file shows nothing that was seen: asked for."""
    if rows:
        return ""
    if not sys.stdin.isatty():
        raise DyadcastError(
            f"no event in it, and nobody says that there was none until {until}",
            where=str(file),
            do="name who says so: --by NAME",
        )
    name: str = typer.prompt(f"{file} holds no event. Who says that there was none until {until}?")
    return name.strip()


def _with_options(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for each of FIELDS, beside those that it names itself."""
    named = [
        each
        for each in signature(command).parameters.values()
        if each.kind is not Parameter.VAR_KEYWORD
    ]
    options = [
        Parameter(
            field,
            Parameter.KEYWORD_ONLY,
            default="" if prompt is None else Parameter.empty,
            annotation=Annotated[str, typer.Option(flag, prompt=prompt or False, help=meaning)],
        )
        for field, flag, prompt, meaning in FIELDS
    ]
    command.__signature__ = Signature([*options, *named])  # type: ignore[attr-defined]
    return command


@app.command("add")
@_with_options
def add_event(*, theatre: TheatreName = "", **fields: str) -> None:
    """Add one event of your own, by flags or by answering questions.

    Example: dyadcast events add --type threat --on 2026-04-02 --actor RUS --target USA --summary S
    """
    from flows.pipeline import knowledge
    from flows.pipeline.settings import read_settings

    settings = read_settings()
    make_home(settings.home)
    event, landed = knowledge.add_event(settings, theatre, fields, datetime.now(UTC))
    state = "stored" if landed.new else "revised" if landed.revised else "there already"
    print(f"{event.event_id}: {event.occurred_on} {event.type}, {state}")


@app.command("retract")
def retract_event(
    event_id: Annotated[str, typer.Argument(help="the event's id")],
    source: Annotated[str, typer.Option(help="the source it came from")] = "analyst",
    theatre: TheatreName = "",
) -> None:
    """Retract an event: it is gone from now on, and stays in views of before.

    Example: dyadcast events retract 3f2a90c1b2d4e5f6
    """
    from flows.pipeline import knowledge
    from flows.pipeline.settings import read_settings

    landed = knowledge.retract_event(read_settings(), theatre, source, event_id, datetime.now(UTC))
    print(f"{event_id}: " + ("retracted" if landed.retracted else "retracted already"))
