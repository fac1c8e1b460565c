"""The shapes of answers: columns as data, and from them the models that OpenAPI describes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from types import GenericAlias
from typing import Any, Final, Literal

from pydantic import BaseModel, Field, create_model

from publish.contract.columns import Column, columns
from publish.contract.context import EventSkill, Freshness
from publish.contract.forecast import SCORE
from publish.contract.issue import ISSUE
from publish.contract.row import ROW
from streams.events.event import TYPES

CODE: Final = r"^[A-Z]{2,6}$"
ID: Final = "5d41402abc4b2a76"
HASH: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
TYPE_OF: Final[Mapping[str, Any]] = {
    "whole": int,
    "number": float,
    "day": date,
    "moment": datetime,
    "truth": bool,
    "named": dict[str, float],
    "object": dict[str, Any],
    "list": list[Any],
}
"""The type of each kind of column; every other kind is text."""


def _text(name: str, example: str = "", meaning: str = "", *, nullable: bool = False) -> Column:
    return Column(name, "text", meaning, example, nullable)


def _whole(name: str, example: int | None, meaning: str = "", *, nullable: bool = False) -> Column:
    return Column(name, "whole", meaning, example, nullable)


def _list(name: str, *example: object, meaning: str = "") -> Column:
    return Column(name, "list", meaning, list(example))


_OF_ISSUE: Final = {column.name: column for column in ISSUE}
_POSITION: Final = _whole("position", 12, "its place in the archive's chain")
_ISSUE_ID: Final = _OF_ISSUE["issue_id"]
_HASH: Final = _text("hash", HASH)
HISTORY: Final = (
    *SCORE,
    Column("as_of_instant", "moment", "as_of as an instant: 00:00 UTC", "2025-11-15T00:00:00Z"),
)
ISSUES: Final = (
    *(_POSITION, _ISSUE_ID),
    *(_OF_ISSUE[name] for name in ("as_of", "issued_at", "status")),
    _HASH,
)
_OF_ROW: Final = {column.name: column for column in SCORE}
RESOLVED: Final = (
    *(_OF_ROW[name] for name in ("issue_id", "as_of", "unit", "target", "horizon_days")),
    *(_OF_ROW[name] for name in ("target_end_date", "target_start_date")),
    Column("hindcast", "truth", "whether it was made after the day it is for", False),
    *(replace(_OF_ROW[name], nullable=False) for name in ("probability", "baseline_probability")),
    _whole("outcome", 1, "1 where the target came true, else 0"),
    Column("brier", "number", "(probability - outcome) squared; lower is better", 0.4706),
    Column("baseline_brier", "number", "the same of the base rate", 0.5776),
    _whole("revision", 1, "1, or more where later news has changed the outcome"),
    _OF_ROW["threshold"],
)
EVENTS: Final = (
    _text("event_id", "chronicle:2025-10-12:1"),
    _text("source", "chronicle"),
    *(Column(name, "day", "", "2025-10-12") for name in ("occurred_on", "known_on")),
    *(_text("type", "crossing_closed"), _text("family", "trade")),
    *(_text("actor", "AAA"), _text("target", "BBB"), _text("mediators")),
    *(_text("place", "Torkham"), _text("segment", "khyber")),
    *(Column(n, "number", "", x, nullable=True) for n, x in (("lat", 34.12), ("lon", 71.09))),
    *(_whole(f"deaths_{which}", None, nullable=True) for which in ("low", "best", "high")),
    *(_text("summary", "Torkham closes to trade."), _text("url", "https://example.org/report")),
    _text("confidence", "high"),
)
SKILL: Final = columns(EventSkill)
STREAMS: Final = columns(Freshness)
_AGE: Final = (
    _OF_ISSUE["theatre"],
    Column("as_of", "day", "", "2025-11-15", nullable=True),
    Column("data_as_of", "day", "the last day whose silence means calm", "2025-11-15", True),
    Column("is_stale", "truth", "", False),
    _text("stale_reason", meaning="empty where it is not stale"),
)
_LEVEL: Final = (
    _text("name", "low"),
    *(Column(name, "number", "", 0.0) for name in ("probability", "lift", "floor")),
)
_NEXT: Final = _text("next", "MjAyNS0xMS0xNQ", "the cursor of what follows, or null", nullable=True)
_LINK: Final = (
    *(_POSITION, _ISSUE_ID),
    *(_text(name, HASH) for name in ("body_sha256", "previous_hash", "hash")),
)


def model(name: str, meaning: str, fields: Sequence[Column], **parts: Any) -> type[BaseModel]:
    """The model with the columns as its fields, then the parts: each a model, or a list of one."""
    made: dict[str, Any] = {field.name: _field(field) for field in fields}
    made |= {part: (kind, Field()) for part, kind in parts.items()}
    return create_model(name, __doc__=meaning, **made)


def _field(column: Column) -> tuple[Any, Any]:
    kind = TYPE_OF.get(column.kind, str)
    described = Field(examples=[column.example], description=column.meaning or None)
    return (kind | None if column.nullable else kind), described


def _sparse(column: Column) -> Any:
    """In an issue's text a later field that is None is left out."""
    kind, described = _field(column)
    if column.later:
        described.default = None
    return kind, described


