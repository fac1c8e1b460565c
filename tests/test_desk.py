"""The desk: each thing is proposed once, decided once, and taken back as if it had never been."""

from datetime import date, datetime, timedelta
from multiprocessing.synchronize import Barrier
from typing import Any

import pytest
from desks import (
    NOW,
    SENTENCE,
    TEXT,
    URL,
    desk_of,
    file,
    make_article,
    make_clash,
    make_proposal,
    rule,
    toll,
)
from faults import PROCESSES

from streams.events.event import EventError, to_frame
from streams.sources.desk.decisions import DecidedError, Ruling
from streams.sources.desk.desk import Desk
from streams.sources.desk.filing import FiledCount
from streams.sources.desk.proposals import DeskError
from streams.store.store import Store, connect
from theatres import load_theatre

FAR = date(2100, 1, 1)
CLASH = make_article(
    "Seven soldiers died in the clash at Torkham.", published=date(2025, 11, 12), url=f"{URL}/7"
)
DENIAL = make_article(
    "Pakistan denied that there was a clash at Torkham.", published=date(2025, 11, 12)
)


def with_clash(store: Store) -> Store:
    """The store, holding a clash with five dead."""
    store.append(to_frame([make_clash()]), NOW - timedelta(days=9))
    return store


def test_article_s_proposal_waits_with_its_sentence(store: Store) -> None:
    assert file(store, make_proposal()) == FiledCount(new=1)

    (filed,) = desk_of(store).listed()
    (cited,) = filed.evidence
    assert (filed.kind, filed.status, filed.revision) == ("event", "waiting", 1)
    assert (filed.proposal.type, filed.proposal.target) == ("mediation_offer", ("PAK", "AFG"))
    assert (cited.sentence, cited.url, cited.title) == (SENTENCE, URL, "Offer")
    assert cited.passage == TEXT
    assert store.events(FAR).empty


def test_article_read_again_adds_nothing(store: Store) -> None:
    file(store, make_proposal())

    assert file(store, make_proposal()) == FiledCount(unchanged=1)
    assert desk_of(store).waiting() == 1
    assert len(desk_of(store).listed()[0].evidence) == 1


def test_another_article_s_telling_is_further_evidence(store: Store) -> None:
    other = make_article(
        "A Russian offer reached Kabul.", published=date(2025, 11, 14), url=f"{URL}/2"
    )
    file(store, make_proposal())

    assert file(store, make_proposal(other, mediators=("RUS",)), article=other).linked == 1

    (filed,) = desk_of(store).listed()
    assert [each.url for each in filed.evidence] == [f"{URL}/2", URL]
    assert filed.proposal.known_at == date(2025, 11, 14)  # the earliest publication
    assert filed.proposal.mediators == ("RUS",)
    assert filed.revision == 2


def test_other_thing_is_another_proposal(store: Store) -> None:
    file(store, make_proposal(), make_proposal(actor="CHN", place="Beijing"))

    assert desk_of(store).waiting() == 2


def test_what_did_not_happen_is_not_proposed(store: Store) -> None:
    assert file(store, make_proposal(modality="planned")) == FiledCount()
    assert desk_of(store).waiting() == 0


def test_known_event_is_not_proposed_again(store: Store) -> None:
    counted = file(with_clash(store), toll(CLASH, 5), article=CLASH, known=to_frame([make_clash()]))

    assert counted == FiledCount(known=1)
    assert desk_of(store).waiting() == 0
    (known,) = desk_of(store).listed("known")
    assert (known.source, known.event_id) == ("chronicle", "clash")


