"""Which chat address codes, by which model, what it may cost, and whether it may get texts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from urllib.parse import urlsplit

from errors import NotSetUpError, StreamError

PREFIX = "DYADCAST_CODER_"
_CHAT = "/chat/completions"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An OpenAI-compatible chat address. The key shows in no error and no log.

    `prompt_price` and `answer_price` are for a million tokens, in the money of `cost_max`;
    `timeout` is in seconds, for one article, retries and all.
    """

    url: str
    model: str
    key: str = field(repr=False)
    timeout: float
    tokens_max: float
    cost_max: float
    prompt_price: float
    answer_price: float

    @property
    def host(self) -> str:
        """The one host that is asked."""
        return urlsplit(self.url).netloc


def read_endpoint(environ: Mapping[str, str]) -> Endpoint:
    """The address, model, key and bounds that the environment names.

    Raises NotSetUpError, in one line, where address or model lack, or nobody has said that texts
    may be sent there; StreamError for an address or a number that is none.
    """

    def given(name: str, default: str = "") -> str:
        return environ.get(PREFIX + name, "").strip() or default

    for name in ("URL", "MODEL"):
        if not given(name):
            do = f"set {PREFIX}{name}: docs/news.md"
            raise NotSetUpError(f"the coder endpoint has no {name.lower()}", do=do)
    parts = urlsplit(given("URL"))
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise StreamError("not an address", where=f"{PREFIX}URL", expected="https://host/v1")
    if given("SEND_TEXT").casefold() != "yes":
        problem = f"articles are not sent to {parts.hostname} before you say so"
        raise NotSetUpError(problem, do=f"set {PREFIX}SEND_TEXT=yes")
    path = parts.path.rstrip("/")
    url = parts._replace(path=path if path.endswith(_CHAT) else path + _CHAT, fragment="").geturl()
    number = {
        name: _number(name, given(name, default))
        for name, default in (
            *(("TIMEOUT", "60"), ("MAX_TOKENS", "200000"), ("MAX_COST", "inf")),
            *(("PRICE_PROMPT", "0"), ("PRICE_ANSWER", "0")),
        )
    }
    key = environ.get(f"{PREFIX}KEY", "").strip()
    if not (key.isascii() and key.isprintable()):
        raise StreamError("a key that no header can hold", where=f"{PREFIX}KEY")
    return Endpoint(url, given("MODEL"), key, *number.values())


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= inf:
        where = PREFIX + name
        raise StreamError("not a number", where=where, found=text, expected="0 or more")
    return number
