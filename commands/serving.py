"""The command that serves the scores over HTTP."""

import logging
from typing import Annotated, Final

import typer

from commands.console import TheatreNames, make_home, say
from errors import DyadcastError

PROXY: Final = (
    "proxy_pass http://{host}:{port};",
    "proxy_set_header Host $host;",
    "proxy_set_header X-Forwarded-For $remote_addr;",
)
"""Lines of nginx: without the name the service does not answer."""


def api(
    host: Annotated[str, typer.Option(help="the address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="the port", min=1, max=65535)] = 8400,
    name: Annotated[
        list[str] | None,
        typer.Option(help="a name under which the service is asked; '*' for any; may be repeated"),
    ] = None,
    open_reading: Annotated[
        bool, typer.Option("--open-reading", help="reading needs no key, whoever asks")
    ] = False,
    rate: Annotated[str, typer.Option(help="requests of one key or address")] = "600/minute",
    theatre: TheatreNames = None,
) -> None:
    """Serve the scores, the page and the feed of every theatre over HTTP, until stopped.

    Example: dyadcast api --port 8400

    On loopback reading is open; from elsewhere it needs a key: dyadcast keys make NAME. With a
    name, or on another address, it needs one from loopback too: a proxy may stand there.
    """
    import uvicorn

    from flows.pipeline.settings import read_settings
    from flows.serving import service
    from publish.api.access import Rules
    from publish.api.server import configured
    from theatres import load_theatres

    settings = read_settings()
    make_home(settings.home)
    logging.basicConfig(format="%(asctime)s %(name)s %(message)s", level=logging.WARNING)
    try:
        rules = Rules.of(host, name or [], open_reading, rate)
        theatres = list(load_theatres(theatre).values())
        app = service(settings, theatres, rules)
    except ValueError:
        raise DyadcastError(
            "not a rate", where="--rate", found=rate, expected="as in 600/minute"
        ) from None
    paths = ", ".join(f"/v1/{each.name}/scores" for each in theatres)
    say(f"serving on http://{host}:{port} (the page), {paths}, /openapi.json")
    if not rules.open_loopback:
        say("reading needs a key from this machine too; a proxy before the service must pass on:")
        for line in PROXY:
            say("    " + line.format(host=host, port=port))
    uvicorn.Server(configured(app, host, port)).run()
