"""The feature table: whose events a column counts, which family it is of, and what was known."""

from dataclasses import replace

import pytest
from events import at
from histories import PAK_AFG, days, happen, history_from
from pandas.testing import assert_frame_equal

from features.diplomacy import SINCE_CAP
from features.table import (
    OWN_FAMILIES,
    column_family,
    contract,
    event_features,
    family_of,
)
from streams.events.event import TYPES
from theatres import DYAD, Theatre

ORIGINS = days("2020-01-09", "2020-01-10", "2020-02-09")


@pytest.mark.parametrize(
    ("kind", "family"),
    [
        ("shelling", "force"),
        ("accusation", "breakdown"),
        ("ceasefire", "conciliation"),
        ("mediation_offer", "mediation"),
        ("mediation_declined", "mediation"),
        ("crossing_closed", "crossings"),
        ("crossing_reopened", "crossings"),
        ("trade_suspended", "crossings"),
    ],
)
def test_family_sets_mediation_and_crossings_apart(kind: str, family: str) -> None:
    assert family_of(kind) == family


def test_family_of_every_type_is_one_that_drivers_know() -> None:
    assert {family_of(kind) for kind in TYPES} == set(OWN_FAMILIES)


def test_column_family_is_the_second_word_and_rate_for_rates() -> None:
    assert column_family("own.force.shelling.count_30") == "force"
    assert column_family("dyad.crossings.closed") == "crossings"
    assert column_family("rate.memory_52@30") == "rate"


def test_dyad_rows_have_every_family_and_no_segment_s_columns() -> None:
    table = event_features(history_from(), PAK_AFG, ORIGINS, segments=False)

    assert table.index.names == ["unit", "as_of"]
    assert table.index.tolist() == [(DYAD, int(day)) for day in ORIGINS]
    assert {name.split(".")[0] for name in table.columns} == {"dyad", "gdelt"}
    assert {column_family(name) for name in table.columns} == set(OWN_FAMILIES)
    assert table.columns.is_unique


def test_segment_rows_have_own_and_near_columns_too() -> None:
    table = event_features(history_from(), PAK_AFG, ORIGINS, segments=True)

    assert list(table.index.unique("unit")) == list(PAK_AFG.segment_names)
    assert len(table) == 9 * len(ORIGINS)
    assert {name.split(".")[0] for name in table.columns} == {"dyad", "own", "near", "gdelt"}
    assert {column_family(name) for name in table.columns} == set(OWN_FAMILIES)


def test_no_events_are_no_counts_and_the_longest_time_since() -> None:
    table = event_features(history_from(), PAK_AFG, ORIGINS, segments=True)
    since = [name for name in table.columns if name.rpartition(".")[2].endswith("since")]

    assert (table[since] == SINCE_CAP).all(axis=None)
    assert (table.drop(columns=since) == 0).all(axis=None)


def test_event_counts_for_the_dyad_its_segment_and_the_neighbours() -> None:
    clash = happen("a", "2020-01-10", "border_clash", segment="khyber", deaths_best=7)
    table = event_features(history_from(clash), PAK_AFG, ORIGINS, segments=True)
    day = int(ORIGINS[1])

    def row(name: str) -> dict[str, float]:
        return {unit: float(table[name][unit, day]) for unit in PAK_AFG.segment_names}

    everywhere = dict.fromkeys(PAK_AFG.segment_names, 1.0)
    nowhere = dict.fromkeys(PAK_AFG.segment_names, 0.0)
    assert row("dyad.force.count_30") == everywhere
    assert row("own.force.border_clash.count_30") == nowhere | {"khyber": 1}
    assert row("own.force.count_30") == nowhere | {"khyber": 1}
    assert row("own.force.deaths_30") == nowhere | {"khyber": 7}
    assert row("near.force.count_30") == nowhere | {"bajaur-mohmand": 1, "kurram": 1}
    assert row("own.breakdown.count_30") == nowhere


