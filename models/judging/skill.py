"""Which baseline is the hardest of a skill table."""

from typing import Any

import pandas as pd


def hardest(skill: pd.DataFrame, where: dict[str, object]) -> "pd.Series[Any]":
    """The row of the baseline against which the Brier skill is lowest."""
    return _only(skill, where | {"score": "brier"}).sort_values("skill").iloc[0]


def _only(frame: pd.DataFrame, where: dict[str, object]) -> pd.DataFrame:
    for column, value in where.items():
        frame = frame[frame[column] == value]
    return frame
