"""A champion that cannot forecast keeps nobody from its place, and the decision says why."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from test_gate import judged

from models.judging.gate import Decision
from models.tracking.promotion import weigh

GONE = "registered model pak_afg, version 1: cannot be loaded: No module named 'models.rate'"


@dataclass
class Registry:
    """A registry with one champion, whose record may be gone."""

    record: pd.DataFrame | None
    tags: dict[str, str] = field(default_factory=lambda: {"contract": "ours"})

    def search_registered_models(self, **_: str) -> list[Any]:
        return [SimpleNamespace(aliases={"champion": "1"})]

    def get_model_version(self, *_: str) -> Any:
        return SimpleNamespace(run_id="run-1", tags=self.tags)

    def download_artifacts(self, _run: str, name: str, folder: str) -> str:
        if self.record is None:
            raise MlflowException("no such artifact")
        self.record.to_parquet(Path(folder) / name)
        return str(Path(folder) / name)


def decided(champion: pd.DataFrame | None, gone: str, edge: float = 0.5) -> Decision:
    """What becomes of a challenger of the same features."""
    verdicts, record = judged(edge, 3)
    client = cast("Any", Registry(champion))
    return weigh(client, "pak_afg", verdicts, record, "ours", gone=gone)


def test_challenger_worse_than_the_champion_is_refused() -> None:
    assert not decided(judged(1.0, 3)[1], "", edge=-1.0).promoted


@pytest.mark.parametrize(
    ("champion", "compared"),
    [(judged(1.0, 3)[1], "skill against its record -"), (None, "not compared with it")],
)
def test_champion_that_cannot_forecast_gives_way_and_the_reason_is_kept(
    champion: pd.DataFrame | None, compared: str
) -> None:
    decision = decided(champion, GONE, edge=-1.0)

    assert decision.promoted
    assert decision.reason.startswith("no champion that can forecast; ")
    assert GONE in decision.reason
    assert compared in decision.reason
    assert "\n" not in decision.reason


def test_champion_whose_record_is_gone_is_followed_by_its_own_method() -> None:
    decision = decided(None, "")

    assert decision.promoted
    assert decision.reason.startswith("too little shared record with the champion")
