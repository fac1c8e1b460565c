"""The whole way of an article: proposed, accepted, in the next issue's number, on its page, and out
of all of it again."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from jobs import Job, relocated

from flows.pipeline import champions, issue
from flows.pipeline.articles import Reading, known_events
from flows.pipeline.desk import file, open_desk
from flows.pipeline.event_vintage import event_vintages
from flows.pipeline.knowledge import gather
from flows.pipeline.preview import Previews
from flows.pipeline.settings import Settings, read_settings
from publish.contract.forecast import Forecast, Row
from publish.files.files import latest, page_path
from streams.sources.desk.decisions import Ruling
from streams.sources.news.document import article_of, read_file
from theatres import load_theatre

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
URL = "https://example.org/strike-on-khost"
PAGE = f"""<html><head><title>Jets strike Khost</title><link rel="canonical" href="{URL}"></head>
<body><article><h1>Jets strike Khost</h1><p>Pakistani jets carried out airstrikes on Khost in
Afghanistan today, killing nine people, the Taliban government said. Pakistan had no comment, and
the crossing at Ghulam Khan stayed open for trade.</p></article></body></html>"""


@dataclass(frozen=True)
class Office:
    """A home in which a model was trained and an issue published."""

    settings: Settings
    theatre: str = "pak_afg"

    def forecast(self, day: date, hour: int) -> Forecast:
        """What is forecast on that day, from what is known by then."""
        known = gather(self.settings, self.theatre, None, day)
        parts = [
            champions.ready(self.settings, each, register=True) for each in event_vintages(known)
        ]
        return issue.make_forecast(self.settings, known, parts, at(day, hour))

    def issue(self, day: date, hour: int) -> tuple[Row, str]:
        """The headline of that day's issue, archived and published, and its page."""
        forecast, _ = issue.issue(self.settings, self.theatre, self.forecast(day, hour))
        return headline(forecast), page_path(forecast, self.settings.published).read_text("utf-8")


def at(day: date, hour: int) -> datetime:
    """An hour of that day."""
    return datetime.combine(day, time(hour), UTC)


def headline(forecast: Forecast) -> Row:
    """The dyad's risk of a clash in 30 days."""
    return next(row for row in forecast.rows if row.key == ("dyad", "clash", 30))


@pytest.fixture
def office(trained: Job, tmp_path: Path) -> Office:
    """The trained home."""
    place = relocated(trained.tracking.parent, tmp_path / "mlruns")  # it trains one more champion
    job = replace(trained.copy(tmp_path), tracking=place / "mlflow.db")
    return Office(read_settings(job.environment()))


def test_article_moves_the_next_issue_and_its_retraction_moves_it_back(
    office: Office, tmp_path: Path
) -> None:
    settings, theatre = office.settings, load_theatre(office.theatre)
    before = latest(settings.published, "pak_afg")
    first, today = headline(before), before.as_of + timedelta(days=1)
    without = headline(office.forecast(today, 6))
    assert first.probability is not None
    assert without.probability is not None

    # the article is read: one strike is proposed, and nothing else
    path = tmp_path / f"{today}-strike.html"
    path.write_text(PAGE, encoding="utf-8")
    article = article_of(read_file(path), today)
    reading = Reading(theatre, "patterns", lambda day: known_events(theatre, settings, day))
    assert file(settings, theatre, article, reading.propose(article), at(today, 7)).new == 1
    desk = open_desk(settings, office.theatre)
    (filed,) = desk.listed()
    assert (filed.proposal.type, filed.proposal.actor, filed.proposal.target) == (
        *("airstrike", "PAK", ("AFG",)),
    )
    assert (filed.proposal.deaths_best, filed.url) == (9, URL)
    assert headline(office.forecast(today, 7)).probability == without.probability

    # accepted, it moves the next issue's number by what was foreseen, and is on its page
    desk.decide(filed.proposal_id, Ruling("accept", "Ann", at(today, 8), filed.revision))
    moved, page = office.issue(today, 9)
    assert moved.probability is not None
    assert moved.probability > without.probability + 0.001
    assert moved.change == pytest.approx(moved.probability - first.probability, abs=1e-12)
    # Yesterday's model tells what the strike moved; today's, across a day, what it says else.
    split, calm = dict(moved.change_split or ()), dict(without.change_split or ())
    assert split["new_events"] > 0.1
    assert "new_events" not in calm
    assert split["time_passing"] == pytest.approx(calm["time_passing"], abs=1e-9)
    assert URL in page
    assert "Airstrike: PAK towards AFG, at Khost." in page
    assert "0 proposals wait" in page

    # taken back, it is out of the number and off the page
    decided, _ = desk.get(filed.proposal_id)
    desk.decide(filed.proposal_id, Ruling("undo", "Ann", at(today, 10), decided.revision))
    back, page = office.issue(today, 11)
    assert back.probability == without.probability
    assert back.change_split == without.change_split
    assert URL not in page
    assert "1 proposal waits" in page


def test_number_foreseen_is_the_number_that_comes(office: Office, tmp_path: Path) -> None:
    settings, theatre = office.settings, load_theatre(office.theatre)
    today = latest(settings.published, "pak_afg").as_of + timedelta(days=1)
    path = tmp_path / f"{today}-strike.html"
    path.write_text(PAGE, encoding="utf-8")
    article = article_of(read_file(path), today)
    reading = Reading(theatre, "patterns", lambda day: known_events(theatre, settings, day))
    file(settings, theatre, article, reading.propose(article), at(today, 7))
    desk = open_desk(settings, office.theatre)
    (filed,) = desk.listed()

    office.forecast(today, 7)  # as yesterday's run left it: a model for a gap of a day
    foreseen = Previews(settings).of("pak_afg", filed.proposal_id, at(today, 7))
    desk.decide(filed.proposal_id, Ruling("accept", "Ann", at(today, 8), filed.revision))

    assert foreseen.after == headline(office.forecast(today, 9)).probability
