"""How well each coder reads: precision and recall on the labelled texts, apart by set; its speed.

Run: python -m benchmarks.coder [--show] [--texts FOLDER]
"""

import argparse
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from streams.sources import chronicle
from streams.sources.news.article import Article
from streams.sources.news.classifier import Classifier
from streams.sources.news.language.lexicon import Lexicon
from streams.sources.news.patterns.coder import PatternCoder
from streams.sources.news.proposal import NOTABLE, Proposal
from theatres import load_theatre

TEXTS = Path(__file__).parents[1] / "tests" / "data" / "news"
SETS = ("first", "second", "third", "fourth")
"""In the order they were written: each after a freeze of the patterns, which the one before then
taught. Nothing was fitted to the last."""
SPEED_SECONDS = 5.0
Coder = Callable[[Article], Sequence[Proposal]]


@dataclass(frozen=True)
class Label:
    """An event that a text tells, as a person reads it; `on` None where the text gives no day."""

    type: str
    family: str
    actor: str
    target: frozenset[str]
    on: date | None
    span: tuple[int, int]
    happened: bool
    deaths: int | None


@dataclass(frozen=True)
class Labelled:
    """An article with its labels."""

    id: str
    manner: str
    article: Article
    labels: tuple[Label, ...]


@dataclass
class Tally:
    """Counts of right and all, and their share."""

    right: int = 0
    all: int = 0

    def add(self, right: bool) -> None:
        """Counts one."""
        self.right += right
        self.all += 1

    @property
    def share(self) -> float:
        """The right among all; 1 where nothing was counted."""
        return self.right / self.all if self.all else 1.0

    def __str__(self) -> str:
        return f"{self.right / self.all:.3f} ({self.right}/{self.all})" if self.all else "none"


@dataclass
class Scores:
    """Who-did-what's precision and recall, type precision, dates, mood and deaths of a coder."""

    precision: Tally = field(default_factory=Tally)
    recall: Tally = field(default_factory=Tally)
    types: Tally = field(default_factory=Tally)
    dates: Tally = field(default_factory=Tally)
    mood: Tally = field(default_factory=Tally)
    deaths: Tally = field(default_factory=Tally)


def read_texts(path: Path) -> list[Labelled]:
    """The labelled texts of a file; a label's part of the text must stand in it."""
    return [_labelled(row) for row in tomllib.loads(path.read_text(encoding="utf-8"))["text"]]


def _labelled(row: dict[str, Any]) -> Labelled:
    from streams.events.event import FAMILIES

    text = row["text"]
    labels = []
    for event in row["events"]:
        start = text.find(event["at"])
        if start < 0:
            raise ValueError(f"{row['id']}: no such part of the text: {event['at']!r}")
        labels.append(
            Label(
                event["type"],
                FAMILIES[event["type"]],
                event["actor"],
                frozenset(event["target"]),
                event.get("on"),
                (start, start + len(event["at"])),
                event.get("happened", True),
                event.get("deaths"),
            )
        )
    return Labelled(row["id"], row["manner"], Article(text, row["published"]), tuple(labels))


def score(texts: Sequence[Labelled], coder: Coder, show: bool = False) -> Scores:
    """The scores of a coder on the texts; `show` prints what was wrong."""
    scores = Scores()
    for text in texts:
        proposals = [p for p in coder(text.article) if p.confidence >= NOTABLE]
        for line in _score(scores, text, proposals):
            if show:
                print(f"{text.id}: {line}")
    return scores


