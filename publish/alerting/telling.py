"""The words of an alert: a headline and a sentence made from the data, one line of text each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from publish.contract.context import Freshness
from publish.contract.row import Row
from publish.contract.values import UNSAFE
from publish.text.words import percent
from theatres import DYAD

FAULTS_TOLD = 3


@dataclass(frozen=True, slots=True)
class Wording:
    """A headline and a sentence."""

    headline: str
    sentence: str


def one_line(text: str) -> str:
    """The text in one line, without what no XML, database or mail header can hold."""
    return " ".join(UNSAFE.sub(" ", text).split())


def risk_told(row: Row, before: Row, as_of: date, then: date, what: str, meaning: str) -> Wording:
    """That the row's risk has risen: `what` says how, `meaning` what the target stands for."""
    now, old = percent(row.probability or 0.0), percent(before.probability or 0.0)
    low, high = percent(row.probability_low or 0.0), percent(row.probability_high or 0.0)
    sentence = (
        f"As of {as_of} the probability of {row.target} {_of(row)} by {row.target_end_date} is"
        f" {now} (80% interval: {low} to {high}), the base rate"
        f" {percent(row.baseline_probability or 0.0)}; as of {then} it was {old}."
    )
    explained = f" {row.target}: {meaning}." if meaning else ""
    return Wording(
        one_line(f"{_subject(row)}: risk {what}, now {now}"), one_line(sentence + explained)
    )


def gone_told(row: Row, as_of: date, then: date) -> Wording:
    """That there is no forecast any more, and the reason."""
    sentence = f"As of {as_of} there is no forecast of {row.target} {_of(row)}: {row.reason}."
    last = f" The last was as of {then}. This says nothing of the risk."
    return Wording(one_line(f"{_subject(row)}: no forecast"), one_line(sentence + last))


def silence_told(stream: Freshness, heard: date | None, days: int | None) -> Wording:
    """That a source is silent; `heard` is its last sign of life, `days` ago."""
    success = stream.last_success or "never"
    since = f"Nothing has been heard of {stream.source} "
    since += f"since {heard} ({days} days)" if heard else "yet"
    sentence = f"{since}; it was last asked with success: {success}; status: {stream.status}."
    headline = f"Source {stream.source} is silent" + (f" since {heard}" if heard else "")
    return Wording(one_line(headline), one_line(sentence))


def fault_told(faults: Sequence[str]) -> Wording:
    """That the archive's chain does not hold, and the first of the faults."""
    more = len(faults) - FAULTS_TOLD
    listed = "; ".join(faults[:FAULTS_TOLD]) + (f"; and {more} more" if more > 0 else "")
    count = f"{len(faults)} fault" + ("s" if len(faults) > 1 else "")
    return Wording(
        f"The archive does not verify: {count}",
        one_line(f"`dyadcast verify` finds: {listed}. Published issues may have been changed."),
    )


def _subject(row: Row) -> str:
    return f"{row.unit}, {row.target} within {row.horizon_days} days"


def _of(row: Row) -> str:
    place = "for the dyad" if row.unit == DYAD else f"at {row.unit}"
    return f"{place} within {row.horizon_days} days"
