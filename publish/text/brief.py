"""The brief: an issue in one page of plain words, each sentence made from rows that it names."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from publish.contract.context import Context
from publish.contract.forecast import Forecast, Row
from publish.text import words
from publish.text.age import gap_told, why_stale
from theatres import DYAD, Theatre

WATCHED: Final = 3
"""Segments, and recent events, that are named."""
COLUMNS: Final = (46, 18, 36, 20, 22, 24)
"""Widths of the table in the PDF, to each other."""
RECENT: Final = timedelta(days=30)
LOUD: Final = ("force", "breakdown", "conciliation")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, and what it is made from: rows (unit/target/days) or a part of the context."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Brief:
    """A brief as sections of sentences, and the table of the dyad's numbers."""

    title: str
    warning: str
    table: tuple[tuple[str, ...], ...]
    sections: tuple[tuple[str, tuple[Sentence, ...]], ...]
    footer: str
    made_at: datetime


def brief_of(forecast: Forecast, context: Context, theatre: Theatre, now: datetime) -> Brief:
    """The issue's brief, as it reads at `now`. Every number is the row's own, rounded for show."""
    stale = why_stale(forecast, theatre, now.date())
    return Brief(
        title=f"{theatre.title}: risk of escalation, as of {words.day(forecast.as_of)}",
        warning=f"{words.begun(stale)}." if stale else gap_told(forecast, theatre),
        table=tuple(_table(forecast, theatre)),
        sections=(
            ("The numbers", tuple(_numbers(forecast, theatre))),
            ("What moved them", tuple(_moves(forecast, theatre))),
            ("What to watch", tuple(_watch(forecast, context, theatre))),
            ("How sure", tuple(_sure(forecast, context, theatre))),
        ),
        footer=(
            f"Issue {forecast.issue_id}, made {forecast.issued_at:%Y-%m-%d %H:%M} UTC by method"
            f" {forecast.method_version}. Events are covered until"
            f" {words.day(forecast.data_as_of)}. In brackets stands the row a sentence is made"
            " from: unit/target/days."
        ),
        made_at=forecast.issued_at,
    )


def _table(forecast: Forecast, theatre: Theatre) -> Iterator[tuple[str, ...]]:
    yield ("What", "Within", "Risk (80% interval)", "Base rate", "Level", "Change")
    for row in forecast.rows:
        if row.unit != DYAD:
            continue
        name = theatre.label(row.target)
        within = words.days(row.horizon_days)
        if row.probability is None:
            yield (name, within, "no forecast", "", "", "")
            continue
        change = "" if row.change is None else f"{words.signed(100 * row.change)} points"
        yield (name, within, _risk(row), _base(row), str(row.level), change)


def _risk(row: Row) -> str:
    if row.probability is None or row.probability_low is None or row.probability_high is None:
        return "no forecast"
    interval = words.band(row.probability_low, row.probability_high)
    return f"{words.percent(row.probability)} ({interval})"


def _base(row: Row) -> str:
    return "" if row.baseline_probability is None else words.percent(row.baseline_probability)


def _source(row: Row) -> str:
    return "/".join(map(str, row.key))


def _numbers(forecast: Forecast, theatre: Theatre) -> Iterator[Sentence]:
    headline, row = theatre.headline, forecast.row(*theatre.headline.key)
    if row is None or row.probability is None or row.baseline_probability is None:
        reason = row.reason if row else "the issue has no such row"
        yield Sentence(
            f"No risk of {headline.event} within {headline.days} days is given: {reason}.",
            "/".join(map(str, theatre.headline.key)),
        )
        return
    lean = row.probability - row.baseline_probability
    against = "above" if lean > 0 else "below"
    base = words.percent(row.baseline_probability)
    yield Sentence(
        f"The risk of {headline.event} within {row.horizon_days} days is {_risk(row)}:"
        f" level {row.level}, {abs(100 * lean):.1f} points {against} the base rate of {base}.",
        _source(row),
    )
    for other in forecast.rows:
        if other.unit == DYAD and other.target in headline.also and other.probability is not None:
            yield Sentence(
                f"{words.begun(theatre.event(other.target))} within {other.horizon_days} days:"
                f" {_risk(other)}, against a base rate of {_base(other)}.",
                _source(other),
            )


def _moves(forecast: Forecast, theatre: Theatre) -> Iterator[Sentence]:
    key = theatre.headline.key
    row = forecast.row(*key)
    if row is None or row.probability is None:
        yield Sentence("There is no number that could have moved.", "/".join(map(str, key)))
        return
    if row.change is None:
        yield Sentence("There is no issue before this one to compare with.", _source(row))
    else:
        parts = ", ".join(
            f"{words.SPLIT.get(name, words.plain(name)).lower()} {words.signed(points)}"
            for name, points in row.change_split or ()
        )
        ending = f": {parts}" if parts else ""
        yield Sentence(
            f"Since the last issue it moved by {words.signed(100 * row.change)} points{ending}.",
            _source(row),
        )
    named = ", ".join(
        f"{words.DRIVERS.get(name, words.plain(name)).lower()} {words.signed(points)}"
        for name, points in row.drivers[:4]
    )
    if named:
        yield Sentence(
            f"Against the base rate, in points: {named}. This is association, not cause.",
            _source(row),
        )


