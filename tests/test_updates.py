"""GDELT's files from a server: the latest or all since a day, each held against its list."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from exports import MIDNIGHT, QUARTER, file_name, row, write_zip

from errors import StreamError
from streams.net.download import Downloads
from streams.net.retry import Policy
from streams.sources.gdelt.gdelt import Missing, fetch, ingest_many, resumption
from streams.store.store import Store, connect
from theatres import load_theatre

NOW = datetime(2025, 10, 20, 6, tzinfo=UTC)
THEATRE = load_theatre("pak_afg")
DAY = date(2025, 10, 12)


@dataclass
class Site:
    """GDELT's site as it stands: contents by name, and the names asked for."""

    contents: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    base: str = ""

    def publish(self, name: str, content: bytes, damaged: bytes | None = None) -> None:
        """The file is there and in both lists; `damaged` is what is served in its stead."""
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        line = f"{len(content)} {digest} {self.base}{name}\n".encode()
        others = b"".join(
            line.replace(b".export.CSV", kind) for kind in (b".mentions.CSV", b".gkg.csv")
        )
        self.contents[name] = content if damaged is None else damaged
        self.contents["lastupdate.txt"] = line + others
        self.contents["masterfilelist.txt"] = (
            self.contents.get("masterfilelist.txt", b"") + line + others
        )

    def downloaded(self) -> list[str]:
        return [name for name in self.asked if name.endswith(".zip")]


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.removeprefix("/gdeltv2/")
            site.asked.append(name)
            content = site.contents.get(name)
            asked = self.headers.get("Range", "")
            self.send_response(404 if content is None else 206 if asked else 200)
            content = content or b"no such file"
            if asked:
                start = max(0, len(content) - int(asked.removeprefix("bytes=-")))
                span = f"bytes {start}-{len(content) - 1}/{len(content)}"
                self.send_header("Content-Range", span)
                content = content[start:]
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name)
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        site.base = f"http://127.0.0.1:{server.server_address[1]}/gdeltv2/"
        yield site
        server.shutdown()
        thread.join()


@pytest.fixture
def downloads(tmp_path: Path) -> Downloads:
    policy = Policy(connect=2, read=2, total=10, attempts=2)
    return Downloads(tmp_path / "downloads", policy, sleep=lambda _seconds: None)


def publish_day(site: Site, folder: Path, day: date, files: int = 4) -> list[str]:
    """The names of the first files of that day, now on the site, each with a row of the pair."""
    names = []
    folder.mkdir(exist_ok=True)
    for quarter in range(files):
        at = datetime(day.year, day.month, day.day) + quarter * QUARTER  # noqa: DTZ001 (UTC)
        stamp = f"{at:%Y%m%d%H%M%S}"
        path = write_zip(folder, [row(GLOBALEVENTID=stamp, DATEADDED=stamp)], at)
        site.publish(path.name, path.read_bytes())
        names.append(path.name)
    return names


def test_at_first_the_latest_file_alone_is_fetched(
    site: Site, downloads: Downloads, tmp_path: Path
) -> None:
    names = publish_day(site, tmp_path / "made", DAY)
    paths = fetch(THEATRE, downloads, None, NOW, base=site.base)
    assert [path.name for path in paths] == names[-1:]
    assert site.asked == ["lastupdate.txt", names[-1]]


def test_all_files_since_a_day_come_in_the_order_of_time_and_are_not_fetched_twice(
    site: Site, downloads: Downloads, tmp_path: Path
) -> None:
    publish_day(site, tmp_path / "made", DAY - timedelta(days=1))
    names = publish_day(site, tmp_path / "made", DAY)
    names += publish_day(site, tmp_path / "made", DAY + timedelta(days=1))
    paths = fetch(THEATRE, downloads, DAY, NOW, base=site.base)
    assert [path.name for path in paths] == names
    assert site.downloaded() == names
    site.asked.clear()
    assert fetch(THEATRE, downloads, DAY, NOW, base=site.base) == paths
    assert site.downloaded() == []


def test_what_was_missed_since_the_newest_file_on_disk_is_caught_up_with(
    site: Site, downloads: Downloads, tmp_path: Path
) -> None:
    first = publish_day(site, tmp_path / "made", DAY)
    fetch(THEATRE, downloads, None, NOW, base=site.base)
    later = publish_day(site, tmp_path / "made", DAY + timedelta(days=1))
    paths = fetch(THEATRE, downloads, None, NOW, base=site.base)
    assert [path.name for path in paths] == first + later


def test_after_a_run_that_died_the_store_says_from_where_to_go_on(
    site: Site, downloads: Downloads, tmp_path: Path
) -> None:
    engine = connect(f"sqlite:///{tmp_path}/dyadcast.db")
    store = Store(engine, "pak_afg")
    assert resumption(store) is None
    publish_day(site, tmp_path / "made", DAY)
    ingest_many(store, THEATRE, fetch(THEATRE, downloads, DAY, NOW, base=site.base), NOW)
    assert resumption(store) == DAY
    # The next two days were downloaded, but the run died before they were ingested.
    for after in (1, 2):
        publish_day(site, tmp_path / "made", DAY + timedelta(days=after))
    fetch(THEATRE, downloads, DAY, NOW, base=site.base)
    paths = fetch(THEATRE, downloads, resumption(store), NOW, base=site.base)
    done = ingest_many(store, THEATRE, paths, NOW)
    assert (done.files, done.known_files, done.read, done.refused) == (12, 4, 8, 0)
    engine.dispose()


