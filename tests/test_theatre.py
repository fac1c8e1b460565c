"""A theatre file is read whole, or refused in one line that says where."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from theatres import DYAD, TheatreError, known_theatres, load_theatre
from theatres.theatre import FOLDER

TEXT = (FOLDER / "pak_afg.toml").read_text(encoding="utf-8")


def refusal(folder: Path, text: str) -> str:
    """The message with which a theatre file of this text is refused."""
    (folder / "made.toml").write_text(text, encoding="utf-8")
    with pytest.raises(TheatreError) as caught:
        load_theatre("made", folder)
    return str(caught.value)


def test_theatre_pak_afg_has_nine_segments_and_three_targets() -> None:
    theatre = load_theatre("pak_afg")

    assert theatre.actors == ("PAK", "AFG")
    assert len(theatre.segments) == 9
    assert theatre.segment_names[0] == "chitral-dir"
    assert theatre.segment_names[-1] == "chagai"
    assert set(theatre.targets) == {"clash", "severe", "closure"}
    assert theatre.targets["clash"].horizons == (7, 14, 30, 90)


def test_theatre_loads_by_path_as_by_name() -> None:
    assert load_theatre(str(FOLDER / "pak_afg.toml")) == load_theatre("pak_afg")
    assert known_theatres() == ["pak_afg"]


def test_units_are_the_dyad_then_the_segments_that_the_target_applies_to() -> None:
    theatre = load_theatre("pak_afg")

    assert theatre.units("severe") == (DYAD,)
    assert theatre.units("clash") == (DYAD, *theatre.segment_names)
    gateless = theatre.segments[0].model_copy(update={"crossings": ()})
    closed = theatre.model_copy(update={"segments": (gateless, *theatre.segments[1:])})
    assert closed.units("closure") == (DYAD, *theatre.segment_names[1:])
    assert closed.units("clash") == (DYAD, *theatre.segment_names)


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
    with pytest.raises(TheatreError, match=r"no such theatre file.*one of: pak_afg$"):
        load_theatre("ind_pak")
    with pytest.raises(TheatreError, match="one of: none"):
        load_theatre("pak_afg", tmp_path)


def test_theatre_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "made.toml").write_bytes(b'name = "\xff"')

    with pytest.raises(TheatreError, match="cannot be read as UTF-8 text"):
        load_theatre("made", tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "pak_afg"', 'name = "Pak Afg"', "field name"),
        ('name = "pak_afg"', 'name = "pak_afg"\nunknown = 1', "field unknown"),
        ("reporting_lag_days = 7", "reporting_lag_days = -1", "field reporting_lag_days"),
        ("horizons = [30, 90]", "horizons = [90, 30]", "field targets.severe"),
        ("horizons = [30, 90]", "horizons = [0, 30]", "field targets.severe"),
        ("horizons = [30, 90]", "horizons = []", "field targets.severe.horizons"),
        ('name = "chagai"', 'name = "zhob"', "segments must have different names"),
        ("lat = 35.31", "lat = 135.31", "field segments.0.crossings.0.lat"),
        ('cron = "30 5 * * *"', 'cron = "daily"', "field schedule.cron"),
        ('name = "low"\nprobability = 0.0', 'name = "low"\nprobability = 0.1', "first level"),
        ("probability = 0.25", "probability = 0.05", "levels must rise"),
        ("title = ", "title ", "not valid TOML"),
    ],
)
def test_theatre_that_breaks_the_schema_is_refused_in_one_line(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in TEXT

    message = refusal(tmp_path, TEXT.replace(old, new, 1))

    assert said in message
    assert "made.toml" in message
    assert "\n" not in message


def test_theatre_is_frozen() -> None:
    theatre = load_theatre("pak_afg")

    with pytest.raises(ValidationError, match="frozen"):
        theatre.name = "other"
