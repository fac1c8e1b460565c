"""Processes that may be killed, and a death at a chosen point: before a commit or a replacement."""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa

PROCESSES = multiprocessing.get_context("forkserver")
"""Processes begun from a clean one, which has what they import: within milliseconds, and without
the locks of the threads that the tests' own process has."""
PROCESSES.set_forkserver_preload(
    [
        "alembic.command",
        "forecasts",
        "publish.archive.closing",
        "publish.files.files",
        "streams.sources.ucdp.ucdp",
    ]
)


class Killed(BaseException):
    """The process is no more; no handler of errors may take it for one."""


@contextmanager
def dying_at(number: int | None) -> Iterator[list[str]]:
    """The points passed, in order; Killed is raised before the one of that number, from 0.

    A point is where work becomes durable: every commit but MLflow's, every replace and rename.
    The dead do nothing more: each later point raises too, whatever cleans up. With None nobody
    dies and all points are told.
    """
    passed: list[str] = []

    def point(name: str) -> None:
        if number is not None and len(passed) >= number:
            raise Killed(f"at point {number}, before {name}")
        passed.append(name)

    def commit(connection: sa.Connection) -> None:
        if not str(connection.engine.url.database).endswith("mlflow.db"):
            point("commit")

    def dying(function: Callable[..., None]) -> Callable[..., None]:
        def call(*arguments: Any, **named: Any) -> None:
            point(function.__name__)
            function(*arguments, **named)

        return call

    sa.event.listen(sa.Engine, "commit", commit)
    try:
        with (
            patch.object(os, "replace", dying(os.replace)),
            patch.object(os, "rename", dying(os.rename)),
        ):
            yield passed
    finally:
        sa.event.remove(sa.Engine, "commit", commit)