def test_accepted_event_bears_all_three_clocks_and_its_source(store: Store) -> None:
    file(store, make_proposal())
    (filed,) = desk_of(store).listed()

    decision = rule(desk_of(store), filed.proposal_id, "accept")

    assert store.events(date(2025, 11, 14)).empty
    (row,) = store.events(date(2025, 11, 15)).to_dict("records")
    assert (row["source"], row["event_id"]) == ("desk", decision.event_id)
    assert (row["type"], row["actor"], row["target"]) == ("mediation_offer", "RUS", "PAK")
    assert row["url"] == URL
    assert row["occurred_on"].date() == date(2025, 11, 14)
    assert row["known_at"] == datetime(2025, 11, 15)  # noqa: DTZ001 (the publication, UTC)
    assert store.events(FAR, seen_by=NOW - timedelta(seconds=1)).empty  # ingested at the click
    assert SENTENCE not in row["summary"]  # it is its newsroom's
    assert (decision.by, decision.action, decision.at) == (
        "Ann",
        "accept",
        NOW.replace(tzinfo=None),
    )


def test_mended_event_holds_the_change_and_the_record_says_so(store: Store) -> None:
    file(store, make_proposal())
    (filed,) = desk_of(store).listed()
    changes = {"target": "AFG", "occurred_on": "2025-11-13", "place": "Moscow"}

    rule(desk_of(store), filed.proposal_id, "mend", changes=changes)

    (row,) = store.events(FAR).to_dict("records")
    assert (row["target"], row["occurred_on"].date()) == ("AFG", date(2025, 11, 13))
    _, (kept,) = desk_of(store).get(filed.proposal_id)
    assert {**kept.changes} == {
        "target": ["PAK", "AFG"],
        "occurred_on": ["2025-11-14", "2025-11-13"],
        "ended_on": ["2025-11-14", "2025-11-13"],
    }


def test_rejected_proposal_leaves_the_store_and_keeps_its_reason(store: Store) -> None:
    file(store, make_proposal())
    (filed,) = desk_of(store).listed()

    rule(desk_of(store), filed.proposal_id, "reject", reason="an old text")

    assert store.events(FAR).empty
    assert desk_of(store).waiting() == 0
    _, (kept,) = desk_of(store).get(filed.proposal_id)
    assert (kept.action, kept.reason) == ("reject", "an old text")
    assert file(store, make_proposal()) == FiledCount(unchanged=1)


@pytest.mark.parametrize(
    ("action", "more", "expected"),
    [
        ("reject", {}, "a rejection needs its reason"),
        ("mend", {}, "nothing to mend"),
        ("mend", {"changes": {"colour": "red"}}, "no field of an event, found 'colour'"),
        ("mend", {"changes": {"type": "quarrel"}}, "column type: not a valid event"),
        ("mend", {"changes": {"segment": "kyber"}}, "column segment"),
        ("mend", {"changes": {"known_at": "2026-11-15T00:00:00"}}, "known later than now"),
        ("accept", {"by": " "}, "who decides"),
        ("accept", {"by": "Auto"}, "no person's name"),
        ("approve", {}, "no such decision"),
        ("undo", {}, "no decision to take back"),
    ],
)
def test_ruling_that_cannot_be_is_one_line_and_changes_nothing(
    store: Store, action: str, more: dict[str, object], expected: str
) -> None:
    file(store, make_proposal())
    (filed,) = desk_of(store).listed()

    with pytest.raises((DeskError, EventError), match=expected) as raised:
        rule(desk_of(store), filed.proposal_id, action, **more)

    assert "\n" not in str(raised.value)
    assert desk_of(store).listed() == [filed]
    assert desk_of(store).decisions() == []
    assert store.events(FAR).empty


def test_proposal_that_is_not_there_is_one_line(store: Store) -> None:
    with pytest.raises(DeskError, match="no such proposal, found 'nothing'"):
        desk_of(store).get("nothing")


def test_proposal_is_decided_once(store: Store) -> None:
    file(store, make_proposal())
    (filed,) = desk_of(store).listed()
    rule(desk_of(store), filed.proposal_id, "accept")

    late = Ruling("reject", "Ben", NOW, filed.revision, "a rumour")
    with pytest.raises(DecidedError, match="decided already: accept by Ann at 2025-11-20 12:00"):
        desk_of(store).decide(filed.proposal_id, late)

    assert len(store.events(FAR)) == 1