def test_event_counts_once_in_its_family_and_once_in_its_type() -> None:
    events = happen("a", "2020-01-10", "shelling"), happen("b", "2020-01-10", "airstrike")
    row = event_features(history_from(*events), PAK_AFG, ORIGINS, segments=False).iloc[1]

    assert row["dyad.force.count_30"] == 2
    assert row["dyad.force.shelling.count_30"] == 1
    assert row["dyad.force.airstrike.count_30"] == 1
    assert row["dyad.force.incursion.count_30"] == 0


def test_rows_hold_what_was_known_at_the_end_of_their_day() -> None:
    late = happen("a", "2020-01-01", "shelling", known_at=at("2020-01-10"), deaths_best=2)
    more = replace(late, version=2, known_at=at("2020-02-01"), deaths_best=9)
    table = event_features(history_from(late, more), PAK_AFG, ORIGINS, segments=False)

    assert table["dyad.force.deaths_90"].tolist() == [0, 2, 9]
    assert table["dyad.force.since"].tolist() == [SINCE_CAP, 9, 39]
    assert table["dyad.force.decayed_30"].tolist() == pytest.approx(
        [0, 0.5 ** (9 / 30), 0.5 ** (39 / 30)], abs=1e-12
    )


def test_closed_crossings_are_counted_for_the_dyad_and_told_by_segment() -> None:
    shut = happen("a", "2020-01-10", "crossing_closed", place="Torkham and Chaman")
    table = event_features(history_from(shut), PAK_AFG, ORIGINS, segments=True)

    closed = table["own.crossings.closed"]
    assert table["dyad.crossings.closed"].xs("kurram").tolist() == [0, 2, 2]
    assert closed.xs("kurram").tolist() == [0, 0, 0]
    assert closed.xs("chaman").tolist() == [0, 1, 1]
    assert table["own.crossings.closed_days"].xs("khyber").tolist() == [0, 0, 30]


def changed(theatre: Theatre, **changes: object) -> str:
    """The contract of the theatre with its clash target changed."""
    clash = theatre.targets["clash"].model_copy(update=changes)
    return contract(theatre.model_copy(update={"targets": {**theatre.targets, "clash": clash}}))


def test_contract_changes_with_a_target() -> None:
    assert contract(PAK_AFG) == changed(PAK_AFG)
    found = {
        contract(PAK_AFG),
        changed(PAK_AFG, days=(7, 14, 30)),
        changed(PAK_AFG, types=("border_clash",)),
        changed(PAK_AFG, thresholds=(2,)),
        changed(PAK_AFG, of="dyad"),
        contract(PAK_AFG.model_copy(update={"reporting_lag_days": 8})),
        contract(PAK_AFG.model_copy(update={"segments": PAK_AFG.segments[1:]})),
        contract(PAK_AFG.model_copy(update={"mediators": PAK_AFG.mediators[1:]})),
    }
    assert len(found) == 8


def test_contract_does_not_change_with_what_models_do_not_see() -> None:
    told = PAK_AFG.model_copy(update={"title": "Another", "levels": PAK_AFG.levels[:2]})

    assert contract(told) == contract(PAK_AFG)


def test_a_source_counted_apart_has_columns_of_its_own_alone() -> None:
    told = happen("g", "2025-10-01", "border_clash", source="gdelt")
    with_it = event_features(history_from(told), PAK_AFG, days("2025-10-31"), segments=False)
    without = event_features(history_from(), PAK_AFG, days("2025-10-31"), segments=False)
    changed = {name for name in with_it if with_it[name].iloc[0] != without[name].iloc[0]}

    assert changed == {f"gdelt.force.decayed_{days_}" for days_ in (30, 90, 365)}
    assert with_it["gdelt.force.decayed_30"].iloc[0] == pytest.approx(0.5)


def test_what_a_source_counted_apart_tells_later_changes_no_row_before() -> None:
    first = happen("g", "2025-10-01", "border_clash", source="gdelt")
    later = happen("h", "2025-10-02", "threat", source="gdelt", known_at=at("2025-11-01"))
    origins = days("2025-10-03", "2025-10-31")

    assert_frame_equal(
        event_features(history_from(first, later), PAK_AFG, origins, segments=False),
        event_features(history_from(first), PAK_AFG, origins, segments=False),
    )
