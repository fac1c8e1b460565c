"""From a sentence to its items: names looked up, offices joined to their states, pronouns drawn."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from streams.sources.news.language.dates import When, find_dates
from streams.sources.news.language.items import ACTOR, DATE, PEOPLE, PLACE, WORD, Context, Item
from streams.sources.news.language.joining import ARTICLES, joined
from streams.sources.news.language.lexicon import Lexicon, Name
from streams.sources.news.language.sentences import Sentence, Token
from streams.sources.news.language.words import BE, Forms, Words, listed

_PLACING = listed("in at near over around outside inside across within into above through via")
_GOING = listed("visit trip travel fly go head arrive return flight journey come send rush")
_DASHES = frozenset(("-", "–", "—", "‑", "/"))


def is_caseless(text: str) -> bool:
    """True where capitals tell nothing: there are none, or little else."""
    letters = [char for char in text if char.isalpha()]
    capitals = sum(char.isupper() for char in letters)
    return capitals == 0 or capitals > 0.7 * len(letters)


class Reader:
    """Makes items of sentences, by a theatre's lexicon and the words' forms."""

    def __init__(self, lexicon: Lexicon, words: Words, forms: Forms) -> None:
        self.lexicon, self.words, self.forms = lexicon, words, forms

    def items(self, sentence: Sentence, base: date, context: Context) -> list[Item]:
        """The sentence's items, in order."""
        dates = find_dates(sentence.text, base, context.day.day if context.day else None)
        dates = _of_week_before(dates, sentence.text, base, context)
        caseless = is_caseless(sentence.text)
        plain = list(self._plain(sentence, dates, context, caseless))
        plain = self._progressive(plain)
        merged = self._grounds(self._officials(self._agents(plain, context), context))
        merged = _paired(merged, context)
        return self._prepositions(joined(self._drawn(merged, context)))

    def _plain(
        self, sentence: Sentence, dates: list[When], context: Context, caseless: bool
    ) -> Iterator[Item]:
        tokens, at = sentence.tokens, 0
        while at < len(tokens):
            token = tokens[at]
            when = _date_at(dates, token.start - sentence.start)
            if when is not None:
                end = at + 1
                while end < len(tokens) and tokens[end].start - sentence.start < when.end:
                    end += 1
                yield Item(DATE, DATE, "", token.start, tokens[end - 1].end, when=when)
                at = end
                continue
            named = self.lexicon.find(tokens, at, caseless)
            if named is not None:
                name, end = named
                yield self._mention(name, tokens[at], tokens[end - 1], context)
                at = end
                continue
            if token.norm in context.people and token.text[0].isupper():
                codes = (context.people[token.norm],)
                yield Item(ACTOR, ACTOR, "", token.start, token.end, codes, agent=True)
            elif token.norm not in _DASHES or _apart(tokens, at):
                lemma, tag = self.forms.of(token.norm)
                yield Item(WORD, lemma, tag, token.start, token.end, head=token.text)
            at += 1

    def _progressive(self, items: list[Item]) -> list[Item]:
        """Makes verbs of nouns in -ing after a form of 'be': 'are shelling', 'was firing'."""
        made: list[Item] = []
        for item in items:
            verb = self.forms.progressive.get(item.lemma) if item.kind == WORD else None
            led = any(each.lemma in BE for each in made[-2:])
            made.append(replace(item, lemma=verb, tag="g") if verb and led else item)
        return made

    def _mention(self, name: Name, first: Token, last: Token, context: Context) -> Item:
        if name.kind == "pair":
            if not context.pair:
                return Item(WORD, "side", "s", first.start, last.end, head=first.text)
            codes = context.pair
            return Item(ACTOR, ACTOR, "", first.start, last.end, codes, agent=True, drawn="pair")
        if name.kind == "place":
            side = name.side
            return Item(
                PLACE,
                PLACE,
                "",
                first.start,
                last.end,
                place=name.place,
                side=side,
                crossing=name.crossing,
            )
        if name.kind == "people":
            return Item(PEOPLE, PEOPLE, "", first.start, last.end, (name.code,), side=name.code)
        agent = name.kind != "adjective"
        return Item(
            ACTOR, ACTOR, "", first.start, last.end, (name.code,), name.place, name.side, agent,
            head=name.kind,
        )  # fmt: skip

    def _agents(self, items: list[Item], context: Context) -> list[Item]:
        """Joins a state's name with the people or the office that act for it, and their names."""
        made: list[Item] = []
        at = 0
        while at < len(items):
            item = items[at]
            if item.kind != ACTOR or item.drawn or item.head in ("person", "group"):
                owner = item.kind == ACTOR and at + 1 < len(items) and items[at + 1].lemma == "'s"
                made.append(replace(item, agent=False, tag="o") if owner else item)
                at += 2 if owner else 1
                continue
            end, kind = self._office(items, at + 1)
            if kind == "agent":
                end = self._title(items, end, item.codes, context)
                made.append(
                    replace(item, end=items[end - 1].end, agent=True, place="", side="",
                            head=items[end - 1].lemma if items[end - 1].kind == WORD else "person")
                )  # fmt: skip
                at = end
            elif kind in ("people", "ground"):
                mark = PEOPLE if kind == "people" else PLACE
                made.append(
                    replace(item, kind=mark, lemma=mark, side=item.codes[0], place="", agent=False)
                )
                at += 2 if items[at + 1].lemma == "'s" else 1
            else:
                owner = at + 1 < len(items) and items[at + 1].lemma == "'s"
                made.append(replace(item, agent=item.agent and not owner, tag="o" if owner else ""))
                at += 2 if owner else 1
        return made

    def _office(self, items: Sequence[Item], at: int) -> tuple[int, str]:
        """Where the office, people or ground that a state's name owns ends, and which it is."""
        words = self.words
        if at < len(items) and items[at].lemma == "'s":
            at += 1
        best = (at, "")
        for end in range(at, min(at + 6, len(items))):
            item = items[end]
            if item.kind != WORD:
                break
            lemma = item.lemma
            if lemma in words.agents and not self._is_verb(items, end):
                best = (end + 1, "agent")
            elif lemma in words.people and not best[1]:
                return end + 1, "people"
            elif lemma in words.grounds and best[1] != "agent":
                if lemma not in words.agent_modifiers:
                    return end + 1, best[1] or "ground"
                best = (end + 1, "ground")
            elif lemma == "and" and best[1] == "agent" and _next_in(items, end, words.agents):
                continue
            elif lemma not in words.agent_modifiers:
                break
        return best

    def _is_verb(self, items: Sequence[Item], at: int) -> bool:
        """A word that is as often a verb: 'forces', where what follows is not its own verb."""
        item = items[at]
        return item.lemma in ("force", "head", "plane") and item.tag in ("d", "g")

    def _title(
        self, items: Sequence[Item], at: int, codes: tuple[str, ...], context: Context
    ) -> int:
        """The item after the name that stands with an office; the name is remembered."""
        end = at
        while end < len(items) and end - at < 4:
            item = items[end]
            name = (
                item.kind == WORD
                and item.head[:1].isupper()
                and not item.tag
                and item.head.isalpha()
            )
            if name:
                if len(item.lemma) > 3:
                    context.people.setdefault(item.lemma, codes[0])
            elif not (item.kind == ACTOR and item.codes == codes and item.head == "person"):
                break
            end += 1
        return end

    def _officials(self, items: list[Item], context: Context) -> list[Item]:
        """Joins 'officials in Kabul', 'the government of Pakistan' and their like."""
        made: list[Item] = []
        at = 0
        while at < len(items):
            item, after = items[at], items[at + 2] if at + 2 < len(items) else None
            owns = after is not None and items[at + 1].lemma in ("in", "of", "from", "for")
            if after and owns and item.kind == WORD and item.lemma in self.words.agents:
                codes = after.codes if after.kind == ACTOR else (after.side,)
                if codes[0] in context.principals or (codes[0] and after.kind == ACTOR):
                    end = self._title(items, at + 3, codes, context)
                    made.append(Item(ACTOR, ACTOR, "", item.start, items[end - 1].end, codes,
                                     agent=True, head=item.lemma, drawn=after.drawn))  # fmt: skip
                    at = end
                    continue
            made.append(item)
            at += 1
        return made

    def _grounds(self, items: list[Item]) -> list[Item]:
        """Makes a place of a capital where a place stands: 'in Kabul', 'visit to Kabul'."""
        made: list[Item] = []
        for item in items:
            if item.kind == ACTOR and item.place and not item.drawn and self._placed(made):
                item = replace(item, kind=PLACE, lemma=PLACE, agent=False)
            elif (
                item.kind == ACTOR and made and made[-1].lemma in _PLACING and item.head == "state"
            ):
                # 'in Afghanistan' is where, 'across Pakistan' too.
                item = replace(item, kind=PLACE, lemma=PLACE, agent=False, side=item.codes[0])
            made.append(item)
        return made

    @staticmethod
    def _placed(before: list[Item]) -> bool:
        words = [item for item in before[-3:] if item.kind != DATE]
        if not words:
            return False
        if words[-1].lemma in _PLACING:
            return True
        to = words[-1].lemma in ("to", "for", "of", "in")
        return words[-1].lemma in ("visit", "reach", "leave") or (
            to and any(word.lemma in _GOING for word in words[:-1])
        )

    def _drawn(self, items: list[Item], context: Context) -> list[Item]:
        """Gives pronouns and offices without a state the one last spoken of."""
        made: list[Item] = []
        for at, item in enumerate(items):
            before = made[-1] if made else None
            if item.kind != WORD:
                made.append(item)
            elif item.lemma in self.words.pronouns and context.subject and not self._led(before):
                codes = context.subject
                made.append(
                    replace(item, kind=ACTOR, codes=codes, agent=True, drawn="pronoun", lemma=ACTOR)
                )
            elif (
                item.lemma in self.words.agents_unnamed
                and context.state
                and self._bare(items, at, before)
            ):
                made.append(replace(item, kind=ACTOR, lemma=ACTOR, codes=(_office_of(context),),
                                    agent=True, drawn="office", head=item.lemma))  # fmt: skip
            else:
                made.append(item)
            if made[-1].kind == ACTOR and made[-1].agent:
                _remember(made[-1], context)
        return made

    def _led(self, before: Item | None) -> bool:
        return before is not None and before.lemma in self.words.prepositions

    def _bare(self, items: Sequence[Item], at: int, before: Item | None) -> bool:
        """True for 'the ministry', 'security forces', 'the foreign minister'."""
        after = items[at + 1] if at + 1 < len(items) else None
        if after is not None and (after.kind == ACTOR or after.lemma in self.words.agents):
            return False
        if before is None:
            return after is not None and after.kind == WORD and after.tag in ("d", "s")
        return before.lemma in ARTICLES or before.lemma in self.words.agent_modifiers

    def _prepositions(self, items: list[Item]) -> list[Item]:
        """Tells each mention the preposition before it, over articles and adjectives."""
        made = []
        for at, item in enumerate(items):
            if item.kind in (ACTOR, PLACE, PEOPLE):
                item = replace(item, prep=self._prep(items, at))
            made.append(item)
        return made

    def _prep(self, items: Sequence[Item], at: int) -> str:
        for back in range(at - 1, max(-1, at - 5), -1):
            item = items[back]
            if item.kind != WORD:
                return ""
            if item.lemma in self.words.prepositions:
                return item.lemma
            passing = item.lemma in ARTICLES or item.lemma in self.words.agent_modifiers
            known = item.tag or not item.lemma.isalpha() or item.lemma in self.words.barriers
            if not passing and known:
                return ""
        return ""


