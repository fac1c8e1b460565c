"""`dyadcast alerts test` through a channel that listens here, and the check that the docs give."""

import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from jobs import HOUSE, make_job

SECRET = "a-secret-that-is-long-enough"  # noqa: S105
Got = list[tuple[dict[str, str], bytes]]


@pytest.fixture
def receiver() -> Iterator[tuple[str, Got]]:
    """The address of a webhook on loopback, and what it got."""
    got: Got = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing is said."""

    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", got
    server.shutdown()
    thread.join()
    server.server_close()


def test_trial_message_arrives_and_its_signature_holds_as_the_docs_check_it(
    receiver: tuple[str, Got], tmp_path: Path
) -> None:
    url, got = receiver
    told = {
        "DYADCAST_WEBHOOK_URL": url,
        "DYADCAST_WEBHOOK_SECRET": SECRET,
        "DYADCAST_WEBHOOK_LOCAL": "yes",
    }

    done = make_job(tmp_path).run("alerts", "test", **told)

    assert done.returncode == 0, done.stderr
    assert "webhook: sent" in done.stdout
    assert SECRET not in done.stdout + done.stderr
    assert url not in done.stdout + done.stderr
    ((headers, body),) = got
    text = (HOUSE / "docs" / "alerts.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    given: dict[str, Any] = {}
    exec(code, given)  # noqa: S102 (our own document)
    assert given["holds"](SECRET, headers, body)
    assert not given["holds"](SECRET, headers, body + b" ")
    assert not given["holds"]("another-secret-of-length", headers, body)
    assert not given["holds"](SECRET, headers | {"webhook-timestamp": "1000000000"}, body)
    assert b"test" in body.lower()


def test_loopback_is_not_asked_unless_it_is_meant(
    receiver: tuple[str, Got], tmp_path: Path
) -> None:
    url, got = receiver
    told = {"DYADCAST_WEBHOOK_URL": url, "DYADCAST_WEBHOOK_SECRET": SECRET}

    done = make_job(tmp_path).run("alerts", "test", **told)

    assert done.returncode == 1
    assert "DYADCAST_WEBHOOK_LOCAL=yes" in done.stdout
    assert got == []


def test_rules_and_empty_list_are_told(tmp_path: Path) -> None:
    job = make_job(tmp_path)
    rules = job.run("alerts", "rules")
    listed = job.run("alerts", "list")

    assert "clash-jumps: probability_jumps" in rules.stdout
    assert "quiet from 22:00" in rules.stdout
    assert (listed.returncode, listed.stdout) == (0, "")
    assert "no alert yet" in listed.stderr
