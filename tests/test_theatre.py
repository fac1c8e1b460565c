"""A theatre file is read whole, or refused in one line that says where."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jobs import PAK_AFG, make_theatre
from pandas.testing import assert_frame_equal
from pydantic import ValidationError

from streams.sources.chronicle import read
from theatres import (
    DYAD,
    TheatreError,
    default_theatre,
    known_theatres,
    load_theatre,
    load_theatres,
    theatre_folders,
)


def refusal(folder: Path) -> str:
    """The one line with which the theatre of that folder is refused."""
    with pytest.raises(TheatreError) as caught:
        load_theatre(str(folder))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_theatre_pak_afg_has_nine_segments_and_its_targets() -> None:
    theatre = load_theatre("pak_afg")

    assert theatre.actors == ("PAK", "AFG")
    assert len(theatre.segments) == 9
    assert theatre.segment_names[0] == "chitral-dir"
    assert theatre.segment_names[-1] == "chagai"
    assert set(theatre.events) == {"clash", "severe", "closure"}
    assert theatre.targets["clash"].days == (7, 14, 30, 90)


def test_theatre_loads_by_path_as_by_name() -> None:
    assert load_theatre(str(PAK_AFG)) == load_theatre("pak_afg")
    assert load_theatre(str(PAK_AFG / "theatre.toml")) == load_theatre("pak_afg")
    assert known_theatres() == {"pak_afg": PAK_AFG}


def test_units_are_the_dyad_then_the_segments_that_the_target_applies_to() -> None:
    theatre = load_theatre("pak_afg")

    assert theatre.units("severe") == (DYAD,)
    assert theatre.units("clash") == (DYAD, *theatre.segment_names)
    gateless = theatre.segments[0].model_copy(update={"crossings": ()})
    closed = theatre.model_copy(update={"segments": (gateless, *theatre.segments[1:])})
    assert closed.units("closure") == (DYAD, *theatre.segment_names[1:])
    assert closed.units("clash") == (DYAD, *theatre.segment_names)


def test_count_is_published_a_threshold_a_name() -> None:
    theatre = load_theatre("pak_afg")

    assert theatre.published["clash"] == ("clash", 1)
    assert theatre.published["country_deaths_25"] == ("country_deaths", 25)
    assert theatre.counted("segment_deaths_10") == ("segment_deaths", 10)
    assert theatre.counted("clash") is None
    assert theatre.units("country_deaths") == ("PAK", "AFG")
    assert theatre.units("segment_deaths") == theatre.segment_names
    assert theatre.horizons("segment_deaths_1") == {7, 30, 90}
    assert theatre.horizons("dyad_deaths_1") == set()
    assert "reach 25 in the calendar month" in theatre.meanings["country_deaths_25"]


@pytest.mark.parametrize(
    ("probability", "baseline", "level"),
    [
        (0.0, 0.0, "low"),
        (0.099, 0.5, "low"),
        (0.10, 0.5, "guarded"),
        (0.03, 0.015, "guarded"),
        (0.03, 0.0151, "low"),
        (0.25, 0.9, "elevated"),
        (0.24, 0.08, "elevated"),
        (0.20, 0.05, "high"),
        (0.50, 0.9, "high"),
        (0.75, 0.9, "severe"),
        (0.42, 0.0625, "severe"),
        (1.0, 1.0, "severe"),
    ],
)
def test_level_is_reached_by_probability_or_by_lift(
    probability: float, baseline: float, level: str
) -> None:
    assert load_theatre("pak_afg").level(probability, baseline) == level


@given(p=st.floats(0, 1), q=st.floats(0, 1), baseline=st.floats(0, 1))
def test_level_never_falls_as_the_probability_rises(p: float, q: float, baseline: float) -> None:
    theatre = load_theatre("pak_afg")
    names = [level.name for level in theatre.levels]
    low, high = sorted((p, q))

    assert names.index(theatre.level(low, baseline)) <= names.index(theatre.level(high, baseline))


def test_theatre_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(TheatreError, match=r"no such theatre, found 'ind_pak'.*one of: pak_afg$"):
        load_theatre("ind_pak")
    with pytest.raises(TheatreError, match="one of: none"):
        load_theatre("pak_afg", [tmp_path])
    with pytest.raises(TheatreError, match=r"no theatre, expected a folder with theatre\.toml"):
        load_theatre(str(tmp_path))


@pytest.mark.parametrize("part", sorted(path.name for path in PAK_AFG.iterdir() if path.suffix))
def test_theatre_with_a_part_missing_is_refused_by_the_parts_name(
    tmp_path: Path, part: str
) -> None:
    theatre = make_theatre(tmp_path, "", "")
    (theatre / part).unlink()

    if part == "DATA.md":
        assert load_theatre(str(theatre)).name == "pak_afg"
    elif part == "theatre.toml":
        assert "expected a folder with theatre.toml" in refusal(theatre)
    else:
        assert f"{theatre / part}: a part of the theatre is missing" in refusal(theatre)


@pytest.mark.parametrize(
    ("part", "old", "new", "said"),
    [
        ("border.csv", "37.0209,", "north,", "border.csv, line 2"),
        ("border.csv", "37.0024,74.5477", "37.0024", "border.csv, line 3"),
        ("border.csv", "37.0209,", "97.0209,", "border.csv, line 2"),
        ("border.csv", "chitral-dir,37.0209", "kabul,37.0209", "border.csv, line 2"),
        ("border.csv", "segment,lat,lon", "lat,lon,segment", "border.csv, line 1"),
        ("border.csv", "khyber", "kurram", "does not follow the theatre's segments"),
        ("places.csv", "Arandu,chitral-dir,place", "Arandu,chitral,place", "places.csv, line 2"),
        ("places.csv", "Arandu,chitral-dir,place", "Arandu,chitral-dir,town", "places.csv, line 2"),
        ("places.csv", "Arandu,chitral-dir,place", '"Arandu,chitral-dir,place', "places.csv, line"),
        ("coverage.csv", "2001-09-17", "17.9.2001", "coverage.csv, line 2"),
        ("coverage.csv", "2001-09-17", "2099-09-17", "coverage.csv, line 2"),
        ("coverage.csv", "chronicle,", "almanac,", "coverage.csv, line 2"),
        ("codes.toml", "gleditsch_ward = 770", "gleditsch_ward = ", "codes.toml: not valid TOML"),
        ("codes.toml", "gleditsch_ward = 770", "gleditsch_ward = 0", "states.PAK.gleditsch_ward"),
        ("codes.toml", "gleditsch_ward = 770", "gleditsch_ward = 700", "the same gleditsch_ward"),
        ("codes.toml", "[states.PAK]", "[states.IND]", "states are ['IND'"),
        ("theatre.toml", 'title = "', 'border = "x"\ntitle = "', "border stands in a file"),
    ],
)
def test_theatre_with_a_torn_part_is_refused_by_file_and_line(
    tmp_path: Path, part: str, old: str, new: str, said: str
) -> None:
    message = refusal(make_theatre(tmp_path, old, new, part))

    assert said in message
    assert part in message


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "pak_afg"', 'name = "Pak Afg"', "field name"),
        ('name = "pak_afg"', 'name = "afg_pak"', "a theatre bears its folder's name"),
        ('name = "pak_afg"', 'name = "pak_afg"\nunknown = 1', "field unknown"),
        ("reporting_lag_days = 7", "reporting_lag_days = -1", "field reporting_lag_days"),
        ("days = [30, 90]", "days = [90, 30]", "days must rise from 1 or more, found [90, 30]"),
        ("days = [30, 90]", "days = [0, 30]", "field targets.severe"),
        ("days = [30, 90]", "days = []", "a count of dyad has days ahead and no others"),
        ("days = [30, 90]", "months = [1]", "events are counted by days"),
        ("thresholds = [25]", "thresholds = [25, 50]", "a target of events has one threshold"),
        ("thresholds = [1, 25, 100]", "thresholds = [25, 1]", "thresholds must rise from 1"),
        ("codes = { dyad = 12291 }", "", "countries and dyads need their numbers in codes"),
        ('of = "segments"', 'of = "border"', "a source tells deaths of countries, dyads or"),
        ('of = "segments"\nsource = "ucdp"', 'of = "segments"', "of `types`, or what a `source`"),
        ('segments"\nsource = "ucdp"', 'segments"\nsource = "un"', "no source of the theatre: un"),
        ('name = "chagai"', 'name = "zhob"', "segments must have different names"),
        ("lat = 35.31", "lat = 135.31", "field segments.0.crossings.0.lat"),
        ('cron = "30 5 * * *"', 'cron = "daily"', "field schedule.cron"),
        ('name = "low"\nprobability = 0.0', 'name = "low"\nprobability = 0.1', "first level"),
        ("probability = 0.25", "probability = 0.05", "levels must rise"),
        ("title = ", "title ", "not valid TOML"),
        ('also = ["severe"]', 'also = ["severer"]', "headline: no such target: severer"),
        ("days = 30", "days = 31", "headline: clash is not forecast at 31 days"),
        ("[words.severe]", "[words.severer]", "words: no such target: severer"),
        ("sides = { PAK =", "sides = { IND =", "chitral-dir needs a side"),
        ("[sides.AFG]", "[sides.IND]", "sides are"),
    ],
)
def test_theatre_that_breaks_the_schema_is_refused_in_one_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    message = refusal(make_theatre(tmp_path, old, new))

    assert said in message
    assert "theatre.toml" in message


def test_theatre_that_is_no_text_is_refused_by_its_line(tmp_path: Path) -> None:
    theatre = make_theatre(tmp_path, "", "")
    (theatre / "places.csv").write_bytes(b"name,segment,area\nK\xff,khyber,place\n")

    assert "places.csv, line 2: cannot be read as UTF-8 text" in refusal(theatre)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_every_text_file_is_read_with_a_mark_and_with_either_line_ending(
    tmp_path: Path, mark: bytes, ending: bytes
) -> None:
    theatre = make_theatre(tmp_path, "", "")
    for path in filter(Path.is_file, theatre.rglob("*")):
        lines = path.read_bytes().replace(b"\r\n", b"\n")
        path.write_bytes(mark + lines.replace(b"\n", ending))

    loaded = load_theatre(str(theatre))

    plain = load_theatre("pak_afg")
    assert loaded.model_copy(update={"chronicle": plain.chronicle}) == plain
    assert_frame_equal(read(loaded.chronicle).frame, read(plain.chronicle).frame)
    assert not read(loaded.chronicle).refusals


def test_two_theatres_of_one_name_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYADCAST_THEATRES", str(tmp_path))
    theatre = make_theatre(tmp_path, "", "")

    with pytest.raises(TheatreError, match="two theatres of one name, pak_afg") as caught:
        load_theatre("pak_afg")
    assert str(theatre) in str(caught.value)
    with pytest.raises(TheatreError, match="two theatres of one name, pak_afg"):
        load_theatres([str(theatre), str(PAK_AFG)])


def test_theatres_are_looked_for_where_the_operator_says(tmp_path: Path) -> None:
    further = theatre_folders({"DYADCAST_THEATRES": f"{tmp_path}"})
    assert further == (PAK_AFG.parent, tmp_path)
    with pytest.raises(TheatreError, match="no such folder of theatres"):
        known_theatres([tmp_path / "absent"])


def test_default_theatre_is_the_setting_or_the_one_built_in() -> None:
    assert default_theatre({}) == "pak_afg"
    assert default_theatre({"DYADCAST_THEATRE": "arm_aze"}) == "arm_aze"


def test_theatre_is_frozen() -> None:
    theatre = load_theatre("pak_afg")

    with pytest.raises(ValidationError, match="frozen"):
        theatre.name = "other"
