"""The HTTP service put together: settings, database, theatres, and what it may do with them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flows.pipeline import knowledge
from flows.pipeline.preview import Previews
from flows.pipeline.settings import Settings
from publish.api import ServiceState, make_app
from publish.api.access import Rules
from streams.store.store import connect
from theatres import Theatre

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def service(settings: Settings, theatres: Sequence[Theatre], rules: Rules) -> "ASGIApp":
    """The service of the theatres, ready to be run by an ASGI server; its front page is the
    first's."""

    def add_event(name: str, told: Mapping[str, str], now: datetime) -> tuple[str, str]:
        event, landed = knowledge.add_event(settings, name, told, now)
        outcome = "stored" if landed.new else "revised" if landed.revised else "there already"
        return event.event_id, outcome

    previews = Previews(settings)
    state = ServiceState(
        root=settings.published,
        engine=connect(settings.database_url),
        theatres={theatre.name: theatre for theatre in theatres},
        clock=lambda: datetime.now(UTC),
        add_event=add_event,
        move_of=lambda name, proposal_id, now: previews.of(name, proposal_id, now).as_json(),
    )
    return make_app(state, rules)
