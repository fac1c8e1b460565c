"""What a database says is wrong, in one line: what it is, where, and what to do."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import SQLAlchemyError

from errors import DyadcastError

_DIAGNOSES = (
    ("lock timeout", "locked by another process", "wait for it to finish, then try again"),
    ("is locked", "locked by another process", "wait for it to finish, then try again"),
    ("not a database", "not an SQLite database", "name another file, or move this one away"),
    ("malformed", "a damaged SQLite database", "restore it from a copy"),
    ("unable to open", "cannot be opened", "check that its folder may be written"),
    ("readonly", "cannot be written", "check the permissions of the file and its folder"),
    ("read-only", "cannot be written", "check the permissions of the database"),
    ("disk is full", "the disk is full", "make room, then try again"),
    ("password authentication", "the server refuses the password", "check the URL's user"),
    ("does not exist", "no such database, user or table", "check the URL"),
    ("connection", "the server cannot be reached", "check that it runs, and the URL"),
    ("resolve", "the server cannot be reached", "check the URL's host"),
)


class StoreError(DyadcastError):
    """A database that cannot be opened, is not ours, or refuses what it is asked."""


def name_of(engine: Engine) -> str:
    """The database's address as it may be shown: without a password."""
    return masked(engine.url)


def masked(url: URL) -> str:
    """The address without its passwords."""
    shown = url.render_as_string(hide_password=True)
    return re.sub(r"((?:pass|password|passfile|sslpassword)=)[^&]*", r"\1***", shown)


@contextmanager
def explained(engine: Engine) -> Iterator[None]:
    """Nothing, but a database's error inside becomes a StoreError of one line."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, psycopg.Error) as error:
        problem, do = _diagnose(error)
        raise StoreError(problem, where=name_of(engine), do=do) from error


def _diagnose(error: Exception) -> tuple[str, str]:
    message = str(getattr(error, "orig", None) or error)
    for sign, problem, do in _DIAGNOSES:
        if sign in message:
            return problem, do
    return f"the database says: {_first_line(message)}", "see its documentation or its log"


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "nothing")
