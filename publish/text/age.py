"""How old an issue and its knowledge are, and why it must not be taken for the present."""

from datetime import date

from publish.contract.forecast import Forecast, Row
from theatres import Theatre

NEWS_DAYS = 3
"""A gap no wider is that of any day's work: nothing need be said of it."""


def too_old(forecast: Forecast, theatre: Theatre, today: date) -> str:
    """Why the issue is too long ago to be news; empty where it is not."""
    age = (today - forecast.as_of).days
    if age <= theatre.stale_after_days:
        return ""
    return f"this issue is {age} days old; nothing is said of the days since"


def why_stale(forecast: Forecast, theatre: Theatre, today: date, target: str = "") -> str:
    """Why the issue must not be taken for the present; empty where it may be.

    It goes by the theatre's headline, or by all rows of the target that is named.
    """
    if forecast.status == "no_forecast":
        return "there is no forecast in this issue; its rows say why"
    if forecast.status == "hindcast":
        return f"a hindcast, made later from what was known on {forecast.as_of}"
    if old := too_old(forecast, theatre, today):
        return old
    headline = forecast.row(*theatre.headline.key)
    rows = [row for row in forecast.rows if row.target == target] if target else [headline]
    given = [row for row in rows if row is not None and row.probability is not None]
    if not given:
        name, reason = target or theatre.headline.target, _reason([r for r in rows if r])
        return f"there is no forecast of {name} in this issue{reason}"
    late = [row for row in given if row.status == "stale"]
    return late[0].reason if len(late) == len(given) else ""


def _reason(rows: list[Row]) -> str:
    return f": {rows[0].reason}" if rows and rows[0].reason else ""


def gap_told(forecast: Forecast, theatre: Theatre) -> str:
    """How far the headline's knowledge lies behind as_of, in words; empty for a few days."""
    row = forecast.row(*theatre.headline.key)
    if row is None or row.gap_days is None or row.gap_days <= NEWS_DAYS:
        return ""
    return (
        f"What happened is told whole until {forecast.data_as_of}, {row.gap_days} days before"
        " as_of; of the days since only single reports are known. Numbers and their record are"
        " those of forecasts made across such a gap."
    )