def _of_week_before(dates: list[When], text: str, base: date, context: Context) -> list[When]:
    """In a week's round-up the article's own weekday, where it stands before the others, is the
    one a week ago."""
    made = []
    for when in dates:
        own = when.day == base and context.roundup in text[when.start : when.end].casefold()
        if context.roundup and own:
            when = replace(when, day=base - timedelta(days=7))
        elif when.precision == "day":
            context.roundup = ""
        made.append(when)
    return made


def _paired(items: list[Item], context: Context) -> list[Item]:
    """With 'the two sides' as those two that the sentence named before, where but one of them is
    a principal: 'the minister met India's envoy and the two sides agreed'."""
    made: list[Item] = []
    codes: list[str] = []
    for item in items:
        if item.drawn == "pair" and len(named := tuple(dict.fromkeys(codes))) == 2:
            if len(set(named) & set(context.principals)) == 1:
                item = replace(item, codes=named)
        elif item.kind == ACTOR and item.codes and not item.drawn:
            codes += item.codes
        made.append(item)
    return made


def _office_of(context: Context) -> str:
    """Whose 'the ministry' is: the last subject's, where that is a principal."""
    subject = [code for code in context.subject if code in context.principals]
    return subject[0] if len(subject) == 1 else context.state


def _remember(item: Item, context: Context) -> None:
    if len(item.codes) == 1 and item.codes[0] in context.principals:
        context.state = item.codes[0]


def _date_at(dates: list[When], start: int) -> When | None:
    return next((when for when in dates if when.start <= start < when.end), None)


def _apart(tokens: Sequence[Token], at: int) -> bool:
    """True for a dash with space around it, which parts clauses; a hyphen joins words."""
    before = at and tokens[at].start > tokens[at - 1].end
    after = at + 1 < len(tokens) and tokens[at + 1].start > tokens[at].end
    return bool(tokens[at].norm == "—" or (before and after))


def _next_in(items: Sequence[Item], at: int, lemmas: frozenset[str]) -> bool:
    return any(item.lemma in lemmas for item in items[at + 1 : at + 4])
