"""Commands for the database that reporting tools read."""

import os
from typing import Annotated

import typer

from commands.console import make_home, say

app = typer.Typer(
    help="SQL views for reporting tools, and who may read them.", no_args_is_help=True
)


@app.command()
def views() -> None:
    """List the views latest_scores, score_history and scoreboard; put back what was taken away.

    Example: dyadcast database views
    """
    from flows.pipeline.settings import read_settings
    from streams.store.store import connect, writing
    from streams.store.upgrade import restore
    from streams.store.views import VIEWS

    settings = read_settings()
    make_home(settings.home)
    with writing(connect(settings.database_url)) as connection:
        made = restore(connection)
    for name in (*VIEWS, *sorted(set(made) - set(VIEWS))):
        print(f"{name}: {'made' if name in made else 'there already'}")


@app.command()
def reader(
    name: Annotated[str, typer.Argument(help="the role's name")],
) -> None:
    """Make a PostgreSQL role that may read the views and nothing else; asks for its password.

    Example: dyadcast database reader tableau

    The password may stand in DYADCAST_READER_PASSWORD.
    """
    from flows.pipeline.settings import read_settings
    from publish.archive.reader import make_reader
    from streams.store.store import connect
    from streams.store.views import VIEWS

    # No option, not even a hidden one: what is given as an argument shows in `ps`.
    password = os.environ.get("DYADCAST_READER_PASSWORD") or typer.prompt(
        "Password", hide_input=True, confirmation_prompt=True
    )
    make_reader(connect(read_settings().database_url), name, password)
    print(f"{name}: may read {', '.join(VIEWS)}")
    say("Give the tool this role and its password, not the service's own.")
