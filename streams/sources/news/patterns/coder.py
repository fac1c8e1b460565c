"""The coder `patterns`: an article in, proposals out; offline, by dictionary and patterns alone."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from streams.sources.news.article import Article
from streams.sources.news.language.dates import weekdays_of
from streams.sources.news.language.items import ACTOR, PLACE, WORD, Context, Item
from streams.sources.news.language.lexicon import Lexicon
from streams.sources.news.language.reader import Reader, is_caseless
from streams.sources.news.language.sentences import Sentence, sentences
from streams.sources.news.language.words import load_words
from streams.sources.news.patterns.dating import date_of
from streams.sources.news.patterns.deaths import find_deaths
from streams.sources.news.patterns.merging import merge
from streams.sources.news.patterns.modality import HAPPENED, RECALLED, Moods
from streams.sources.news.patterns.patterns import Match, load_patterns
from streams.sources.news.patterns.roles import Casting, Parties, Roles
from streams.sources.news.patterns.screens import is_no_event
from streams.sources.news.proposal import Evidence, Proposal

NAME = "patterns"
_POINTING = frozenset(("those", "these", "such", "same"))
_WEEKDAYS = 4
"""A text that names so many weekdays tells a week; one fewer where its heading says so."""
_HEADING = 150
_OF_A_WEEK = re.compile(r"\bweek\b|seven days|digest|round-?up|\breview\b", re.IGNORECASE)
_NEAR = 6
"""Items around an event within which a place is its own."""


class PatternCoder:
    """Codes articles for one theatre."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._words, self._lexicon = load_words(), lexicon
        self._patterns, forms = load_patterns()
        self._principals = lexicon.theatre.actors
        self._reader = Reader(lexicon, self._words, forms)
        self._moods = Moods(self._words)
        self._known_words = forms.known
        parties = Parties(self._principals, lexicon.homes, lexicon.militants)
        self._casting = Casting(self._words, frozenset(forms.verbs), parties)

    def code(self, article: Article) -> list[Proposal]:
        """The events that the article tells, each once, planned and denied ones too."""
        read = list(sentences(article.text, self._split))
        context = Context(self._principals, article.published, pair=self._pair_of(read))
        weekdays = weekdays_of(article.text)
        headed = bool(_OF_A_WEEK.search(article.text[:_HEADING]))
        if roundup := len(set(weekdays)) >= _WEEKDAYS - headed:
            own = f"{article.published:%A}".casefold()
            context.roundup = own if weekdays[0] == own else ""
        proposals: list[Proposal] = []
        for sentence in read:
            items = self._reader.items(sentence, article.published, context)
            self._follow(items, context)
            made = list(self._coded(sentence, items, article, context))
            if not made:
                self._count_on(proposals, sentence, items)
            proposals += made
            self._leave(items, made, context)
            context.carried = roundup or sentence.text.endswith(";")
        return merge(proposals)

    def _split(self, word: str) -> int:
        return self._lexicon.glued(word, self._known_words)

    def _pair_of(self, read: Sequence[Sentence]) -> tuple[str, ...]:
        """The theatre's principals where the text speaks of both, of a crossing between them, or
        of one and an armed group; nobody in a text about others."""
        codes: Counter[str] = Counter()
        for sentence in read:
            tokens = sentence.tokens
            plain = is_caseless(sentence.text)
            names = (self._lexicon.find(tokens, at, plain) for at in range(len(tokens)))
            named = [name for name, _ in filter(None, names)]
            ours = {name.side for name in named} & {*self._principals, "border"}
            codes.update({name.code for name in named} | ours)
        both = [code for code in self._principals if codes[code]]
        if "border" in codes or (both and self._lexicon.homes.keys() & codes.keys()):
            return self._principals
        # One that is named in passing, in a text about others, makes it none of theirs.
        least = min(codes[code] for code in self._principals)
        mediators = self._lexicon.theatre.mediators
        inner = {"", *self._principals, *self._lexicon.orgs, *mediators}
        others = max((n for code, n in codes.items() if code not in inner), default=0)
        return self._principals if least > 1 or (least and others <= least) else ()

    def _follow(self, items: Sequence[Item], context: Context) -> None:
        """Keeps of which pair the text speaks now."""
        states = [item for item in items if item.kind == ACTOR and not item.drawn]
        if set(self._principals) <= {code for item in states for code in item.codes}:
            context.pair = self._principals
            return
        for item in states:
            codes = set(item.codes)
            two = len(codes) == 2 and not codes & (self._lexicon.orgs | self._lexicon.homes.keys())
            if two and (codes & set(self._principals) or not context.pair):
                context.pair = item.codes

    def _leave(self, items: Sequence[Item], made: Sequence[Proposal], context: Context) -> None:
        """Keeps what the next sentence may refer to: who spoke, the day, who mediated."""
        acting = [
            (at, i) for at, i in enumerate(items) if i.kind == ACTOR and i.agent and not i.prep
        ]
        speakers = [item for at, item in acting if self._speaks(items, at)]
        if subject := next(iter((*speakers, *(item for _, item in acting))), None):
            context.subject = subject.codes
        days = [i.when for i in items if i.when and not i.when.ahead and i.when.precision == "day"]
        context.day = days[0] if days else context.day
        third = tuple(
            code
            for item in items
            if item.kind == ACTOR and (item.prep == "by" or len(item.codes) > 1)
            for code in item.codes
            if code not in self._principals and code not in self._lexicon.homes
        )
        context.mediators = third or tuple(code for each in made for code in each.mediators)

    def _speaks(self, items: Sequence[Item], at: int) -> bool:
        return any(
            item.kind == WORD and item.lemma in self._words.reporting and item.tag in ("d", "s")
            for item in items[at + 1 : at + 3]
        )

    def _coded(
        self, sentence: Sentence, items: list[Item], article: Article, context: Context
    ) -> Iterator[Proposal]:
        matches = [m for m in self._patterns.find(items) if not is_no_event(items, m)]
        cast = [(match, self._casting.roles(items, match, context)) for match in matches]
        read = [(match, roles) for match, roles in cast if roles is not None]
        for at, (match, roles) in enumerate(read):
            proposal = self._proposal(sentence, items, match, roles, (article, context))
            if roles.mediators and any(item.lemma in _POINTING for item in items):
                both = dict.fromkeys((*proposal.mediators, *context.mediators))
                proposal = replace(proposal, mediators=tuple(both))
            if match.is_force:
                first = items[match.start].start if at else sentence.start
                more = read[at + 1 :]
                last = items[more[0][0].start].start if more else sentence.end
                proposal = self._with_dead(proposal, sentence, items, (first, last))
            yield proposal

    def _proposal(
        self,
        sentence: Sentence,
        items: list[Item],
        match: Match,
        roles: Roles,
        within: tuple[Article, Context],
    ) -> Proposal:
        article, context = within
        mood = self._moods.of(items, match)
        if match.pattern.roles == "announced" and mood in ("planned", "hypothetical"):
            mood = HAPPENED
        dated = date_of(items, match, mood == HAPPENED, context, self._words)
        place = self._place(items, match, roles)
        return Proposal(
            type=match.type,
            actor=roles.actors[0],
            target=roles.targets,
            mediators=roles.mediators,
            place=place,
            segment=self._lexicon.segment(place) if place else "",
            occurred_on=dated.day,
            date_precision=dated.precision,
            modality=RECALLED if mood == HAPPENED and dated.back else mood,
            known_at=article.published,
            confidence=match.pattern.strength * roles.sure,
            coder=NAME,
            evidence=Evidence(
                sentence.start, sentence.end, article.text[sentence.start : sentence.end]
            ),
            inferred=dated.inferred,
        )

    def _place(self, items: Sequence[Item], match: Match, roles: Roles) -> str:
        """The named place nearest to the event; of a third party's offer its capital."""
        if match.type == "mediation_offer":
            return self._lexicon.capitals.get(roles.actors[0], "")
        named = [
            (abs(at - match.head), item.place)
            for at, item in enumerate(items)
            if item.kind == PLACE and item.place and match.start - _NEAR <= at <= match.end + _NEAR
        ]
        return min(named)[1] if named else ""

    def _count_on(
        self, proposals: list[Proposal], sentence: Sentence, items: Sequence[Item]
    ) -> None:
        """Gives the last event of force the dead that a following sentence counts."""
        at = next((k for k in reversed(range(len(proposals))) if proposals[k].counts_dead), None)
        if at is not None:
            span = (sentence.start, sentence.end)
            proposals[at] = self._with_dead(proposals[at], sentence, items, span)

    def _with_dead(
        self, proposal: Proposal, sentence: Sentence, items: Sequence[Item], span: tuple[int, int]
    ) -> Proposal:
        """The proposal with the dead counted between two characters of a sentence."""
        dated = [(item.start, item.end) for item in items if item.when]
        tokens = [
            token
            for token in sentence.tokens
            if span[0] <= token.start < span[1]
            and not any(start <= token.start < end for start, end in dated)
        ]
        dead = find_deaths(tokens, self._words.numbers)
        if dead is None or proposal.deaths_best is not None:
            return proposal
        return replace(proposal, deaths_low=dead.low, deaths_best=dead.best, deaths_high=dead.high)
