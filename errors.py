"""The one family of errors that a person is meant to read: each is a single line."""


class DyadcastError(Exception):
    """Something a person can mend: where it is, what was found, what was expected, what to do."""

    def __init__(
        self,
        problem: str,
        *,
        where: str = "",
        found: object = None,
        expected: str = "",
        do: str = "",
    ) -> None:
        parts = [problem]
        if found is not None:
            parts.append(f"found {shown(found)}")
        if expected:
            parts.append(f"expected {expected}")
        message = ", ".join(parts)
        message = f"{where}: {message}" if where else message
        super().__init__(f"{message}; {do}" if do else message)


def shown(value: object, limit: int = 80) -> str:
    """A value as it may stand in a one-line message: quoted, escaped, cut at `limit` characters."""
    text = ascii(value) if isinstance(value, bytes) else repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


class StreamError(DyadcastError):
    """A file or an answer of which nothing can be read."""


class AbsentError(StreamError):
    """A file that the server says it does not have (404, 410): not published, perhaps."""


class OutageError(StreamError):
    """A server that did not answer as it should, and may do so later."""


class NotSetUpError(StreamError):
    """A source that cannot be asked before a person has set it up: an account, an address."""
