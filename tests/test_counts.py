"""Counts in an issue: from releases that landed by as_of, once a vintage, closed when told."""

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from geds import CLASH, on, write_ged
from jobs import make_job

from commands import report
from errors import DyadcastError
from flows.pipeline import champions, issue, knowledge, page_context, resolution
from flows.pipeline.count_vintage import count_vintage
from flows.pipeline.settings import Settings, read_settings
from flows.pipeline.vintage import Vintage
from models.forecasting import training
from models.learners.design import Learner
from models.learners.panel import Forest, Ridge
from models.problems.problem import Problem
from models.recipes import months, segments
from models.tracking import runs
from models.tracking.registry import RegistryError
from publish.archive.archive import Archive
from publish.archive.scoreboard import Part, Scoreboard
from publish.contract.forecast import Forecast, Row, from_json, to_json
from publish.files.formats import hub_bytes
from streams.sources.ucdp import ucdp
from streams.store.store import Store, connect
from theatres import Theatre, load_theatre

THEATRE: Theatre = load_theatre("pak_afg")
NOW = datetime(2036, 1, 1, tzinfo=UTC)
AS_OF = date(2026, 7, 25)
FINAL, HALF, JULY = "GEDEvent_v26_1.csv", "GEDEvent_v26_01_26_06.csv", "GEDEvent_v26_0_7.csv"
COUNTRIES = {"770": 30.0, "700": 60.0, "750": 8.0, "625": 3.0, "365": 0.4}
pytestmark = pytest.mark.filterwarnings("ignore")


def light(
    problem: Problem, seed: int, names: tuple[str, ...], rungs: tuple[float, ...]
) -> dict[str, Learner]:
    """Members that are fast."""
    made: dict[str, Learner] = {name: Ridge(problem.thresholds) for name in names}
    return made | {"forest": Forest(rungs, trees=4, seed=seed)}


def months_of(first: str, last: str, seed: int) -> list[dict[str, str]]:
    """An event a country and month, and now and then a clash of the two states."""
    rng = np.random.default_rng(seed)
    rows = []
    for month in np.arange(np.datetime64(first), np.datetime64(last) + 1):
        day = f"{month}-12"
        for country, mean in COUNTRIES.items():
            if dead := int(rng.poisson(rng.gamma(0.7, mean))):
                best = {name: str(dead) for name in ("best", "high", "low")}
                rows.append(on(day, country_id=country, gwnoa=country, **best))
        if rng.random() < 0.2:
            rows.append(on(day, **CLASH))
    ids = range(seed * 100_000, seed * 100_000 + len(rows))
    return [row | {"id": str(number)} for row, number in zip(rows, ids, strict=True)]


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home where the final release of 2026 has landed, and the half-year after it."""
    folder = tmp_path_factory.mktemp("counts")
    settings = read_settings({"DYADCAST_HOME": str(folder / "home")})
    knowledge.ingest(settings, "pak_afg", NOW)
    land(settings, folder, FINAL, months_of("1989-01", "2025-12", 1))
    land(settings, folder, HALF, months_of("2026-01", "2026-06", 2))
    return folder


def land(settings: Settings, folder: Path, name: str, rows: list[dict[str, str]]) -> None:
    """The release of that name, landed."""
    store = Store(connect(settings.database_url), "pak_afg")
    ucdp.ingest(store, THEATRE, write_ged(folder, name, *rows), NOW)


@pytest.fixture
def settings(landed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A copy of that home, with models that are fast."""
    monkeypatch.setattr(months, "members", light)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    for name, length in (("RECORD_MONTHS", 24), ("WARM_MONTHS", 24), ("REFIT_MONTHS", 24)):
        monkeypatch.setattr(months, name, length)
    for name, weeks in (("RECORD_WEEKS", 40), ("LEARN_WEEKS", 150)):
        monkeypatch.setattr(segments, name, weeks)
    shutil.copytree(landed / "home", tmp_path / "home")
    return read_settings(
        {
            "DYADCAST_HOME": str(tmp_path / "home"),
            # shared: what one test has forecast another need not
            "MLFLOW_TRACKING_URI": f"sqlite:///{landed / 'mlruns' / 'mlflow.db'}",
        }
    )


def known_on(settings: Settings, as_of: date) -> knowledge.Knowledge:
    """What is known of the theatre on a day."""
    return knowledge.gather(settings, "pak_afg", as_of, as_of)


def told(settings: Settings, as_of: date, group: str) -> Vintage:
    """What UCDP tells of the group as of a day."""
    data = count_vintage(settings, known_on(settings, as_of), group)
    assert data is not None
    return data


def issued(settings: Settings, as_of: date, *groups: str) -> Forecast:
    """The issue of that day with the counts of these groups, archived by nobody."""
    known = known_on(settings, as_of)
    parts = [champions.ready(settings, told(settings, as_of, name), True) for name in groups]
    return issue.make_forecast(settings, known, parts, NOW)


