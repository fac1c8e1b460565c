"""What the interface answers: the same numbers in every format, its age, and honest refusals."""

import gzip
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from chronicles import CALM_UNTIL
from forecasts import AS_OF, make_forecast, make_row
from serving import BEFORE, NOW, Served, serve, whole_rows
from starlette.testclient import TestClient

from publish.archive.chain import digest, link_hash
from publish.contract.forecast import SCORE, flat, score_lines, to_json
from publish.files.files import latest
from publish.files.formats import FILES, render

SCORES = "/v1/pak_afg/scores"


@pytest.fixture
def served(tmp_path: Path, database_url: str) -> Iterator[Served]:
    """A service with two issues, on a database of each kind."""
    made = serve(tmp_path / "published", database_url)
    yield made
    made.state.engine.dispose()


@pytest.fixture
def client(served: Served) -> TestClient:
    """A client on loopback."""
    return served.client()


def test_scores_are_the_issue_s_rows_in_every_format(client: TestClient, served: Served) -> None:
    lines = score_lines(latest(served.state.root, "pak_afg"))
    wanted = pd.DataFrame([flat(line, SCORE) for line in lines])

    rows = client.get(SCORES).json()["rows"]
    table = pd.read_csv(io.BytesIO(client.get(f"{SCORES}.csv").content), keep_default_na=False)
    parquet = pd.read_parquet(io.BytesIO(client.get(f"{SCORES}.parquet").content))

    assert list(rows[0]) == list(table.columns) == list(parquet.columns) == list(wanted.columns)
    for name in ("unit", "target", "horizon_days", "status", "reason"):
        assert [row[name] for row in rows] == list(table[name]) == list(wanted[name])
    for name in ("probability", "probability_low", "baseline_probability"):
        numbers = wanted[name].astype(object).where(wanted[name].notna(), None).tolist()
        assert [row[name] for row in rows] == numbers
        assert [float(cell) if cell else None for cell in table[name].astype(str)] == numbers
        assert parquet[name].astype(object).where(parquet[name].notna(), None).tolist() == numbers
    texts = [json.dumps(row["drivers"], ensure_ascii=False) for row in rows]
    assert texts == list(table["drivers"]) == list(parquet["drivers"]) == list(wanted["drivers"])


def test_scores_are_filtered_by_every_name(client: TestClient) -> None:
    def keys(query: str) -> list[tuple[str, str, int]]:
        rows = client.get(f"{SCORES}?{query}").json()["rows"]
        return [(row["unit"], row["target"], row["horizon_days"]) for row in rows]

    assert keys("unit=khyber") == [("khyber", "closure", 7), ("khyber", "clash", 7)]
    assert keys("unit=dyad&horizon=30") == [("dyad", "clash", 30)]
    assert keys("target=closure") == [("khyber", "closure", 7)]
    assert keys("level=severe") == []
    assert len(keys(f"as_of={BEFORE}")) == 4


def test_one_score_has_its_drivers_and_its_split(client: TestClient) -> None:
    found = client.get(f"{SCORES}/dyad/clash/7").json()

    assert found["score"]["drivers"] == {"force": 15.0, "conciliation": -2.5}
    assert found["score"]["change_split"] == {"new_events": 2.0}
    assert (found["as_of"], found["is_stale"]) == (str(AS_OF), False)


