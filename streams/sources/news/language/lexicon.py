"""Who and where: the names of the world's states and of a theatre's actors and places."""

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from streams.places.gazetteer import segment_named
from streams.sources.news.language.sentences import Token
from streams.sources.news.language.spelling import LONGEST, Speller, fold
from streams.sources.news.language.words import DATA, listed, load_words
from theatres import Theatre
from theatres.tables import read_rows, read_toml

KINDS = frozenset(("state", "adjective", "group", "org", "person", "pair", "place", "people"))
# Little words that a lost line break leaves stuck to their neighbours.
_GLUE = listed(
    "by that which the those this these in of on to and with between from for as at after into its "
    "their was were has have had have been be would could will may also but both not over"
)
_COMMON = listed("us who imp fo it arg")


@dataclass(frozen=True, slots=True)
class Name:
    """One name: of whom (`code`) or of where (`place`, on whose `side`), or of both, as a capital.

    `kind` is state, adjective, group, org, person, pair or place. `exact` names count in their
    own capitals alone: US is not us.
    """

    words: tuple[str, ...]
    kind: str
    code: str = ""
    place: str = ""
    side: str = ""
    exact: bool = False
    crossing: bool = False


class Lexicon:
    """The names of a theatre, to be looked up at a place in a sentence."""

    def __init__(self, theatre: Theatre) -> None:
        words = words_of(theatre)
        actors = read_toml(words / "actors.toml")
        self.theatre = theatre
        self.principals = theatre.actors
        self.militants = str(actors.get("militants", ""))
        self.capitals = {row["code"]: row["capitals"].split(";")[0] for row in _states_table()}
        names: dict[tuple[str, ...], Name] = {}
        for name in (*_states(), *_actors(actors)):
            names[name.words] = name
        for name in _places(words / "places.csv"):
            other = names.get(name.words)
            kind = other.kind if other else "place"
            code = other.code if other else ""
            names[name.words] = replace(name, kind=kind, code=code)
        for phrase in load_words().pair:
            names[phrase] = Name(phrase, "pair")
        self._by_first: dict[str, list[Name]] = {}
        for name in sorted(names.values(), key=lambda name: -len(name.words)):
            self._by_first.setdefault(name.words[0], []).append(name)
        self.homes = {
            str(actor["code"]): str(actor["against"])
            for actor in actors["actor"]
            if "against" in actor
        }
        self.groups = {name.code for name in names.values() if name.kind == "group"}
        self.orgs = {name.code for name in names.values() if name.kind == "org"}
        self.name_words = {word for name in names.values() for word in name.words}
        known = load_words()
        plain = known.agents | known.people | known.grounds | known.reporting | known.prepositions
        spelt = (n for n in names.values() if n.kind != "pair" and not n.exact)
        self._speller = Speller((word for name in spelt for word in name.words), plain)

    def find(self, tokens: tuple[Token, ...], at: int, caseless: bool) -> tuple[Name, int] | None:
        """The longest name that begins at a token, and the token after it; None where none does."""
        token = tokens[at]
        first = self._spelt(token) if token.text[0].isupper() else token.norm
        for name in self._by_first.get(first, ()):
            end = self._matches(name, tokens, at)
            if end and self._in_case(name, tokens[at:end], caseless):
                return name, end
        return None

    def _spelt(self, token: Token) -> str:
        if token.text[0].isupper():
            return str(self._speller.name_of(token.norm))
        return token.norm

    def _matches(self, name: Name, tokens: tuple[Token, ...], at: int) -> int:
        """The token after the name, hyphens left out; 0 where it does not stand here."""
        for word in name.words:
            while at < len(tokens) and tokens[at].norm in ("-", "–", "‑"):
                at += 1
            if at >= len(tokens) or (tokens[at].norm != word and self._spelt(tokens[at]) != word):
                return 0
            at += 1
        return at

    @staticmethod
    def _in_case(name: Name, tokens: tuple[Token, ...], caseless: bool) -> bool:
        if name.kind == "pair":
            return True
        if name.exact:
            return tokens[0].text.replace(".", "").isupper() and (
                not caseless or name.words[0] not in _COMMON
            )
        return caseless or tokens[0].text[0].isupper() or name.kind == "group"

    def glued(self, word: str, known: Container[str]) -> int:
        """Where an unknown word is two known ones that lost their space; 0 where it is not."""
        if word in known or word in self.name_words or len(word) > 2 * LONGEST:
            return 0
        for at in range(2, len(word) - 1):
            first, last = word[:at], word[at:]
            if first in _GLUE and last in _GLUE and len(last) > 3:
                return at
            if first in _GLUE and (last in known or last in self.name_words) and len(last) > 4:
                return at
            if last in _GLUE and (first in known or first in self.name_words) and len(first) > 4:
                return at
            if at > 5 and len(last) > 5:
                both = (first in known or first in self.name_words) and last in known
                if both or (first in known and last in self.name_words):
                    return at
        return 0

    def segment(self, place: str) -> str:
        """The segment a place's name belongs to, as the gazetteer has it."""
        return segment_named(place, self.theatre)


def words_of(theatre: Theatre) -> Path:
    """Where a theatre's dictionary stands: actors.toml and places.csv."""
    return theatre.chronicle.parent / "words"


def _split(name: str) -> tuple[str, ...]:
    parts = [fold(part) for part in name.replace("-", " ").replace("'s", " 's").split()]
    return tuple("'s" if part == "s" else part for part in parts if part)


def _exact(name: str) -> bool:
    plain = name.replace(".", "").replace("-", "")
    return plain.isupper() and len(plain) <= 4


def _states_table() -> Iterator[dict[str, str]]:
    header = ("code", "kind", "names", "demonyms", "capitals")
    return read_rows(DATA / "states.csv", header, dict)


def _states() -> Iterator[Name]:
    for row in _states_table():
        for column, kind in (("capitals", ""), ("names", ""), ("demonyms", "adjective")):
            for name in filter(None, row[column].split(";")):
                place = name if column == "capitals" else ""
                if kind:
                    # 'Afghans' are people to whom something is done.
                    yield Name(_split(name + "s"), "people", row["code"])
                yield Name(
                    _split(name),
                    kind or row["kind"],
                    row["code"],
                    place,
                    row["code"] if place else "",
                    _exact(name),
                )


def _actors(data: dict[str, list[dict[str, str]]]) -> Iterator[Name]:
    for actor in data["actor"]:
        for name in actor.get("names", ()):
            yield Name(_split(name), actor["kind"], actor["code"], exact=_exact(name))
        for name in actor.get("people", ()):
            yield Name(_split(name), "person", actor["code"])


def _places(path: Path) -> Iterator[Name]:
    for row in read_rows(path, ("name", "side", "crossing", "also"), dict):
        for name in filter(None, (row["name"], *row["also"].split(";"))):
            crossing = bool(row["crossing"])
            yield Name(_split(name), "place", "", row["name"], row["side"], crossing=crossing)
