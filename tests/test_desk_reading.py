"""Coverage by reading: a day is read where every feed answered and everything was decided."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from desks import THEATRE, desk_of, file, make_article, make_proposal, rule

from streams.sources.desk.proposals import DeskError
from streams.sources.desk.reading import declare_read
from streams.sources.news.feeds.stored import CODED, UNREAD, WAITING, articles, feed_visits
from streams.store.database import writing
from streams.store.store import Store
from streams.store.versions import stamp
from theatres import Theatre

FEEDS = ("https://one.example/rss", "https://two.example/rss")
DAY = date(2025, 11, 20)
NOW = datetime(2025, 11, 21, 9, tzinfo=UTC)


def fed() -> Theatre:
    """The theatre with two feeds."""
    sources = [
        source.model_copy(update={"feeds": FEEDS}) if source.name == "news" else source
        for source in THEATRE.sources
    ]
    return THEATRE.model_copy(update={"sources": tuple(sources)})


def visited(store: Store, feed: str, day: date, status: str = "ok") -> None:
    """The feed was asked on that day, at six."""
    row = {"theatre": store.theatre, "feed": feed, "status": status, "reason": "", "etag": ""}
    moment = stamp(datetime(day.year, day.month, day.day, 6, tzinfo=UTC))
    row |= {"visited_at": moment, "last_modified": ""}
    with writing(store.engine) as connection:
        connection.execute(sa.insert(feed_visits).values(entries=1, new=1, **row))


def alive(store: Store, first: date = date(2025, 11, 14), last: date = date(2025, 11, 21)) -> Store:
    """The store, whose feeds answered on each of the days."""
    for n in range((last - first).days + 1):
        for feed in FEEDS:
            visited(store, feed, first + timedelta(n))
    return store


def listed(store: Store, status: str, published: str = "2025-11-15T08:00:00.000000") -> None:
    """An article of that status."""
    names = [column.name for column in articles.columns if not column.nullable]
    row = dict.fromkeys(names, "") | {"theatre": store.theatre, "article": status, "attempts": 0}
    row |= {"status": status, "published_at": published, "address": f"https://one.example/{status}"}
    with writing(store.engine) as connection:
        connection.execute(sa.insert(articles).values(**row))


def done(store: Store, until: date = DAY, elsewhere: bool = False) -> str:
    """What Ann's declaration says."""
    return declare_read(store, fed(), until, NOW, "Ann", elsewhere).line()


def test_days_are_read_where_all_is_decided(store: Store) -> None:
    listed(alive(store), CODED)
    listed(store, UNREAD)
    file(store, make_proposal())
    (filed,) = desk_of(store).listed()
    rule(desk_of(store), filed.proposal_id, "accept")

    assert done(store, elsewhere=True) == (
        "read from 2025-11-14 to 2025-11-20: 2 feeds answered 14 times, 2 articles"
        " (1 could not be read), 1 decisions"
    )
    covered = store.coverage("desk")
    assert covered is not None
    assert (covered.start, covered.end, covered.declared_by) == (date(2025, 11, 14), DAY, "Ann")


def test_undecided_proposal_keeps_its_days_unread(store: Store) -> None:
    file(alive(store), make_proposal())  # known on the fifteenth

    with pytest.raises(DeskError, match=r"1 undecided, found '\w+ of 2025-11-15'.*desk next"):
        done(store)
    assert store.coverage("desk") is None
    done(store, date(2025, 11, 14))  # the days before are read


@pytest.mark.parametrize("status", ["silent", "refused", "torn"])
def test_feed_that_was_silent_on_a_day_refuses_it(store: Store, status: str) -> None:
    alive(store, last=date(2025, 11, 17))
    visited(store, FEEDS[0], date(2025, 11, 18), status)
    visited(store, FEEDS[1], date(2025, 11, 18))
    alive(store, first=date(2025, 11, 19))

    with pytest.raises(DeskError, match=r"https://one.example/rss: a feed was silent.*2025-11-18"):
        done(store)
    done(store, date(2025, 11, 17))


def test_feed_must_have_answered_after_the_day(store: Store) -> None:
    alive(store, last=DAY)

    with pytest.raises(DeskError, match=r"was not asked since.*an answer after 2025-11-20"):
        done(store)


def test_article_that_waits_keeps_its_day_unread(store: Store) -> None:
    listed(alive(store), WAITING)

    with pytest.raises(DeskError, match="an article was not read yet"):
        done(store)
    done(store, date(2025, 11, 14))


def test_article_that_could_not_be_read_is_unknown_and_not_calm(store: Store) -> None:
    listed(alive(store), UNREAD)

    with pytest.raises(DeskError, match=r"1 articles could not be read, .*--read-elsewhere"):
        done(store)
    assert store.coverage("desk") is None
    done(store, date(2025, 11, 14))  # it was published the day after
    done(store, elsewhere=True)


def test_coverage_goes_on_from_where_it_ended(store: Store) -> None:
    alive(store, last=date(2025, 11, 18))
    done(store, date(2025, 11, 16))
    visited(store, FEEDS[0], date(2025, 11, 21))
    visited(store, FEEDS[1], date(2025, 11, 21))

    with pytest.raises(DeskError, match="a feed was silent, found '2025-11-19'"):
        done(store)
    assert "read from 2025-11-14 to 2025-11-18: 2 feeds answered 4 times" in done(
        store, date(2025, 11, 18)
    )


def test_theatre_without_feeds_or_a_day_that_is_not_over_is_refused(store: Store) -> None:
    alive(store)
    with pytest.raises(DeskError, match="no feed is read"):
        declare_read(store, THEATRE, DAY, NOW, "Ann")
    for day in (NOW.date(), NOW.date() + timedelta(1)):
        with pytest.raises(DeskError, match="the day is not over"):
            done(store, day)


def test_feed_that_never_answered_is_named(store: Store) -> None:
    visited(store, FEEDS[0], DAY)
    with pytest.raises(DeskError, match=r"a feed has never answered, found 'https://two.example"):
        done(store)


def test_undo_waits_for_the_day_again(store: Store) -> None:
    article = make_article(published=date(2025, 11, 15))
    file(alive(store), make_proposal(article), article=article)
    (filed,) = desk_of(store).listed()
    rule(desk_of(store), filed.proposal_id, "reject", reason="a rumour")
    done(store)

    rule(desk_of(store), filed.proposal_id, "undo")

    with pytest.raises(DeskError, match="1 undecided"):
        done(store)
