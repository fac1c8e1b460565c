"""A web server on this machine that behaves, or misbehaves, as a test tells it."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """One answer. It breaks off after `cut` bytes, falls silent after `stall`, drips if `drip`.

    `drip` is the pause before each byte in seconds, `head_drip` that before each byte of the
    headers; `length` is what Content-Length says where that is not the truth.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    stall: int | None = None
    drip: float = 0.0
    head_drip: float = 0.0
    length: int | None = None
    lengthless: bool = False


@dataclass(frozen=True)
class Shelved:
    """A file served as a good server does: with ETag, conditions and ranges."""

    body: bytes
    etag: str = '"1"'
    last_modified: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What was asked of the server."""

    method: str
    path: str
    headers: Message
    body: bytes


class Server:
    """The server: `at` says where it is, `plays` and `shelves` what it does, `requests` what came.

    `answers`, where it is set and gives one, makes the answer from what was asked.

    A path that it was told nothing of is answered with 404.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.closing = threading.Event()
        self.answers: Callable[[Request], Reply | None] | None = None
        self._plays: dict[str, list[Reply | Shelved]] = {}
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = False
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def port(self) -> int:
        """The port on which it listens."""
        return self._http.server_port

    @property
    def host(self) -> str:
        """Its place, as an allowed host is written."""
        return f"127.0.0.1:{self.port}"

    def at(self, path: str) -> str:
        """The address of a path."""
        return f"http://{self.host}{path}"

    def plays(self, path: str, *replies: Reply | Shelved) -> str:
        """The address of the path, which gives one answer after the other, the last for ever."""
        self._plays[path] = list(replies)
        return self.at(path)

    def shelves(self, path: str, body: bytes, etag: str = '"1"', last_modified: str = "") -> str:
        """The address of the path, where a good server keeps a file."""
        return self.plays(path, Shelved(body, etag, last_modified))

    def next(self, request: Request) -> Reply | Shelved:
        """The answer whose turn it is."""
        with self._lock:
            self.requests.append(request)
            if self.answers and (made := self.answers(request)):
                return made
            replies = self._plays.get(request.path.partition("?")[0], [Reply(status=404)])
            return replies.pop(0) if len(replies) > 1 else replies[0]

    def close(self) -> None:
        """None; nothing of it runs any more."""
        self.closing.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@contextmanager
def serving() -> Iterator[Server]:
    """A server, while it is needed."""
    server = Server()
    try:
        yield server
    finally:
        server.close()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            request = Request(self.command, self.path, self.headers, self.rfile.read(length))
            reply = server.next(request)
            told = reply if isinstance(reply, Reply) else _from_shelf(reply, self.headers)
            self.close_connection = True
            with suppress(OSError):
                self._tell(told)

        do_POST = do_GET  # noqa: N815

        def _tell(self, reply: Reply) -> None:
            head = [f"HTTP/1.1 {reply.status} So"]
            length = len(reply.body) if reply.length is None else reply.length
            named = {} if reply.lengthless else {"Content-Length": str(length)}
            head += [f"{name}: {value}" for name, value in {**named, **reply.headers}.items()]
            self._drip("\r\n".join([*head, "Connection: close", "", ""]).encode(), reply.head_drip)
            self._drip(reply.body[: _end(reply)], reply.drip)
            if reply.stall is not None:
                server.closing.wait(20)

        def _drip(self, data: bytes, pause: float) -> None:
            if not pause:
                self.wfile.write(data)
                return
            for at in range(len(data)):
                if server.closing.wait(pause):
                    return
                self.wfile.write(data[at : at + 1])

        def log_message(self, *_args: Any) -> None:
            pass

    return Handler


def _end(reply: Reply) -> int | None:
    return reply.cut if reply.stall is None else reply.stall


def _from_shelf(file: Shelved, asked: Message) -> Reply:
    """What a good server answers: the file, the rest of it, or that it is as it was."""
    told = {"ETag": file.etag, "Last-Modified": file.last_modified}
    headers = {**{name: value for name, value in told.items() if value}, **file.headers}
    if file.etag and asked["If-None-Match"] == file.etag:
        return Reply(status=304, headers=headers, lengthless=True)
    unchanged = asked["If-Modified-Since"] == file.last_modified
    if file.last_modified and unchanged and not asked["If-None-Match"]:
        return Reply(status=304, headers=headers, lengthless=True)
    start = int((asked["Range"] or "bytes=0-").removeprefix("bytes=").removesuffix("-"))
    if not start or asked["If-Range"] not in (file.etag, file.last_modified):
        return Reply(file.body, headers=headers)
    if start >= len(file.body):
        return Reply(status=416, headers={"Content-Range": f"bytes */{len(file.body)}"})
    span = f"bytes {start}-{len(file.body) - 1}/{len(file.body)}"
    return Reply(file.body[start:], 206, {**headers, "Content-Range": span})
