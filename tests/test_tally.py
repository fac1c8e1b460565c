"""The scoreboard: by target and horizon, scored by hand."""

from pages import make_outcomes

from publish.contract.context import ClosedRow
from publish.page.tally import Tally, tallies


def test_tally_counts_and_scores_each_target_and_horizon() -> None:
    day = make_outcomes(1)[0].as_of
    severe = ClosedRow(day, "severe", 30, day, 0.1, 0.2, 0)

    found = tallies([*make_outcomes(2), severe])

    # (0.25 ** 2 + 0.75 ** 2) / 2 = 0.3125
    assert found[0] == Tally("clash", 7, 2, 1, 0.25, 0.3125)
    assert found[1].windows == 1
    assert round(found[1].brier, 9) == 0.01


def test_nothing_closed_is_nothing_to_score() -> None:
    assert tallies([]) == ()
