"""How old an issue is, and why it must not be taken for the present."""

from datetime import date

from publish.contract.forecast import Forecast
from theatres import Theatre


def why_stale(forecast: Forecast, theatre: Theatre, today: date) -> str:
    """Why the issue must not be taken for the present; empty where it may be."""
    age = (today - forecast.as_of).days
    if forecast.status == "no_forecast":
        return "there is no forecast in this issue; its rows say why"
    if forecast.status == "hindcast":
        return f"a hindcast, made later from what was known on {forecast.as_of}"
    if age > theatre.stale_after_days:
        return f"this issue is {age} days old; nothing is said of the days since"
    if forecast.status == "stale":
        return f"events are covered until {forecast.data_as_of} only"
    return ""
