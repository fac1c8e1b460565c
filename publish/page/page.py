"""The page of one issue: a single HTML file that needs no network, drawn from values alone."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

from publish.contract.context import Context, CountSkill
from publish.contract.forecast import Forecast, ForecastError, Row
from publish.contract.older import completed
from publish.page import timeline
from publish.page.past import past_values
from publish.page.sketch import sketch_of
from publish.text import words
from publish.text.age import gap_told
from theatres import DYAD, Theatre

TEMPLATES: Final = Path(__file__).parent / "templates"
CLOSURE: Final = "closure"
SHADES: Final = 5
BYTES_MAX: Final = 400_000
# How many events are listed: the fewer, the larger the rest of the page is.
LISTED: Final = (220, 100, 30, 0)
FILTERS: Final = (
    *(
        "percent",
        "band",
        "count",
        "signed",
        "exact",
        "day",
        "days",
        "months",
        "plain",
        "headed",
        "cut",
        "begun",
        "sources",
    ),
)


@dataclass(frozen=True, slots=True)
class Banner:
    """What a reader must know before any number."""

    title: str
    text: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a sum, in percentage points, and its bar in percent of the width."""

    name: str
    label: str
    points: float
    left: float
    width: float


def page_html(
    forecast: Forecast, context: Context, theatre: Theatre, now: datetime, methods_url: str = ""
) -> str:
    """The page as the text of one HTML file, at most 400 KB, without anything from elsewhere.

    Every number is the forecast's own, rounded for show, its full value in `data-value`. `now`
    says how old the forecast is. `methods_url` is linked as the description of the method.
    Raises ForecastError where `now` has no time zone or the theatre is another one.
    """
    if now.tzinfo is None:
        raise ForecastError("now has no time zone", found=now, expected="a moment with a zone")
    if forecast.theatre != theatre.name:
        raise ForecastError(
            "the forecast is of another theatre", found=forecast.theatre, expected=theatre.name
        )
    today, forecast = now.astimezone(UTC).date(), completed(forecast, theatre)
    values = _about(forecast, theatre, today) | _border(forecast, theatre)
    values |= {"count_tables": count_tables(forecast, context, theatre)}
    values |= past_values(forecast, context, theatre) | {"methods_url": methods_url}
    template = _environment().get_template("page.html.j2")
    for limit in LISTED:
        values["events"] = timeline.listed(values["span_events"], limit)
        page = template.render(values)
        if len(page.encode()) <= BYTES_MAX:
            break
    return page


def banners(forecast: Forecast, theatre: Theatre) -> tuple[Banner, ...]:
    """What the issue's status obliges to say: stale, partial, hindcast or no forecast; where it is
    ok that its knowledge ends long before as_of, if it does."""
    reasons = tuple(dict.fromkeys(row.reason for row in forecast.rows if row.reason))
    banner_of = {
        "stale": (
            "The data behind this forecast are late.",
            f"They are complete until {words.day(forecast.data_as_of)} only. Read every number"
            " with more doubt than its interval shows.",
        ),
        "partial": (
            f"There is no number for {theatre.headline.event} in this issue.",
            "The numbers below are of other things; of this nothing is said, neither high nor low.",
        ),
        "hindcast": (
            "This is a hindcast, not a live forecast.",
            f"It was made on {words.day(forecast.issued_at.date())} for"
            f" {words.day(forecast.as_of)}, by models that saw nothing known after that day.",
        ),
        "no_forecast": (
            "There is no forecast in this issue.",
            "Nothing is said of the risk, neither high nor low.",
        ),
    }
    if forecast.status not in banner_of:
        gap = gap_told(forecast, theatre)
        title = f"What is known ends on {words.day(forecast.data_as_of)}."
        return (Banner(title, gap, ()),) if gap else ()
    return (Banner(*banner_of[forecast.status], reasons),)


def steps(parts: Sequence[tuple[str, float]], start: float, labels: dict[str, str]) -> list[Step]:
    """The parts as bars that follow on each other, the first from `start`; all in points."""
    ends = list(accumulate((points for _, points in parts), initial=start))
    low, span = min(ends), max(ends) - min(ends) or 1.0
    return [
        Step(
            name,
            labels.get(name, words.plain(name)),
            points,
            round(100 * (min(begin, end) - low) / span, 2),
            round(100 * abs(end - begin) / span, 2),
        )
        for (name, points), begin, end in zip(parts, ends, ends[1:], strict=False)
    ]


@dataclass(frozen=True, slots=True)
class Counted:
    """A count in one unit and window: a row a threshold."""

    unit: str
    window: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class CountTable:
    """A group of counts: what is counted, the thresholds, a line a unit and window.

    `more` are the windows of days other than the one nearest to 30; `record` says how good its past
    forecasts were.
    """

    meaning: str
    thresholds: tuple[float, ...]
    lines: tuple[Counted, ...]
    more: tuple[Counted, ...]
    record: tuple[CountSkill, ...]


