"""The command that reads an article and prints the events it tells."""

import json
import sys
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from commands.console import AsJson, TheatreName, make_home, out, say
from errors import DyadcastError

if TYPE_CHECKING:
    from streams.sources.news.document import Page
    from streams.sources.news.proposal import Proposal


def read(
    source: Annotated[
        str,
        typer.Argument(
            help="a file (text, HTML, PDF), an allowed address, or - for standard input"
        ),
    ],
    as_json: AsJson = False,
    all_of_them: Annotated[
        bool, typer.Option("--all", help="what is planned, called for, denied or supposed too")
    ] = False,
    published: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="the article's day; by default as it says, or today"
        ),
    ] = None,
    coder: Annotated[
        str, typer.Option(help="patterns, classifier (patterns with a second opinion) or endpoint")
    ] = "patterns",
    proposing: Annotated[
        bool, typer.Option("--propose", help="put the proposals to the desk, too")
    ] = False,
    theatre: TheatreName = "",
) -> None:
    """Read an article and print the events that it tells, with the sentences that tell them.

    Example: dyadcast read article.html --json

    Nothing is stored but by --propose: see `dyadcast desk`. Addresses may be read of the hosts
    named in DYADCAST_NEWS_HOSTS.
    """
    from flows.pipeline.articles import read_source
    from flows.pipeline.settings import read_settings

    settings, now = read_settings(), datetime.now(UTC)
    if source == "-" and sys.stdin.isatty():
        raise DyadcastError("nothing on standard input", do="pipe a text, or name a file")
    page = read_source(source, settings)
    day: date = published.date() if published else page.published or now.date()
    proposals = _proposed(page, day, theatre, coder)
    if proposing:
        _file(page, day, proposals, theatre, now)
    shown = [each for each in proposals if each.happened or all_of_them]
    if as_json:
        print(json.dumps([each.as_json() for each in shown], ensure_ascii=False, indent=2))
    else:
        _print(shown)


def _proposed(page: "Page", day: date, theatre: str, coder: str) -> "list[Proposal]":
    from flows.pipeline.articles import Reading, known_events
    from flows.pipeline.settings import read_settings
    from streams.sources.news.document import article_of
    from theatres import load_theatre

    settings, conflict = read_settings(), load_theatre(theatre)
    reading = Reading(conflict, coder, lambda known_by: known_events(conflict, settings, known_by))
    proposals = reading.propose(article_of(page, day))
    if spent := reading.spent:
        say(spent)
    return proposals


def _file(
    page: "Page", day: date, proposals: "list[Proposal]", theatre: str, now: datetime
) -> None:
    from flows.pipeline.desk import file
    from flows.pipeline.settings import read_settings
    from streams.sources.news.document import article_of
    from theatres import load_theatre

    settings = read_settings()
    make_home(settings.home)
    say(file(settings, load_theatre(theatre), article_of(page, day), proposals, now).line())


def _print(shown: "list[Proposal]") -> None:
    if not shown:
        print("no event of this theatre is told as happened")
    for each in shown:
        who = f"{each.actor} > {', '.join(each.target)}"
        by = f" (by {', '.join(each.mediators)})" if each.mediators else ""
        precision = "" if each.date_precision == "day" else f" ({each.date_precision})"
        when = each.occurred_on.isoformat() + precision
        state = f"known: {each.known}" if each.known else each.modality
        print(f"{when}  {each.type}  {who}{by}  {each.place}  {each.confidence:.2f}  {state}")
        out().print("    " + " ".join(each.evidence.text.split()), markup=False)