def test_the_end_of_the_long_list_is_enough_and_the_whole_is_read_where_it_is_not(
    site: Site, downloads: Downloads, tmp_path: Path
) -> None:
    names = publish_day(site, tmp_path / "made", DAY)
    # Nothing in the list is older than the day asked for: its end cannot show that it reaches.
    assert len(fetch(THEATRE, downloads, DAY, NOW, base=site.base)) == len(names)
    assert site.asked.count("masterfilelist.txt") == 2
    site.asked.clear()
    long_ago = date(2020, 1, 1)
    assert len(fetch(THEATRE, downloads, long_ago, NOW, base=site.base)) == len(names)
    assert site.asked.count("masterfilelist.txt") == 1


def test_a_file_that_is_not_as_listed_is_asked_for_twice_and_then_left_out(
    site: Site, downloads: Downloads, tmp_path: Path
) -> None:
    names = publish_day(site, tmp_path / "made", DAY, files=2)
    name = file_name(MIDNIGHT + 2 * QUARTER) + ".zip"
    good = (tmp_path / "made" / names[0]).read_bytes()
    damaged = write_zip(tmp_path / "made", [row(), row()], MIDNIGHT + 9 * QUARTER).read_bytes()
    site.publish(name, good, damaged)
    names += publish_day(site, tmp_path / "made", DAY + timedelta(days=1), files=1)
    missing = Missing()
    paths = fetch(THEATRE, downloads, DAY, NOW, base=site.base, missing=missing)
    assert [path.name for path in paths] == names
    (fault,) = missing.faults
    assert name in str(fault)
    assert "not the file that the list names" in str(fault)
    assert site.asked.count(name) == 2
    with pytest.raises(StreamError, match="not the file that the list names"):
        fetch(THEATRE, downloads, DAY, NOW, base=site.base)
    site.contents[name] = good
    assert len(fetch(THEATRE, downloads, DAY, NOW, base=site.base)) == 4


def test_files_that_are_gone_for_ever_keep_none_from_coming(
    site: Site, downloads: Downloads, tmp_path: Path
) -> None:
    names = publish_day(site, tmp_path / "made", DAY, files=9)
    for name in names[2:7]:
        del site.contents[name]
    missing = Missing()

    later = NOW + timedelta(days=9)
    paths = fetch(THEATRE, downloads, DAY, later, base=site.base, missing=missing)

    assert [path.name for path in paths] == names[:2] + names[7:]
    assert (missing.gone, missing.faults) == (names[2:7], [])


def test_a_server_that_has_none_of_its_files_is_asked_for_three(
    site: Site, downloads: Downloads, tmp_path: Path
) -> None:
    for name in publish_day(site, tmp_path / "made", DAY, files=8):
        del site.contents[name]
    missing = Missing()
    soon = MIDNIGHT + timedelta(hours=9)
    assert fetch(THEATRE, downloads, DAY, soon, base=site.base, missing=missing) == []
    assert len(missing.faults) == len(set(site.downloaded())) == 3


def test_a_server_that_has_lost_a_day_of_files_is_at_fault(
    site: Site, downloads: Downloads, tmp_path: Path
) -> None:
    for name in publish_day(site, tmp_path / "made", DAY, files=96):
        del site.contents[name]
    publish_day(site, tmp_path / "made", DAY + timedelta(days=1), files=1)
    missing = Missing()

    later = NOW + timedelta(days=9)
    assert not fetch(THEATRE, downloads, DAY, later, base=site.base, missing=missing)
    assert (len(missing.faults), len(missing.gone)) == (1, 96)


def test_a_list_that_names_another_host_is_refused(site: Site, downloads: Downloads) -> None:
    line = f"7 {'a' * 32} https://elsewhere.example/gdeltv2/20251012000000.export.CSV.zip\n"
    site.contents["lastupdate.txt"] = line.encode()
    with pytest.raises(StreamError, match="not a list of GDELT's files"):
        fetch(THEATRE, downloads, None, NOW, base=site.base)
    assert site.asked == ["lastupdate.txt"]


def test_lines_of_the_list_that_are_no_use_are_told(
    site: Site, downloads: Downloads, tmp_path: Path
) -> None:
    publish_day(site, tmp_path / "made", DAY)
    site.contents["masterfilelist.txt"] += b"garbage\n"
    told: list[str] = []
    paths = fetch(
        THEATRE, downloads, DAY, NOW, lambda what, _done, _all: told.append(what), base=site.base
    )
    assert len(paths) == 4
    assert "GDELT: 1 lines of masterfilelist.txt are no use" in told
