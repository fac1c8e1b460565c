"""A coder earns its autonomy by the record of persons' decisions, and loses it by one audit."""

from datetime import timedelta

import pytest
from desks import NOW, desk_of, file, make_article, make_proposal, rule

from streams.sources.desk.autonomy import is_audited, wilson
from streams.sources.desk.filing import FiledCount
from streams.store.store import Store, connect


@pytest.fixture
def store(sqlite_url: str) -> Store:
    """An empty store."""
    return Store(connect(sqlite_url), "pak_afg")


def propose(store: Store, number: int, coder: str = "patterns") -> FiledCount:
    """What became of an offer of its own, made on a day of its own."""
    article = make_article(f"Offer number {number} was made.", url=f"https://example.org/{number}")
    day = article.published - timedelta(days=7 * number)
    proposal = make_proposal(article, occurred_on=day, coder=coder)
    return file(store, proposal, article=article)


def decide(store: Store, action: str = "accept", **more: object) -> None:
    """Ann decides of the one that waits."""
    (filed,) = desk_of(store).listed()
    rule(desk_of(store), filed.proposal_id, action, **more)


def earn(store: Store, count: int = 35) -> None:
    """So many offers, each accepted by Ann."""
    for number in range(count):
        propose(store, number)
        decide(store)


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    [  # as statsmodels' proportion_confint(method="wilson") has them
        (0, 0, 0.0, 1.0),
        (30, 30, 0.88649, 1.0),
        (35, 35, 0.90110, 1.0),
        (45, 50, 0.78640, 0.95652),
        (0, 10, 0.0, 0.27753),
    ],
)
def test_wilson_s_interval(right: int, of: int, low: float, high: float) -> None:
    assert wilson(right, of) == pytest.approx((low, high), abs=1e-5)


def test_coder_without_a_record_waits_for_a_person(store: Store) -> None:
    assert propose(store, 0) == FiledCount(new=1)
    (line,) = desk_of(store).coders()
    assert (line.coder, line.type, line.waiting, line.decisions) == (
        *("patterns", "mediation_offer", 1, 0),
    )
    assert (line.precision, line.alone) == (None, False)


def test_thirty_right_are_not_yet_enough_and_thirty_five_are(store: Store) -> None:
    earn(store, 34)
    (line,) = desk_of(store).coders()
    assert (line.precision, line.alone) == (1.0, False)  # 34 of 34: 0.898 at the least

    propose(store, 34)
    decide(store)
    (line,) = desk_of(store).coders()
    assert (line.decisions, line.right, line.alone) == (35, 35, True)
    assert line.low == pytest.approx(0.9011, abs=1e-4)


def test_coder_that_has_earned_it_passes_but_for_one_in_ten(store: Store) -> None:
    earn(store)

    counts = [propose(store, number) for number in range(100, 150)]

    waiting = desk_of(store).listed()
    passed = sum(each.passed for each in counts)
    assert passed + len(waiting) == 50
    assert 1 <= len(waiting) <= 12
    assert all(each.audit and is_audited(each.proposal_id) for each in waiting)
    events = store.events(NOW.date())
    auto = events[events["event_id"].str.contains(":auto")]
    assert len(auto) == passed
    assert {each.by for each in desk_of(store).decisions()} == {"Ann", "auto"}
    (line,) = desk_of(store).coders()
    assert (line.passed, line.decisions) == (passed, 35)  # its own passing proves nothing


def test_one_in_ten_is_audited_and_always_the_same() -> None:
    audited = [name for name in map(str, range(2000)) if is_audited(name)]

    assert 150 <= len(audited) <= 250
    assert audited == [name for name in map(str, range(2000)) if is_audited(name)]


def test_what_is_no_valid_event_waits_for_a_person(store: Store) -> None:
    earn(store)
    article = make_article("An offer will be made.")
    tomorrow = article.published + timedelta(days=1)  # it cannot be known before it happens

    assert file(store, make_proposal(article, occurred_on=tomorrow), article=article).new == 1
    assert desk_of(store).waiting() == 1


def test_another_coder_and_another_type_have_records_of_their_own(store: Store) -> None:
    earn(store)

    assert propose(store, 200, coder="endpoint").new == 1
    article = make_article("Islamabad accused Kabul.")
    accused = make_proposal(article, type="accusation", actor="PAK", target=("AFG",))
    assert file(store, accused, article=article).new == 1


def test_fault_that_an_audit_finds_demotes_at_once(store: Store) -> None:
    earn(store)
    number = 100
    while not desk_of(store).waiting():
        propose(store, number)
        number += 1

    decide(store, "reject", reason="no offer")

    (line,) = desk_of(store).coders()
    assert (line.alone, line.decisions, line.right) == (False, 1, 0)
    assert line.decided == 36
    assert propose(store, number) == FiledCount(new=1)


def test_passed_event_that_a_person_takes_back_demotes_at_once(store: Store) -> None:
    earn(store)
    number = 100
    while not propose(store, number).passed:
        number += 1
    passed = next(each for each in desk_of(store).decisions() if each.by == "auto")

    rule(desk_of(store), passed.proposal_id, "undo")

    (line,) = desk_of(store).coders()
    assert (line.alone, line.decisions, line.right) == (False, 1, 0)


def test_mended_proposal_was_wrong_but_for_its_wording(store: Store) -> None:
    for number, changes in enumerate(({"place": "Kabul"}, {"summary": "An offer."})):
        propose(store, number)
        decide(store, "mend", changes=changes)

    (line,) = desk_of(store).coders()
    assert (line.decisions, line.right) == (2, 1)


def test_decision_taken_back_does_not_count(store: Store) -> None:
    propose(store, 0)
    decide(store)
    (decision,) = desk_of(store).decisions()
    rule(desk_of(store), decision.proposal_id, "undo")

    (line,) = desk_of(store).coders()
    assert (line.decisions, line.waiting) == (0, 1)
