"""Months as releases tell them become panels."""

from datetime import date

import numpy as np
import pandas as pd

from features.monthly.panel import FAMILIES, panel_family, panel_features
from features.monthly.ucdp import FIRST, between_states, country_panel, dyad_panel

COLUMNS = [
    f"{kind}_{name}"
    for kind in ("sb", "ns", "os")
    for name in ("events", "deaths_low", "deaths_best", "deaths_high", "deaths_civilians")
]


def told(*rows: tuple[int, str, dict[str, int]], **sides: tuple[str, str]) -> pd.DataFrame:
    """Rows as `streams.sources.ucdp.months` gives them: code, month, and what is not zero."""
    frame = pd.DataFrame(
        [
            {"code": code, "month": pd.Timestamp(month), **dict.fromkeys(COLUMNS, 0), **given}
            for code, month, given in rows
        ]
    )
    for name, (a, b) in sides.items():
        frame.loc[frame["code"] == int(name[1:]), ["gwno_a", "gwno_b"]] = [a, b]
    return frame


def test_country_panel_adds_kinds_and_ends_with_the_last_month() -> None:
    rows = told(
        (770, "1989-02", {"sb_events": 1, "sb_deaths_best": 3, "sb_deaths_civilians": 2}),
        (770, "1989-02", {"os_events": 2, "os_deaths_best": 4}),
        (700, "1989-03", {"ns_events": 1, "ns_deaths_best": 5}),
        (700, "1989-04", {"sb_events": 9, "sb_deaths_best": 99}),
    )
    panel = country_panel(rows, date(1989, 3, 31), {700: "south", 770: "south"}.__getitem__)

    assert (panel.units, panel.first, panel.groups) == (("700", "770"), FIRST, ("south", "south"))
    np.testing.assert_array_equal(panel.deaths, [[0, 0, 5], [0, 7, 0]])
    np.testing.assert_array_equal(panel.kinds["os_events"], [[0, 0, 0], [0, 2, 0]])
    np.testing.assert_array_equal(panel.kinds["civilian_deaths"], [[0, 0, 0], [0, 2, 0]])


def test_dyad_panel_counts_an_event_without_dead_and_knows_states() -> None:
    rows = told(
        (12291, "1989-02", {"sb_events": 2}),
        (400, "1989-01", {"sb_events": 1, "sb_deaths_best": 6}),
        (500, "1989-01", {"os_events": 1, "os_deaths_best": 6}),
        _12291=("700", "770"),
        _400=("770", ""),
    )
    panel, sides = dyad_panel(rows, date(1989, 3, 31))

    assert panel.units == ("400", "12291")
    np.testing.assert_array_equal(panel.deaths, [[6, 0, 0], [0, 1, 0]])
    assert list(panel.entered) == [0, 1]
    assert sides[1] == (frozenset({"700"}), frozenset({"770"}))
    assert list(between_states(sides)) == [False, True]
    assert panel.groups == ("770", "700")


def test_every_column_has_a_family() -> None:
    rows = told((770, "1989-02", {"sb_events": 1, "sb_deaths_best": 3}))
    panel = country_panel(rows, date(1990, 12, 31), str)
    names, _ = panel_features(panel, (1.0, 25.0))
    assert {panel_family(name) for name in names} == set(FAMILIES)
    assert panel_family("sb_events_2") == "kinds_of_violence"
