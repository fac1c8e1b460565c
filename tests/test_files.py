"""Published files: whole or not there, chosen by manifest, and the same when published again."""

import json
import os
import signal
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from faults import PROCESSES, Killed, dying_at
from forecasts import AS_OF, ISSUED_AT, make_forecast

from publish.archive.chain import Head
from publish.contract.context import Context
from publish.contract.forecast import to_json
from publish.files.files import (
    PublishError,
    keep_context,
    keep_page,
    latest,
    publish,
    published_head,
    read_issue,
)

NEXT = AS_OF + timedelta(days=1)
HOME = "pak_afg"


def contents(root: Path) -> dict[str, tuple[bytes, int]]:
    """Every file under the folder with its bytes and the time of its last change."""
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def write_over(path: Path, change: Callable[[str], str]) -> None:
    """The file's text, changed."""
    path.write_text(change(path.read_text()))


def test_publish_writes_four_files_and_two_manifests(tmp_path: Path) -> None:
    forecast = make_forecast()
    published = publish(forecast, tmp_path)
    assert published.folder == tmp_path / HOME / "2025-11-15" / forecast.issue_id
    assert [path.name for path in published.paths] == [
        *("forecast.json", "forecast.csv", "forecast.parquet", "hub.csv")
    ]
    assert all(path.is_file() for path in published.paths)
    assert published.manifest == tmp_path / HOME / "manifest.json"
    index = json.loads(published.manifest.read_text())
    assert index["latest"]["path"] == f"2025-11-15/{forecast.issue_id}"
    assert index["latest"] == json.loads((published.folder.parent / "manifest.json").read_text())
    sizes = {name: file["bytes"] for name, file in index["latest"]["files"].items()}
    assert sizes == {path.name: path.stat().st_size for path in published.paths}


def test_publish_twice_changes_no_byte(tmp_path: Path) -> None:
    publish(make_forecast(), tmp_path, Head(1, "a" * 64))
    before = contents(tmp_path)
    again = make_forecast(issued_at=ISSUED_AT + timedelta(hours=1))
    publish(again, tmp_path, Head(1, "a" * 64))
    assert contents(tmp_path) == before


def test_published_issue_is_read_back_equal(tmp_path: Path) -> None:
    publish(make_forecast(), tmp_path)
    assert latest(tmp_path, HOME) == make_forecast()
    assert read_issue(tmp_path, HOME, AS_OF) == make_forecast()


def test_latest_is_the_newest_as_of_not_the_last_published(tmp_path: Path) -> None:
    publish(make_forecast(NEXT), tmp_path)
    publish(make_forecast(AS_OF), tmp_path)
    assert latest(tmp_path, HOME) == make_forecast(NEXT)
    assert read_issue(tmp_path, HOME, AS_OF) == make_forecast(AS_OF)
    index = json.loads((tmp_path / HOME / "manifest.json").read_text())
    assert [issue["as_of"] for issue in index["issues"]] == ["2025-11-15", "2025-11-16"]


def test_latest_is_never_chosen_by_listing(tmp_path: Path) -> None:
    publish(make_forecast(AS_OF), tmp_path)
    manifest = (tmp_path / HOME / "manifest.json").read_bytes()
    publish(make_forecast(NEXT), tmp_path)
    (tmp_path / HOME / "manifest.json").write_bytes(manifest)
    assert latest(tmp_path, HOME) == make_forecast(AS_OF)


def test_issue_published_last_counts_for_its_as_of(tmp_path: Path) -> None:
    first, second = make_forecast(), make_forecast(mlflow_run_id="run-2")
    for forecast in (first, second, first):
        publish(forecast, tmp_path)
        assert read_issue(tmp_path, HOME, AS_OF) == forecast
        assert latest(tmp_path, HOME) == forecast


def test_hindcast_is_never_latest(tmp_path: Path) -> None:
    publish(make_forecast(NEXT, status="hindcast"), tmp_path)
    with pytest.raises(PublishError, match="only hindcasts"):
        latest(tmp_path, HOME)
    publish(make_forecast(AS_OF), tmp_path)
    assert latest(tmp_path, HOME) == make_forecast(AS_OF)
    assert read_issue(tmp_path, HOME, NEXT).status == "hindcast"