def count_tables(forecast: Forecast, context: Context, theatre: Theatre) -> tuple[CountTable, ...]:
    """The issue's counts in its order, a table a group."""
    groups: dict[str, dict[tuple[str, str], list[Row]]] = {}
    for row in forecast.rows:
        if row.counts:
            start, end = row.target_start_date, row.target_end_date
            window = f"to {words.day(end)}" if start is None else words.month(start)
            group = groups.setdefault(row.measure, {})
            group.setdefault((row.unit, window), []).append(row)
    return tuple(_count_table(name, group, context, theatre) for name, group in groups.items())


def _count_table(
    name: str, group: dict[tuple[str, str], list[Row]], context: Context, theatre: Theatre
) -> CountTable:
    lines = [Counted(*key, tuple(rows)) for key, rows in group.items()]
    days = {each.rows[0].horizon_days for each in lines if not each.rows[0].target_start_date}
    nearest = min(days, key=lambda horizon: abs(horizon - theatre.headline.days), default=None)
    shown = [not days or each.rows[0].horizon_days == nearest for each in lines]
    return CountTable(
        theatre.counts[name].meaning if name in theatre.counts else words.plain(name),
        tuple(dict.fromkeys(row.threshold or 0.0 for each in lines for row in each.rows)),
        tuple(each for each, here in zip(lines, shown, strict=True) if here),
        tuple(each for each, here in zip(lines, shown, strict=True) if not here),
        tuple(each for each in context.counts if each.group == name),
    )


def _about(forecast: Forecast, theatre: Theatre, today: date) -> dict[str, Any]:
    age = (today - forecast.as_of).days
    dyad = [row for row in forecast.rows if row.unit == DYAD and not row.counts]
    first = [row for row in dyad if row.target == theatre.headline.target]
    targets = dict.fromkeys(row.target for row in dyad if row not in first)
    hero = min(first, key=lambda row: abs(row.horizon_days - theatre.headline.days), default=None)
    split = hero.change_split if hero is not None else None
    return {
        "forecast": forecast,
        "theatre": theatre,
        "today": today,
        "age": age,
        "old": age > theatre.stale_after_days,
        "old_after": theatre.stale_after_days,
        "banners": banners(forecast, theatre),
        "hero": hero,
        "headline": theatre.headline,
        "first": first,
        "others": [(target, [r for r in dyad if r.target == target]) for target in targets],
        "drivers": _drivers(hero),
        "moved": steps(split, 0.0, words.SPLIT) if split else [],
        "shades": _shades(forecast),
    }


def _drivers(row: Row | None) -> list[Step]:
    if row is None or row.baseline_probability is None:
        return []
    return steps(row.drivers, 100 * row.baseline_probability, words.DRIVERS)


def _shades(forecast: Forecast) -> dict[str, int]:
    """The shade, 1 to 5, of each level by its name."""
    last = max(len(forecast.levels) - 1, 1)
    return {v.name: 1 + round(n * (SHADES - 1) / last) for n, v in enumerate(forecast.levels)}


def _border(forecast: Forecast, theatre: Theatre) -> dict[str, Any]:
    names, target, wanted = theatre.segment_names, theatre.headline.target, theatre.headline.days
    horizons = {row.horizon_days for row in forecast.rows if row.key[:2] in _of(target, names)}
    horizon = min(horizons, key=lambda days: abs(days - wanted), default=wanted)
    return {
        "segments": [(s, forecast.row(s.name, target, horizon)) for s in theatre.segments],
        "segment_horizon": horizon,
        "sketch": sketch_of(theatre),
        **_crossings(forecast, theatre),
    }


def _crossings(forecast: Forecast, theatre: Theatre) -> dict[str, Any]:
    """Of each segment with a crossing its closures by horizon, and one reason if none is told."""
    segments = [segment for segment in theatre.segments if segment.crossings]
    wanted = _of(CLOSURE, [segment.name for segment in segments])
    horizons = sorted({row.horizon_days for row in forecast.rows if row.key[:2] in wanted})
    crossings = []
    for segment in segments:
        rows = [forecast.row(segment.name, CLOSURE, days) for days in horizons]
        absent = [row for row in rows if row is not None and row.status == "no_forecast"]
        silent = len(absent) == len(rows) and len({row.reason for row in absent}) == 1
        if any(rows):
            crossings.append((segment, rows, absent[0] if silent else None))
    return {"closure_horizons": horizons, "crossings": crossings}


def _of(target: str, units: Sequence[str]) -> set[tuple[str, str]]:
    return {(unit, target) for unit in units}


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in FILTERS:
        environment.filters[name] = getattr(words, name)
    style = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    environment.globals |= {
        "words": words,
        "style": Markup(style),  # noqa: S704 (a file of this package)
        "script": Markup(script),  # noqa: S704 (a file of this package)
        "script_digest": digest,
    }
    return environment
