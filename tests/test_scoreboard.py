"""What was said is closed once, scored, and scored again where history is revised."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from forecasts import AS_OF, ISSUED_AT, make_absent, make_forecast, make_row
from sqlalchemy.engine import Engine

from publish.archive.archive import Archive
from publish.archive.scoreboard import Part, Resolved, Scoreboard, log_score, summary
from streams.store.store import StoreError, connect

LATER = AS_OF + timedelta(days=40)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A database with one issue: two horizons of the dyad, one row without a forecast."""
    made = connect(database_url)
    rows = (make_row(), make_row(horizon_days=30, probability_high=0.75), make_absent())
    Archive(made).append(make_forecast(rows=rows))
    yield made
    made.dispose()


def test_only_windows_that_have_passed_can_be_closed(engine: Engine) -> None:
    board = Scoreboard(engine)
    assert board.passed("pak_afg", AS_OF + timedelta(days=6)) == []
    week = board.passed("pak_afg", AS_OF + timedelta(days=7))
    assert [(said.unit, said.horizon_days) for said in week] == [("dyad", 7)]
    assert [said.horizon_days for said in board.passed("pak_afg", LATER)] == [7, 30]


def test_row_is_closed_once_with_its_scores_by_hand(engine: Engine) -> None:
    board = Scoreboard(engine)
    said = board.passed("pak_afg", LATER)
    found = [(said[0], 1), (said[1], 0)]

    assert board.close(found, "v1", ISSUED_AT) == (2, 0)
    assert board.close(found, "v2", ISSUED_AT) == (0, 0)

    week, month = board.standing("pak_afg")
    assert (week["outcome"], week["brier"], week["baseline_brier"]) == (1, 0.5625, 0.765625)
    assert week["log_score"] == pytest.approx(1.3862943611)
    assert (month["outcome"], month["brier"], month["vintage"]) == (0, 0.0625, "v1")


def test_revised_outcome_is_a_further_line_and_both_stay(engine: Engine) -> None:
    board = Scoreboard(engine)
    said = board.passed("pak_afg", LATER)
    board.close([(said[0], 0)], "v1", ISSUED_AT)

    assert board.close([(said[0], 1)], "v2", ISSUED_AT) == (0, 1)

    (standing,) = board.standing("pak_afg")
    assert (standing["revision"], standing["outcome"], standing["vintage"]) == (2, 1, "v2")
    with engine.connect() as connection:
        lines = connection.execute(sa.text("SELECT outcome FROM outcomes ORDER BY revision")).all()
    assert [line.outcome for line in lines] == [0, 1]


def test_closing_is_all_or_nothing(engine: Engine) -> None:
    board = Scoreboard(engine)
    said = board.passed("pak_afg", LATER)
    with pytest.raises(StoreError):
        board.close([(said[0], 1), (said[0], 0)], "v1", ISSUED_AT)  # the same line twice
    assert board.standing("pak_afg") == []


@pytest.mark.parametrize("text", ["UPDATE outcomes SET outcome = 0", "DELETE FROM outcomes"])
def test_outcomes_are_never_changed_or_removed(engine: Engine, text: str) -> None:
    board = Scoreboard(engine)
    board.close([(board.passed("pak_afg", LATER)[0], 1)], "v1", ISSUED_AT)
    with engine.connect() as connection, pytest.raises(sa.exc.SQLAlchemyError, match="append-only"):
        connection.execute(sa.text(text))


def test_hindcasts_and_superseded_issues_are_told_apart(engine: Engine) -> None:
    archive, board = Archive(engine), Scoreboard(engine)
    earlier = AS_OF - timedelta(days=30)
    archive.append(make_forecast(earlier, rows=(make_row(earlier),), status="hindcast"))
    archive.append(make_forecast(rows=(make_row(probability_high=0.9),)))  # counts for AS_OF now
    board.close([(said, 1) for said in board.passed("pak_afg", LATER)], "v1", ISSUED_AT)

    standing = board.standing("pak_afg")

    assert [(row["as_of"], row["horizon_days"], row["hindcast"]) for row in standing] == [
        (AS_OF, 7, False),
        (earlier, 7, True),
    ]
    assert len(board.standing("pak_afg", Part(hindcasts=False))) == 1
    assert [(row["hindcast"], row["forecasts"]) for row in board.summary("pak_afg")] == [
        (False, 1),
        (True, 1),
    ]


def resolved(as_of: date, p: float, outcome: int, **changed: object) -> Resolved:
    """A closed row of the dyad's clashes within 7 days against a base rate of 0.125."""
    fields: dict[str, object] = {
        "target": "clash",
        "horizon_days": 7,
        "target_start_date": None,
        "as_of": as_of.isoformat(),
        "unit": "dyad",
        "hindcast": False,
        "probability": p,
        "outcome": outcome,
        "brier": (p - outcome) ** 2,
        "baseline_brier": (0.125 - outcome) ** 2,
        "log_score": log_score(p, outcome),
    }
    return Resolved(**{**fields, **changed})  # type: ignore[arg-type]


def test_summary_counts_windows_that_do_not_overlap() -> None:
    rows = [
        resolved(date(2025, 11, 1) + timedelta(days=day), 0.25, came)
        for day, came in ((0, 0), (3, 0), (7, 1), (13, 0))
    ]

    (line,) = summary(rows)

    assert (line["forecasts"], line["windows"], line["rate"]) == (4, 2, 0.25)
    assert line["brier"] == 0.1875
    assert line["skill"] == pytest.approx(1 - 0.1875 / ((3 * 0.015625 + 0.765625) / 4))


def test_summary_puts_months_that_lie_as_far_ahead_together() -> None:
    december, january = date(2025, 12, 1), date(2026, 1, 1)
    said = [
        (date(2025, 11, 15), december, 46, 0.25, 0),
        (date(2025, 11, 20), december, 41, 0.5, 0),
        (date(2025, 12, 2), january, 60, 0.5, 1),
        (date(2025, 11, 15), january, 77, 0.5, 1),
    ]
    rows = [
        resolved(
            as_of,
            p,
            came,
            unit="PAK",
            target="country_deaths_25",
            horizon_days=days,
            target_start_date=start.isoformat(),
        )
        for as_of, start, days, p, came in said
    ]

    lines = summary(rows)

    assert [
        (line["units"], line["horizon_days"], line["months_ahead"], line["forecasts"])
        for line in lines
    ] == [("countries", None, 1, 3), ("countries", None, 2, 1)]
    assert [line["windows"] for line in lines] == [2, 1]
    assert lines[0]["brier"] == (0.0625 + 0.25 + 0.25) / 3


def test_log_score_of_a_certainty_that_failed_is_finite() -> None:
    assert log_score(0.0, 1) == pytest.approx(20.7, abs=0.1)
    assert log_score(1.0, 1) == pytest.approx(0.0, abs=1e-8)


def test_empty_database_has_nothing_closed(sqlite_url: str) -> None:
    made = connect(sqlite_url)
    assert Scoreboard(made).standing("pak_afg") == []
    assert Scoreboard(made).passed("pak_afg", LATER) == []
    made.dispose()
