"""Commands for the keys to the API."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from commands.console import AsJson, make_home, out, say

if TYPE_CHECKING:
    from publish.archive.keys import Keys

app = typer.Typer(help="Keys to the API: made, listed, revoked.", no_args_is_help=True)


@app.command("make")
def make_key(
    name: Annotated[str, typer.Argument(help="whose it is, as: 'desk spreadsheet'")],
    scope: Annotated[
        str, typer.Option(help="read, events (also write events), write (also the desk) or admin")
    ] = "read",
) -> None:
    """Make a key and print it, this once.

    Example: dyadcast keys make 'desk spreadsheet'
    """
    print(_keys().make(name, scope, datetime.now(UTC)))  # type: ignore[arg-type]
    say("Keep it: it is not stored and cannot be shown again.")


@app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List the keys, never their secrets.

    Example: dyadcast keys list
    """
    import json
    from dataclasses import asdict

    from rich.table import Table

    rows = [asdict(key) for key in _keys().listed()]
    if as_json:
        print(json.dumps(rows))
        return
    table = Table("id", "name", "scope", "made", "revoked", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(str(value or "") for value in row.values()))
    out().print(table)


@app.command("revoke")
def revoke_key(key_id: Annotated[str, typer.Argument(help="the key's id, from the list")]) -> None:
    """Revoke a key: it fails at the next request.

    Example: dyadcast keys revoke 3f2a90c1b2d4
    """
    done = _keys().revoke(key_id, datetime.now(UTC))
    print(f"{key_id}: " + ("revoked" if done else "revoked already"))


def _keys() -> "Keys":
    from flows.pipeline.settings import read_settings
    from publish.archive.keys import Keys
    from streams.store.store import connect

    settings = read_settings()
    make_home(settings.home)
    return Keys(connect(settings.database_url))
