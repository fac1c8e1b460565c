"""The desk by API: a key of the scope write, one decision each, a browser's key here alone."""

from pathlib import Path
from typing import Any

import pytest
from desks import NOW, SENTENCE, URL, file, make_article, make_proposal
from serving import MOVE, Served, serve

from publish.api.access import COOKIE
from streams.store.store import Store

DESK = "/v1/pak_afg/desk"
SAME = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}


@pytest.fixture
def served(tmp_path: Path, sqlite_url: str) -> Served:
    """A service at whose desk one proposal waits."""
    served = serve(tmp_path / "published", sqlite_url)
    served.now[0] = NOW
    file(store_of(served), make_proposal())
    return served


def store_of(served: Served) -> Store:
    """The events behind the service."""
    return Store(served.state.engine, "pak_afg")


def key(served: Served, scope: str = "write", name: str = "Ann") -> str:
    """A key of that scope."""
    return served.keys.make(name, scope, NOW)  # type: ignore[arg-type]


def waiting(served: Served) -> dict[str, Any]:
    """The proposal that waits."""
    rows = served.client(key=key(served)).get(f"{DESK}/proposals").json()["rows"]
    (row,) = rows
    return dict(row)


def post(served: Served, row: dict[str, Any], **body: Any) -> Any:
    """The answer to Ann's decision."""
    path = f"{DESK}/proposals/{row['proposal_id']}/decisions"
    body = {"action": "accept", "revision": row["revision"]} | body
    return served.client(key=key(served)).post(path, json=body)


@pytest.mark.parametrize("scope", [None, "read", "events"])
def test_desk_wants_a_key_of_the_scope_write(served: Served, scope: str | None) -> None:
    client = served.client(key=key(served, scope) if scope else "")  # on loopback, too
    row = waiting(served)

    for path in ("/proposals", f"/proposals/{row['proposal_id']}", "/coders"):
        assert client.get(DESK + path).status_code == (403 if scope else 401)
    path = f"{DESK}/proposals/{row['proposal_id']}/decisions"
    answer = client.post(path, json={"action": "accept", "revision": 1})
    assert answer.status_code == (403 if scope else 401)
    assert "scope" in answer.json()["detail"]
    assert waiting(served) == row


def test_proposal_is_listed_with_its_sentence_and_no_more_of_the_text(served: Served) -> None:
    answer = served.client(key=key(served)).get(f"{DESK}/proposals")

    (row,) = answer.json()["rows"]
    assert (row["type"], row["actor"], row["target"]) == ("mediation_offer", "RUS", ["PAK", "AFG"])
    (evidence,) = row["evidence"]
    assert (evidence["text"], evidence["url"]) == (SENTENCE, URL)
    assert "Nobody answered" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_accepted_proposal_is_among_the_events(served: Served) -> None:
    answer = post(served, waiting(served))

    assert answer.status_code == 201
    decided = answer.json()
    assert (decided["action"], decided["by"], decided["source"]) == ("accept", "Ann", "desk")
    events = served.client().get("/v1/pak_afg/events?as_of=2025-11-15").json()["rows"]
    (event,) = [each for each in events if each["event_id"] == decided["event_id"]]
    assert (event["source"], event["url"], event["known_on"]) == ("desk", URL, "2025-11-15")
    before = served.client().get("/v1/pak_afg/events?as_of=2025-11-14").json()["rows"]
    assert decided["event_id"] not in [each["event_id"] for each in before]


def test_mended_rejected_and_undone_by_api(served: Served) -> None:
    row = waiting(served)
    mended = post(served, row, action="mend", changes={"place": "Kazan"})
    assert mended.json()["changes"] == {"place": ["Moscow", "Kazan"]}

    assert post(served, row | {"revision": 2}, action="undo").status_code == 201
    rejected = post(served, waiting(served), action="reject", reason="a rumour")
    assert (rejected.status_code, rejected.json()["reason"]) == (201, "a rumour")

    shown = served.client(key=key(served)).get(f"{DESK}/proposals/{row['proposal_id']}").json()
    assert shown["proposal"]["status"] == "rejected"
    assert [each["action"] for each in shown["decisions"]] == ["mend", "undo", "reject"]


