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
    """Make the views latest_scores, score_history and scoreboard.

    Example: dyadcast database views
    """
    from flows.pipeline.settings import read_settings
    from publish.archive.views import VIEWS, make_views
    from streams.store.store import connect

    settings = read_settings()
    make_home(settings.home)
    made = make_views(connect(settings.database_url))
    for name in VIEWS:
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
    from publish.archive.views import VIEWS
    from streams.store.store import connect

    # No option, not even a hidden one: what is given as an argument shows in `ps`.
    password = os.environ.get("DYADCAST_READER_PASSWORD") or typer.prompt(
        "Password", hide_input=True, confirmation_prompt=True
    )
    make_reader(connect(read_settings().database_url), name, password)
    print(f"{name}: may read {', '.join(VIEWS)}")
    say("Give the tool this role and its password, not the service's own.")
