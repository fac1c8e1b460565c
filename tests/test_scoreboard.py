"""What was said is closed once, scored, and scored again where history is revised."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from forecasts import AS_OF, ISSUED_AT, make_absent, make_forecast, make_row
from sqlalchemy.engine import Engine

from publish.archive.archive import Archive
from publish.archive.closing import ClosingMark, PastRow, close, log_score, passed, read_mark
from publish.archive.scoreboard import Part, Resolved, Scoreboard, summary
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


def past_rows(
    engine: Engine,
    until: date = LATER,
    last: ClosingMark | None = None,
    changed: date | None = None,
) -> list[PastRow]:
    """The rows that may be closed."""
    return passed(engine, "pak_afg", ["clash"], until, last, changed)


def test_only_windows_that_have_passed_can_be_closed(engine: Engine) -> None:
    assert past_rows(engine, AS_OF + timedelta(days=6)) == []
    week = past_rows(engine, AS_OF + timedelta(days=7))
    assert [(row.unit, row.horizon_days) for row in week] == [("dyad", 7)]
    assert [row.horizon_days for row in past_rows(engine)] == [7, 30]


def test_row_is_closed_once_with_its_scores_by_hand(engine: Engine) -> None:
    board = Scoreboard(engine)
    rows = past_rows(engine)
    judged = [(rows[0], 1), (rows[1], 0)]

    assert close(engine, judged, "v1", ISSUED_AT) == (2, 0)
    assert close(engine, judged, "v2", ISSUED_AT) == (0, 0)

    week, month = board.standing("pak_afg")
    assert (week["outcome"], week["brier"], week["baseline_brier"]) == (1, 0.5625, 0.765625)
    assert week["log_score"] == pytest.approx(1.3862943611)
    assert (month["outcome"], month["brier"], month["vintage"]) == (0, 0.0625, "v1")


def test_revised_outcome_is_a_further_line_and_both_stay(engine: Engine) -> None:
    board = Scoreboard(engine)
    rows = past_rows(engine)
    close(engine, [(rows[0], 0)], "v1", ISSUED_AT)

    assert close(engine, [(rows[0], 1)], "v2", ISSUED_AT) == (0, 1)

    (standing,) = board.standing("pak_afg")
    assert (standing["revision"], standing["outcome"], standing["vintage"]) == (2, 1, "v2")
    with engine.connect() as connection:
        lines = connection.execute(sa.text("SELECT outcome FROM outcomes ORDER BY revision")).all()
    assert [line.outcome for line in lines] == [0, 1]


def test_closing_is_all_or_nothing(engine: Engine) -> None:
    board = Scoreboard(engine)
    rows = past_rows(engine)
    with pytest.raises(StoreError):
        close(engine, [(rows[0], 1), (rows[0], 0)], "v1", ISSUED_AT)  # the same line twice
    assert board.standing("pak_afg") == []


def test_rows_are_looked_at_again_while_they_are_open_and_where_their_days_are_told_anew(
    engine: Engine,
) -> None:
    week, month = past_rows(engine)
    last = ClosingMark("pak_afg", "events", 1, 0, str(LATER), str(AS_OF), "")
    close(engine, [(week, 0)], "v1", ISSUED_AT, last)
    assert read_mark(engine, "pak_afg", "events") == last
    assert read_mark(engine, "pak_afg", "country_deaths") is None

    assert past_rows(engine, LATER, last) == [month]  # the week is closed
    beyond = replace(last, open_from=str(AS_OF + timedelta(31)))
    assert past_rows(engine, LATER, beyond) == []
    assert past_rows(engine, LATER, beyond, AS_OF + timedelta(30)) == [month]
    assert past_rows(engine, LATER, beyond, AS_OF + timedelta(7)) == [week, month]
    assert past_rows(engine, LATER, beyond, AS_OF + timedelta(8)) == [month]
    unseen = replace(beyond, position=0)  # issues archived since, of whatever day
    assert past_rows(engine, LATER, unseen) == [week, month]
    assert passed(engine, "pak_afg", ["severe"], LATER) == []


def test_mark_is_kept_with_what_it_closed_or_not_at_all(engine: Engine) -> None:
    (week, _), mark = past_rows(engine), ClosingMark("pak_afg", "events", 1, 0, str(LATER), "", "")
    with pytest.raises(StoreError):
        close(engine, [(week, 1), (week, 0)], "v1", ISSUED_AT, mark)
    assert read_mark(engine, "pak_afg", "events") is None
    for each in (mark, replace(mark, position=2)):
        close(engine, [], "v1", ISSUED_AT, each)
        assert read_mark(engine, "pak_afg", "events") == each


@pytest.mark.parametrize("text", ["UPDATE outcomes SET outcome = 0", "DELETE FROM outcomes"])
def test_outcomes_are_never_changed_or_removed(engine: Engine, text: str) -> None:
    close(engine, [(past_rows(engine)[0], 1)], "v1", ISSUED_AT)
    with engine.connect() as connection, pytest.raises(sa.exc.SQLAlchemyError, match="append-only"):
        connection.execute(sa.text(text))


def test_hindcasts_and_superseded_issues_are_told_apart(engine: Engine) -> None:
    archive, board = Archive(engine), Scoreboard(engine)
    earlier = AS_OF - timedelta(days=30)
    archive.append(make_forecast(earlier, rows=(make_row(earlier),), status="hindcast"))
    archive.append(make_forecast(rows=(make_row(probability_high=0.9),)))  # counts for AS_OF now
    close(engine, [(row, 1) for row in past_rows(engine)], "v1", ISSUED_AT)

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
    windows = [
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
        for as_of, start, days, p, came in windows
    ]

    lines = summary(rows)

    assert [
        (line["units"], line["horizon_days"], line["months_ahead"], line["forecasts"])
        for line in lines
    ] == [("countries", None, 1, 3), ("countries", None, 2, 1)]
    assert [line["windows"] for line in lines] == [2, 1]
    assert lines[0]["brier"] == (0.0625 + 0.25 + 0.25) / 3


def test_log_score_of_a_certainty_that_failed_is_finite() -> None:
    assert log_score(0.0, 1) == pytest.approx(13.8, abs=0.1)
    assert log_score(1.0, 1) == pytest.approx(0.0, abs=1e-5)


def test_empty_database_has_nothing_closed(sqlite_url: str) -> None:
    made = connect(sqlite_url)
    assert Scoreboard(made).standing("pak_afg") == []
    assert past_rows(made) == []
    made.dispose()
