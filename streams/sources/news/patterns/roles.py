"""Who did what to whom: the roles of an event by its pattern and by the theatre's parties."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from streams.sources.news.language.items import ACTOR, PEOPLE, PLACE, Context, Item
from streams.sources.news.language.words import Words, listed
from streams.sources.news.patterns.parts import Codes, Parts
from streams.sources.news.patterns.patterns import Match

_ANSWERS = listed("mediation_accepted mediation_declined")
_SPEAKING = _ANSWERS | listed("accusation threat mediation_offer talks_announced")
_STATES_ALONE = _SPEAKING | listed("protest_note")
_SUFFERED = listed("airstrike shelling deportation_drive accusation")
"""Types without an agent whose place tells the target."""
_INSIDE = listed("in inside at across")
_WITH_ANYBODY = listed("agreement trade_accord talks_held talks_announced")
_ACROSS = listed("border_clash shelling airstrike incursion")
"""What an armed group does of these is an attack of its own."""
_MEETING = listed("meet speak phone telephone call receive discuss talk negotiate")
_BOUND = 0.9
"""What a role costs that was not read but left by the theatre as the one answer."""


@dataclass(frozen=True, slots=True)
class Roles:
    """The codes in each role, and how far they were read, not inferred (1: all were read)."""

    actors: Codes
    targets: Codes
    mediators: Codes
    sure: float


@dataclass(frozen=True, slots=True)
class Parties:
    """Whose events are read: the two principals, and whom each armed group attacks.

    `militants` is the group that is meant where none is named.
    """

    principals: Codes
    homes: Mapping[str, str]
    militants: str

    def other(self, code: str) -> Codes:
        """The other principal; nobody for who is none."""
        if code not in self.principals:
            return ()
        return tuple(each for each in self.principals if each != code)

    def ours(self, codes: Sequence[str]) -> Codes:
        """The principals among the codes, in the theatre's order."""
        return tuple(code for code in self.principals if code in codes)

    def is_pair(self, codes: Sequence[str]) -> bool:
        """True for the two principals and nobody else."""
        return set(codes) == set(self.principals)


