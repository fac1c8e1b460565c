"""A point belongs to the nearest stretch of the border line; distances are those on the ground."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.places.border import EARTH_KM, border_of
from theatres import load_theatre

THEATRE = load_theatre("pak_afg")
BORDER = border_of(THEATRE)
CROSSINGS = [(part.name, each) for part in THEATRE.segments for each in part.crossings]
POINTS = st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), max_size=20)


def locate(lat: float, lon: float, country: str = "") -> tuple[str, float]:
    segments, km = BORDER.locate(np.array([lat]), np.array([lon]), [country])
    return str(segments[0]), float(km[0])


@pytest.mark.parametrize(("segment", "crossing"), CROSSINGS)
def test_every_crossing_lies_on_its_own_segment(segment: str, crossing: object) -> None:
    found, km = locate(crossing.lat, crossing.lon)  # type: ignore[attr-defined]

    assert found == segment
    assert km < 12


@pytest.mark.parametrize(
    ("lat", "lon", "country", "segment"),
    [
        (30.954545, 66.439391, "PAK", "chaman"),
        (34.01, 71.58, "PAK", "khyber"),
        (24.86, 67.01, "PAK", "interior-pak"),
        (34.35, 62.20, "AFG", "interior-afg"),
        (25.29, 51.53, "QAT", "abroad"),
        (25.29, 51.53, "", ""),
        (np.nan, np.nan, "PAK", ""),
    ],
)
def test_point_beyond_the_belt_is_inland_or_abroad(
    lat: float, lon: float, country: str, segment: str
) -> None:
    assert locate(lat, lon, country)[0] == segment


def great_circle(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Kilometres on the sphere (the haversine formula)."""
    a, b, c, d = np.radians([lat, lon, other_lat, other_lon])
    half = np.sin((c - a) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin((d - b) / 2) ** 2
    return float(2 * EARTH_KM * np.arcsin(np.sqrt(half)))


@pytest.mark.parametrize(("lat", "lon"), [(33.9, 71.9), (30.2, 67.0), (29.0, 63.0), (36.0, 72.5)])
def test_distances_are_true_to_one_in_a_hundred(lat: float, lon: float) -> None:
    line = pd.read_csv(THEATRE.chronicle.with_name("border.csv"))
    dense = [
        (a + share * (c - a), b + share * (d - b))
        for (a, b), (c, d) in zip(
            line[["lat", "lon"]].to_numpy(), line[["lat", "lon"]].to_numpy()[1:], strict=False
        )
        for share in np.linspace(0, 1, 50)
    ]

    assert locate(lat, lon)[1] == pytest.approx(
        min(great_circle(lat, lon, *point) for point in dense), rel=0.01
    )


def test_points_of_the_chronicle_mostly_lie_where_its_author_put_them() -> None:
    events = pd.read_csv(THEATRE.chronicle)
    events = events[events["lat"].notna() & events["segment"].isin(THEATRE.segment_names)]
    found, _ = BORDER.locate(events["lat"].to_numpy(), events["lon"].to_numpy(), [""] * len(events))

    assert (found == events["segment"].to_numpy()).mean() > 0.92


@settings(deadline=None)
@given(points=POINTS)
def test_a_point_s_segment_is_the_same_alone_and_among_others(
    points: list[tuple[float, float]],
) -> None:
    lat, lon = np.array(points).reshape(-1, 2).T
    segments, km = BORDER.locate(lat, lon, ["PAK"] * len(points))

    assert [locate(*point, "PAK") for point in points] == list(zip(segments, km, strict=True))
    assert ((km >= 0) & (km <= np.pi * EARTH_KM)).all()


@settings(deadline=None)
@given(points=POINTS)
def test_no_point_outside_the_box_is_within_the_belt(points: list[tuple[float, float]]) -> None:
    lat, lon = np.array(points).reshape(-1, 2).T
    _, km = BORDER.locate(lat, lon, [""] * len(points))

    assert not (~BORDER.is_near(lat, lon) & (km <= THEATRE.belt_km)).any()
