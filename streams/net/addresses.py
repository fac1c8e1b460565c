"""Addresses: which may be asked, and how they are shown without what is secret in them."""

import re

import httpx

from errors import StreamError

MASK = "***"
_SECRET = re.compile(
    r"key|token|secret|pass|pwd|sig|auth|cred|session|code|user|login|account|e?mail", re.IGNORECASE
)


def parse(address: str) -> httpx.URL:
    """The address taken apart. Raises StreamError, which does not show it, where it is none."""
    try:
        return httpx.URL(address)
    except (httpx.InvalidURL, TypeError):
        raise StreamError("not an address", expected="https://host/path") from None


def shown_address(url: httpx.URL) -> str:
    """Scheme, host and path alone: for errors."""
    return str(url.copy_with(userinfo=b"", query=None, fragment=None))


def origin(url: httpx.URL) -> str:
    """Scheme and host, and the port where it is not the scheme's own."""
    return f"{url.scheme}://{place(url)}"


def place(url: httpx.URL) -> str:
    """`host`, or `host:port` where the port is not the scheme's own."""
    return url.host if url.port is None else f"{url.host}:{url.port}"


def masked(url: httpx.URL) -> str:
    """The address for the record: no user, no fragment, values of secret-looking names masked.

    A part of the query that is no `name=value` is masked as a whole.
    """
    kept = [
        name + "=" + (MASK if _SECRET.search(name) else value) if mark else MASK
        for name, mark, value in (
            part.partition("=") for part in url.query.decode("ascii").split("&") if part
        )
    ]
    return "?".join([shown_address(url), *(["&".join(kept)] if kept else [])])


def check_address(url: httpx.URL, allowed_hosts: frozenset[str], first: httpx.URL) -> None:
    """Raises StreamError unless the address may be asked on the way from the `first`.

    Its place must be among the allowed; plain http only where the first address is, and never
    after https.
    """
    if url.scheme not in ("http", "https"):
        raise _refusal(url, "an address that is not https", "https")
    if place(url) not in allowed_hosts:
        raise _refusal(url, "another host", " or ".join(sorted(allowed_hosts)) or "no host")
    if url.scheme == "http" and first.scheme != "http":
        raise _refusal(url, "an address that is not encrypted", "https")


def _refusal(url: httpx.URL, problem: str, expected: str) -> StreamError:
    return StreamError(f"{problem} is not asked", where=origin(url), expected=expected)