def test_decision_on_what_has_changed_since_is_refused(store: Store) -> None:
    file(store, make_proposal())
    (filed,) = desk_of(store).listed()
    other = make_article("Moscow would mediate.", url=f"{URL}/2")
    file(store, make_proposal(other, mediators=("RUS",)), article=other)

    with pytest.raises(DecidedError, match="has changed since it was looked at"):
        desk_of(store).decide(filed.proposal_id, Ruling("accept", "Ann", NOW, filed.revision))


def decide_at_once(url: str, proposal_id: str, by: str, together: Barrier) -> str:
    """What one of two persons is answered who decide the same at the same time."""
    desk = Desk(Store(connect(url), "pak_afg"), load_theatre("pak_afg"))
    together.wait()
    try:
        desk.decide(proposal_id, Ruling("accept", by, NOW, 1))
    except DecidedError:
        return "too late"
    finally:
        desk.store.engine.dispose()
    return "decided"


def test_two_processes_decide_one_proposal_once(store: Store, database_url: str) -> None:
    file(store, make_proposal())
    (filed,) = desk_of(store).listed()

    with PROCESSES.Manager() as manager:
        together = manager.Barrier(2)
        with PROCESSES.Pool(2) as pool:
            answers = pool.starmap(
                decide_at_once,
                [(database_url, filed.proposal_id, by, together) for by in ("Ann", "Ben")],
            )

    assert sorted(answers) == ["decided", "too late"]
    assert len(desk_of(store).decisions()) == 1
    assert len(store.events(FAR)) == 1


def test_undo_takes_the_event_back_as_if_it_had_never_been(store: Store) -> None:
    file(store, make_proposal())
    (filed,) = desk_of(store).listed()
    rule(desk_of(store), filed.proposal_id, "accept")
    seen = NOW + timedelta(minutes=1)

    rule(desk_of(store), filed.proposal_id, "undo", at=seen + timedelta(minutes=1))

    assert store.events(FAR).empty
    assert store.events(date(2025, 11, 15)).empty
    assert len(store.events(FAR, seen_by=seen)) == 1  # a replay of what was seen then
    (waiting,) = desk_of(store).listed()
    assert (waiting.status, waiting.event_id) == ("waiting", "")
    assert [each.action for each in desk_of(store).decisions()] == ["accept", "undo"]


def test_accepted_again_after_undo_the_event_is_there_again(store: Store) -> None:
    file(store, make_proposal())
    (filed,) = desk_of(store).listed()
    rule(desk_of(store), filed.proposal_id, "accept")
    rule(desk_of(store), filed.proposal_id, "undo")

    again = rule(desk_of(store), filed.proposal_id, "accept")

    (row,) = store.events(FAR).to_dict("records")
    assert row["event_id"] == again.event_id
    assert again.event_id.endswith(":2")


def test_undone_rejection_waits_again(store: Store) -> None:
    file(store, make_proposal())
    (filed,) = desk_of(store).listed()
    rule(desk_of(store), filed.proposal_id, "reject", reason="a rumour")

    rule(desk_of(store), filed.proposal_id, "undo")

    assert desk_of(store).waiting() == 1
    assert store.versions(FAR).empty


def test_another_toll_is_a_revision_of_the_event(store: Store) -> None:
    known = to_frame([make_clash()])
    counted = file(with_clash(store), toll(CLASH, 7), article=CLASH, known=known)

    assert counted == FiledCount(revisions=1)
    (filed,) = desk_of(store).listed()
    assert (filed.kind, filed.source, filed.event_id) == ("revision", "chronicle", "clash")
    assert filed.why == "another toll: 7 instead of 5"
    decision = rule(desk_of(store), filed.proposal_id, "accept")
    (row,) = store.events(FAR).to_dict("records")
    assert (row["source"], row["event_id"], row["deaths_best"]) == ("chronicle", "clash", 7)
    assert row["url"] == f"{URL}/7"
    assert decision.changes["deaths_best"] == ["5", "7"]
    # The toll of five stood until the report of twelve November.
    assert store.events(date(2025, 11, 11))["deaths_best"].tolist() == [5]


