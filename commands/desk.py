"""Commands of the desk: what is proposed out of articles, and what a person decides of it."""

import getpass
import json
from collections.abc import Callable
from datetime import UTC, datetime
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from commands.console import AsJson, AsOf, TheatreName, make_home, out, say
from commands.desk_text import print_filed, record_cells
from errors import DyadcastError

if TYPE_CHECKING:
    from flows.pipeline.preview import Preview
    from streams.sources.desk.decisions import Decision
    from streams.sources.desk.desk import Desk
    from streams.sources.desk.proposals import Filed

FIELDS: Final = (
    *("type", "actor", "target", "mediators", "occurred_on", "ended_on", "date_precision"),
    *("known_at", "place", "segment", "lat", "lon", "deaths_low", "deaths_best", "deaths_high"),
    *("summary", "url", "confidence"),
)
"""What may be mended: an option each."""
Id = Annotated[str, typer.Argument(help="the proposal's id, or how it begins")]
By = Annotated[str, typer.Option("--by", help="who decides; by default your account's name")]
app = typer.Typer(
    help="What is proposed out of articles, and what you decide of it.", no_args_is_help=True
)


@app.command("list")
def list_proposals(
    status: Annotated[str, typer.Option(help="waiting, accepted, rejected or known")] = "waiting",
    as_json: AsJson = False,
    theatre: TheatreName = "",
) -> None:
    """List the proposals that wait for a decision, the earliest known first.

    Example: dyadcast desk list
    """
    from rich.table import Table

    from streams.sources.desk.proposals import STATUSES

    if status not in STATUSES:
        expected = f"one of {', '.join(STATUSES)}"
        raise DyadcastError("no such status", found=status, expected=expected)
    listed = _desk(theatre).listed(status)
    if as_json:
        print(json.dumps([each.as_json() for each in listed], ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("id", "known", "happened", "type", "who"):
        table.add_column(name, no_wrap=True)
    table.add_column("where, why, by whom reported", overflow="fold")
    for each in listed:
        p = each.proposal
        who = f"{p.actor} > {','.join(p.target)}"
        more = ". ".join(part for part in (p.place, each.why, each.title or each.url) if part)
        days = (f"{each.known_at:%Y-%m-%d}", p.occurred_on.isoformat())
        table.add_row(each.proposal_id, *days, p.type, who, more)
    out().print(table)
    say(f"{len(listed)} {status}")


@app.command("show")
def show_proposal(
    proposal_id: Id,
    move: Annotated[
        bool, typer.Option("--move", help="run the model again: what would the number do?")
    ] = False,
    as_json: AsJson = False,
    theatre: TheatreName = "",
) -> None:
    """Show a proposal with the sentences that tell it, and what was decided of it.

    Example: dyadcast desk show 3f2a --move
    """
    filed, record = _desk(theatre).get(proposal_id)
    preview = _preview(theatre, filed) if move else None
    if as_json:
        shown = filed.as_json() | {"decisions": [each.as_json() for each in record]}
        shown |= {"move": preview.as_json()} if preview else {}
        print(json.dumps(shown, ensure_ascii=False))
        return
    print_filed(filed, record, preview)


@app.command("next")
def next_proposal(theatre: TheatreName = "") -> None:
    """Show the next proposal that waits.

    Example: dyadcast desk next
    """
    listed = _desk(theatre).listed()
    if not listed:
        print("nothing waits")
        return
    print_filed(listed[0], [], None)
    say(f"{len(listed)} waiting: accept, mend or reject {listed[0].proposal_id}")


@app.command("accept")
def accept_proposal(proposal_id: Id, by: By = "", theatre: TheatreName = "") -> None:
    """Accept a proposal: its event is in the store, known since the article's publication.

    Example: dyadcast desk accept 3f2a
    """
    _rule(theatre, proposal_id, "accept", by)


def _with_fields(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for each of FIELDS, beside those that it names itself."""
    given = signature(command)
    named = [each for each in given.parameters.values() if each.kind is not Parameter.VAR_KEYWORD]
    options = [
        Parameter(
            name,
            Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[str | None, typer.Option(f"--{name.replace('_', '-')}")],
        )
        for name in FIELDS
    ]
    command.__signature__ = given.replace(parameters=[*named, *options])  # type: ignore[attr-defined]
    return command


@app.command("mend")
@_with_fields
def mend_proposal(
    proposal_id: Id, *, by: By = "", theatre: TheatreName = "", **fields: str | None
) -> None:
    """Accept a proposal with some of its fields changed; an empty value empties a field.

    Example: dyadcast desk mend 3f2a --occurred-on 2026-04-02 --deaths-best 7
    """
    changes = {name: value for name, value in fields.items() if value is not None}
    _rule(theatre, proposal_id, "mend", by, changes=changes)


@app.command("reject")
def reject_proposal(
    proposal_id: Id,
    because: Annotated[str, typer.Option("--because", help="the reason")],
    by: By = "",
    theatre: TheatreName = "",
) -> None:
    """Reject a proposal, and say why.

    Example: dyadcast desk reject 3f2a --because 'an event of last year'
    """
    _rule(theatre, proposal_id, "reject", by, reason=because)


@app.command("undo")
def undo_decision(
    proposal_id: Annotated[
        str, typer.Argument(help="the proposal's id; by default your last decision's")
    ] = "",
    by: By = "",
    theatre: TheatreName = "",
) -> None:
    """Take a decision back: its event is retracted, and the proposal waits again.

    Example: dyadcast desk undo
    """
    if not proposal_id:
        standing: dict[str, Decision] = {}
        for each in _desk(theatre).decisions():
            standing.pop(each.proposal_id, None)
            if each.action != "undo":
                standing[each.proposal_id] = each
        mine = [each for each in standing.values() if each.by == _who(by)]
        if not mine:
            raise DyadcastError("no decision of yours to take back", found=_who(by))
        proposal_id = mine[-1].proposal_id
    _rule(theatre, proposal_id, "undo", by)


@app.command("read")
def read_waiting(
    coder: Annotated[str, typer.Option(help="patterns or classifier")] = "patterns",
    theatre: TheatreName = "",
) -> None:
    """Code the articles of feeds that wait for it, as `dyadcast ingest news` does.

    Example: dyadcast desk read --coder classifier
    """
    from flows.pipeline.coding import code_waiting

    desk = _desk(theatre)
    print(code_waiting(desk.store, desk.theatre, datetime.now(UTC), coder).line())


@app.command("done")
def done_reading(
    until: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="the last day that was worked off")
    ],
    read_elsewhere: Annotated[
        bool, typer.Option("--read-elsewhere", help="I have read the articles that could not be")
    ] = False,
    by: By = "",
    theatre: TheatreName = "",
) -> None:
    """Declare that the desk has read its feeds up to a day: no event of it means calm then.

    Example: dyadcast desk done --until 2026-04-30

    Refused while a proposal up to that day is undecided, an article unread, or a feed was silent.
    """
    from streams.sources.desk.reading import declare_read

    desk = _desk(theatre)
    now = datetime.now(UTC)
    day, who = until.date(), _who(by)
    print(declare_read(desk.store, desk.theatre, day, now, who, read_elsewhere).line())


@app.command("export")
def export_events(
    source: Annotated[
        list[str] | None,
        typer.Option(
            help="whose events, may be repeated; by default the chronicle's and the desk's"
        ),
    ] = None,
    as_of: AsOf = None,
    theatre: TheatreName = "",
) -> None:
    """Print events in the chronicle's format: a theatre's next chronicle, or a file to load.

    Example: dyadcast desk export --source desk > desk.csv
    """
    from datetime import date

    from streams.sources.desk.export import chronicle_csv

    desk = _desk(theatre)
    day = as_of.date() if as_of else date.max
    print(chronicle_csv(desk.store.events(day, sources=source or ["chronicle", "desk"])), end="")


def coders(theatre: TheatreName = "", as_json: AsJson = False) -> None:
    """Show what each coder has earned: how often it was right by type, and what it may pass.

    Example: dyadcast coders
    """
    from rich.table import Table

    from theatres import load_theatre

    rows, rules = _desk(theatre).coders(), load_theatre(theatre).desk
    if as_json:
        print(json.dumps([each.as_json() for each in rows]))
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in (
        "coder",
        "type",
        "right",
        "precision, 95%",
        "audits",
        "passed",
        "waiting",
        "state",
    ):
        table.add_column(name, no_wrap=True)
    for each in rows:
        table.add_row(each.coder, each.type, *record_cells(each))
    out().print(table)
    say(
        f"passes by itself from {rules.decisions} decisions on, where the interval's lower end"
        f" reaches {rules.bar:g}"
    )


def _desk(theatre: str) -> "Desk":
    from flows.pipeline.desk import open_desk
    from flows.pipeline.settings import read_settings

    settings = read_settings()
    make_home(settings.home)
    return open_desk(settings, theatre)


def _preview(theatre: str, filed: "Filed") -> "Preview":
    from flows.pipeline.preview import Previews
    from flows.pipeline.settings import read_settings

    return Previews(read_settings()).of(theatre, filed.proposal_id, datetime.now(UTC))


def _who(by: str) -> str:
    try:
        return by or getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in a container
        raise DyadcastError("who decides?", do="say it by --by NAME") from None


def _rule(theatre: str, proposal_id: str, action: str, by: str, **more: Any) -> None:
    from streams.sources.desk.decisions import Ruling

    desk = _desk(theatre)
    filed, _ = desk.get(proposal_id)
    ruling = Ruling(action, _who(by), datetime.now(UTC), filed.revision, **more)
    decision = desk.decide(filed.proposal_id, ruling)
    done = {"accept": "accepted", "mend": "mended", "reject": "rejected", "undo": "taken back"}
    event = f", event {decision.event_id} of {decision.source}" if decision.event_id else ""
    print(f"{filed.proposal_id}: {done[action]}{event}")
    for name, (before, after) in decision.changes.items():
        print(f"    {name}: {before or '–'} -> {after or '–'}")