@pytest.mark.parametrize(
    ("path", "status", "parameter", "known"),
    [
        ("/v1/pakafg/scores", 404, "theatre", "pak_afg"),
        (f"{SCORES}?unit=kyber", 404, "unit", "khyber"),
        (f"{SCORES}?target=clashes", 404, "target", "clash"),
        (f"{SCORES}?target=severe&horizon=7", 404, "horizon", "30"),
        (f"{SCORES}?level=huge", 404, "level", "low"),
        (f"{SCORES}.xlsx", 404, "extension", "csv"),
        (f"{SCORES}/khyber/severe/30", 404, "unit of severe", None),
        (f"{SCORES}?horizon=soon", 422, "horizon", None),
        (f"{SCORES}?horizn=30", 422, "horizn", None),
        (f"{SCORES}?as_of=2025-13-01", 422, "as_of", None),
        (f"{SCORES}?as_of=2020-01-01", 404, "as_of", None),
        ("/v1/pak_afg/history?cursor=bm9uZQ", 404, "cursor", None),
        ("/v1/pak_afg/issues/2025-13-01", 404, "as_of", None),
        ("/v1/pak_afg/history?limit=100000", 422, "limit", None),
        ("/v1/pak_afg/events?type=war", 422, "type", None),
        ("/v1/pak_afg/issues/latest/secret.db", 404, "file", "hub.csv"),
        ("/v1/pak_afg/archive/0123456789abcdef", 404, "issue_id", None),
        ("/v2/pak_afg", 404, None, None),
    ],
)
def test_refusal_names_what_is_wrong_and_what_there_is(
    client: TestClient, path: str, status: int, parameter: str | None, known: str | None
) -> None:
    found = client.get(path)

    assert (found.status_code, found.json()["status"]) == (status, status)
    assert found.headers["content-type"] == "application/problem+json"
    assert found.json().get("parameter") == parameter
    assert known is None or known in found.json()["known"]
    assert "Traceback" not in found.text
    assert "manifest" not in found.text


def test_format_follows_what_the_client_accepts(client: TestClient) -> None:
    def kind(accept: str) -> str:
        return str(client.get(SCORES, headers={"Accept": accept}).headers["content-type"])

    assert kind("text/csv").startswith("text/csv")
    assert kind("text/html,*/*;q=0.1") == "application/json"
    assert kind("application/json;q=0.5, text/csv;q=0.9").startswith("text/csv")
    assert client.get(SCORES, headers={"Accept": "image/png"}).status_code == 406