MONTHLY = ("country_deaths", "dyad_deaths")


def rows_on(settings: Settings, as_of: date) -> list[Row]:
    """The counts' rows of that day by calendar month."""
    return list(issued(settings, as_of, *MONTHLY).rows)


def segments_on(settings: Settings, as_of: date) -> list[Row]:
    """The counts' rows of that day of the segments."""
    return list(issued(settings, as_of, "segment_deaths").rows)


def test_rows_speak_of_calendar_months_by_unit_and_threshold(settings: Settings) -> None:
    rows = rows_on(settings, AS_OF)

    assert {(row.unit, row.target) for row in rows} == {
        *((unit, f"country_deaths_{k}") for unit in ("PAK", "AFG") for k in (1, 25, 100)),
        *(("dyad", f"dyad_deaths_{k}") for k in (1, 10, 25)),
    }
    assert {(row.target_start_date, row.target_end_date) for row in rows} == {
        (date(2026, 7, 1), date(2026, 7, 31)),
        (date(2026, 8, 1), date(2026, 8, 31)),
        (date(2026, 9, 1), date(2026, 9, 30)),
        (date(2026, 12, 1), date(2026, 12, 31)),
    }
    assert {row.status for row in rows} == {"ok"}
    by_threshold: dict[tuple[str, date], list[float]] = {}
    for row in rows:
        assert row.probability is not None
        by_threshold.setdefault((row.unit, row.target_end_date), []).append(row.probability)
    assert all(p == sorted(p, reverse=True) for p in by_threshold.values())
    often = {row.unit: row.probability for row in rows if row.target == "country_deaths_25"}
    assert (often["AFG"] or 0) > 0.4


def test_segments_are_forecast_from_as_of_on(settings: Settings) -> None:
    rows = segments_on(settings, AS_OF)

    assert len(rows) == len(THEATRE.segments) * 3 * 2
    assert {row.horizon_days for row in rows} == {7, 30, 90}
    p = {row.key: row.probability or 0 for row in rows}
    assert p["khyber", "segment_deaths_10", 30] > p["zhob", "segment_deaths_10", 30]
    assert {name for row in rows for name, _ in row.drivers} <= {
        *("own_history", "neighbours", "base_rates"),
    }


def test_event_that_becomes_known_later_moves_no_segment(
    settings: Settings, tmp_path: Path
) -> None:
    before = segments_on(settings, AS_OF)
    land(settings, tmp_path, JULY, [on("2026-07-03", id="7", best="90", high="90")])

    assert segments_on(settings, AS_OF) == before
    moved = segments_on(settings, date(2026, 8, 21))
    assert [row.probability for row in moved] != [row.probability for row in before]


def test_issue_with_counts_keeps_the_contract_and_the_hub_has_quantiles(
    settings: Settings,
) -> None:
    known = known_on(settings, AS_OF)
    known = replace(known, watched={})
    parts = [champions.ready(settings, each, True) for each in issue.vintages(settings, known)]
    made = issue.make_forecast(settings, known, parts, NOW)
    hub = hub_bytes(made).decode().splitlines()

    assert made.status == "partial"  # no source could tell of clashes, UCDP does of deaths
    assert {row.status for row in made.rows if not row.counts} == {"no_forecast"}
    assert from_json(to_json(made)) == made
    assert Archive(connect(settings.database_url)).append(made)
    assert Archive(connect(settings.database_url)).verify("pak_afg").holds
    wanted = f"{AS_OF},country_deaths,6,2026-07-31,PAK,quantile,0.5,"
    assert sum(line.startswith(wanted) for line in hub) == 1
    records = page_context.context_for(settings, THEATRE, made).counts
    assert {(each.group, each.of, each.ahead) for each in records} == {
        *(("country_deaths", "months", ahead) for ahead in (1, 2, 3, 6)),
        *(("dyad_deaths", "months", ahead) for ahead in (1, 2, 3, 6)),
        *(("segment_deaths", "days", ahead) for ahead in (7, 30, 90)),
    }


