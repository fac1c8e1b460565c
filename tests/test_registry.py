"""The registry: the champion that was logged is the one that loads, and nothing else does."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chronicles import CALM_UNTIL
from jobs import Job, relocated

from flows.pipeline.settings import read_settings
from models.recipes.contract import EVENTS, contract
from models.tracking.promotion import CHAMPION
from models.tracking.records import record_of
from models.tracking.registry import Champion, RegistryError, champion, open_registry
from publish.files.files import latest
from theatres import load_theatre

THEATRE = load_theatre("pak_afg")
pytestmark = pytest.mark.filterwarnings("ignore")  # mlflow's own, on import and on loading


@pytest.fixture
def moved(trained: Job, tmp_path: Path) -> Path:
    """A copy of the trained MLflow store whose artifacts are copies too."""
    return relocated(trained.tracking.parent, tmp_path / "mlruns")


def look(place: Path, promise: str = "") -> tuple[Champion | None, str]:
    """The events' champion of a store in that folder, or why there is none that can be used."""
    client = open_registry(f"sqlite:///{place / 'mlflow.db'}", place)
    return champion(client, "pak_afg", promise or contract(THEATRE, EVENTS))


def load(place: Path) -> Champion | None:
    """The events' champion of a store in that folder."""
    return look(place)[0]


def stored_model(place: Path) -> Path:
    """The one file that holds the champion."""
    [path] = place.rglob("model.skops")
    return path


def test_champion_is_the_model_that_made_the_issue(trained: Job) -> None:
    found = load(trained.tracking.parent)

    assert found is not None
    assert found.run_id == latest(trained.home / "published", "pak_afg").mlflow_run_id
    assert found.model.trained_as_of == str(CALM_UNTIL)
    assert (found.model.theatre, found.version) == ("pak_afg", "1")


def test_record_of_the_champion_names_models_and_baselines(trained: Job) -> None:
    settings = read_settings(trained.environment())
    client = open_registry(settings.tracking_uri, settings.artifacts)
    run_id = latest(settings.published, "pak_afg").mlflow_run_id

    scores, skill = record_of(client, run_id)

    assert set(scores["model"]) == {"ensemble"}
    assert {"climatology", "memory_52"} <= set(skill["baseline"])


def test_champion_of_an_empty_store_is_none_whatever_a_dead_run_left(tmp_path: Path) -> None:
    (tmp_path / ".making-dead").mkdir()
    (tmp_path / ".making-dead" / "mlflow.db").write_bytes(b"half")

    assert load(tmp_path) is None
    assert {path.name for path in tmp_path.glob("*")} >= {"mlflow.db", ".making-dead"}


def test_champion_of_another_contract_is_refused_by_its_tag(moved: Path) -> None:
    client: Any = open_registry(f"sqlite:///{moved / 'mlflow.db'}", moved)
    client.set_model_version_tag("pak_afg", "1", "contract", "abc")

    found, reason = look(moved)

    assert found is None
    assert "registered model pak_afg, version 1, was trained on another feature" in reason
    assert reason.endswith("'dyadcast train' makes a new one")


def test_champion_of_another_contract_is_refused_by_its_contents(moved: Path) -> None:
    fewer = THEATRE.model_copy(update={"segments": THEATRE.segments[:-1]})
    client: Any = open_registry(f"sqlite:///{moved / 'mlflow.db'}", moved)
    promise = contract(fewer, EVENTS)
    client.set_model_version_tag("pak_afg", "1", "contract", promise)

    found, reason = look(moved, promise)

    assert found is None
    assert "version 1, is no risk model of this contract" in reason


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b"not a model"),
        lambda path: path.write_bytes(path.read_bytes()[:1000]),
        lambda path: shutil.rmtree(path.parent),
    ],
    ids=["removed", "replaced", "torn", "folder removed"],
)
def test_champion_that_cannot_be_loaded_is_none_and_says_why_in_one_line(
    moved: Path, harm: Callable[[Path], object]
) -> None:
    assert load(moved) is not None
    harm(stored_model(moved))

    found, reason = look(moved)

    assert found is None
    assert "\n" not in reason
    assert "registered model pak_afg, version 1, cannot be loaded" in reason


def test_champion_is_none_where_no_version_bears_the_name(moved: Path) -> None:
    client: Any = open_registry(f"sqlite:///{moved / 'mlflow.db'}", moved)
    client.delete_registered_model_alias("pak_afg", CHAMPION)

    assert load(moved) is None


def test_a_tracking_address_that_is_no_store_is_told_in_one_line(tmp_path: Path) -> None:
    folder, garbage = tmp_path / "folder", tmp_path / "garbage.db"
    folder.mkdir()
    garbage.write_bytes(b"once upon a time " * 100)

    for path in (folder, garbage, garbage / "below.db"):
        with pytest.raises(RegistryError, match="cannot be opened") as caught:
            open_registry(f"sqlite:///{path}", tmp_path)
        assert "\n" not in str(caught.value)
        assert str(path) in str(caught.value)
