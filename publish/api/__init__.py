"""The HTTP interface: what is published and archived, read; events of one's own, written."""

from publish.api.app import make_app
from publish.api.state import ServiceState

__all__ = ["ServiceState", "make_app"]
