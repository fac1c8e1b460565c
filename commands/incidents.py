"""Commands that show an incident with its reports, and how the sources report."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.console import AsJson, AsOf, TheatreName, out

if TYPE_CHECKING:
    import pandas as pd

    from flows.pipeline.incidents import Incident

SHOWN = ("source", "event_id", "occurred_on", "ended_on", "type", "actor", "target", "place")
WHY = ("rule", "days", "km", "beside")


def show_event(
    event_id: Annotated[str, typer.Argument(help="an event's id, or source:id")],
    as_of: AsOf = None,
    as_json: AsJson = False,
    theatre: TheatreName = "",
) -> None:
    """Show the incident that an event belongs to: every report of it, and why each is one.

    Example: dyadcast events show chronicle:2023-10-04:1
    """
    from flows.pipeline.incidents import find_incident
    from flows.pipeline.settings import read_settings

    day = as_of.date() if as_of else datetime.now(UTC).date()
    incident = find_incident(read_settings(), theatre, event_id, day)
    if as_json:
        print(json.dumps(incident_json(incident), ensure_ascii=False))
        return
    for line in incident_lines(incident):
        out().print(line, markup=False, soft_wrap=True)


def incident_json(incident: "Incident") -> dict[str, Any]:
    """The incident as JSON gives it: id, deaths, reports with their reasons, sums and parts."""
    row = incident.row
    return {
        "incident": row["incident"],
        "deaths": {name: _number(row[name]) for name in ("low", "best", "high")},
        "reports": [
            {name: _plain(report[name]) for name in (*SHOWN, *WHY, "summary", "url")}
            | {f"deaths_{name}": _number(report[f"deaths_{name}"]) for name in _FIGURES}
            for report in incident.reports.to_dict("records")
        ],
        "within": incident.sums["incident"].tolist(),
        "sums": incident.parts["incident"].tolist(),
    }


_FIGURES = ("low", "best", "high")


def incident_lines(incident: "Incident") -> Iterator[str]:
    """The incident in words: what, its deaths, each report, why it is one, sums and parts."""
    row = incident.row
    count = len(incident.reports)
    yield (
        f"{row['incident']}: {_days(row)} {row['type']}, {row['actor']} and {row['target']},"
        f" {row['place'] or 'place not told'}"
    )
    beyond = " beyond its parts" if row["sums"] else ""
    yield f"{count} report{'s' * (count > 1)}; deaths {_deaths(row, _FIGURES)}{beyond}"
    for report in incident.reports.to_dict("records"):
        figures = _deaths(report, [f"deaths_{name}" for name in _FIGURES])
        yield (
            f"\n{report['source']} {report['event_id']}: {_days(report)} {report['type']},"
            f" {report['place'] or 'place not told'}; deaths {figures}"
        )
        yield f"  {report['summary']}"
        yield f"  {_reason(report)}"
    for others, words in ((incident.sums, "told again in"), (incident.parts, "tells again")):
        for other in others.to_dict("records"):
            yield f"\n{words} {other['incident']}: {_days(other)}, {other['summary']}"


def _reason(report: Any) -> str:
    if not report["rule"]:
        return "no report of another source is one with it"
    km = "" if report["km"] != report["km"] else f", {report['km']:.0f} km"
    days = f"{report['days']} day{'s' * (report['days'] != 1)} apart"
    return f"one with {report['beside']}: {report['rule']} ({days}{km})"


def _days(row: Any) -> str:
    first, last = (f"{row[name]:%Y-%m-%d}" for name in ("occurred_on", "ended_on"))
    return first if first == last else f"{first} to {last}"


def _deaths(row: Any, names: "list[str] | tuple[str, ...]") -> str:
    low, best, high = (_number(row[name]) for name in names)
    if low is best is high is None:
        return "not told"
    figure = "?" if best is None else str(best)
    plain = {low, high} <= {best, None}
    return figure if plain else f"{figure} ({_or(low)} to {_or(high)})"


def _or(number: int | None) -> str:
    return "?" if number is None else str(number)


def _number(value: Any) -> int | None:
    import pandas as pd

    return None if pd.isna(value) else round(value)


def _plain(value: Any) -> Any:
    if hasattr(value, "strftime"):
        return f"{value:%Y-%m-%d}"
    return None if value != value else value


def show_reporting(theatre: str, as_of: date, as_json: bool) -> None:
    """Prints how fast each source tells and which share, as a table or as JSON."""
    from flows.pipeline.incidents import reporting_of
    from flows.pipeline.settings import read_settings

    delays, shares = reporting_of(read_settings(), theatre, as_of)
    if as_json:
        tables = {"delay": delays, "detection": shares.astype({"start": "str", "end": "str"})}
        rows = {name: json.loads(t.to_json(orient="records")) for name, t in tables.items()}
        print(json.dumps(rows))
        return
    out().print(reporting_table(delays, shares))


def reporting_table(delays: "pd.DataFrame", shares: "pd.DataFrame") -> Any:
    """One table: of each source a line with its delay, and under it its share by kind and years."""
    from rich.table import Table

    from streams.incidents.delays import AFTER

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("source", "what"):
        table.add_column(name, no_wrap=True)
    table.add_column("events", justify="right", no_wrap=True)
    for days in AFTER:
        table.add_column(f"{days} d", justify="right", no_wrap=True)
    table.add_column("share, 90%", no_wrap=True)
    for row in delays.to_dict("records"):
        own = shares[shares["source"] == row["source"]]
        marks = [_percent(row[f"share_{days}"]) for days in AFTER]
        unknown = "not known" if own.empty else ""
        table.add_row(str(row["source"]), "told within", f"{row['events']:,}", *marks, unknown)
        if row["simulated"]:
            table.add_row("", "dated by a calendar", f"{row['simulated']:,}", *[""] * len(marks))
        for each in own.to_dict("records"):
            what = f"{each['kind']} {each['start'].year}-{each['end'].year}"
            counts = f"{each['both']} of {each['others']}"
            table.add_row("", what, counts, *[""] * len(marks), _share(each))
    return table


def _share(row: Any) -> str:
    if row["share"] != row["share"]:
        return "not known"
    return f"{_percent(row['share'])} ({100 * row['low']:.0f}-{_percent(row['high'])})"


def _percent(share: float) -> str:
    return "-" if share != share else f"{100 * share:.0f}%"
