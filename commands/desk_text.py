"""A proposal, its evidence and a coder's record as a terminal shows them."""

from typing import TYPE_CHECKING, Final

from commands.console import out

if TYPE_CHECKING:
    from flows.pipeline.preview import Preview
    from streams.sources.desk.autonomy import CoderRecord
    from streams.sources.desk.decisions import Decision
    from streams.sources.desk.proposals import Citation, Filed

AROUND: Final = 240
"""Characters shown on each side of the sentence."""


def record_cells(each: "CoderRecord") -> tuple[str, ...]:
    """The record of a coder and type as cells: right, precision, audits, passed, waiting, state."""
    share = "–"
    if each.precision is not None:
        share = f"{each.precision:.2f} ({each.low:.2f} to {each.high:.2f})"
    state = "passes, one in ten audited" if each.alone else "waits for a person"
    counts = (str(each.audits), str(each.passed), str(each.waiting))
    return f"{each.right} of {each.decisions}", share, *counts, state


def print_filed(filed: "Filed", record: "list[Decision]", preview: "Preview | None") -> None:
    """Prints the proposal, its evidence, what the number would do, what was decided of it."""
    shown = filed.as_json()
    print(f"{filed.proposal_id}  {filed.kind}, {filed.status}" + (", audit" * filed.audit))
    for name in ("why", "type", "actor", "target", "mediators", "occurred_on", "place", "segment"):
        value = shown[name]
        text = ", ".join(value) if isinstance(value, list) else value
        precision = f" ({filed.proposal.date_precision})" * (name == "occurred_on")
        if text:
            print(f"  {name:12} {text}{precision}")
    tolls = [shown[f"deaths_{each}"] for each in ("low", "best", "high")]
    if any(toll is not None for toll in tolls):
        low, best, high = ("–" if toll is None else str(toll) for toll in tolls)
        print(f"  {'deaths':12} {best} ({low} to {high})")
    print(f"  {'known at':12} {filed.known_at:%Y-%m-%d %H:%M} UTC")
    print(f"  {'confidence':12} {filed.proposal.confidence:.2f}, coder {filed.proposal.coder}")
    for cited in filed.evidence:
        _print_cited(cited)
    if preview:
        print(f"  {'the number':12} {move_of(preview)}")
    for each in record:
        because = f": {each.reason}" * bool(each.reason)
        print(f"  {each.at:%Y-%m-%d %H:%M} UTC  {each.action} by {each.by}{because}")


def _print_cited(cited: "Citation") -> None:
    from rich.text import Text

    print(f"  {cited.published_at:%Y-%m-%d}  {cited.title or 'no title'}  {cited.url}")
    if not cited.passage:
        print(f"    characters {cited.start} to {cited.end}; the text is not kept any more")
        return
    start, end = cited.start - cited.passage_start, cited.end - cited.passage_start
    first, last = max(0, start - AROUND), min(len(cited.passage), end + AROUND)
    text = Text("    ")
    parts = ((first, start, ""), (start, end, "bold reverse"), (end, last, ""))
    for begin, stop, style in parts:
        text.append(" ".join(_printable(cited.passage[begin:stop]).split(" ")), style=style)
    out().print(text)


def _printable(text: str) -> str:
    """The text on one line; what would steer a terminal is shown as a space."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def move_of(preview: "Preview") -> str:
    """What the number would do, in a sentence."""
    if preview.before is None or preview.after is None:
        return f"cannot be had: {preview.reason}"
    risk = f"the {preview.days}-day risk of {preview.target}"
    before, after = f"{100 * preview.before:.1f}", f"{100 * preview.after:.1f}%"
    if preview.counted:
        return f"{risk} moves from {before} to {after} (as of {preview.as_of})"
    return (
        f"{risk} would move from {before} to {after} (as of {preview.as_of}) if the theatre counted"
        " this source; it does not"
    )