def _watch(forecast: Forecast, context: Context, theatre: Theatre) -> Iterator[Sentence]:
    days = theatre.headline.days
    for target in theatre.headline.watched:
        rows = [
            row
            for row in forecast.rows
            if row.unit != DYAD
            and (row.target, row.horizon_days) == (target, days)
            and row.probability is not None
        ]
        ranked = sorted(rows, key=lambda row: -(row.probability or 0.0))[:WATCHED]
        if ranked:
            listed = ", ".join(f"{words.headed(row.unit)} {_risk(row)}" for row in ranked)
            yield Sentence(
                f"Where {theatre.event(target)} within {days} days is likeliest: {listed}.",
                "; ".join(map(_source, ranked)),
            )
    since = forecast.as_of - RECENT
    recent = [e for e in context.events if e.occurred_on > since and e.family in LOUD]
    for event in recent[: -WATCHED - 1 : -1]:
        yield Sentence(
            f"{words.day(event.occurred_on)}, {words.plain(event.type)}:"
            f" {words.cut(event.summary, 160)}",
            next((label for label, _ in words.sources(event.url)), "event without a source"),
        )


def _sure(forecast: Forecast, context: Context, theatre: Theatre) -> Iterator[Sentence]:
    headline = theatre.headline
    where = (headline.target, headline.unit, headline.days)
    records = (s for s in context.skill if (s.target, s.units, s.horizon_days) == where)
    skill = next(records, None)
    if skill is None:
        yield Sentence("No record of a model stands behind this issue.", "record")
    else:
        verdict = words.VERDICTS[skill.verdict]
        interval = f"{words.signed(skill.low, 3)} to {words.signed(skill.high, 3)}"
        yield Sentence(
            f"Record of the {headline.days}-day risk, out of sample {skill.since}: {verdict}"
            f" (Brier skill {words.signed(skill.skill, 3)}, 90% {interval},"
            f" {skill.episodes} episodes).",
            "record",
        )
    closed = [each for each in context.outcomes if each.target == headline.target]
    if closed:
        came = sum(each.outcome for each in closed)
        mean = words.percent(sum(each.probability for each in closed) / len(closed))
        yield Sentence(
            f"Of {len(closed)} published forecasts of {theatre.event(headline.target)} whose"
            f" window has closed, {came} came true; their mean risk was {mean}.",
            "scoreboard",
        )
    silent = [each.source for each in context.streams if each.status == "failed"]
    if silent:
        yield Sentence(f"Streams that failed when last asked: {', '.join(silent)}.", "streams")
    for reason in sorted({row.reason for row in forecast.rows if row.reason}):
        yield Sentence(f"{words.begun(reason)}.", "rows' reason")


def markdown(brief: Brief) -> str:
    """The brief as Markdown."""
    lines = [f"# {brief.title}", ""]
    if brief.warning:
        lines += [f"**{_escaped(brief.warning)}**", ""]
    head, *rows = brief.table
    lines += ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(map(_escaped, row)) + " |" for row in rows]
    for title, sentences in brief.sections:
        lines += ["", f"## {title}", ""]
        lines += [f"- {_escaped(each.text)} `[{each.source}]`" for each in sentences]
    return "\n".join([*lines, "", brief.footer, ""])


def _escaped(text: str) -> str:
    for mark in "\\`*_|<>[]#":
        text = text.replace(mark, f"\\{mark}")
    return text


def pdf(brief: Brief, fonts: Path) -> bytes:
    """The brief as a PDF of one A4 page, in the DejaVu fonts of that folder."""
    from fpdf import FPDF
    from fpdf.enums import XPos, YPos

    page = FPDF(format="A4")
    page.set_title(brief.title)
    page.set_creation_date(brief.made_at)
    page.add_font("DejaVu", "", fonts / "DejaVuSans.ttf")
    page.add_font("DejaVu", "B", fonts / "DejaVuSans-Bold.ttf")
    page.set_margins(16, 14)
    page.set_auto_page_break(auto=True, margin=10)
    page.add_page()

    def write(text: str, size: float, height: float, style: Literal["", "B"] = "") -> None:
        page.set_font("DejaVu", style, size)
        page.multi_cell(0, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    write(brief.title, 14, 7, "B")
    if brief.warning:
        page.set_text_color(150, 60, 0)
        write(brief.warning, 9, 6, "B")
        page.set_text_color(0, 0, 0)
    page.ln(1)
    page.set_font("DejaVu", "", 8)
    with page.table(line_height=5, col_widths=COLUMNS, borders_layout="MINIMAL") as table:
        for line in brief.table:
            table.row(line)
    for title, sentences in brief.sections:
        page.ln(2)
        write(title, 10, 6, "B")
        for each in sentences:
            write(f"• {each.text} [{each.source}]", 8, 4.4)
    page.ln(3)
    write(brief.footer, 7, 4)
    return bytes(page.output())
