"""Counts and times for Prometheus, in a registry of the application's own."""

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """What is counted. `timer` is a monotonic clock in seconds."""

    def __init__(self, timer: Callable[[], float] = time.perf_counter) -> None:
        self.registry = CollectorRegistry()
        self.timer = timer
        labels = ("method", "route", "status")
        self.requests = Counter(
            "dyadcast_requests", "Requests answered", labels, registry=self.registry
        )
        self.seconds = Histogram(
            "dyadcast_request_seconds",
            "Time to answer",
            ("route",),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.age = Gauge(
            "dyadcast_issue_age_days",
            "Days since the latest issue's as_of",
            ("theatre",),
            registry=self.registry,
        )
        self.ready = Gauge(
            "dyadcast_ready",
            "1 where the latest issue is fresh",
            ("theatre",),
            registry=self.registry,
        )

    def start(self) -> Callable[[str, str, int], None]:
        """What is to be called with method, route and status when the answer is sent."""
        begun = self.timer()

        def stop(method: str, route: str, status: int) -> None:
            known = method if method in ("GET", "HEAD", "POST", "OPTIONS") else "other"
            self.requests.labels(known, route, str(status)).inc()
            self.seconds.labels(route).observe(self.timer() - begun)

        return stop

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)
