"""Whether it happened: the words that make of an event a plan, a wish, a denial or an if."""

from collections.abc import Sequence

from streams.sources.news.language.items import ACTOR, WORD, Item
from streams.sources.news.language.words import BE, Words, listed
from streams.sources.news.patterns.patterns import Match

HAPPENED = "happened"
RECALLED = "recalled"
_REACH = 9
"""Items to the left within which a word governs the event's own."""
_OFFERING = frozenset(
    ("offer", "propose", "volunteer", "extend", "renew", "launch", "invite", "repeat")
)
_HEARSAY = listed("report claim rumour rumor suggestion allegation news")
_OF_NOUNS = listed("nominal joint announced agentless")
_LINKS = listed(", and but that")
_AUXILIARY = listed("will would could may might should must can shall")
_MARKS = frozenset((";", ":", "—", "–", ".", "!", "?"))


class Moods:
    """Reads an event's modality off the words around it."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._mood = {
            lemma: mood
            for mood in ("hypothetical", "planned", "called_for", "offered", "denied", "negation")
            for lemma in words.modality[mood]
        }
        self._factual = words.modality["factual"]
        self._falsity = words.modality["falsity"]

    def of(self, items: Sequence[Item], match: Match) -> str:
        """happened, planned, offered, called_for, denied or hypothetical."""
        if match.type == "threat" or (
            match.type == "mediation_offer" and items[match.head].lemma not in _OFFERING
        ):
            return self._of_word(items, match, own=True)
        if self._corrects(items):
            return "denied"
        if match.head > match.start and self._mood.get(items[match.start].lemma) == "called_for":
            return "called_for"
        mood = self._of_word(items, match, own=False)
        if mood == HAPPENED and match.type == "accusation" and self._denies(items, match):
            mood = "denied"
        if mood == HAPPENED and match.pattern.roles in _OF_NOUNS:
            mood = self._of_noun(items, match)
        return mood

    def _corrects(self, items: Sequence[Item]) -> bool:
        """True for a sentence that says what an earlier report had wrong."""
        lemmas = [item.lemma for item in items]
        if self._words.correction & set(lemmas):
            return True
        return "version" in lemmas and any(p in " ".join(lemmas) for p in self._words.corrections)

    def _denies(self, items: Sequence[Item], match: Match) -> bool:
        """True where who speaks denies: 'added that Kabul gives no shelter'."""
        if items[match.head].lemma not in self._words.reporting:
            return False
        between = items[match.head + 1 : match.end]
        return any(
            self._mood.get(i.lemma) in ("negation", "denied") and i.lemma != "fail" for i in between
        )

    def _of_word(self, items: Sequence[Item], match: Match, *, own: bool) -> str:
        """The mood by what stands left of the event's word. `own`: plans are its very meaning."""
        if self._negated(items, match):
            return "denied"
        head = items[match.head]
        bare = head.tag in ("0", "", "g", "s") or head.kind != WORD
        for at in range(match.head - 1, max(-1, match.head - _REACH), -1):
            item = items[at]
            if item.kind != WORD:
                continue
            if item.lemma in _MARKS or (item.lemma == "," and match.head - at > 2 and not bare):
                break
            if item.lemma in ("and", "but", "after", "before", "while", "though") and not bare:
                break
            if item.lemma in ("that", "as", "because", "since"):
                # 'denied that it struck': the clause's own verb is judged with its governor.
                mood = self._governed(items, at)
                if mood == "denied" or head.tag in ("d", "s"):
                    return mood
            inside = at >= match.start and match.pattern.roles != "active"
            if inside and item.lemma not in _AUXILIARY and self._mood.get(item.lemma) != "negation":
                continue
            mood = self._weigh(items, at, match.head, own=own)
            if mood:
                return mood
        return "planned" if self._is_infinitive(items, match.head) and not own else HAPPENED

    def _is_infinitive(self, items: Sequence[Item], head: int) -> bool:
        """True for 'to reopen': asserted by no verb, wherever it stands."""
        return items[head].tag == "0" and head > 0 and items[head - 1].lemma == "to"

    def _negated(self, items: Sequence[Item], match: Match) -> bool:
        """True where a negation stands close before the event's word: 'did not', 'no order to'."""
        for at in range(match.head - 1, max(-1, match.head - 5), -1):
            item = items[at]
            if item.kind != WORD or item.lemma in _MARKS or item.lemma in _LINKS:
                return False
            if self._mood.get(item.lemma) == "negation":
                return not self._counted(items, at)
        return False

    def _weigh(self, items: Sequence[Item], at: int, head: int, *, own: bool) -> str:
        item, form = items[at], items[head].tag
        mood = self._mood.get(item.lemma, "")
        near = head - at
        if item.lemma in self._factual and form == "0" and near <= 3 and mood != "negation":
            return HAPPENED
        if not mood or (item.lemma == items[head].lemma and near == 0):
            return ""
        if mood == "negation":
            return "denied" if near <= 4 and not self._counted(items, at) else ""
        if own and mood in ("planned", "hypothetical", "offered"):
            return ""
        if form == "d" and item.lemma not in (
            "would",
            "could",
            "might",
            "may",
            "should",
            "if",
            "will",
            "be",
            "fail",
            "deny",
            "unless",
            "whether",
            "had",
            "must",
        ):
            # 'planned talks ended': a past stands for itself unless an auxiliary leads it.
            passive = near <= 4 and any(items[k].lemma == "be" for k in range(at, head))
            infinitive = near <= 5 and any(items[k].lemma == "to" for k in range(at, head))
            return mood if passive and infinitive else ""
        return mood

    @staticmethod
    def _counted(items: Sequence[Item], at: int) -> bool:
        """'no fewer than ten', 'not only': no denial."""
        after = items[at + 1].lemma if at + 1 < len(items) else ""
        return after in ("only", "few", "fewer", "less", "just", "longer", "least") or (
            items[at].lemma == "without" and after in ("warning", "provocation", "notice")
        )

    def _governed(self, items: Sequence[Item], at: int) -> str:
        """What the verb before 'that' makes of its clause."""
        for back in range(at - 1, max(-1, at - 5), -1):
            lemma = items[back].lemma
            if items[back].kind != WORD:
                continue
            if lemma in ("deny", "reject", "dismiss", "refute", "untrue", "false", "dispute"):
                return "denied"
            if lemma in _HEARSAY and self._falsity & {item.lemma for item in items}:
                return "denied"
            if lemma in (
                "fear",
                "risk",
                "possibility",
                "if",
                "hope",
                "chance",
                "suppose",
                "prospect",
            ):
                return "hypothetical"
            if lemma in ("demand", "urge", "insist_on", "propose", "suggest"):
                return "called_for" if lemma in ("demand", "urge") else HAPPENED
        return HAPPENED

    def _of_noun(self, items: Sequence[Item], match: Match) -> str:
        """The mood of a noun's event: 'calls for talks', 'a possible truce', 'no ceasefire'."""
        start = match.start
        for at in range(start - 1, max(-1, start - 5), -1):
            item = items[at]
            if item.kind == ACTOR and item.agent and not item.prep:
                break
            if item.lemma in _MARKS or item.lemma in (",", "and", "but"):
                break
            mood = self._mood.get(item.lemma, "")
            if mood == "negation":
                return "denied"
            past = items[match.head].tag == "d" and match.head > match.start
            if mood in ("called_for", "hypothetical", "planned", "offered") and not past:
                return mood
        return self._of_verb(items, match)

    def _of_verb(self, items: Sequence[Item], match: Match) -> str:
        """The mood of the verb that a noun is subject of."""
        between = range(match.start, min(match.end + 3, len(items)))
        for at in between:
            lemma = items[at].lemma
            if items[at].lemma in _MARKS or (lemma == "," and at >= match.end):
                break
            if lemma in ("could", "may", "might", "would", "can"):
                return "hypothetical"
            if lemma in ("should", "must"):
                return "called_for"
            if lemma in ("will", "shall") or (lemma == "to" and at and items[at - 1].lemma in BE):
                return "planned"
            if lemma in ("schedule", "expect", "due", "slate") and items[at].tag in ("d", ""):
                return "planned"
        return HAPPENED
