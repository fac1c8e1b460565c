"""Commands for what people read: the brief and the page."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from commands.console import AsOf, TheatreName


def brief(
    as_of: AsOf = None,
    out: Annotated[
        Path | None, typer.Option(help="write to this file, PDF where it ends in .pdf")
    ] = None,
    theatre: TheatreName = "",
) -> None:
    """Print the latest issue (or a day's) as one page of Markdown, or write it, as PDF too.

    Example: dyadcast brief --out brief.pdf
    """
    from flows.pipeline.settings import read_settings
    from publish.files.files import context_of, latest, read_issue
    from publish.text.brief import brief_of, markdown, pdf
    from theatres import load_theatre

    root, conflict = read_settings().published, load_theatre(theatre)
    forecast = (
        read_issue(root, conflict.name, as_of.date()) if as_of else latest(root, conflict.name)
    )
    made = brief_of(forecast, context_of(root, forecast), conflict, datetime.now(UTC))
    if out is None:
        print(markdown(made), end="")
    elif out.suffix == ".pdf":
        import matplotlib

        out.write_bytes(pdf(made, Path(matplotlib.get_data_path()) / "fonts" / "ttf"))
    else:
        out.write_text(markdown(made), encoding="utf-8")


def page(as_of: AsOf = None, theatre: TheatreName = "") -> None:
    """Print where the page of the latest issue (or a day's) is: one file that needs no network.

    Example: dyadcast page
    """
    from flows.pipeline.settings import read_settings
    from publish.files.files import latest, page_path, read_issue
    from theatres import load_theatre

    root, name = read_settings().published, load_theatre(theatre).name
    forecast = read_issue(root, name, as_of.date()) if as_of else latest(root, name)
    print(page_path(forecast, root))
