"""What docs/tools.md tells people to do works as it stands there, against a running service."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from forecasts import make_forecast
from serving import THEATRE, listening, serve

from publish.archive.archive import Archive
from publish.contract.forecast import SCORE
from streams.store.database import connected

TEXT = (Path(__file__).parent.parent / "docs" / "tools.md").read_text(encoding="utf-8")
HERE = "http://127.0.0.1:8400"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a service listens, on loopback."""
    folder = tmp_path_factory.mktemp("tools")
    served = serve(folder / "published", f"sqlite:///{folder / 'dyadcast.db'}")
    yield from listening(served.app)
    served.state.engine.dispose()


def blocks(kind: str) -> list[str]:
    """The code blocks of that kind."""
    return re.findall(rf"```{kind}\n(.*?)```", TEXT, re.DOTALL)


def fields_table() -> str:
    """The contract's fields as the table that the text must hold."""
    lines = [f"| `{each.name}` | {each.kind} | {each.meaning} |" for each in SCORE]
    return "\n".join(["| field | kind | meaning |", "|---|---|---|", *lines])


def test_fields_are_those_of_the_contract() -> None:
    assert fields_table() in TEXT, f"put this into docs/tools.md:\n{fields_table()}"


def test_every_address_answers(address: str) -> None:
    told = {found.rstrip("'\")") for found in re.findall(rf"{HERE}/[^\s`]+", TEXT)}
    assert len(told) > 6
    for each in told:
        assert httpx.get(each.replace(HERE, address)).status_code == 200, each


def test_curl_lines_run(address: str) -> None:
    lines = [line for block in blocks("") for line in block.splitlines() if line.startswith("curl")]
    assert len(lines) == 6
    for line in lines:
        told = ["bash", "-c", line.replace("curl -s", "curl -sf").replace(HERE, address)]
        done = subprocess.run(told, capture_output=True, text=True, check=True, timeout=30)
        assert done.stdout


def test_pandas_lines_run(address: str) -> None:
    (code,) = blocks("python")
    code = code.replace(HERE, address) + "\nprint(len(scores), len(risk), risk.as_of.dtype.kind)"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split() == ["4", "2", "M"]


def test_power_query_names_columns_there_are() -> None:
    (code,) = blocks("powerquery")
    named = set(re.findall(r'\{"(\w+)", ', code))
    assert {"probability", "as_of"} < named <= {column.name for column in SCORE}


def test_sql_runs_on_the_views(database_url: str) -> None:
    (query,) = blocks("sql")
    with connected(database_url) as engine:
        Archive(engine).append(make_forecast())
        with engine.connect() as connection:
            found = connection.exec_driver_sql(query).all()
    assert [row[1] for row in found] == [0.25]


def test_described_theatre_is_ours() -> None:
    assert f"/v1/{THEATRE.name}/" in TEXT
