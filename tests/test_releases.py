"""A file's name tells its release; a missing month ends coverage; the latest release counts."""

from datetime import date

import pytest

from streams.sources.ucdp.releases import (
    Release,
    candidate_day,
    covered,
    latest_for_months,
    release_of,
)

TODAY = date(2026, 11, 1)


def release(name: str) -> Release:
    return release_of(name, TODAY)


@pytest.mark.parametrize(
    ("file", "name", "kind", "first", "last", "published"),
    [
        ("GEDEvent_v26_1.csv", "26.1", "final", "1989-01-01", "2025-12-01", "2026-06-01"),
        ("ged261-csv.zip", "26.1", "final", "1989-01-01", "2025-12-01", "2026-06-01"),
        ("ged231.csv", "23.1", "final", "1989-01-01", "2022-12-01", "2023-06-01"),
        ("GEDEvent_v23_0_10.csv", "23.0.10", "monthly", "2023-10-01", "2023-10-01", "2023-11-20"),
        ("GEDEvent_v23_0_12.zip", "23.0.12", "monthly", "2023-12-01", "2023-12-01", "2024-01-20"),
        (
            *("GEDEvent_v26_01_26_06.csv", "26.01.26.06", "cumulative"),
            *("2026-01-01", "2026-06-01", "2026-07-20"),
        ),
        ("GEDEvent_v26_0_7.0a1b2c3d.csv", "26.0.7", "monthly", *("2026-07-01",) * 2, "2026-08-20"),
        (
            *("GEDEvent_v26_0_7-0a1b2c3d4e5f.csv", "26.0.7", "monthly"),
            *("2026-07-01", "2026-07-01", "2026-08-20"),
        ),
        ("ged261-csv (1).zip", "26.1", "final", "1989-01-01", "2025-12-01", "2026-06-01"),
    ],
)
def test_name_tells_the_release(
    file: str, name: str, kind: str, first: str, last: str, published: str
) -> None:
    found = release(file)

    assert (found.name, found.kind, found.simulated) == (name, kind, True)
    assert (str(found.first_month), str(found.last_month)) == (first, last)
    assert str(found.published_on) == published


@pytest.mark.parametrize("file", ["ged_pakistan_1989_2021_hdx.csv", "GEDEvent_v26_0_13.csv", "x"])
def test_a_name_that_tells_none_is_an_extract(file: str) -> None:
    found = release(file)

    assert (found.kind, found.published_on) == ("extract", TODAY)
    assert not found.covers(date(2020, 1, 1))


def test_candidate_day_is_the_20th_of_the_next_month() -> None:
    assert candidate_day(date(2023, 12, 31)) == date(2024, 1, 20)


def test_first_missing_month_ends_coverage() -> None:
    names = ["ged251-csv.zip", "GEDEvent_v25_0_1.csv", "GEDEvent_v25_0_2.csv"]
    gap = [*names, "GEDEvent_v25_0_4.csv"]

    assert covered(map(release, names)) == (date(1989, 1, 1), date(2025, 2, 28))
    assert covered(map(release, gap)) == (date(1989, 1, 1), date(2025, 2, 28))
    assert covered(map(release, names[1:])) == (date(2025, 1, 1), date(2025, 2, 28))
    assert covered([release("an extract.csv")]) is None


def test_latest_release_tells_a_month_and_none_published_later() -> None:
    releases = [
        release(name)
        for name in ("GEDEvent_v25_0_1.csv", "GEDEvent_v25_01_25_03.csv", "ged261-csv.zip")
    ]
    january = date(2025, 1, 1)

    assert january not in latest_for_months(releases, date(2025, 2, 19))
    assert latest_for_months(releases, date(2025, 2, 20))[january] == "25.0.1"
    assert latest_for_months(releases, date(2025, 4, 20))[january] == "25.01.25.03"
    assert latest_for_months(releases, date(2026, 6, 1))[january] == "26.1"