def test_hindcast_never_takes_the_place_of_an_issue_of_its_time(tmp_path: Path) -> None:
    publish(make_forecast(status="hindcast"), tmp_path)
    publish(make_forecast(), tmp_path)
    publish(make_forecast(status="hindcast", mlflow_run_id="run-2"), tmp_path)
    assert read_issue(tmp_path, HOME, AS_OF) == make_forecast()
    assert latest(tmp_path, HOME) == make_forecast()


def test_theatres_have_folders_of_their_own(tmp_path: Path) -> None:
    publish(make_forecast(), tmp_path)
    publish(make_forecast(NEXT, theatre="other"), tmp_path)
    assert latest(tmp_path, HOME) == make_forecast()


def test_published_head_is_never_taken_back(tmp_path: Path) -> None:
    assert published_head(tmp_path, HOME) is None
    publish(make_forecast(), tmp_path, Head(2, "b" * 64))
    publish(make_forecast(), tmp_path, Head(1, "a" * 64))
    publish(make_forecast(), tmp_path, Head(2, "c" * 64))
    publish(make_forecast(), tmp_path)
    assert published_head(tmp_path, HOME) == Head(2, "b" * 64)


@pytest.mark.parametrize("theatre", ["pak_afg", "other"])
def test_latest_where_nothing_is_published_says_so(tmp_path: Path, theatre: str) -> None:
    with pytest.raises(PublishError, match="no issue is published yet"):
        latest(tmp_path / "nowhere", theatre)


def test_issue_of_another_day_is_an_error(tmp_path: Path) -> None:
    publish(make_forecast(), tmp_path)
    with pytest.raises(PublishError, match="no issue is published as of 2025-11-16"):
        read_issue(tmp_path, HOME, NEXT)


def test_theatre_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="not a name"):
        latest(tmp_path, "../pak_afg")


def test_changed_file_is_not_read(tmp_path: Path) -> None:
    published = publish(make_forecast(), tmp_path)
    write_over(published.paths[0], lambda text: text.replace("0.25", "0.26", 1))
    with pytest.raises(PublishError, match="not the one that was published"):
        latest(tmp_path, HOME)
    with pytest.raises(PublishError, match="not the one that was published"):
        read_issue(tmp_path, HOME, AS_OF)


def test_missing_file_is_told(tmp_path: Path) -> None:
    publish(make_forecast(), tmp_path).paths[0].unlink()
    with pytest.raises(PublishError, match="is missing; publish it again"):
        latest(tmp_path, HOME)


@pytest.mark.parametrize("name", ["forecast.json", "forecast.csv", "forecast.parquet", "hub.csv"])
@pytest.mark.parametrize("damage", ["cut", "gone", "other"])
def test_publish_again_mends_a_damaged_issue(tmp_path: Path, name: str, damage: str) -> None:
    folder = publish(make_forecast(), tmp_path).folder
    before = {path: data for path, (data, _) in contents(tmp_path).items()}
    path = folder / name
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-20] if damage == "cut" else b"other")
    publish(make_forecast(), tmp_path)
    assert {path: data for path, (data, _) in contents(tmp_path).items()} == before
    assert not list(tmp_path.rglob(".writing-*"))


def test_file_beside_an_issue_is_left_alone(tmp_path: Path) -> None:
    note = publish(make_forecast(), tmp_path).folder / "note.txt"
    note.write_text("mine")
    publish(make_forecast(), tmp_path)
    assert note.read_text() == "mine"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{", "["),
        ('"theatre": "pak_afg"', '"theatre": "other"'),
        ('"as_of": "2025-11-15"', '"as_of": "../../etc"'),
        ('"issue_id": "', '"issue_id": "../'),
        ('"sha256": "', '"sha256": "x'),
        ('"bytes": ', '"bytes": -0.'),
        ('"status"', '"state"'),
    ],
)
@pytest.mark.parametrize("place", ["manifest.json", "2025-11-15/manifest.json"])
def test_broken_manifest_is_told_in_one_line(
    tmp_path: Path, place: str, old: str, new: str
) -> None:
    publish(make_forecast(), tmp_path)
    path = tmp_path / HOME / place
    write_over(path, lambda text: text.replace(old, new, 1))
    with pytest.raises(PublishError, match="broken manifest") as caught:
        latest(tmp_path, HOME) if place == "manifest.json" else read_issue(tmp_path, HOME, AS_OF)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_manifest_that_is_no_text_is_told(tmp_path: Path) -> None:
    published = publish(make_forecast(), tmp_path)
    published.manifest.write_bytes(b"\xff\x00")
    with pytest.raises(PublishError, match="broken manifest"):
        publish(make_forecast(), tmp_path)


