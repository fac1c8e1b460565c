"""Requests and redirects: who is asked, what is sent along, what comes back."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from fetching import QUICK
from servers import Reply, Server, serving

from errors import StreamError
from streams.net.addresses import check_address, masked, parse
from streams.net.web import BODY_MAX, Request, open_client, request

SECRET = {"Authorization": "Bearer hush", "Cookie": "hush=1", "X-Api-Key": "hush"}


@pytest.fixture
def other() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with open_client() as opened:
        yield opened


def test_request_gives_the_whole_answer(server: Server, client: httpx.Client) -> None:
    url = server.plays("/token", Reply(b'{"a": 1}', headers={"Content-Type": "application/json"}))

    answer = request(
        client,
        Request.to(
            f"{url}?a=1&b=2+3", frozenset({server.host}), headers=SECRET, data={"password": "hush"}
        ),
        policy=QUICK,
    )

    assert (answer.status_code, answer.json()) == (200, {"a": 1})
    (asked,) = server.requests
    assert (asked.method, asked.path) == ("POST", "/token?a=1&b=2+3")
    assert asked.body == b"password=hush"
    assert asked.headers["Authorization"] == "Bearer hush"
    assert asked.headers["Accept-Encoding"] == "identity"


def test_request_is_tried_again(server: Server, client: httpx.Client) -> None:
    waits: list[float] = []
    later = Reply(status=429, headers={"Retry-After": "2"})
    cut = Reply(b'{"a": 1}', cut=3)
    url = server.plays("/a", later, Reply(status=500), cut, Reply(b"[]"))
    hosts = frozenset({server.host})

    answer = request(client, Request.to(url, hosts), policy=QUICK, sleep=waits.append)

    assert answer.content == b"[]"
    assert len(server.requests) == 4
    assert waits[0] == 2


def test_request_accepts_what_it_is_told_to(server: Server, client: httpx.Client) -> None:
    url, hosts = server.plays("/a", Reply(b"no", 401)), frozenset({server.host})

    answer = request(client, Request.to(url, hosts), accept=frozenset({200, 401}), policy=QUICK)
    assert (answer.status_code, answer.content) == (401, b"no")
    with pytest.raises(StreamError, match="found 401, expected 200"):
        request(client, Request.to(url, hosts), policy=QUICK)


@pytest.mark.parametrize("reply", [Reply(b"x" * 101), Reply(b"x" * 101, lengthless=True)])
def test_request_takes_no_more_than_its_bound(
    server: Server, client: httpx.Client, reply: Reply
) -> None:
    small = replace(QUICK, size_max=100)
    url, hosts = server.plays("/a", reply), frozenset({server.host})

    with pytest.raises(StreamError, match="too long an answer, expected at most 100 bytes"):
        request(client, Request.to(url, hosts), policy=small)


def test_request_takes_no_file_into_memory(server: Server, client: httpx.Client) -> None:
    url, hosts = server.plays("/a", Reply(b"x", length=BODY_MAX + 1)), frozenset({server.host})

    with pytest.raises(StreamError, match="too long an answer"):
        request(client, Request.to(url, hosts), policy=QUICK)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=403),
        Reply(status=500, body=b"hush"),
        Reply(b"x" * 9, cut=1),
        Reply(status=302, headers={"Location": "http://hush@127.0.0.1/hush"}),
        Reply(status=302, headers={"Location": "http://elsewhere.example/?token=hush"}),
        Reply(status=200, headers={"Bad header hush": "hush"}),
        Reply(headers={"Content-Encoding": "br"}),
    ],
)
def test_secrets_stand_in_no_error(server: Server, client: httpx.Client, reply: Reply) -> None:
    server.plays("/a", reply)
    url = f"http://hush:hush@{server.host}/a?key=hush&email=hush&password=hush"

    with pytest.raises(StreamError) as raised:
        request(client, Request.to(url, frozenset({server.host}), headers=SECRET), policy=QUICK)
    assert "hush" not in str(raised.value)
    assert "\n" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_redirect_is_followed_where_it_may_go(server: Server, client: httpx.Client) -> None:
    server.plays("/b", Reply(status=307, headers={"Location": "c?x=1"}))
    server.plays("/c", Reply(b"here"))
    url = server.plays("/a", Reply(status=301, headers={"Location": "/b"}))

    answer = request(
        client, Request.to(url, frozenset({server.host}), headers=SECRET), policy=QUICK
    )
    assert answer.content == b"here"
    assert [asked.path for asked in server.requests] == ["/a", "/b", "/c?x=1"]
    assert server.requests[2].headers["X-Api-Key"] == "hush"


def test_redirect_takes_no_credentials_to_another_host(server: Server, other: Server) -> None:
    target = other.plays("/b", Reply(b"here"))
    url = server.plays("/a", Reply(status=302, headers={"Location": target}))
    hosts = frozenset({server.host, other.host})

    with open_client({"X-Key": "hush"}) as client:
        client.cookies.set("hush", "hush")
        answer = request(
            client,
            Request.to(
                url.replace("//", "//hush:hush@"), hosts, headers={**SECRET, "Range": "bytes=1-"}
            ),
            policy=QUICK,
        )

    assert answer.content == b"here"
    (asked,) = other.requests
    names = {name.lower() for name in asked.headers}
    assert names == {"host", "user-agent", "accept", "accept-encoding", "connection", "range"}
    assert "hush" not in str(asked.headers)
    assert server.requests[0].headers["X-Key"] == "hush"


def test_redirect_to_another_host_is_refused(server: Server, other: Server) -> None:
    target = other.plays("/b?token=hush", Reply(b"here"))
    url = server.plays("/a", Reply(status=302, headers={"Location": target}))

    with (
        open_client() as client,
        pytest.raises(StreamError, match=f"^http://{other.host}: another host is not asked"),
    ):
        request(client, Request.to(url, frozenset({server.host})), policy=QUICK)
    assert other.requests == []


def test_redirect_round_and_round_ends(server: Server, client: httpx.Client) -> None:
    url = server.plays("/a", Reply(status=302, headers={"Location": "/a"}))

    with pytest.raises(StreamError, match="redirected too often, expected at most 5"):
        request(client, Request.to(url, frozenset({server.host})), policy=QUICK)
    assert len(server.requests) == 6


@pytest.mark.parametrize("location", [None, "", "http://a:b@127.0.0.1/"])
def test_redirect_to_no_address_is_an_error(
    server: Server, client: httpx.Client, location: str | None
) -> None:
    headers = {} if location is None else {"Location": location}
    url = server.plays("/a", Reply(status=302, headers=headers))

    with pytest.raises(StreamError, match="redirected to no good address"):
        request(client, Request.to(url, frozenset({server.host})), policy=QUICK)


@pytest.mark.parametrize("status", [302, 307])
def test_redirect_of_a_form_is_refused(server: Server, client: httpx.Client, status: int) -> None:
    url = server.plays("/a", Reply(status=status, headers={"Location": "/a"}))
    hosts = frozenset({server.host})

    with pytest.raises(StreamError, match=f"redirected, found {status}"):
        request(client, Request.to(url, hosts, data={"a": "b"}), policy=QUICK)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("start", "address"),
    [
        ("https://a.org/", "https://a.org/x"),
        ("https://a.org/", "https://a.org:443/x"),
        ("https://a.org/", "https://A.ORG/x"),
        ("https://a.org/", "https://b.org:8443/x"),
        ("http://a.org/", "http://a.org/x"),
        ("http://a.org/", "https://a.org/x"),
    ],
)
def test_address_is_allowed(start: str, address: str) -> None:
    check_address(parse(address), frozenset({"a.org", "b.org:8443"}), parse(start))


@pytest.mark.parametrize(
    ("start", "address"),
    [
        ("https://a.org/", "http://a.org/x"),
        ("https://a.org/", "https://a.org:8443/x"),
        ("https://a.org/", "https://b.org/x"),
        ("https://a.org/", "https://a.org.evil.org/x"),
        ("https://a.org/", "https://a.org@evil.org/x"),
        ("https://a.org/", "https://sub.a.org/x"),
        ("https://a.org/", "https://127.0.0.1/x"),
        ("http://a.org/", "http://localhost/x"),
        ("http://a.org/", "ftp://a.org/x"),
        ("http://a.org/", "file:///etc/passwd"),
        ("http://a.org/", "a.org/x"),
    ],
)
def test_address_is_refused(start: str, address: str) -> None:
    with pytest.raises(StreamError, match="is not asked"):
        check_address(parse(address), frozenset({"a.org", "b.org:8443"}), parse(start))


def test_redirect_from_https_to_plain_http_is_refused() -> None:
    asked = []

    def answer(sent: httpx.Request) -> httpx.Response:
        asked.append(str(sent.url))
        to = "https://a.org/b" if sent.url.scheme == "http" else "http://a.org/c"
        return httpx.Response(302, headers={"Location": to})

    with (
        httpx.Client(transport=httpx.MockTransport(answer)) as client,
        pytest.raises(StreamError, match=r"^http://a\.org: an address that is not encrypted"),
    ):
        request(client, Request.to("http://a.org/a", frozenset({"a.org"})), policy=QUICK)
    assert asked == ["http://a.org/a", "https://a.org/b"]


@pytest.mark.parametrize(
    ("address", "record"),
    [
        ("https://u:p@a.org:99/x/y?a=1&b=#f", "https://a.org:99/x/y?a=1&b="),
        ("https://a.org/?API_KEY=1&a=2", "https://a.org/?API_KEY=***&a=2"),
        ("https://a.org/?refresh%5Ftoken=1", "https://a.org/?refresh%5Ftoken=***"),
        ("https://a.org/?hush", "https://a.org/?***"),
        ("https://a.org/", "https://a.org/"),
    ],
)
def test_record_of_an_address_holds_no_secret(address: str, record: str) -> None:
    assert masked(parse(address)) == record


def test_proxy_of_the_environment_is_asked(
    server: Server, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.plays("http://a.example/x", Reply(b"by proxy"))
    monkeypatch.setenv("http_proxy", server.at(""))
    hosts = frozenset({"a.example"})

    answer = request(client, Request.to("http://a.example/x", hosts), policy=QUICK)

    assert answer.content == b"by proxy"


def test_proxy_of_another_kind_is_an_error(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "socks5://hush@127.0.0.1:1")

    with pytest.raises(StreamError, match="https_proxy: a proxy of another kind") as raised:
        request(client, Request.to("https://a.org/", frozenset({"a.org"})), policy=QUICK)
    assert "hush" not in str(raised.value)
