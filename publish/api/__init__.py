"""The HTTP interface: what is published and archived, read; events of one's own, written."""

from publish.api.app import make_app
from publish.api.state import State

__all__ = ["State", "make_app"]
