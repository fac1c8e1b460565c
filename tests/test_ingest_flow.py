"""`dyadcast ingest` and `dyadcast streams` as a person runs them, with no network to be had."""

import json
import shutil
from functools import partial
from pathlib import Path

import pytest
from chronicles import CALM_UNTIL
from fetching import QUICK
from geds import CLASH, ELSEWHERE, write_ged
from jobs import OFFLINE, PAK_AFG, Job, make_job
from newsfeeds import OFFER, serve
from servers import Server

from flows.pipeline import knowledge
from streams.net.download import Downloads


@pytest.fixture
def job(prefect: None, tmp_path: Path) -> Job:
    """A home that is not there yet."""
    return make_job(tmp_path)


def test_ingest_of_a_file_tells_what_became_of_its_rows(job: Job, tmp_path: Path) -> None:
    path = write_ged(tmp_path, "GEDEvent_v23_0_10.csv", CLASH, ELSEWHERE, {"best": "x"})

    done = job.run("ingest", "ucdp", "--path", str(path))
    again = job.run("ingest", "ucdp", "--path", str(path))

    unread = "1 rows unread of the theatre: their days are not covered"
    assert done.returncode == 1
    assert done.stdout == (f"ucdp: failed: 3 rows read, 1 new, 1 elsewhere, 1 refused, {unread}\n")
    assert f"{path}, line 4, column best: found 'x', expected a count" in done.stderr
    assert again.stdout == f"ucdp: failed: 0 rows read, {unread}, 1 files known already\n"


def test_ingest_of_an_unknown_source_is_one_line(job: Job) -> None:
    done = job.run("ingest", "reuters")

    assert done.returncode == 1
    assert done.stderr == (
        "dyadcast: no such source, found 'reuters', "
        "expected one of chronicle, analyst, ucdp, acled, gdelt, news\n"
    )


def test_ingest_of_a_file_that_is_none_fails_in_one_line(job: Job, tmp_path: Path) -> None:
    path = tmp_path / "GEDEvent_v23_0_10.csv"
    path.write_text("<!doctype html><p>Sign in</p>", encoding="utf-8")

    done = job.run("ingest", "ucdp", "--path", str(path))

    assert done.returncode == 1
    assert done.stdout.startswith(f"ucdp: failed: {path}, line 1: not a GED file, no column id")
    assert len(done.stdout.splitlines()) == 1


def test_one_source_that_fails_stops_no_other(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge, "Downloads", partial(Downloads, policy=QUICK))

    done = job.run("ingest", **OFFLINE)
    told = {line.split(": ")[0]: line.split(": ")[1] for line in done.stdout.splitlines()[:-1]}
    shown = json.loads(job.run("streams", "--json").stdout)

    assert done.returncode == 1
    assert told == {
        "chronicle": "ok",
        "ucdp": "failed",
        "acled": "skipped",
        "gdelt": "failed",
        "news": "skipped",
    }
    assert done.stdout.splitlines()[-1] == "partial"
    rows = {row["source"]: row for row in shown}
    assert (rows["chronicle"]["status"], rows["ucdp"]["status"]) == ("ok", "failed")
    assert rows["chronicle"]["covered_until"] == str(CALM_UNTIL)
    assert rows["acled"]["status"] == "skipped"
    assert "DYADCAST_ACLED_USER" in rows["acled"]["told"]
    assert rows["gdelt"]["last_success"] == ""


def test_source_that_wants_an_account_fails_where_it_is_named(job: Job) -> None:
    done = job.run("ingest", "acled")

    assert done.returncode == 1
    assert done.stdout.startswith("acled: failed: acled: no account")


def test_news_are_read_from_the_feeds_that_the_theatre_names(
    job: Job, server: Server, tmp_path: Path
) -> None:
    folder = tmp_path / "pak_afg"
    shutil.copytree(PAK_AFG, folder)
    file = folder / "theatre.toml"
    feeds = [serve(server, {"/offer": OFFER, "/copy": f"{OFFER} Follow us."}), server.at("/gone")]
    text = file.read_text(encoding="utf-8").replace("feeds = []", f"feeds = {json.dumps(feeds)}")
    file.write_text(text.replace("pause_seconds = 2.0", "pause_seconds = 0"), encoding="utf-8")

    bad = job.run("ingest", "news", "--theatre", str(folder))
    file.write_text(text.replace(f", {json.dumps(feeds[1])}", ""), encoding="utf-8")
    good = job.run("ingest", "news", "--theatre", str(folder))

    assert bad.returncode == 1
    assert bad.stdout.startswith(f"news: failed: {feeds[1]} is refused: ")
    assert "found '2 rows read, 1 new, 1 folded'" in bad.stdout
    assert (good.returncode, good.stdout) == (0, "news: ok: 0 rows read\n")


def test_article_in_a_file_is_taken_in_once(job: Job, tmp_path: Path) -> None:
    path = tmp_path / "2025-11-15-offer.txt"
    path.write_text(OFFER, encoding="utf-8")

    printed = [job.run("ingest", "news", "--path", str(path)).stdout for _ in range(2)]

    assert printed == ["news: ok: 1 rows read, 1 new\n", "news: ok: 1 rows read, 1 unchanged\n"]


def test_streams_fit_a_terminal(job: Job) -> None:
    job.run("ingest", "chronicle")

    done = job.run("streams")

    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert "chronicle" in done.stdout
