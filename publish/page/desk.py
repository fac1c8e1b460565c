"""The desk's page: each proposal beside its evidence, decided of by a key. Texts are others' and
hostile until shown otherwise: whatever comes from an article is escaped, and runs nowhere."""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Final

import jinja2
from markupsafe import Markup

from publish.page.page import TEMPLATES
from publish.text import words
from streams.events.event import CONFIDENCES, PRECISIONS, TYPES
from streams.sources.desk.events import cells_of, summary_of
from streams.sources.desk.proposals import EVENT, Filed
from theatres import Theatre

LISTED: Final = 250
"""Proposals on a page: who has worked them off loads the next."""
REASONS: Final = (
    "not an event of this conflict",
    "did not happen: planned, called for or supposed",
    "an old event told again",
    "known already",
    "wrong type or parties",
    "not to be trusted",
)
_PARTS: Final = {"desk": ("desk.css", "desk.js"), "login": ("desk.css", "login.js")}


def desk_html(theatre: Theatre, filed: Sequence[Filed], waiting: int, who: str) -> str:
    """The page of the proposals that wait, for the person whose key bears that name."""
    choices = {
        "type": sorted(TYPES),
        "date_precision": PRECISIONS,
        "confidence": CONFIDENCES,
        "segment": ("", *theatre.segments_told),
    }
    cells = {each.proposal_id: _cells(each, theatre) for each in filed}
    return _drawn(
        "desk", theatre, filed=filed, cells=cells, choices=choices, waiting=waiting, who=who
    )


def login_html(theatre: Theatre) -> str:
    """The form to give a key on."""
    return _drawn("login", theatre)


def policy_of(name: str) -> str:
    """The page's Content-Security-Policy: its own style and script alone, its own service alone."""
    style, script = (f"'sha256-{_digest(_text(part))}'" for part in _PARTS[name])
    return (
        f"default-src 'none'; style-src {style}; script-src {script}; connect-src 'self';"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _cells(filed: Filed, theatre: Theatre) -> dict[str, str]:
    """The fields that can be mended, as they stand: of a revision the toll alone."""
    cells = cells_of(filed, theatre)
    if filed.kind == EVENT:
        return cells
    return {name: text for name, text in cells.items() if name.startswith("deaths_")}


def _drawn(name: str, theatre: Theatre, **values: object) -> str:
    style, script = (Markup(_text(part)) for part in _PARTS[name])  # noqa: S704 (our own files)
    template = _environment().get_template(f"{name}.html.j2")
    return template.render(theatre=theatre, style=style, script=script, reasons=REASONS, **values)


def _text(part: str) -> str:
    return (TEMPLATES / "desk" / part).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES / "desk"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"day": words.day, "plain": words.plain, "summary": summary_of}
    return environment
