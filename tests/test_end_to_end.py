"""From events to every view: one run, and each number is the same number wherever it is read."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from jobs import Job
from starlette.testclient import TestClient

from flows.pipeline.settings import read_settings
from flows.serving import service
from publish.api.access import Rules
from publish.api.conformance import check
from publish.archive.archive import Archive
from publish.contract.context import Context
from publish.contract.forecast import Forecast, from_json
from publish.files.files import context_of, latest, page_path
from publish.text import words
from publish.text.brief import brief_of, markdown
from streams.store.store import connect
from theatres import DYAD, load_theatre

Key = tuple[str, str, int]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
NUMBERS = ("probability", "probability_low", "probability_high", "baseline_probability", "change")


def numbers(rows: Iterable[Mapping[Any, Any]]) -> dict[Key, tuple[object, ...]]:
    """Every number of each row, by what the row is about; nothing where there is none."""
    return {
        (str(row["unit"]), str(row["target"]), int(str(row["horizon_days"]))): tuple(
            None if row[name] in ("", None) or row[name] != row[name] else float(row[name])
            for name in NUMBERS
        )
        for row in rows
    }


def of(forecast: Forecast) -> dict[Key, tuple[object, ...]]:
    """The forecast's own numbers."""
    return {row.key: tuple(getattr(row, name) for name in NUMBERS) for row in forecast.rows}


def test_every_view_holds_the_same_numbers(trained: Job, tmp_path: Path) -> None:
    settings = read_settings(trained.copy(tmp_path).environment())
    theatre = load_theatre("pak_afg")
    forecast = latest(settings.published, "pak_afg")
    wanted = of(forecast)
    assert len(wanted) > 70
    folder = settings.published / "pak_afg" / str(forecast.as_of) / forecast.issue_id

    # what the run printed, the archive, the files
    assert of(from_json((trained.home / "first.json").read_text(encoding="utf-8"))) == wanted
    engine = connect(settings.database_url)
    assert of(Archive(engine).get("pak_afg", forecast.issue_id)) == wanted
    text = (folder / "forecast.csv").read_text(encoding="utf-8")
    assert numbers(list(csv.DictReader(io.StringIO(text)))) == wanted
    assert numbers(pd.read_parquet(folder / "forecast.parquet").to_dict("records")) == wanted
    hub = pd.read_csv(folder / "hub.csv")
    told = hub[hub["output_type_id"] == "yes"].set_index(["location", "target", "horizon"])["value"]
    assert told.to_dict() == {key: found[0] for key, found in wanted.items()}

    # the database's views
    with engine.connect() as connection:
        view = pd.read_sql("SELECT * FROM latest_scores", connection)
    assert numbers(view.to_dict("records")) == wanted

    # the service, in each format
    client = TestClient(
        service(settings, [theatre], Rules()), base_url="http://localhost", client=("127.0.0.1", 1)
    )
    scores = "/v1/pak_afg/scores"
    assert numbers(client.get(scores).json()["rows"]) == wanted
    assert numbers(list(csv.DictReader(io.StringIO(client.get(f"{scores}.csv").text)))) == wanted
    parquet = pd.read_parquet(io.BytesIO(client.get(f"{scores}.parquet").content))
    assert numbers(parquet.to_dict("records")) == wanted
    assert numbers(client.get("/v1/pak_afg/history?limit=5000").json()["rows"]) == wanted
    assert (
        json.loads(client.get("/v1/pak_afg/issues/latest/forecast.json").text)["rows"]
        == (json.loads((folder / "forecast.json").read_text(encoding="utf-8"))["rows"])
    )
    assert [each.fault for each in check("", "pak_afg", client=client) if each.fault] == []  # type: ignore[arg-type]

    # the page, as a file and as served: each probability stands there in full
    for page in (page_path(forecast, settings.published).read_text("utf-8"), client.get("/").text):
        told_there = shown(page)
        for key, found in wanted.items():
            for name, value in zip(NUMBERS, found, strict=True):
                assert told_there.get((key, name)) == value or name == "change"

    # the brief: the dyad's rows, rounded as the page rounds them
    context = context_of(settings.published, forecast)
    brief = markdown(brief_of(forecast, context, theatre, datetime.now(UTC)))
    for row in forecast.rows:
        if row.unit == DYAD:
            assert row.probability is not None
            assert f"| {words.percent(row.probability)} (" in brief
    assert_context(context, forecast.as_of)


def shown(page: str) -> dict[tuple[Key, str], float]:
    """Every number that the page bears in full, by what it is about and the field it is of."""
    found: dict[tuple[Key, str], float] = {}
    for tag in re.findall(r"<(?:data|td)[^>]*data-unit=[^>]*>", page):
        told = dict(re.findall(r'data-(unit|target|horizon|field|value)="([^"]*)"', tag))
        if told["field"] not in NUMBERS:
            continue  # a driver's share, told by name
        key = (told["unit"], told["target"], int(told["horizon"])), told["field"]
        assert found.setdefault(key, float(told["value"])) == float(told["value"])
    return found


def assert_context(context: Context, as_of: date) -> None:
    """What stands around the issue: a record of two years with bands, and nothing later."""
    record = [past for past in context.history if past.source == "record"]
    assert len(record) > 100
    assert all(past.low is not None and past.high is not None for past in record)
    assert all(past.low <= past.probability <= past.high for past in record)  # type: ignore[operator]
    assert max(past.as_of for past in context.history) < as_of
    assert max(event.known_at for event in context.events) <= as_of
    assert {skill.target for skill in context.skill} == {"clash", "severe", "closure"}
    assert sum(each.count for each in context.reliability) > 500
    (chronicle,) = [each for each in context.streams if each.source == "chronicle"]
    assert (chronicle.status, chronicle.covered_until) == ("ok", as_of)