def many(kind: type[BaseModel]) -> Any:
    """The type of a list of them."""
    return GenericAlias(list, (kind,))


def listed(name: str, meaning: str, row: tuple[str, Sequence[Column]], *more: Column) -> Any:
    """The model of an answer with its age, further fields, and rows of the named columns."""
    return model(name, meaning, (*_AGE, *more), rows=many(model(row[0], "One row.", row[1])))


Level = model("Level", "A level of risk, and when it holds.", _LEVEL)
Score = model(
    "Score", "One row of an issue. Probabilities run from 0 to 1, null where there is none.", SCORE
)
Scores = model("Scores", "Rows of one issue.", (*_AGE, _ISSUE_ID), rows=many(Score))
OneScore = model("OneScore", "One row of one issue.", _AGE, score=Score)
WholeIssue = model(
    "WholeIssue",
    "An issue in full.",
    (
        *_AGE,
        Column("forecast", "object", "the fields of forecast.json", {"issue_id": ID, "rows": []}),
    ),
)
IssueText = model(
    "IssueText",
    "The canonical text of an issue, as it is archived; its age stands in the headers.",
    [column for column in ISSUE if column.kind != "list"],
    levels=many(Level),
    rows=many(create_model("Row", **{field.name: _sparse(field) for field in ROW})),
)
Past = listed("Past", "Rows of many issues, the oldest first.", ("PastScore", HISTORY), _NEXT)
Issues = listed("Issues", "Archived issues, the newest first.", ("Issue", ISSUES), _NEXT)
Events = listed("Events", "Events as known on a day, newest first.", ("Event", EVENTS), _NEXT)
Scoreboard = listed(
    "Scoreboard",
    "Resolved rows, the newest first: what was said, what came, what it cost.",
    ("Resolved", RESOLVED),
    _NEXT,
    _list(
        "summary",
        {"target": "closure", "horizon_days": 30, "units": "dyad", "brier": 0.17},
        meaning="means of all rows asked for: by target, units and horizon (of a window of days"
        " horizon_days, of a calendar month months_ahead), hindcasts apart",
    ),
)
Record = listed(
    "Record",
    "The model behind the latest issue, and its out-of-sample record.",
    ("Skill", SKILL),
    *(_OF_ISSUE[name] for name in ("method_version", "mlflow_run_id")),
)
Streams = listed("Streams", "The theatre's streams.", ("Stream", STREAMS))
_NAMED: Final = (_text("name", "aaa_bbb"), _text("title", "A–B"))
TheatreLine = model("TheatreLine", "A theatre; how old its latest issue is.", (*_AGE, *_NAMED))
Theatres = model("Theatres", "The theatres there are.", (), theatres=many(TheatreLine))
TheatreAnswer = model(
    "TheatreAnswer",
    "A theatre's units, targets and levels, with their definitions.",
    (
        *(*_AGE, *_NAMED, _list("actors", "AAA", "BBB"), _text("baseline", "memory_52")),
        _list("units", {"unit": "dyad"}),
        _list("targets", {"target": "closure", "horizons": [7, 14]}),
        _list("counts", {"count": "country_deaths", "thresholds": [1, 25], "months": [1, 2]}),
    ),
    levels=many(Level),
)
Chain = model("Chain", "How long the archive's chain is, and its last hash.", (_POSITION, _HASH))
Head = model("Head", "The chain of a theatre's archive.", (*_AGE, _POSITION, _HASH))
Proof = model(
    "Proof",
    "That an issue stands in the archive: the links from it to the head. hash = SHA-256 of five"
    " lines, see docs/tools.md.",
    (*_AGE, _ISSUE_ID, _whole("next", None, "the position to go on from, or null", nullable=True)),
    links=many(model("Link", "One issue of the chain.", _LINK)),
    head=Chain,
)


