"""dyadcast desk: articles are proposed, and decided of, from the terminal."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import dyadcast
from commands import desk as command
from streams.sources.desk.events import FIELDS

Run = Callable[..., tuple[int, str, str]]
OFFER = "Iran offered to mediate between Pakistan and Afghanistan on Wednesday."
URL = "https://example.org/offer"
PAGE = f"""<html><head><title>An offer</title><link rel="canonical" href="{URL}"></head><body>
<article><h1>An offer</h1><p>{OFFER} \x1b[31mNobody answered it in Kabul or in Islamabad.</p>
</article></body></html>"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line in this process: its exit status, output and errors."""
    monkeypatch.setenv("DYADCAST_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DYADCAST_DATABASE_URL", raising=False)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dyadcast", *arguments])
        with pytest.raises(SystemExit) as ended:
            dyadcast.main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return call


@pytest.fixture
def proposed(run: Run, tmp_path: Path) -> str:
    """The id of the proposal out of an article about Iran's offer."""
    article = tmp_path / "2026-09-10-offer.html"
    article.write_text(PAGE, encoding="utf-8")
    status, printed, errors = run("read", str(article), "--propose", "--json")
    assert (status, errors) == (0, "1 proposed\n")
    assert len(json.loads(printed)) == 1  # standard output is the proposals alone
    _, printed, _ = run("desk", "list", "--json")
    (row,) = json.loads(printed)
    return str(row["proposal_id"])


def test_article_read_twice_is_proposed_once(run: Run, proposed: str, tmp_path: Path) -> None:
    assert run("read", str(tmp_path / "2026-09-10-offer.html"), "--propose")[2] == "1 read before\n"


def test_proposal_is_listed_and_shown_with_its_sentence(run: Run, proposed: str) -> None:
    _, listed, errors = run("desk", "list")
    assert proposed in listed
    assert "IRN > PAK,AFG" in listed
    assert errors == "1 waiting\n"

    for arguments in (["show", proposed[:5]], ["next"]):
        status, shown, _ = run("desk", *arguments)
        assert status == 0
        assert OFFER in " ".join(shown.split())
        assert URL in shown
        assert "\x1b" not in shown  # what an article holds steers no terminal


def test_accepted_proposal_is_an_event_and_undo_takes_it_back(run: Run, proposed: str) -> None:
    status, printed, _ = run("desk", "accept", proposed, "--by", "Ann")
    assert status == 0
    assert f"{proposed}: accepted, event desk:2026-09-09:{proposed} of desk" in printed
    assert "mediation_offer" in run("events", "list", "--last", "1")[1]
    assert run("desk", "next")[1] == "nothing waits\n"

    status, _, errors = run("desk", "accept", proposed, "--by", "Ben")
    assert status == 1
    assert errors.startswith(f"dyadcast: {proposed}: decided already: accept by Ann at ")
    assert errors.count("\n") == 1

    assert run("desk", "undo", "--by", "Ben")[0] == 1  # no decision of Ben's
    status, printed, _ = run("desk", "undo", "--by", "Ann")
    assert (status, printed.split(",")[0]) == (0, f"{proposed}: taken back")
    assert "mediation_offer" not in run("events", "list", "--last", "1")[1]


def test_mended_proposal_says_what_was_changed(run: Run, proposed: str) -> None:
    changes = ("--target", "AFG", "--occurred-on", "2026-09-08", "--place", "")
    status, printed, _ = run("desk", "mend", proposed, *changes, "--by", "Ann")

    assert status == 0
    assert "target: PAK -> AFG" in printed
    assert "occurred_on: 2026-09-09 -> 2026-09-08" in printed
    assert "place: Tehran -> –" in printed


def test_rejection_wants_its_reason(run: Run, proposed: str) -> None:
    assert run("desk", "reject", proposed)[0] == 2
    status, _, _ = run("desk", "reject", proposed, "--because", "a rumour", "--by", "Ann")
    assert status == 0
    shown = json.loads(run("desk", "show", proposed, "--json")[1])
    assert shown["status"] == "rejected"
    assert shown["decisions"][0]["reason"] == "a rumour"
    assert shown["decisions"][0]["by"] == "Ann"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["show", "nothing"], "no such proposal, found 'nothing'"),
        (["accept", ""], "no such proposal"),
        (["list", "--status", "lost"], "no such status, found 'lost'"),
        (["undo", "--by", "Ann"], "no decision of yours to take back"),
    ],
)
def test_bad_order_is_one_line(run: Run, arguments: list[str], expected: str) -> None:
    status, printed, errors = run("desk", *arguments)

    assert (status, printed, errors.count("\n")) == (1, "", 1)
    assert expected in errors


def test_coders_show_their_record(run: Run, proposed: str) -> None:
    run("desk", "accept", proposed, "--by", "Ann")

    (row,) = json.loads(run("coders", "--json")[1])
    assert (row["coder"], row["type"]) == ("patterns", "mediation_offer")
    assert (row["decisions"], row["right"], row["alone"]) == (1, 1, False)
    assert row["low"] == pytest.approx(0.2065, abs=1e-4)
    assert "1 of 1" in run("coders")[1]


def test_every_field_that_may_be_mended_has_its_option() -> None:
    assert command.FIELDS == FIELDS
