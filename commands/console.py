"""What every command shares: its options, where it prints, and one job at a time."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from errors import DyadcastError


def _chosen(name: str) -> str:
    from theatres import default_theatre

    return name or default_theatre()


TheatreName = Annotated[
    str,
    typer.Option(
        "--theatre",
        callback=_chosen,
        show_default=False,
        help="a theatre's name or folder; by default DYADCAST_THEATRE, or the one built in",
    ),
]
TheatreNames = Annotated[
    list[str] | None,
    typer.Option(
        "--theatre", help="a theatre's name or folder, may be repeated; by default every theatre"
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON on standard output")]
AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        formats=["%Y-%m-%d"],
        help="the day of the forecast; by default the newest that the events cover",
    ),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="show the libraries' own logs")]


def out() -> Console:
    width = None if sys.stdout.isatty() else 100
    return Console(width=width, highlight=False, soft_wrap=False)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def quiet(verbose: bool) -> Iterator[None]:
    """Keeps the libraries' own logs off the terminal unless they are asked for."""
    if not verbose:
        os.environ["PREFECT_LOGGING_LEVEL"] = "CRITICAL"
        os.environ["PREFECT_LOGGING_ROOT_LEVEL"] = "CRITICAL"
        os.environ["PYTHONWARNINGS"] = "ignore"
        logging.disable(logging.ERROR)
    yield


def tell(done: int, total: int) -> None:
    print(f"\r  rolling origins: {done} of {total}", end="", file=sys.stderr, flush=True)
    if done == total:
        say("")


def tell_part(what: str, done: int, total: int) -> None:
    if not sys.stderr.isatty():
        return
    share = f"{done:,} of {total:,}" if total else f"{done:,}"
    print(f"\r  {what[-60:]}: {share}\033[K", end="", file=sys.stderr, flush=True)
    if total and done >= total:
        say("")


def make_home(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe = home / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise DyadcastError(
            f"cannot be written: {error.strerror}",
            where=str(home),
            do="set DYADCAST_HOME to a folder that can",
        ) from None


@contextmanager
def job(theatre: str, verbose: bool) -> Iterator[None]:
    """One job at a time in a home that can be written, its progress told on standard error.

    A theatre file that is wrong is told before anything is started.
    """
    from flows.pipeline.settings import read_settings
    from publish.files.disk import locked
    from theatres import load_theatre

    load_theatre(theatre)
    home = read_settings().home
    make_home(home)
    with quiet(verbose), locked(home):
        from flows.pipeline.knowledge import hear

        hear(tell)
        yield
