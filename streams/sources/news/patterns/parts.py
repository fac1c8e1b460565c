"""The mentions around an event's word: its subject, objects, agent, owner and mediators."""

from collections.abc import Iterator, Sequence

from streams.sources.news.language.items import ACTOR, PEOPLE, PLACE, WORD, Item
from streams.sources.news.language.words import BE, Words, listed
from streams.sources.news.patterns.patterns import Match

Codes = tuple[str, ...]
_HARD = frozenset((";", ":", "—", "–", "!", "?"))
_PASSING = frozenset(("also", "the", "a", "an", "its", "their", "his", "her", "on", "reportedly"))
_MILITANTS = listed("militant terrorist insurgent khawarij infiltrator extremist")
_RELATIVES = listed("who which whose")
_HOSTED = ("by", "of", "with", "under", "through", "from")


class Parts:
    """The mentions of one sentence around one match."""

    def __init__(
        self, items: Sequence[Item], match: Match, words: Words, verbs: frozenset[str]
    ) -> None:
        self.items, self.match, self._words, self._verbs = items, match, words, verbs

    @property
    def kind(self) -> str:
        """The event's type."""
        return self.match.type

    @property
    def head(self) -> Item:
        """The word that carries the event."""
        return self.items[self.match.head]

    def near(self, before: int, after: int | None) -> Sequence[Item]:
        """The match's items with so many before and after; `after` None: those before alone."""
        end = self.match.start if after is None else self.match.end + after
        return self.items[max(0, self.match.start - before) : end]

    def hosts(self, principals: Codes) -> Codes:
        """The third states on whose ground the event took place: 'in Doha'."""
        sides = [item.side for item in self.near(4, 6) if item.kind == PLACE]
        apart = ("", "border", *principals)
        return tuple(side for side in dict.fromkeys(sides) if side not in apart)

    def hits_capital(self, apart: Codes) -> bool:
        """True where a capital, but for that of those `apart`, is what was hit."""
        return any(
            item.kind == ACTOR and item.place and not item.prep and item.codes != apart
            for item in self.near(0, 2)
        )

    def hunts_militants(self) -> bool:
        """True where the match names militants."""
        lemmas = {item.lemma for item in self.near(0, 1)}
        return bool(lemmas & _MILITANTS)

    def stands_with(self, codes: Codes) -> bool:
        """True for one side with somebody unnamed: 'the kingdom signed a pact with Pakistan'."""
        return any(i.prep == "with" and i.codes == codes for i in self.near(0, 8))

    def subject(self, speaking: bool = False) -> Item | None:
        """Who stands before the event's word as its subject; None where nobody does."""
        head = self.match.head
        best, at = None, head - 1
        while at >= 0:
            item = self.items[at]
            if self._ends_clause(at, head, speaking):
                break
            if self._is_subject(at) and not (best and item.drawn == "pronoun"):
                best = item
                if self._opens_clause(at):
                    break
            at -= 1
        return best or self._inside(head)

    def _is_subject(self, at: int) -> bool:
        """True for who acts, before a verb or a relative: 'a word to Beijing, whose envoy...'."""
        item = self.items[at]
        if item.kind != ACTOR or not item.agent:
            return False
        relative = any(each.lemma in _RELATIVES for each in self.items[at + 1 : at + 3])
        return relative or (not item.prep and not self._is_object(at))

    def _inside(self, head: int) -> Item | None:
        """An actor that the pattern itself holds before its head."""
        for at in range(self.match.start, head):
            item = self.items[at]
            if item.kind == ACTOR and item.agent and item.prep in ("", "by", "of"):
                return item
        return None

    def speaker_after(self) -> Item | None:
        """Who is named after the words as theirs: '..., the minister warned Kabul'."""
        for at in range(self.match.end, len(self.items)):
            item = self.items[at]
            if item.kind != ACTOR or not item.agent or item.prep:
                continue
            beside = self.items[max(0, at - 1) : at + 2]
            if any(self._reports(each) for each in beside):
                return item
        return None

    def _reports(self, item: Item) -> bool:
        words = self._words.reporting | {"warn"}
        return item.kind == WORD and item.lemma in words and item.tag in ("d", "s")

    def shared_subject(self) -> Item | None:
        """The subject of the verb before, where this one follows on: 'closed X and summoned Y'."""
        head = self.match.head
        for at in range(head - 1, -1, -1):
            item = self.items[at]
            if item.lemma in _HARD:
                return None
            if item.kind == ACTOR and item.agent and not item.prep and not self._is_object(at):
                return item
        return None

    def following_subject(self) -> Item | None:
        """The subject after a comma: 'Accusing Kabul of delay, Pakistan closed the gate'."""
        if self.items[self.match.head].tag != "g":
            return None
        for at in range(self.match.head + 1, len(self.items) - 1):
            if self.items[at].lemma == ",":
                item = self.items[at + 1]
                return item if item.kind == ACTOR and item.agent else None
        return None

    def _ends_clause(self, at: int, head: int, speaking: bool) -> bool:
        item = self.items[at]
        if item.lemma in _HARD or (item.lemma in self._words.barriers and item.kind == WORD):
            return True
        quote = item.lemma in ('"', "“", "”")
        if quote:
            return not speaking
        reporting = item.kind == WORD and item.lemma in self._words.reporting and at != head
        said = reporting and (item.tag == "d" or item.lemma in ("say", "tell"))
        if said and not speaking:
            return at < head - 1 or self.items[at].lemma == "say"
        return False

    def _opens_clause(self, at: int) -> bool:
        """True for a subject right after a link: 'and Pakistan closed'."""
        before = self.items[at - 1] if at else None
        return before is not None and before.lemma in ("and", "but", "that")

    def _is_object(self, at: int) -> bool:
        """True where a verb stands right before the mention."""
        back = at - 1
        while back >= 0 and self.items[back].lemma in _PASSING:
            back -= 1
        item = self.items[back] if back >= 0 else None
        if item is None or item.kind != WORD:
            return False
        verb = item.lemma in self._verbs and item.tag in ("d", "s", "g", "0")
        return verb and item.lemma not in BE and item.lemma not in self._words.reporting

    def agent(self, start: int, reach: int = 14) -> Item | None:
        """Who stands with 'by' after a place."""
        for at in range(start, min(len(self.items), start + reach)):
            item = self.items[at]
            if item.lemma in _HARD:
                return None
            if item.kind == ACTOR and item.prep == "by":
                return item
        return None

    def origin(self) -> Item | None:
        """From whom it came: 'fired from the Afghan side', 'firing of Pakistan on Khost'."""
        near = self.items[self.match.start : self.match.end + 6]
        for at, item in enumerate(near):
            if (
                item.kind in (ACTOR, PLACE)
                and item.prep == "from"
                and (item.codes or item.side != "border")
            ):
                return item if item.codes else None
            onto = any(other.prep in ("on", "at", "against") for other in near[at + 1 :])
            if item.kind == ACTOR and item.prep == "of" and onto:
                return item
        return None

    def objects(self, start: int, apart: Codes, reach: int = 16) -> Iterator[tuple[Codes, float]]:
        """The codes of those after a place, nearest first, who are not `apart`, and how sure."""
        for at in range(start, min(len(self.items), start + reach)):
            item = self.items[at]
            if self._stops(at, start):
                return
            if item.prep == "by" or self._is_source(at):
                continue
            if item.kind == ACTOR:
                codes = tuple(code for code in item.codes if code not in apart)
                if codes:
                    yield codes, 0.9 if item.drawn else 1.0
            elif item.kind in (PEOPLE, PLACE) and item.side and item.side not in (*apart, "border"):
                yield (item.side,), 0.95

    def _stops(self, at: int, start: int) -> bool:
        item = self.items[at]
        if item.lemma in _HARD:
            return True
        if item.kind != WORD or at <= start:
            return False
        if item.lemma in self._words.barriers and item.lemma not in ("as", "if", "that"):
            return True
        after = self.items[at + 1] if at + 1 < len(self.items) else None
        # ', Kabul said': what follows is the source.
        return item.lemma in (",", "and", "but") and after is not None and self._subject_follows(at)

    def _subject_follows(self, at: int) -> bool:
        """True where a mention and its own verb follow: a new clause."""
        after = self.items[at + 1]
        if after.kind != ACTOR or not after.agent or at + 2 >= len(self.items):
            return False
        verb = self.items[at + 2]
        return (
            verb.kind == WORD
            and (verb.lemma in self._verbs or verb.lemma in BE)
            and verb.tag in ("d", "s", "")
        )

    def _is_source(self, at: int) -> bool:
        """True for who is named as the report's source: 'according to Kabul', 'Kabul said'."""
        item = self.items[at]
        before = [self.items[back].lemma for back in range(max(0, at - 3), at)]
        if "according" in before and item.prep == "to":
            return True
        after = self.items[at + 1] if at + 1 < len(self.items) else None
        return (
            after is not None
            and after.kind == WORD
            and after.lemma in self._words.reporting
            and after.tag in ("d", "s")
        )

    def passive(self) -> bool:
        """True where the event's word is a past led by a form of 'be'."""
        head = self.items[self.match.head]
        if head.tag != "d":
            return False
        for at in range(self.match.head - 1, max(-1, self.match.head - 5), -1):
            item = self.items[at]
            if item.kind != WORD:
                return False
            if item.lemma in BE:
                return True
            if item.lemma == "have":
                return False
        return False

    def owner(self) -> Item | None:
        """Whose the noun is: 'Pakistani shelling', 'Kabul's offer'; close before the match."""
        for at in range(self.match.head, max(-1, self.match.start - 4), -1):
            item = self.items[at]
            if at == self.match.head and item.kind != ACTOR:
                continue
            if item.kind == ACTOR and (
                not item.prep or not item.agent or item.prep in ("in", "by", "after")
            ):
                return item
            if item.kind != WORD or item.lemma in _HARD or item.lemma in (",", "in", "on", "of"):
                if item.kind == PLACE and item.place:
                    continue
                return None
        return None

    def participants(self) -> list[str]:
        """Who takes part: by 'between', 'with', 'of', or as the object near the event's word."""
        made: list[str] = []
        for at in range(max(0, self.match.start - 3), min(len(self.items), self.match.end + 10)):
            item = self.items[at]
            if at > self.match.end and (self._stops(at, self.match.end) or item.lemma == ","):
                break
            if item.kind != ACTOR or self._is_source(at):
                continue
            bare = not item.prep and self.match.start <= at <= self.match.head + 4
            owner = not item.agent and at < self.match.head
            of = item.prep == "of" and at <= self.match.head
            if bare or owner or of or item.prep in ("between", "with", "among"):
                made += item.codes
        return made

    def mediators(self, participants: Codes) -> Codes:
        """Third parties that mediate or host in the sentence."""
        made: list[str] = []
        for at, item in enumerate(self.items):
            if item.kind != ACTOR:
                continue
            codes = [code for code in item.codes if code not in participants]
            if codes and self._mediates(at):
                made += codes
        return tuple(dict.fromkeys(made))

    def _mediates(self, at: int) -> bool:
        near = self.items[max(0, at - 5) : at] if self.items[at].prep in _HOSTED else []
        near = [*near, *self.items[at + 1 : at + 4]]
        return any(item.kind == WORD and item.lemma in self._words.mediation for item in near)