def test_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PublishError, match="cannot be read or written") as caught:
        publish(make_forecast(), tmp_path / "file")
    assert str(tmp_path / "file") in str(caught.value)
    with pytest.raises(PublishError, match="cannot be read or written"):
        latest(tmp_path / "file", HOME)


def test_what_dead_writers_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / HOME / f".writing-{make_forecast().issue_id}"
    left.mkdir(parents=True)
    (left / "forecast.json").write_text("{")
    (tmp_path / HOME / ".writing-manifest.json").write_text("{")
    publish(make_forecast(), tmp_path)
    assert not list(tmp_path.rglob(".writing-*"))
    assert latest(tmp_path, HOME) == make_forecast()


def publish_whole(root: Path) -> None:
    """The issue with its page and what stands around it, in the order of a run."""
    keep_page(make_forecast(), "<p>page</p>", root)
    keep_context(make_forecast(), Context(), root)
    publish(make_forecast(), root)


def test_publish_that_dies_at_any_point_is_completed_by_the_next(tmp_path: Path) -> None:
    with dying_at(None) as points:
        publish_whole(tmp_path / "whole")
    assert points.count("replace") == 4
    assert points.count("rename") == 1

    for number in range(len(points)):
        root = tmp_path / str(number)
        with dying_at(number), pytest.raises(Killed):
            publish_whole(root)
        publish_whole(root)
        assert not list(root.rglob(".writing-*"))
        assert latest(root, HOME) == make_forecast()


def publish_until_killed(root: Path, first: int) -> None:
    """Publish one issue after the other, each of the next day."""
    for n in range(first, 1000):
        publish(make_forecast(AS_OF + timedelta(days=n)), root)


def test_publish_killed_at_any_moment_leaves_a_whole_latest(tmp_path: Path) -> None:
    publish(make_forecast(), tmp_path)
    for turn in range(6):
        known = latest(tmp_path, HOME).as_of
        writer = PROCESSES.Process(
            target=publish_until_killed, args=(tmp_path, (known - AS_OF).days + 1)
        )
        writer.start()
        while latest(tmp_path, HOME).as_of == known:
            assert writer.is_alive()
            time.sleep(0.001)
        time.sleep(0.003 * turn)
        os.kill(writer.pid or 0, signal.SIGKILL)
        writer.join()
        found = latest(tmp_path, HOME)
        assert found == make_forecast(found.as_of)
        publish(found, tmp_path)
        assert not list(tmp_path.rglob(".writing-*"))


def publish_days(root: Path, days: range) -> None:
    """Publish an issue of each of the days."""
    for n in days:
        publish(make_forecast(AS_OF + timedelta(days=n)), root)


def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    writers = [
        PROCESSES.Process(target=publish_days, args=(tmp_path, days))
        for days in (range(0, 16, 2), range(1, 17, 2), range(4, 12))
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    index = json.loads((tmp_path / HOME / "manifest.json").read_text())
    days = [date.fromisoformat(issue["as_of"]) for issue in index["issues"]]
    assert days == [AS_OF + timedelta(days=n) for n in range(16)]
    assert latest(tmp_path, HOME) == make_forecast(AS_OF + timedelta(days=15))


def test_json_file_is_the_canonical_text(tmp_path: Path) -> None:
    published = publish(make_forecast(), tmp_path)
    assert published.paths[0].read_text() == to_json(make_forecast()) + "\n"