def test_undone_revision_leaves_the_event_as_it_was(store: Store) -> None:
    file(with_clash(store), toll(CLASH, 7), article=CLASH, known=to_frame([make_clash()]))
    (filed,) = desk_of(store).listed()
    for _ in range(2):
        rule(desk_of(store), filed.proposal_id, "accept")
        assert store.events(FAR)["deaths_best"].tolist() == [7]
        rule(desk_of(store), filed.proposal_id, "undo")
        assert store.events(FAR)["deaths_best"].tolist() == [5]
        assert store.events(date(2025, 11, 12))["deaths_best"].tolist() == [5]

    (again,) = desk_of(store).listed()
    assert (again.status, again.event_id) == ("waiting", "clash")


def test_denial_of_a_known_event_is_a_revision_that_puts_it_in_doubt(store: Store) -> None:
    denied = toll(DENIAL, None, known="", modality="denied")
    counted = file(with_clash(store), denied, article=DENIAL, known=to_frame([make_clash()]))

    assert counted == FiledCount(revisions=1)
    (filed,) = desk_of(store).listed()
    assert filed.why == "denied"
    rule(desk_of(store), filed.proposal_id, "accept")
    (row,) = store.events(FAR).to_dict("records")
    assert (row["confidence"], row["deaths_best"]) == ("low", 5)


def test_denial_of_what_nobody_told_is_nothing(store: Store) -> None:
    denied = toll(DENIAL, None, known="", modality="denied")

    assert file(store, denied, article=DENIAL) == FiledCount()


@pytest.mark.parametrize(
    ("best", "event", "published"),
    [
        (5, {}, date(2025, 11, 12)),  # the same toll
        (7, {"deaths_low": 4, "deaths_high": 9}, date(2025, 11, 12)),  # within its span
        (None, {}, date(2025, 11, 12)),  # none told
        (7, {"known_at": datetime(2025, 11, 14)}, date(2025, 11, 12)),  # noqa: DTZ001 (older news)
        (7, {"source": "ucdp"}, date(2025, 11, 12)),  # whose releases say what becomes of it
    ],
)
def test_what_does_not_contradict_is_known(
    sqlite_url: str, best: int | None, event: dict[str, Any], published: date
) -> None:
    store = Store(connect(sqlite_url), "pak_afg")
    article = make_article(CLASH.text, published=published)
    known = to_frame([make_clash(**event)])

    assert file(store, toll(article, best), article=article, known=known) == FiledCount(known=1)


def test_revision_that_two_articles_tell_is_proposed_once(store: Store) -> None:
    known = to_frame([make_clash()])
    other = make_article("The dead of Torkham are seven.", published=date(2025, 11, 13))
    file(with_clash(store), toll(CLASH, 7), article=CLASH, known=known)

    assert file(store, toll(other, 7), article=other, known=known).linked == 1
    assert desk_of(store).waiting() == 1


def test_revision_of_an_event_that_was_taken_back_is_refused(store: Store) -> None:
    file(with_clash(store), toll(CLASH, 7), article=CLASH, known=to_frame([make_clash()]))
    (filed,) = desk_of(store).listed()
    store.retract("chronicle", ["clash"], NOW, NOW)

    with pytest.raises(DeskError, match="the event was taken back"):
        rule(desk_of(store), filed.proposal_id, "accept")


def test_passages_are_forgotten_and_the_positions_stay(store: Store) -> None:
    file(store, make_proposal())

    file(store, at=NOW + timedelta(days=31))

    (filed,) = desk_of(store).listed()
    (cited,) = filed.evidence
    assert (cited.passage, cited.sentence) == ("", "")
    assert (cited.url, cited.title, cited.start) == (URL, "Offer", TEXT.index(SENTENCE))


def test_theatres_share_no_proposal(store: Store) -> None:
    file(store, make_proposal())
    other = Desk(Store(store.engine, "other"), load_theatre("pak_afg"))

    assert len(desk_of(store).listed()) == 1
    assert other.store.events(FAR).empty
