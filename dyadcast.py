"""The command line: which commands there are; each is in commands/."""

import sys

import typer

from commands import (
    alerts,
    conformance,
    database,
    desk,
    events,
    forecasts,
    keys,
    read,
    reading,
    scoreboard,
    serving,
    sources,
)
from errors import DyadcastError

app = typer.Typer(
    help="Forecasts the risk that a conflict between two states escalates.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    forecasts.forecast,
    forecasts.scores,
    sources.ingest,
    sources.streams,
    read.read,
    desk.coders,
    forecasts.train,
    forecasts.models,
    forecasts.deaths,
    forecasts.backtest,
    forecasts.schedule,
    forecasts.verify,
    scoreboard.resolve,
    scoreboard.scoreboard,
    reading.brief,
    reading.page,
    serving.api,
    conformance.conformance,
):
    app.command()(command)
app.add_typer(events.app, name="events")
app.add_typer(desk.app, name="desk")
app.add_typer(alerts.app, name="alerts")
app.add_typer(keys.app, name="keys")
app.add_typer(database.app, name="database")


def main() -> None:
    """Run the command line; a person's error is one line on standard error, exit status 1."""
    try:
        app()
    except DyadcastError as error:
        print(f"dyadcast: {error}", file=sys.stderr, flush=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