def test_second_decision_is_a_conflict_that_names_the_first(served: Served) -> None:
    row = waiting(served)
    post(served, row)

    answer = post(served, row, action="reject", reason="late")

    assert answer.status_code == 409
    assert "decided already: accept by Ann" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"action": "reject"}, 422, "a rejection needs its reason"),
        ({"action": "mend"}, 422, "nothing to mend"),
        ({"action": "mend", "changes": {"type": "quarrel"}}, 422, "column type"),
        ({"action": "mend", "changes": {"colour": "red"}}, 422, "colour"),
        ({"action": "approve"}, 422, "action"),
        ({"action": "undo"}, 422, "no decision to take back"),
        ({"revision": 7}, 409, "has changed since it was looked at"),
    ],
)
def test_decision_that_cannot_be_says_why(
    served: Served, body: dict[str, Any], status: int, detail: str
) -> None:
    row = waiting(served)

    answer = post(served, row, **body)

    assert answer.status_code == status
    assert detail in answer.json()["detail"]
    assert waiting(served) == row


def test_proposal_that_is_not_there_is_404(served: Served) -> None:
    client = served.client(key=key(served))

    for path in ("/proposals/nothing", "/proposals/nothing/move"):
        answer = client.get(DESK + path)
        assert (answer.status_code, answer.json()["parameter"]) == (404, "proposal_id")
    body = {"action": "accept", "revision": 1}
    assert client.post(f"{DESK}/proposals/nothing/decisions", json=body).status_code == 404
    assert client.get("/v1/nowhere/desk/proposals").status_code == 404


def test_move_of_the_number_is_told(served: Served) -> None:
    path = f"{DESK}/proposals/{waiting(served)['proposal_id']}/move"

    assert served.client(key=key(served)).get(path).json() == MOVE


def test_coders_are_told_with_the_bar(served: Served) -> None:
    post(served, waiting(served))

    answer = served.client(key=key(served)).get(f"{DESK}/coders").json()

    assert (answer["bar"], answer["needed"]) == (0.9, 30)
    (row,) = answer["rows"]
    assert (row["type"], row["right"], row["decisions"]) == ("mediation_offer", 1, 1)


def test_list_is_given_in_parts(served: Served) -> None:
    for number in range(3):
        article = make_article(f"Offer {number} was made.")
        file(
            store_of(served),
            make_proposal(article, actor="CHN", place=str(number)),
            article=article,
        )
    client = served.client(key=key(served))

    seen, cursor = [], ""
    while cursor is not None:
        more = f"&cursor={cursor}" if cursor else ""
        part = client.get(f"{DESK}/proposals?limit=3{more}").json()
        assert part["waiting"] == 4
        seen += [row["proposal_id"] for row in part["rows"]]
        cursor = part["next"]
    assert len(seen) == len(set(seen)) == 4


def test_browser_s_key_is_kept_from_scripts_and_other_sites(served: Served) -> None:
    client = served.client()
    text = key(served)
    answer = client.post("/desk/session", headers={"Authorization": f"Bearer {text}"})

    assert answer.status_code == 204
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert "Max-Age" not in cookie  # it ends with the browser
    client.cookies.set(COOKIE, text)
    assert client.get(f"{DESK}/proposals").status_code == 200

    assert "Max-Age=0" in client.delete("/desk/session", headers=SAME).headers["set-cookie"]


def test_session_is_not_given_for_a_key_that_may_not_decide(served: Served) -> None:
    for text, status in ((key(served, "read"), 403), ("dyk_0_nothing", 401)):
        headers = {"Authorization": f"Bearer {text}"}
        answer = served.client().post("/desk/session", headers=headers)
        assert (answer.status_code, "set-cookie" in answer.headers) == (status, False)
    assert served.client().post("/desk/session").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
    ],
)
def test_cookie_decides_nothing_for_another_site(served: Served, headers: dict[str, str]) -> None:
    row = waiting(served)
    client = served.client()
    client.cookies.set(COOKIE, key(served))
    path = f"{DESK}/proposals/{row['proposal_id']}/decisions"

    refused = client.post(path, json={"action": "accept", "revision": 1}, headers=headers)

    assert refused.status_code == 403
    assert waiting(served) == row
    allowed = client.post(path, json={"action": "accept", "revision": 1}, headers=SAME)
    assert allowed.status_code == 201


def test_cookie_counts_at_the_desk_alone(served: Served) -> None:
    client = served.client("192.0.2.7")
    client.cookies.set(COOKIE, key(served))

    assert client.get("/v1/pak_afg/scores").status_code == 401
    assert client.get(f"{DESK}/proposals").status_code == 200
    served.keys.revoke(served.keys.listed()[0].key_id, NOW)
    assert client.get(f"{DESK}/proposals").status_code == 401
