"""Every table that the house declares, wherever it stands."""

from publish.alerting.deliveries import alerts, deliveries
from publish.archive.archive import issues, scores
from publish.archive.closing import closings, outcomes
from publish.archive.keys import api_keys
from streams.sources.desk.tables import decisions, proposal_evidence, proposals
from streams.sources.gdelt.stories import reports
from streams.sources.news.feeds.stored import articles, feed_visits
from streams.store.schema import metadata

DECLARED = (
    *(alerts, api_keys, articles, closings, decisions, deliveries, feed_visits, issues, outcomes),
    *(proposal_evidence, proposals, reports, scores),
)

__all__ = ["DECLARED", "metadata"]