def test_answer_that_is_held_already_is_not_sent_again(client: TestClient) -> None:
    first = client.get(SCORES)
    for _ in range(2):  # made, then kept
        again = client.get(SCORES, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    since = {"If-Modified-Since": first.headers["last-modified"]}
    assert client.get(SCORES, headers=since).status_code == 304
    assert client.get(SCORES, headers={"If-None-Match": '"other"'}).status_code == 200


def test_long_answer_is_packed_where_the_client_can_unpack(client: TestClient) -> None:
    plain = client.get(SCORES, headers={"Accept-Encoding": "identity"})
    with client.stream("GET", SCORES, headers={"Accept-Encoding": "gzip"}) as packed:
        raw = b"".join(packed.iter_raw())

    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["etag"] != plain.headers["etag"]
    assert gzip.decompress(raw) == plain.content
    assert "accept-encoding" in plain.headers["vary"].lower()


def test_stale_issue_says_so_in_body_and_headers(served: Served, client: TestClient) -> None:
    fresh = client.get(SCORES)
    served.now[0] = NOW + timedelta(days=9)
    stale = client.get(SCORES)

    assert fresh.headers["x-dyadcast-is-stale"] == "false"
    assert "warning" not in fresh.headers
    assert stale.headers["x-dyadcast-is-stale"] == "true"
    assert stale.headers["warning"].startswith("110 ")
    assert "9 days old" in stale.json()["stale_reason"]
    assert stale.headers["last-modified"] != fresh.headers["last-modified"]
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health/live").status_code == 200


def test_service_without_an_issue_is_not_ready_and_says_what_to_do(
    tmp_path: Path, sqlite_url: str
) -> None:
    served = serve(tmp_path / "published", sqlite_url)
    served.state.root = tmp_path / "nothing"
    served.state.editions.clear()
    client = served.client()

    found = client.get(SCORES)

    assert (found.status_code, found.json()["do"]) == (404, "make one: `dyadcast forecast`")
    assert client.get("/health/ready").status_code == 503


def test_damaged_issue_is_no_answer(served: Served, client: TestClient) -> None:
    file = next(served.state.root.glob(f"pak_afg/{AS_OF}/*/forecast.json"))
    file.write_text(file.read_text(encoding="utf-8").replace("0.25", "0.75"), encoding="utf-8")

    found = client.get(SCORES)

    assert (found.status_code, found.json()["detail"]) == (
        503,
        "the published issue is missing or damaged",
    )


def test_next_issue_is_answered_at_once_and_whole(served: Served, client: TestClient) -> None:
    first = client.get(SCORES).json()
    client.get(SCORES)
    served.issue(whole_rows(AS_OF + timedelta(days=1)))
    served.now[0] = NOW + timedelta(days=1)

    second = client.get(SCORES).json()

    assert first["as_of"] == str(AS_OF)
    assert {row["as_of"] for row in second["rows"]} == {second["as_of"]} == {"2025-11-16"}


def test_issue_is_given_byte_for_byte_as_published(client: TestClient, served: Served) -> None:
    forecast = latest(served.state.root, "pak_afg")

    whole = client.get("/v1/pak_afg/issues/latest").json()
    assert whole["forecast"] == json.loads(to_json(forecast))
    for name in FILES:
        file = client.get(f"/v1/pak_afg/issues/{AS_OF}/{name}").content
        assert file == render(forecast)[name]


def test_history_goes_through_every_row_once_by_cursor(client: TestClient) -> None:
    whole = client.get("/v1/pak_afg/history").json()["rows"]
    found: list[object] = []
    cursor, asked = "", 0
    while asked < 9:
        part = client.get(f"/v1/pak_afg/history?limit=3{cursor}").json()
        found, asked = found + part["rows"], asked + 1
        if part["next"] is None:
            break
        cursor = f"&cursor={part['next']}"

    assert found == whole
    assert len(whole) == 8
    assert [row["as_of"] for row in whole] == [str(BEFORE)] * 4 + [str(AS_OF)] * 4
    assert {row["data_as_of"] for row in whole} == {str(BEFORE), str(AS_OF)}
    assert whole[4]["change_split"] == {"new_events": 2.0}


def test_history_counts_one_issue_a_day_and_hindcasts_on_demand(
    client: TestClient, served: Served
) -> None:
    earlier = AS_OF - timedelta(days=30)
    served.issue(make_forecast(earlier, status="hindcast"))
    late = make_forecast(AS_OF, rows=(make_row(AS_OF, probability_high=0.9),), status="hindcast")
    served.issue(late)

    plain = client.get("/v1/pak_afg/history?unit=dyad&horizon=7").json()["rows"]
    both = client.get("/v1/pak_afg/history?unit=dyad&horizon=7&hindcasts=true").json()["rows"]

    assert [row["as_of"] for row in plain] == [str(BEFORE), str(AS_OF)]
    assert [row["as_of"] for row in both] == [str(earlier), str(BEFORE), str(AS_OF)]
    assert both[-1]["probability_high"] == 0.5  # the issue of the time, not the hindcast


def test_events_are_those_known_on_the_day(client: TestClient) -> None:
    then = client.get("/v1/pak_afg/events?as_of=2025-10-12&limit=1000").json()["rows"]
    offers = client.get("/v1/pak_afg/events?type=mediation_offer&limit=5").json()

    assert all(row["known_on"] <= "2025-10-12" for row in then)
    assert then[0]["occurred_on"] >= then[-1]["occurred_on"]
    assert {row["type"] for row in offers["rows"]} == {"mediation_offer"}
    assert all(row["url"] and row["source"] == "chronicle" for row in offers["rows"])
    following = client.get(f"/v1/pak_afg/events?type=mediation_offer&cursor={offers['next']}")
    assert following.json()["rows"][0] not in offers["rows"]


def test_proof_leads_from_an_issue_to_the_head(client: TestClient, served: Served) -> None:
    first = client.get("/v1/pak_afg/issues").json()["rows"][-1]
    body = client.get(f"/v1/pak_afg/issues/{first['as_of']}/forecast.json").content.rstrip(b"\n")

    proof = client.get(f"/v1/pak_afg/archive/{first['issue_id']}").json()

    assert proof["links"][0]["body_sha256"] == digest(body)
    last = proof["links"][0]["previous_hash"]
    for link in proof["links"]:
        assert link["previous_hash"] == last
        last = link_hash(last, "pak_afg", link["position"], link["issue_id"], link["body_sha256"])
        assert link["hash"] == last
    assert last == proof["head"]["hash"] == client.get("/v1/pak_afg/archive").json()["hash"]


def test_record_is_that_of_the_issue_and_streams_are_those_of_the_present(
    client: TestClient,
) -> None:
    record = client.get("/v1/pak_afg/models").json()
    streams = client.get("/v1/pak_afg/streams").json()

    assert (record["mlflow_run_id"], record["rows"][0]["verdict"]) == ("run-1", "none shown")
    assert streams["rows"][0]["covered_until"] == str(CALM_UNTIL)


def test_theatre_tells_its_units_targets_and_levels(client: TestClient) -> None:
    found = client.get("/v1/pak_afg").json()

    assert client.get("/v1/theatres").json()["theatres"][0]["name"] == "pak_afg"
    assert [unit["unit"] for unit in found["units"]][:2] == ["dyad", "chitral-dir"]
    assert "begins in the window" in found["targets"][0]["meaning"]
    assert found["levels"][0]["name"] == "low"


def test_page_shows_the_issue_s_numbers(client: TestClient) -> None:
    found = client.get("/")

    assert found.headers["content-type"].startswith("text/html")
    assert 'data-value="0.25"' in found.text
    assert client.get("/pak_afg/page").text == found.text


@pytest.mark.parametrize(
    "path", ["/", "/health/live", "/openapi.json", SCORES, f"{SCORES}.csv", "/v1/pak_afg/events"]
)
def test_head_is_answered_wherever_get_is(client: TestClient, path: str) -> None:
    found, whole = client.head(path), client.get(path)

    assert (found.status_code, found.content) == (200, b"")
    told = ("content-type", "content-length", "etag", "x-dyadcast-as-of")
    assert [found.headers.get(name) for name in told] == [whole.headers.get(n) for n in told]
    assert client.head("/v1/pak_afg/nowhere").status_code == 404
    assert client.head("/v1/pak_afg/nowhere").content == b""


def test_history_bears_an_instant_beside_the_date(client: TestClient) -> None:
    rows = client.get("/v1/pak_afg/history").json()["rows"]
    assert {row["as_of_instant"] for row in rows} == {f"{row['as_of']}T00:00:00Z" for row in rows}
    table = pd.read_parquet(io.BytesIO(client.get("/v1/pak_afg/history.parquet").content))
    assert str(table["as_of_instant"].dt.tz) == "UTC"


def test_description_has_an_example_for_every_answer(client: TestClient) -> None:
    described = client.get("/openapi.json").json()

    assert described["openapi"].startswith("3.1")
    for path, methods in described["paths"].items():
        for method, told in methods.items():
            for status, answer in told["responses"].items():
                for media, content in answer.get("content", {}).items():
                    assert "example" in content, (path, method, status, media)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/scores",
        "/scores/dyad/clash/7",
        "/issues",
        "/issues/latest",
        "/history",
        "/events",
        "/scoreboard",
        "/models",
        "/streams",
        "/archive",
    ],
)
def test_every_answer_says_as_of_when_and_whether_it_is_stale(
    served: Served, client: TestClient, path: str
) -> None:
    found = client.get(f"/v1/pak_afg{path}")
    assert found.json()["as_of"] == found.headers["x-dyadcast-as-of"] == str(AS_OF)
    assert found.json()["is_stale"] is False
    assert found.headers["x-dyadcast-is-stale"] == "false"
    assert "data_as_of" in found.json()
    (line,) = client.get("/v1/theatres").json()["theatres"]
    assert (line["as_of"], line["is_stale"]) == (str(AS_OF), False)