def test_model_that_stands_forecasts_without_another_fit(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = rows_on(settings, AS_OF)

    def refuse(*_: object) -> None:
        raise AssertionError("fitted again")

    monkeypatch.setattr(training, "walk", refuse)
    later = rows_on(settings, date(2026, 8, 2))

    then = {(r.unit, r.target, r.target_end_date): r.probability for r in first}
    assert later
    for row in later:  # July is over and has no row
        assert row.target_end_date > date(2026, 8, 2)
        assert then[row.unit, row.target, row.target_end_date] == row.probability


def test_run_that_was_cut_off_is_not_taken_for_one_that_was_made(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = date(2026, 7, 22)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr(runs, "_keep_model", stop)
        with pytest.raises(KeyboardInterrupt):
            segments_on(settings, day)

    assert len(segments_on(settings, day)) == len(THEATRE.segments) * 3 * 2


def test_what_is_published_later_changes_nothing(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows_on(settings, AS_OF)
    land(settings, tmp_path, JULY, months_of("2026-07", "2026-07", 3))
    found = told(settings, AS_OF, "country_deaths")

    assert rows_on(settings, AS_OF) == before
    assert found.until == date(2026, 6, 30)
    later = told(settings, date(2026, 8, 20), "country_deaths")
    assert later.until == date(2026, 7, 31)
    assert later.fingerprint != found.fingerprint


def test_any_country_can_be_shown_and_an_unknown_one_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows_on(settings, AS_OF)
    monkeypatch.setattr(report, "read_settings", lambda: settings)
    rows = report.deaths_rows("pak_afg", "IND")

    assert {row["unit"] for row in rows} == {"IND"}
    assert {(row["horizon"], row["threshold"]) for row in rows} == {
        (months, k) for months in (1, 2, 3, 6) for k in (1, 25, 100)
    }
    assert report.deaths_table(rows).row_count == len(rows)
    assert {row["group"] for row in report.model_rows("pak_afg")} >= set(MONTHLY)
    with pytest.raises(RegistryError, match="no such country among those forecast, found 'ATL'"):
        report.deaths_rows("pak_afg", "ATL")


def test_late_source_is_stale_then_silent(settings: Settings) -> None:
    stale, silent = rows_on(settings, date(2026, 9, 1)), rows_on(settings, date(2026, 9, 25))

    assert {row.status for row in stale} == {"stale"}
    assert {row.status for row in silent} == {"no_forecast"}
    why = "ucdp tells until 2026-06-30 only, 87 days before as_of, more than 83"
    assert {row.reason for row in silent} == {why}


def test_without_a_final_release_there_is_no_row(tmp_path: Path) -> None:
    settings = read_settings({"DYADCAST_HOME": str(tmp_path)})
    knowledge.ingest(settings, "pak_afg", NOW)
    land(settings, tmp_path, HALF, months_of("2026-01", "2026-06", 2))

    known = known_on(settings, AS_OF)
    assert [each.group for each in issue.vintages(settings, known)] == ["events"]


def test_segments_with_thresholds_that_the_model_does_not_answer_are_refused(
    settings: Settings,
) -> None:
    asked = THEATRE.targets["segment_deaths"].model_copy(update={"thresholds": (1, 25)})
    targets = {**THEATRE.targets, "segment_deaths": asked}
    theatre = THEATRE.model_copy(update={"targets": targets})
    known = replace(known_on(settings, AS_OF), theatre=theatre)

    with pytest.raises(DyadcastError, match=r"'\(1, 25\)', expected \(1, 10\)"):
        count_vintage(settings, known, "segment_deaths")


def test_change_is_against_the_same_month_and_split(settings: Settings, tmp_path: Path) -> None:
    archive = Archive(connect(settings.database_url))
    archive.append(issued(settings, AS_OF, *MONTHLY))
    still = rows_on(settings, date(2026, 7, 26))
    land(settings, tmp_path, JULY, months_of("2026-07", "2026-07", 3))
    moved = rows_on(settings, date(2026, 8, 21))

    assert {(row.change, row.change_split) for row in still} == {(0.0, ())}
    parts = {name for row in moved for name, _ in row.change_split or ()}
    assert parts == {"new_events"}
    for row in moved:
        if row.change is not None:
            split = sum(points for _, points in row.change_split or ())
            assert split == pytest.approx(100 * row.change, abs=1e-7)
    assert any(row.change for row in moved)


def test_months_are_closed_once_they_are_told(settings: Settings, tmp_path: Path) -> None:
    archive = Archive(connect(settings.database_url))
    archive.append(issued(settings, AS_OF, *MONTHLY))
    early = resolution.close(settings, "pak_afg", datetime(2026, 8, 19, tzinfo=UTC))
    july = [*months_of("2026-07", "2026-07", 3), on("2026-07-02", id="9", best="500", high="500")]
    land(settings, tmp_path, JULY, july)

    found = resolution.close(settings, "pak_afg", datetime(2026, 8, 21, tzinfo=UTC))

    board, part = Scoreboard(connect(settings.database_url)), Part(unit="PAK")
    standing = board.standing("pak_afg", part)
    assert early.closed == 0
    assert found.closed == 9  # no window of the segments has been told to its end
    assert {(row["target"], row["outcome"]) for row in standing} == {
        ("country_deaths_1", 1),
        ("country_deaths_25", 1),
        ("country_deaths_100", 1),
    }
    assert {(line["target"], line["months_ahead"]) for line in board.summary("pak_afg", part)} == {
        (f"country_deaths_{k}", 0) for k in (1, 25, 100)
    }
    shown = make_job(tmp_path).run("scoreboard")
    assert "months_ahead" in shown.stdout.splitlines()[0], shown.stderr
    assert resolution.close(
        settings, "pak_afg", datetime(2026, 8, 21, tzinfo=UTC)
    ) == resolution.Closed(0, 0)
