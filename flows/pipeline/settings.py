"""Where things are kept and which servers are asked: read from the environment once, at the top."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Settings:
    """Paths and addresses. All state is under `home` but for MLflow's."""

    home: Path
    database_url: str
    tracking_uri: str
    artifacts: Path
    news_hosts: frozenset[str] = frozenset()

    @property
    def published(self) -> Path:
        """Where issues are published."""
        return self.home / "published"


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings: DYADCAST_HOME (default var/ in the checkout), DYADCAST_DATABASE_URL (default
    SQLite under it) and MLFLOW_TRACKING_URI (default SQLite under mlruns/, artifacts beside it)."""
    home = Path(environment.get("DYADCAST_HOME") or CHECKOUT / "var").expanduser().resolve()
    tracking_uri = environment.get("MLFLOW_TRACKING_URI")
    tracking_uri = tracking_uri or f"sqlite:///{CHECKOUT / 'mlruns' / 'mlflow.db'}"
    return Settings(
        home,
        environment.get("DYADCAST_DATABASE_URL") or f"sqlite:///{home / 'dyadcast.db'}",
        tracking_uri,
        _artifacts(tracking_uri),
        frozenset(environment.get("DYADCAST_NEWS_HOSTS", "").replace(",", " ").split()),
    )


def _artifacts(tracking_uri: str) -> Path:
    """Where artifacts go: beside an SQLite store; a server decides for itself."""
    scheme, _, path = tracking_uri.partition(":///")
    return Path(path).resolve().parent if scheme == "sqlite" else CHECKOUT / "mlruns"


def prepare_environment(home: Path) -> None:
    """Sets what Prefect and MLflow read when they are imported, where the operator has not.

    Prefect makes its own folder then, but not those above it.
    """
    defaults = {
        "DO_NOT_TRACK": "true",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "OMP_NUM_THREADS": "1",  # small models: threads cost more than they give
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
    with suppress(OSError):  # the command that needs it will say what is wrong
        Path(os.environ["PREFECT_HOME"]).parent.mkdir(parents=True, exist_ok=True)
