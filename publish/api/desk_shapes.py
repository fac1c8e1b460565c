"""The shapes of the desk's requests and answers."""

from typing import Any, Final, Literal

from pydantic import BaseModel, Field

from publish.api.parameters import ListPart
from publish.api.schemas import many, model
from publish.contract.columns import Column
from publish.contract.values import Kind
from streams.sources.desk.decisions import REASON_MAX
from streams.sources.desk.events import FIELDS
from streams.sources.desk.proposals import STATUSES

_ID: Final = "36b2a56dc53d"


def _column(
    name: str, kind: Kind, example: object, meaning: str = "", null: bool = False
) -> Column:
    return Column(name, kind, meaning, example, null)


_EVIDENCE: Final = (
    _column("url", "text", "https://example.org/report"),
    _column("title", "text", "Aaa closes a crossing"),
    _column("published_at", "text", "2025-11-15T00:00:00", "UTC"),
    *(_column(name, "whole", 0, "of the article's characters") for name in ("start", "end")),
    _column("text", "text", "Aaa closed the crossing.", "the sentence, while it is kept"),
)
_PROPOSAL: Final = (
    _column("proposal_id", "text", _ID),
    _column("kind", "text", "event", "event, or revision of one that is known"),
    _column("status", "text", "waiting", f"one of {', '.join(STATUSES)}"),
    _column("revision", "whole", 1, "a decision names the one that was looked at"),
    *(_column(name, "text", value) for name, value in (("type", "crossing_closed"),)),
    *(_column("actor", "text", "AAA"), _column("target", "list", ["BBB"])),
    *(_column("mediators", "list", []), _column("place", "text", "Torkham")),
    *(_column("segment", "text", "khyber"), _column("occurred_on", "day", "2025-11-14")),
    _column("date_precision", "text", "day"),
    *(_column(f"deaths_{name}", "whole", None, null=True) for name in ("low", "best", "high")),
    *(_column("modality", "text", "happened"), _column("known_at", "day", "2025-11-15")),
    *(_column("confidence", "number", 0.85), _column("coder", "text", "patterns")),
    *(
        _column(name, "text", "", "of the event that was made or is revised")
        for name in ("source", "event_id")
    ),
    _column("why", "text", "", "how it contradicts what is known"),
    _column("audit", "truth", False, "it could have passed by itself"),
)
_DECISION: Final = (
    *(_column("proposal_id", "text", _ID), _column("action", "text", "accept")),
    *(_column("by", "text", "Ann"), _column("reason", "text", "")),
    *(_column("source", "text", "desk"), _column("event_id", "text", f"desk:2025-11-14:{_ID}")),
    _column("at", "text", "2025-11-15T12:00:00", "UTC"),
    _column("changes", "object", {"place": ["", "Torkham"]}, "field to what it was and became"),
)
_CODER: Final = (
    *(_column("coder", "text", "patterns"), _column("type", "text", "crossing_closed")),
    _column("decisions", "whole", 40, "by persons, since the record began"),
    _column("right", "whole", 39, "accepted with nothing changed but words"),
    *(_column(name, "number", 0.9, "of Wilson's 95% interval") for name in ("low", "high")),
    *(_column(name, "whole", 2) for name in ("audits", "passed", "decided", "waiting")),
    _column("alone", "truth", True, "it passes such proposals by itself, one in ten audited"),
    _column("precision", "number", 0.975, null=True),
)
Evidence: Final = model("Evidence", "One article's evidence.", _EVIDENCE)
Proposal: Final = model("Proposal", "What articles say.", _PROPOSAL, evidence=many(Evidence))
Decided: Final = model("Decided", "What somebody decided.", _DECISION)
Proposals: Final = model(
    "Proposals",
    "Proposals of one status, the earliest known first.",
    (
        _column("theatre", "text", "aaa_bbb"),
        _column("waiting", "whole", 1, "how many wait"),
        _column("next", "text", None, "the cursor of what follows, or null", null=True),
    ),
    rows=many(Proposal),
)
OneProposal: Final = model(
    "OneProposal", "A proposal and its record.", (), proposal=Proposal, decisions=many(Decided)
)
Coders: Final = model(
    "Coders",
    "What each coder has earned, by type.",
    (
        _column("theatre", "text", "aaa_bbb"),
        _column("bar", "number", 0.9, "what the interval's lower end must reach"),
        _column("needed", "whole", 30, "decisions at least"),
    ),
    rows=many(model("Coder", "A coder and a type.", _CODER)),
)
Move: Final = model(
    "Move",
    "What the headline would do if the proposal were accepted.",
    (
        *(_column("target", "text", "closure"), _column("days", "whole", 30)),
        _column("as_of", "day", "2025-11-15"),
        *(_column(name, "number", 0.41, null=True) for name in ("before", "after")),
        _column("counted", "truth", True, "whether the theatre counts the event's source"),
        _column("reason", "text", "", "why it cannot be had"),
    ),
)


class ProposalPart(ListPart):
    """Which proposals."""

    status: Literal[STATUSES] = Field("waiting")  # type: ignore[valid-type]


class NewDecision(BaseModel):
    """What you decide of a proposal: `changes` (field to text) with mend, `reason` with reject."""

    model_config = {"extra": "forbid"}
    action: Literal["accept", "mend", "reject", "undo"] = Field(examples=["accept"])
    revision: int = Field(ge=0, le=2**31 - 1, examples=[1], description="as you looked at it")
    changes: dict[Literal[FIELDS], str] = Field(default={}, examples=[{"place": "Torkham"}])  # type: ignore[valid-type]
    reason: str = Field(default="", max_length=REASON_MAX, examples=[""])


def shown(value: Any) -> dict[str, Any]:
    """A part of the desk as its fields are shown."""
    fields: dict[str, Any] = value.as_json()
    return fields