def _score(scores: Scores, text: Labelled, proposals: Sequence[Proposal]) -> Iterator[str]:
    done = [p for p in proposals if p.happened]
    free = [label for label in text.labels if label.happened]
    for proposal in done:
        label = _match(proposal, free)
        scores.precision.add(label is not None)
        scores.types.add(label is not None and label.type == proposal.type)
        if label is None:
            yield f"not there: {_line(proposal)}"
            continue
        free.remove(label)
        scores.recall.add(True)
        if label.type != proposal.type:
            yield f"type {proposal.type} for {label.type}"
        if label.on is not None:
            scores.dates.add(proposal.occurred_on == label.on)
            if proposal.occurred_on != label.on:
                yield f"day {proposal.occurred_on} for {label.on}: {_line(proposal)}"
        if label.deaths is not None:
            scores.deaths.add(proposal.deaths_best == label.deaths)
            if proposal.deaths_best != label.deaths:
                yield f"deaths {proposal.deaths_best} for {label.deaths}"
    for label in free:
        scores.recall.add(False)
        yield f"missed: {label.type} {label.actor} {sorted(label.target)}"
    yield from _moods(scores, text, proposals)


def _moods(scores: Scores, text: Labelled, proposals: Sequence[Proposal]) -> Iterator[str]:
    """Of the labels that a proposal meets, those whose happening it has right."""
    for label in text.labels:
        met = [p for p in proposals if p.family == label.family and _overlaps(p, label)]
        same = [p for p in met if p.type == label.type] or met
        if not same:
            if not label.happened:
                scores.mood.add(True)  # what did not happen and is not proposed misleads nobody
            continue
        right = any(p.happened == label.happened for p in same)
        scores.mood.add(right)
        if not right:
            yield f"mood {same[0].modality}: {label.type}"


def _match(proposal: Proposal, labels: Sequence[Label]) -> Label | None:
    fits = [
        label
        for label in labels
        if label.family == proposal.family
        and label.actor == proposal.actor
        and label.target == set(proposal.target)
        and _overlaps(proposal, label)
    ]
    return min(fits, key=lambda label: label.type != proposal.type, default=None)


def _overlaps(proposal: Proposal, label: Label) -> bool:
    return proposal.evidence.start < label.span[1] and label.span[0] < proposal.evidence.end


def _line(proposal: Proposal) -> str:
    evidence = " ".join(proposal.evidence.text.split())
    who = f"{proposal.actor}>{','.join(proposal.target)}"
    return (
        f"{proposal.type} {who} {proposal.occurred_on} {proposal.confidence:.2f} | {evidence[:110]}"
    )


def speed(texts: Sequence[Labelled], coder: Coder) -> tuple[float, float]:
    """Articles a second on one core, each of the usual length of an agency's (400 words), and
    the mean number of words."""
    joined = " ".join(text.article.text for text in texts).split()
    articles = [
        Article(" ".join(joined[at : at + 400]), date(2025, 11, 15))
        for at in range(0, len(joined) - 400, 100)
    ]
    began, count = time.process_time(), 0
    while time.process_time() - began < SPEED_SECONDS:
        coder(articles[count % len(articles)])
        count += 1
    return count / (time.process_time() - began), 400.0


def coders() -> dict[str, Coder]:
    """The coders that need no network, by name."""
    theatre = load_theatre("pak_afg")
    by_patterns = PatternCoder(Lexicon(theatre)).code
    events = chronicle.read(theatre.chronicle).frame

    def with_classifier(article: Article) -> list[Proposal]:
        known = events[events["known_at"] < pd.Timestamp(article.published)]
        return Classifier(known).weigh(by_patterns(article))

    return {"patterns": by_patterns, "classifier": with_classifier}


def main() -> None:
    """Print the scores and the speed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", action="store_true", help="print what was read wrong")
    parser.add_argument("--texts", type=Path, default=TEXTS)
    given = parser.parse_args()
    for name, coder in coders().items():
        for name_of_set in SETS:
            if not (given.texts / f"{name_of_set}.toml").exists():
                continue
            texts = read_texts(given.texts / f"{name_of_set}.toml")
            scores = score(texts, coder, given.show)
            print(f"{name}, {name_of_set} set, {len(texts)} texts")
            for measure, tally in vars(scores).items():
                print(f"  {measure:10} {tally}")
    rate, words = speed(read_texts(given.texts / "first.toml"), coders()["patterns"])
    print(f"patterns: {rate:.0f} articles of {words:.0f} words a second on one core")


if __name__ == "__main__":
    main()
