"""The coder `classifier`: it agrees with what the patterns read, doubts it, or stays silent.

Learned from the events' own summaries, as known on the article's day: words and pairs of words,
weighted by rarity, into a logistic regression over types.
"""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline

from streams.events.event import FAMILIES
from streams.sources.news.proposal import Proposal

LEAST_ROWS = 100
"""Fewer summaries teach nothing: it stays silent."""
LEAST_OF_TYPE = 5
NAME = "classifier"
AGREES_FROM, DOUBTS_FROM = 0.35, 0.6
"""The probabilities from which on it speaks; below, it is silent."""
AGREES, DOUBTS = 1.1, 0.9
"""What its word does to the confidence of the patterns."""


class Classifier:
    """A second opinion on the type of proposals; it proposes nothing itself."""

    def __init__(self, events: pd.DataFrame) -> None:
        """Learns from `events` (COLUMNS), which must be those known on the article's day."""
        rows = events.loc[events["summary"].str.len() > 0, ["summary", "type"]]
        counts = rows["type"].value_counts()
        rows = rows[rows["type"].isin(counts[counts >= LEAST_OF_TYPE].index)]
        self._model: Pipeline | None = None
        if len(rows) >= LEAST_ROWS and rows["type"].nunique() > 1:
            words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, strip_accents="unicode")
            each = LogisticRegression(C=20, solver="liblinear", random_state=0)
            model = make_pipeline(words, OneVsRestClassifier(each))
            self._model = model.fit(rows["summary"].tolist(), rows["type"].tolist())

    def type_of(self, text: str) -> tuple[str, float]:
        """The likeliest type of a sentence and its probability; nothing and 0 where unlearned."""
        if self._model is None:
            return "", 0.0
        chances = self._model.predict_proba([text])[0]
        best = int(chances.argmax())
        return str(self._model.classes_[best]), float(chances[best])

    def weigh(self, proposals: Sequence[Proposal]) -> list[Proposal]:
        """The proposals, surer where it agrees on the type, less sure where it is sure of another
        family; as they were where it is silent."""
        return [self._weighed(proposal) for proposal in proposals]

    def _weighed(self, proposal: Proposal) -> Proposal:
        kind, chance = self.type_of(proposal.evidence.text)
        if kind == proposal.type and chance >= AGREES_FROM:
            factor = AGREES
        elif kind and FAMILIES[kind] != proposal.family and chance >= DOUBTS_FROM:
            factor = DOUBTS
        else:
            return proposal
        return replace(proposal, confidence=min(0.99, proposal.confidence * factor), coder=NAME)
