"""GDELT's files in the store: each row counts once, stories grow, whatever the order of files."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from exports import MIDNIGHT, QUARTER, day_of_files, elsewhere, row, write_export, write_zip
from pandas.testing import assert_frame_equal

from errors import StreamError
from streams.sources.gdelt.gdelt import ingest, ingest_many
from streams.sources.gdelt.rows import COLUMNS
from streams.store.store import Store, connect
from theatres import load_theatre

SHARED = Path(os.environ.get("DYADCAST_SHARED", Path(__file__).parents[2] / "shared" / "data"))
REAL = SHARED / "gdelt" / "20180101000000.export.CSV"
THEATRE = load_theatre("pak_afg")
NOW = datetime(2025, 10, 20, 6, tzinfo=UTC)
END = date(2025, 12, 31)


def views_of(store: Store) -> pd.DataFrame:
    """All that any view can show: each version that held, by event and time."""
    versions = store.versions(END).drop(columns="version")
    return versions.sort_values(["event_id", "known_at"], ignore_index=True)


@pytest.mark.skipif(not REAL.exists(), reason="the shared data are not here")
def test_the_real_file_reads_whole_and_holds_nothing_of_the_pair(store: Store) -> None:
    done = ingest(store, THEATRE, REAL, NOW)
    assert (done.read, done.elsewhere, done.refused, done.new) == (2414, 2414, 0, 0)


def shuffled(line: bytes) -> bytes:
    return b"\t".join(reversed(line.split(b"\t")))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"<!DOCTYPE html>\n<html>\n<body>404</body>\n</html>\n",
        b"a,b,c\n1,2,3\n",
        "\t".join(COLUMNS).encode() + b"\n",
        shuffled(row()) + b"\n" + shuffled(elsewhere()) + b"\n",
        b"\x00" * 5_000,
    ],
)
def test_a_file_that_is_no_export_is_an_error_of_one_line_and_leaves_nothing(
    tmp_path: Path, store: Store, content: bytes
) -> None:
    path = tmp_path / "20251012000000.export.CSV"
    path.write_bytes(content)
    with pytest.raises(StreamError) as error:
        ingest(store, THEATRE, path, NOW)
    assert "\n" not in str(error.value)
    assert path.name in str(error.value)
    assert len(store.versions(END)) == 0


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path, store: Store) -> None:
    with pytest.raises(StreamError, match="no such file"):
        ingest(store, THEATRE, tmp_path / "20251012000000.export.CSV", NOW)
    with pytest.raises(StreamError, match="a folder"):
        ingest(store, THEATRE, tmp_path, NOW)


def test_a_file_is_parsed_once_and_its_zip_adds_nothing(tmp_path: Path, store: Store) -> None:
    rows = [row(), elsewhere(), row(GLOBALEVENTID="5", EventCode="163")]
    path = write_export(tmp_path, rows)
    first = ingest(store, THEATRE, path, NOW)
    again = ingest(store, THEATRE, path, NOW)
    zipped = ingest(store, THEATRE, write_zip(tmp_path, rows), NOW)
    assert (first.new, first.elsewhere, first.known_files) == (2, 1, 0)
    assert (again.known_files, again.read) == (1, 0)
    assert (zipped.unchanged, zipped.new, zipped.revised) == (2, 0, 0)
    assert len(store.versions(END)) == 2


def quarters(folder: Path) -> list[Path]:
    """Three files of consecutive quarters of an hour that tell one clash, and one an embargo."""
    mentions = ("12", "3", "5")
    stamps = [MIDNIGHT + n * QUARTER for n in range(3)]
    rows = [
        row(
            GLOBALEVENTID=str(n + 1),
            NumMentions=count,
            DATEADDED=f"{at:%Y%m%d%H%M%S}",
            SOURCEURL=f"https://news.example/{n}",
        )
        for n, (count, at) in enumerate(zip(mentions, stamps, strict=True))
    ]
    embargo = row(GLOBALEVENTID="9", EventCode="163", DATEADDED=f"{stamps[2]:%Y%m%d%H%M%S}")
    contents = [[rows[0]], [rows[1], elsewhere()], [rows[2], embargo]]
    return [write_export(folder, lines, at) for lines, at in zip(contents, stamps, strict=True)]


def test_mentions_grow_from_file_to_file_and_an_earlier_view_keeps_its_own(
    tmp_path: Path, store: Store
) -> None:
    for path in quarters(tmp_path):
        ingest(store, THEATRE, path, NOW)
    versions = store.versions(END)
    clash = versions[versions["type"] == "border_clash"]
    assert clash["mentions"].tolist() == [12, 15, 20]
    assert clash["known_at"].dt.strftime("%H:%M").tolist() == ["00:00", "00:15", "00:30"]
    assert set(clash["url"]) == {"https://news.example/0"}
    assert sorted(store.events(END)["mentions"]) == [12, 20]


@pytest.mark.parametrize("order", [(2, 1, 0), (1, 0, 2), (2, 0, 1), (0, 2, 1)])
def test_the_order_of_the_files_is_no_matter_to_any_view(
    tmp_path: Path, order: tuple[int, ...]
) -> None:
    paths = quarters(tmp_path)
    views = []
    for name, chosen in (("straight", (0, 1, 2)), ("other", order)):
        engine = connect(f"sqlite:///{tmp_path / name}.db")
        store = Store(engine, "pak_afg")
        for at in chosen:
            ingest(store, THEATRE, paths[at], NOW)
        views.append(views_of(store))
        engine.dispose()
    assert_frame_equal(views[0], views[1])


def test_many_files_at_once_say_what_they_say_one_by_one(tmp_path: Path) -> None:
    paths = day_of_files(tmp_path, rows=30, told=6, files=12)
    views, counts = [], []
    for name in ("one", "many"):
        engine = connect(f"sqlite:///{tmp_path / name}.db")
        store = Store(engine, "pak_afg")
        if name == "many":
            counts.append(ingest_many(store, THEATRE, paths, NOW))
        else:
            singles = [ingest(store, THEATRE, path, NOW) for path in paths]
            counts.append(sum(singles[1:], start=singles[0]))
        views.append(views_of(store))
        engine.dispose()
    assert_frame_equal(views[0], views[1])
    assert counts[0] == counts[1]
    many = counts[1]
    unmapped = sum(many.unmapped.values())
    parts = many.new + many.revised + many.elsewhere + many.folded + unmapped
    assert many.read == parts == 12 * 30


def test_an_unreadable_file_does_not_stop_the_others_and_is_told(
    tmp_path: Path, store: Store
) -> None:
    good, bad = write_export(tmp_path, [row()]), tmp_path / "20251012001500.export.CSV"
    bad.write_bytes(b"<html></html>\n")
    done = ingest_many(store, THEATRE, [bad, tmp_path / "gone.CSV", good], NOW)
    assert (done.new, done.refused, done.files) == (1, 2, 3)
    kept = store.quarantined("gdelt")
    assert sorted(kept["file"]) == [bad.name, "gone.CSV"]
    assert ingest_many(store, THEATRE, [tmp_path / "gone.CSV"], NOW).refused == 1
    bad.write_bytes(row(GLOBALEVENTID="2", DATEADDED="20251012001500") + b"\n")
    assert ingest_many(store, THEATRE, [bad], NOW).revised == 1
    kept = store.quarantined("gdelt").set_index("file")
    assert kept["resolved"].to_dict() == {bad.name: True, "gone.CSV": False}


def test_a_known_files_refusals_stay_open(tmp_path: Path, store: Store) -> None:
    path = write_export(tmp_path, [row(), row(NumMentions="x")])
    assert ingest(store, THEATRE, path, NOW).refused == 1
    assert ingest(store, THEATRE, path, NOW).refused == 0
    assert store.quarantined("gdelt")["resolved"].tolist() == [False]


def test_coverage_is_of_whole_days_that_follow_each_other(tmp_path: Path, store: Store) -> None:
    first, days = MIDNIGHT, [MIDNIGHT + timedelta(days=n) for n in (0, 2, 3)]
    ingest_many(store, THEATRE, day_of_files(tmp_path, 2, 1, first, files=40), NOW)
    assert store.coverage("gdelt") is None
    for day in days:
        ingest_many(store, THEATRE, day_of_files(tmp_path, 2, 1, day), NOW)
    covered = store.coverage("gdelt")
    assert covered is not None
    assert (covered.start, covered.end) == (date(2025, 10, 14), date(2025, 10, 15))
    ingest_many(store, THEATRE, day_of_files(tmp_path, 2, 1, MIDNIGHT + timedelta(days=1)), NOW)
    covered = store.coverage("gdelt")
    assert covered is not None
    assert (covered.start, covered.end) == (date(2025, 10, 12), date(2025, 10, 15))


def test_a_file_of_too_many_bad_rows_is_given_up(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "20251012000000.export.CSV"
    path.write_bytes(row() + b"\n" + b"a\tb\n" * 10_001)
    with pytest.raises(StreamError, match="at most 10,000 bad rows"):
        ingest(store, THEATRE, path, NOW)
    assert len(store.versions(END)) == 0
