"""Every code of the code book has a type of the chronicle, or a reason for having none."""

import csv
import os
from pathlib import Path

import pytest

from streams.events.event import TYPES
from streams.sources.gdelt.cameo import TABLE, code_book, type_of

SHARED = Path(os.environ.get("DYADCAST_SHARED", Path(__file__).parents[2] / "shared" / "data"))
REAL = SHARED / "gdelt" / "cameoCodeTable.tsv"
ROOTS = {f"{root:02}" for root in range(1, 21)}


def test_each_code_stands_once_and_says_its_type_or_why_it_has_none() -> None:
    with TABLE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    codes = [row["code"] for row in rows]
    assert codes == sorted(set(codes))
    assert set(code_book()) == set(codes)
    for row in rows:
        assert row["code"].isdigit(), row
        assert 2 <= len(row["code"]) <= 4, row
        assert row["note"].strip(), row
        assert row["type"] == "" or row["type"] in TYPES, row


def test_the_table_reaches_over_all_twenty_roots_down_to_their_leaves() -> None:
    assert {code[:2] for code in code_book()} == ROOTS
    orphans = {
        code
        for code in code_book()
        if len(code) > 2 and code[:-1] not in code_book() and code[:2] not in code_book()
    }
    assert orphans == set()
    assert len(code_book()) == 321


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("039", "mediation_offer"),
        ("045", "mediation_accepted"),
        ("126", "mediation_declined"),
        ("036", "talks_announced"),
        ("046", "talks_held"),
        ("164", "talks_failed"),
        ("165", "talks_failed"),
        ("042", "high_level_visit"),
        ("057", "agreement"),
        ("0871", "ceasefire"),
        ("196", "ceasefire_violation"),
        ("112", "accusation"),
        ("138", "threat"),
        ("161", "ties_downgraded"),
        ("163", "trade_suspended"),
        ("191", "crossing_closed"),
        ("174", "deportation_drive"),
        ("0841", "prisoner_release"),
        ("154", "mobilisation"),
        ("190", "border_clash"),
        ("193", "border_clash"),
        ("194", "shelling"),
        ("195", "airstrike"),
        ("192", "incursion"),
    ],
)
def test_a_code_has_the_type_that_its_meaning_in_gdelts_edition_asks_for(
    code: str, kind: str
) -> None:
    assert type_of(code) == kind


@pytest.mark.parametrize("code", ["010", "073", "141", "1724", "128", "9999", "", "PAK"])
def test_a_code_of_words_aid_protest_or_of_no_edition_has_no_type(code: str) -> None:
    assert type_of(code) == ""


def test_codes_that_only_another_edition_has_get_no_type_of_that_edition() -> None:
    # There 1641 is to expel peacekeepers; here 164 is to break off negotiations.
    assert type_of("1641") == ""
    assert "older edition" in code_book()["1641"].note


@pytest.mark.skipif(not REAL.exists(), reason="the shared data are not here")
def test_every_code_of_the_real_code_table_is_mapped_or_listed_as_unmapped() -> None:
    with REAL.open(encoding="utf-8", newline="") as lines:
        real = {row[0] for row in csv.reader(lines, delimiter="\t") if row[0]}
    assert len(real) == 280
    assert real - set(code_book()) == set()
