"""The command that holds a running service against what consumers may rely on."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from commands.console import AsJson, TheatreName


def conformance(
    url: Annotated[str, typer.Argument(help="the service, as http://127.0.0.1:8400")],
    theatre: TheatreName = "",
    key: Annotated[
        str, typer.Option(envvar="DYADCAST_KEY", hidden=True, help="from DYADCAST_KEY")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Check what consumers may rely on against a running service; its key is in DYADCAST_KEY.

    Example: dyadcast conformance http://127.0.0.1:8400

    Exit status 1 where a promise is broken.
    """
    from publish.api.conformance import check

    results = check(url, theatre, key)
    if as_json:
        print(json.dumps([asdict(each) for each in results]))
    else:
        for each in results:
            print(f"{'BROKEN' if each.fault else 'ok    '}  {each.promise}")
            if each.fault:
                print(f"        {each.fault}")
    if any(each.fault for each in results):
        raise typer.Exit(1)