class Casting:
    """Gives the roles of a match, by the theatre and by what the text told before."""

    def __init__(self, words: Words, verbs: frozenset[str], parties: Parties) -> None:
        self._words, self._verbs, self._parties = words, verbs, parties
        self._principals = parties.principals

    def roles(self, items: Sequence[Item], match: Match, context: Context) -> Roles | None:
        """The roles, or None where the event is none of the theatre's."""
        parts = Parts(items, match, self._words, self._verbs)
        read = {
            "joint": self._joint,
            "announced": self._joint,
            "offer": self._offer,
            "nominal": self._nominal,
            "reversed": self._reversed,
            "agentless": self._agentless,
        }.get(match.pattern.roles, self._active)
        return read(parts, context)

    def _joint(self, parts: Parts, context: Context) -> Roles | None:
        """Both principals together, or one and an armed group; third parties mediate or host."""
        without = (item for item in parts.items if item.prep == "without")
        if any(self._parties.ours(item.codes) for item in without):
            return None
        subject = parts.subject()
        leading = subject.codes if subject else ()
        codes = tuple(dict.fromkeys((*leading, *parts.participants())))
        both = self._parties.ours(codes)
        if subject and not self._parties.ours(leading) and parts.head.lemma in _MEETING:
            return None
        mediators = parts.mediators(self._principals)
        third = [c for c in codes if c not in self._principals and c not in mediators]
        hosts = parts.hosts(self._principals)
        mediators = tuple(dict.fromkeys((*mediators, *hosts)))
        third = [c for c in third if c not in hosts]
        pair = subject is not None and subject.drawn == "pair" and self._parties.is_pair(leading)
        third_leads = subject is not None and not self._parties.ours(leading)
        if third_leads and parts.kind in _WITH_ANYBODY and len(both) < 2:
            return None
        if len(both) == 2 or pair:
            beside = (c for c in third if c in leading)
            return self._pair((*mediators, *beside), 1.0 if len(both) == 2 else 0.85)
        unnamed = subject is None and parts.kind in _WITH_ANYBODY
        if unnamed and len(both) == 1 and parts.stands_with(both):
            return None
        if group := next((c for c in third if c in self._parties.homes), ""):
            home = (self._parties.homes[group],)
            return Roles(
                *(((group,), home) if group in leading else (home, (group,))), mediators, 0.9
            )
        if third or not self._parties.is_pair(context.pair):
            return None
        return self._pair(mediators, 0.85)

    def _pair(self, mediators: Codes, sure: float) -> Roles:
        return Roles(self._principals[:1], self._principals[1:], mediators, sure)

    def _offer(self, parts: Parts, context: Context) -> Roles | None:
        """A third party towards both; none where it offers to others."""
        subject = parts.subject(speaking=True) or parts.following_subject() or parts.owner()
        if subject is None:
            return None
        inner = {*self._principals, *self._parties.homes}
        actors = tuple(code for code in subject.codes if code not in inner)
        named = [
            code
            for item in parts.near(0, 12)
            if item.kind == ACTOR and not set(item.codes) & set(actors)
            for code in item.codes
        ]
        both = self._parties.ours(named)
        others = [code for code in named if code not in inner]
        meant = bool(both) or self._parties.is_pair(context.pair)
        if not actors or not meant or (others and len(both) < 2):
            return None
        sure = (1.0 if both else 0.85) * (0.85 if subject.drawn else 1.0)
        return Roles(actors, self._principals, actors, sure)

    def _active(self, parts: Parts, context: Context) -> Roles | None:
        """The subject towards the object, or the other way round in the passive."""
        kind, sure = parts.kind, 1.0
        if parts.passive():
            return None if kind == "militant_attack" else self._passive(parts, context)
        subject = parts.subject(speaking=kind in _SPEAKING)
        if kind in _SPEAKING and (subject is None or subject.drawn):
            subject = parts.speaker_after() or subject
        if subject is None and parts.head.tag != "":
            subject = parts.following_subject() or parts.shared_subject()
            sure = 0.8
        actors = subject.codes if subject else ()
        if subject and subject.drawn:
            sure *= 0.9
        if len(actors) > 1:
            return (
                Roles(actors[:1], actors[1:2], (), 0.8) if self._parties.is_pair(actors) else None
            )
        targets, seen = self._target(parts, actors)
        sure = min(sure, seen)
        if kind in _ANSWERS and actors:
            third = tuple(code for code in targets if code not in self._principals)
            roles = self._directed(actors, (), sure, parts, context)
            return roles and replace(roles, mediators=third or parts.mediators(self._principals))
        return self._directed(actors, targets, sure, parts, context)

    def _target(self, parts: Parts, actors: Codes) -> tuple[Codes, float]:
        """Whom the objects name: a principal rather than a group, unless it is hunted."""
        objects = list(parts.objects(parts.match.head + 1, actors))
        flat = [(code, sure) for codes, sure in objects for code in codes]
        ours = [(code, sure) for code, sure in flat if code in self._principals]
        groups = [(code, sure) for code, sure in flat if code in self._parties.homes]
        first, last = (groups, ours) if parts.kind == "military_operation" else (ours, groups)
        for code, sure in (*first, *last):
            return (code,), sure
        return (objects[0][0][:1], 1.0) if objects else ((), 0.8)

    def _passive(self, parts: Parts, context: Context) -> Roles | None:
        agent, subject = parts.agent(parts.match.head + 1), parts.subject()
        actors = agent.codes[:1] if agent else ()
        targets = tuple(c for c in subject.codes if c not in actors)[:1] if subject else ()
        targets = targets or self._sides(parts.near(6, 8), actors)[:1]
        return self._directed(actors, targets, 0.95 if agent else 0.8, parts, context)

    def _nominal(self, parts: Parts, context: Context) -> Roles | None:
        actor = parts.agent(parts.match.start) or parts.origin() or parts.owner()
        actors = actor.codes[:1] if actor else ()
        targets, sure = self._target(parts, actors)
        targets = targets or self._sides(parts.near(8, None), actors)[-1:]
        return self._directed(actors, targets, sure if actor else 0.75, parts, context)

    def _reversed(self, parts: Parts, context: Context) -> Roles | None:
        subject = parts.subject() or parts.shared_subject()
        if subject is None or subject.codes[0] not in self._principals:
            return None
        targets = subject.codes[:1]
        return self._directed(self._parties.other(targets[0]), targets, 0.85, parts, context)

    def _agentless(self, parts: Parts, context: Context) -> Roles | None:
        agent = parts.agent(parts.match.head)
        actors = agent.codes[:1] if agent else ()
        if not actors and parts.kind == "ceasefire_violation":
            acting = [item.codes[0] for item in parts.items if item.kind == ACTOR and item.agent]
            actors = self._parties.ours(acting)[-1:]
        sides = [item.side for item in parts.near(0, 0) if item.side in self._principals]
        targets = tuple(sides[:1]) if parts.kind in _SUFFERED else ()
        if parts.kind == "protest_note":
            before = [item for item in parts.items[: parts.match.start] if item.kind == ACTOR]
            acting = [code for item in before for code in item.codes if code in self._principals]
            targets = tuple(acting[:1])
        return self._directed(actors, targets, 0.9 if agent else 0.8, parts, context)

    @staticmethod
    def _sides(items: Sequence[Item], apart: Codes) -> Codes:
        """On whose ground the places lie, or whose people are meant, but for those `apart`."""
        sides = (item.side for item in items if item.kind in (PLACE, PEOPLE))
        return tuple(side for side in sides if side not in ("", "border", *apart))

    def _directed(
        self, actors: Codes, targets: Codes, sure: float, parts: Parts, context: Context
    ) -> Roles | None:
        """Fills the role that was not read, where the theatre leaves one answer alone."""
        kind, pair = parts.kind, self._parties.is_pair(context.pair)
        inner = {*self._principals, *self._parties.homes}
        if targets and targets[0] not in inner:
            return None
        if kind == "military_operation" and parts.hunts_militants():
            targets = targets if targets and targets[0] in self._parties.homes else ()
            targets = targets or (self._parties.militants,)
        if kind in _ACROSS and actors and actors[0] in self._parties.homes:
            return None
        if kind == "militant_attack":
            inside = [item for item in parts.near(0, 4) if item.prep in _INSIDE]
            sides = self._sides(inside, ())
            if sides and not set(sides) & set(self._parties.homes.values()):
                return None
            actors = tuple(c for c in actors if c in self._parties.homes) or (
                self._parties.militants,
            )
            home = (self._parties.homes[actors[0]],)
            if parts.hits_capital(home):
                return None
            targets = home
        if not actors and pair:
            actors = self._parties.other(targets[0]) if targets else self._principals[:1]
            sure *= _BOUND
        if not targets and pair and actors:
            targets, sure = self._parties.other(actors[0]), sure * _BOUND
        if not actors or not targets or actors[0] not in inner or targets == actors:
            return None
        if kind in _STATES_ALONE and targets[0] not in self._principals:
            return None
        return Roles(actors[:1], targets[:1], (), sure)
