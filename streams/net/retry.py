"""How long the network is waited for, how often it is asked again, how much it may send."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    wait_exponential,
    wait_random,
)

from errors import OutageError

Result = TypeVar("Result")
Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Policy:
    """Bounds of one download or request, in seconds and bytes.

    `total` bounds all attempts, the waits between them and the body together. Fewer than
    `slowest` bytes a second, for `slow_for` seconds, are taken for a broken connection.
    """

    connect: float = 10.0
    read: float = 30.0
    total: float = 900.0
    attempts: int = 5
    wait: float = 1.0
    wait_max: float = 60.0
    retry_after_max: float = 120.0
    size_max: int = 2**31
    slowest: float = 512.0
    slow_for: float = 30.0


USUAL = Policy()


@dataclass(frozen=True, slots=True)
class Deadline:
    """The instant, on the clock that only measures time, by which a job ends."""

    end: float
    seconds: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """The deadline that many seconds from here."""
        return cls(time.monotonic() + seconds, seconds)

    def left(self) -> float:
        """The seconds that are left, negative when it has passed."""
        return self.end - time.monotonic()

    def check(self, where: str) -> None:
        """Raises OutageError once it has passed."""
        if self.left() <= 0:
            raise OutageError(
                "not done in time",
                where=where,
                expected=f"an end within {self.seconds:g} s",
                do="try again later",
            )


NEVER = Deadline(math.inf, math.inf)


class Passing(Exception):  # noqa: N818 (a state of things, told as an error only when it lasts)
    """A failure that may have gone at the next attempt; `wait` is as long as the server asks."""

    def __init__(self, problem: str, wait: float | None = None) -> None:
        super().__init__(problem)
        self.wait = wait


def persist(
    job: Callable[[], Result], where: str, policy: Policy, deadline: Deadline, sleep: Sleep
) -> Result:
    """What the job gives, which is tried again as long as it raises Passing and bounds allow.

    Raises OutageError with the last problem when they do not.
    """
    backoff = wait_exponential(policy.wait, policy.wait_max) + wait_random(0, policy.wait)

    def wait(state: RetryCallState) -> float:
        failure = state.outcome.exception() if state.outcome else None
        demanded = failure.wait if isinstance(failure, Passing) else None
        return backoff(state) if demanded is None else min(demanded, policy.retry_after_max)

    def stop(state: RetryCallState) -> bool:
        done = state.attempt_number >= policy.attempts
        return done or state.upcoming_sleep >= deadline.left()

    retrying = Retrying(
        sleep=sleep, wait=wait, stop=stop, retry=retry_if_exception_type(Passing), reraise=True
    )
    try:
        return retrying(job)
    except Passing as passing:
        number = retrying.statistics["attempt_number"]
        problem = f"{passing}, {number} attempts" if number > 1 else str(passing)
        raise OutageError(problem, where=where, do="try again later") from None
