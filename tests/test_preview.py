"""What the number would do if a proposal were accepted: the champion asked again, or why it cannot
be."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from desks import THEATRE, desk_of, make_article, make_proposal
from jobs import EVENING, Job

from commands.desk_text import move_of
from flows.pipeline.desk import file
from flows.pipeline.knowledge import ingest, open_store
from flows.pipeline.preview import Preview, Previews
from flows.pipeline.settings import Settings, read_settings
from publish.files.files import latest

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
NOW = datetime.now(UTC)


def propose(settings: Settings, published: date) -> str:
    """The id of a proposal, an air strike that an article of that day tells."""
    article = make_article("Pakistani jets struck Khost.", published=published)
    strike = make_proposal(
        article,
        type="airstrike",
        actor="PAK",
        target=("AFG",),
        place="Khost",
        segment="",
        occurred_on=published,
    )
    assert file(settings, THEATRE, article, [strike], NOW).new == 1
    (filed,) = desk_of(open_store(settings, THEATRE)).listed()
    return filed.proposal_id


def test_preview_moves_the_headline_and_is_kept(trained: Job, tmp_path: Path) -> None:
    settings = read_settings(trained.copy(tmp_path).environment())
    issued = latest(settings.published, "pak_afg")
    proposal_id = propose(settings, date(2026, 7, 30))
    previews = Previews(settings)

    preview = previews.of("pak_afg", proposal_id, EVENING)

    headline = next(row for row in issued.rows if row.key == ("dyad", "clash", 30))
    assert (preview.target, preview.days, preview.reason) == ("clash", 30, "")
    assert preview.before == headline.probability
    assert preview.after is not None
    assert preview.before is not None
    assert preview.after > preview.before + 0.001  # a strike makes a clash likelier
    assert preview.counted is True
    assert "moves from" in move_of(preview)
    assert previews.of("pak_afg", proposal_id, EVENING) is preview
    assert open_store(settings, THEATRE).events(date.max, sources=["desk"]).empty


def test_preview_says_why_it_cannot_be_had(tmp_path: Path, trained: Job) -> None:
    settings = read_settings(trained.elsewhere(tmp_path).environment())
    nowhere = Settings(
        settings.home,
        settings.database_url,
        f"sqlite:///{tmp_path / 'mlruns' / 'mlflow.db'}",
        tmp_path / "mlruns",
    )
    settings.home.mkdir()
    ingest(nowhere, "pak_afg", NOW)
    proposal_id = propose(nowhere, date(2026, 7, 30))

    preview = Previews(nowhere).of("pak_afg", proposal_id, NOW)

    assert (preview.before, preview.after) == (None, None)
    assert preview.reason == "there is no trained model to ask: run `dyadcast forecast` first"
    assert move_of(preview) == f"cannot be had: {preview.reason}"


def test_preview_of_what_is_published_after_the_next_issue_s_day_is_none(
    tmp_path: Path, trained: Job
) -> None:
    settings = read_settings(trained.copy(tmp_path).environment())
    proposal_id = propose(settings, NOW.date() + timedelta(days=1))

    preview = Previews(settings).of("pak_afg", proposal_id, NOW)

    assert (preview.before, preview.after) == (None, None)
    assert "after the day of the next issue" in preview.reason


def test_move_is_told_in_a_sentence() -> None:
    told = move_of(Preview("clash", 30, "2026-07-31", 0.41, 0.443, counted=True))

    assert told == "the 30-day risk of clash moves from 41.0 to 44.3% (as of 2026-07-31)"
