"""The whole description against made-up requests: no failure, no answer outside its schema."""

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from serving import NOW, serve

from publish.api.access import Rules

EXAMPLES = int(os.environ.get("DYADCAST_EXAMPLES", "10"))
"""For each of the operations; the full run sets 150."""
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> schemathesis.BaseSchema:
    """The service's own description, asked with a key that may do all."""
    folder = tmp_path_factory.mktemp("described")
    rules = Rules(rate="1000000/second", failures="1000000/second", hosts=frozenset())
    served = serve(folder / "published", f"sqlite:///{folder / 'dyadcast.db'}", rules)
    key = served.keys.make("all", "admin", NOW)
    headers = {"Authorization": f"Bearer {key}"}
    return schemathesis.openapi.from_asgi("/openapi.json", served.app, headers=headers)


def test_every_answer_is_as_described(described: schemathesis.BaseSchema) -> None:
    asked = 0
    for found in described.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
            database=None,
        )
        @given(case=operation.as_strategy())
        def answered(case: Any) -> None:
            nonlocal asked
            asked += 1
            case.call_and_validate()

        answered()
    print(f"{asked} requests made up")
    assert asked > 100