class NewEvent(BaseModel):
    """An event of your own, as `dyadcast events add` takes it; fields left out are empty."""

    model_config = {"extra": "forbid"}
    type: Literal[TYPES] = Field(examples=["mediation_offer"])  # type: ignore[valid-type]
    occurred_on: date = Field(examples=["2025-11-20"])
    actor: str = Field(examples=["RUS"], pattern=CODE)
    target: str = Field(examples=["BBB"], pattern=CODE)
    summary: str = Field(examples=["Russia offers to mediate."], min_length=1, max_length=1000)
    ended_on: date | None = Field(default=None, examples=["2025-11-20"])
    known_at: datetime | None = Field(default=None, examples=["2025-11-20T12:00:00Z"])
    place: str = Field(default="", examples=["Moscow"], max_length=200)
    segment: str = Field(default="", examples=[""], max_length=60)
    lat: float | None = Field(default=None, ge=-90, le=90, examples=[34.12])
    lon: float | None = Field(default=None, ge=-180, le=180, examples=[71.09])
    mediators: str = Field(default="", examples=["RUS"], max_length=200)
    deaths_best: int | None = Field(default=None, ge=0, le=10**6, examples=[0])
    url: str = Field(default="", examples=["https://example.org/report"], max_length=1000)
    confidence: str = Field(default="", examples=["medium"], max_length=20)


class Stored(BaseModel):
    """What became of the event."""

    event_id: str = Field(examples=["9b1c0a7e5f2d4c38"])
    state: str = Field(examples=["stored"], description="stored, revised or there already")


class HealthAnswer(BaseModel):
    """Whether the service lives, or is ready."""

    status: str = Field(examples=["ok"])
    detail: dict[str, str] = Field(default={}, examples=[{"aaa_bbb": "issue of 2025-11-15"}])


class ProblemAnswer(BaseModel):
    """What is wrong, in RFC 9457's form."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["unknown unit 'kyber'"])
    parameter: str = Field(default="", examples=["unit"])
    known: list[str] = Field(default=[], examples=[["dyad", "khyber"]])
    do: str = Field(default="", examples=["see /openapi.json"])


def example(model: type[BaseModel]) -> dict[str, Any]:
    """An example of the answer, put together from its fields'."""
    return {name: _example(field) for name, field in model.model_fields.items()}


def _example(field: Any) -> Any:
    if field.examples:
        return field.examples[0]
    kind = field.annotation
    inner = getattr(kind, "__args__", (kind,))[0]
    made = example(inner)
    return [made] if getattr(kind, "__origin__", None) is list else made


def described(model: type[BaseModel], *, tabular: bool = False) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that answers so, and refuses as all do."""
    content: dict[str, Any] = {"application/json": {"example": example(model)}}
    if tabular:
        content |= {
            "text/csv": {"schema": {"type": "string"}, "example": "as_of,unit\r\n2025-11-15,dyad"},
            "application/vnd.apache.parquet": {
                "schema": {"type": "string", "format": "binary"},
                "example": "PAR1",
            },
        }
    return {200: {"model": model, "content": content}, **refusals(401, 403, 404, 406, 422, 429)}


def refusals(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The refusals a route may give."""
    content = {
        "application/problem+json": {
            "schema": {"$ref": "#/components/schemas/ProblemAnswer"},
            "example": example(ProblemAnswer),
        }
    }
    return {code: {"description": "refused, and why", "content": content} for code in codes}
