"""An article becomes proposals: what happened, by whom, to whom, when, and where it says so."""

from datetime import date
from pathlib import Path

import pytest

from benchmarks.coder import SETS, read_texts, score
from streams.sources.news.article import Article
from streams.sources.news.language.lexicon import Lexicon
from streams.sources.news.patterns.coder import PatternCoder
from streams.sources.news.proposal import Proposal
from theatres import load_theatre

TEXTS = Path(__file__).parent / "data" / "news"
DAY = date(2025, 11, 12)  # a Wednesday
BOTH = ("PAK", "AFG")


@pytest.fixture(scope="module")
def coder() -> PatternCoder:
    """The coder of the built-in theatre."""
    return PatternCoder(Lexicon(load_theatre("pak_afg")))


def code(coder: PatternCoder, text: str, day: date = DAY) -> list[Proposal]:
    """What the coder proposes of a text."""
    return coder.code(Article(text, day))


def only(coder: PatternCoder, text: str) -> Proposal:
    """The one event that a text tells as happened."""
    (proposal,) = [each for each in code(coder, text) if each.happened]
    return proposal


def who(proposal: Proposal) -> tuple[str, str, tuple[str, ...]]:
    """Type, actor and target."""
    return proposal.type, proposal.actor, proposal.target


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Russia offered to mediate between Pakistan and Kabul.", ("mediation_offer", "RUS", BOTH)),
        ("Pakistani jets bombed Kabul overnight.", ("airstrike", "PAK", ("AFG",))),
        ("Kabul was bombed by Pakistani jets.", ("airstrike", "PAK", ("AFG",))),
        ("Afghan forces shelled Bajaur, Pakistan said.", ("shelling", "AFG", ("PAK",))),
        ("Pakistan closed the Torkham crossing.", ("crossing_closed", "PAK", ("AFG",))),
        ("Kabul summoned Pakistan's ambassador.", ("protest_note", "AFG", ("PAK",))),
        ("Accusing Kabul of delay, Pakistan closed Torkham.", ("accusation", "PAK", ("AFG",))),
        ("Pakistan and Afghanistan agreed to a truce.", ("ceasefire", "PAK", ("AFG",))),
        ("Pak-Afghan talks collapsed in Istanbul.", ("talks_failed", "PAK", ("AFG",))),
        ("The TTP raided a post in Bannu near Kabul.", ("militant_attack", "TTP", ("PAK",))),
    ],
)  # fmt: skip
def test_event_is_read_with_its_actor_and_target(
    coder: PatternCoder, text: str, expected: tuple[str, str, tuple[str, ...]]
) -> None:
    assert expected in [who(each) for each in code(coder, text)]


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("Russia may offer to mediate between Pakistan and Afghanistan.", "hypothetical"),
        ("The UN called for a ceasefire between Pakistan and Afghanistan.", "called_for"),
        ("Pakistan denied that it had bombed Kabul.", "denied"),
        ("Pakistan did not close the Torkham crossing to Afghanistan.", "denied"),
        ("Pakistan plans to reopen the Torkham crossing to Afghanistan.", "planned"),
    ],
)
def test_event_that_did_not_happen_is_told_as_what_it_is(
    coder: PatternCoder, text: str, mood: str
) -> None:
    (proposal,) = code(coder, text)

    assert proposal.modality == mood
    assert not proposal.happened


@pytest.mark.parametrize(
    "text",
    [
        "India and Pakistan agreed to a ceasefire. The two sides will hold talks.",
        "Turkey offered to mediate between Islamabad and Tehran.",
        "Sudan's army bombed Nyala while Qatar called for a truce.",
        "Pakistan won the toss against Afghanistan in Doha.",
        "",
    ],
)
def test_text_about_others_tells_nothing(coder: PatternCoder, text: str) -> None:
    assert code(coder, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "Afganistan and Pakstan agree to truce in Doha.",
        "PAKISTAN, AFGHANISTAN AGREE TO TRUCE IN DOHA",
        "pakistan and afghanistan agree to truce in doha",
        "Pak\u200bistan and Afghan\u00adistan agree to truce in Doha.",
        "Pakistan and Afghanistan agreeto truce in Doha.".replace("agreeto", "agree to"),
    ],
)
def test_names_are_known_however_they_are_spelt(coder: PatternCoder, text: str) -> None:
    proposal = only(coder, text)

    assert who(proposal) == ("ceasefire", "PAK", ("AFG",))
    assert proposal.mediators == ("QAT",)


def test_background_is_recalled_with_the_mediators_of_the_sentence_before(
    coder: PatternCoder,
) -> None:
    text = (
        "Russia offered to mediate between Pakistan and Afghanistan. The offer follows previous\n"
        "interventions by Qatar and Turkey, whichculminated in a brief ceasefire. The most recent\n"
        "negotiations in Istanbul, meant to build onthose efforts, ended without breakthroughs.\n"
        "A Russian-brokered dialogue could fail. Joint patrols remain essential."
    )

    offer, truce, talks = (each for each in code(coder, text) if each.happened)

    assert who(offer) == ("mediation_offer", "RUS", BOTH)
    assert (truce.type, truce.mediators, truce.modality) == (
        "ceasefire",
        ("QAT", "TUR"),
        "recalled",
    )
    assert (truce.occurred_on, truce.date_precision) == (date(2025, 10, 15), "month")
    assert (talks.type, set(talks.mediators)) == ("talks_failed", {"QAT", "TUR"})
    assert (talks.occurred_on, talks.date_precision, talks.place) == (
        date(2025, 11, 5),
        "week",
        "Istanbul",
    )


def test_evidence_is_the_sentence_in_the_text_as_it_was_read(coder: PatternCoder) -> None:
    text = "KABUL, Nov 12 - Rain.\u200b Pakistani je\u200bts bombed Khost on Tuesday. Rain again."

    proposal = only(coder, text)

    evidence = proposal.evidence
    assert text[evidence.start : evidence.end] == evidence.text
    assert evidence.text == "Pakistani je\u200bts bombed Khost on Tuesday."
    assert proposal.occurred_on == date(2025, 11, 11)


def test_sentences_of_one_event_are_one_proposal_with_the_span_of_its_dead(
    coder: PatternCoder,
) -> None:
    text = (
        "Pakistani jets bombed Khost on Tuesday, killing ten people. "
        "At least 12 civilians were killed in the air strike in Khost, Kabul said."
    )

    proposal = only(coder, text)

    assert (proposal.deaths_low, proposal.deaths_best, proposal.deaths_high) == (10, 10, 12)


def test_texts_that_nothing_was_fitted_to_are_read_within_the_bounds(coder: PatternCoder) -> None:
    scores = score(read_texts(TEXTS / "fourth.toml"), coder.code)

    assert scores.precision.share >= 0.90
    assert scores.recall.share >= 0.70
    assert scores.types.share >= 0.80
    assert scores.dates.share >= 0.85
    assert scores.mood.share >= 0.95


@pytest.mark.parametrize(("name", "least"), [("first", 0.95), ("second", 0.9), ("third", 0.8)])
def test_texts_that_taught_the_patterns_are_still_read(
    coder: PatternCoder, name: str, least: float
) -> None:
    scores = score(read_texts(TEXTS / f"{name}.toml"), coder.code)

    assert scores.precision.share >= least
    assert scores.mood.share >= 0.95


def test_every_text_bears_labels_that_stand_in_it() -> None:
    texts = [text for name in SETS for text in read_texts(TEXTS / f"{name}.toml")]

    assert len({text.id for text in texts}) == len(texts) == 240
    assert len({text.manner for text in texts}) == 10
