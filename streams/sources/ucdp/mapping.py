"""GED's rows as events of the theatre, and as what the sums by month are made of."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from streams.events.event import PLACES
from streams.events.frame import COLUMNS, DTYPES
from streams.places.border import Border
from streams.sources.ucdp.values import Bools, days, floats, ints, matches
from theatres import Codes

SOURCE = "ucdp"
VIOLENCE = {"1": "battle", "2": "nonstate_violence", "3": "onesided_violence"}
_SAID = {"battle": "Battle", "nonstate_violence": "Fighting without a state"}
_SAID |= {"onesided_violence": "Violence against civilians", "border_clash": "Border clash"}
_SAID |= {"airstrike": "Air strike", "shelling": "Shelling", "incursion": "Force across the border"}
# Force between the two states is told apart by the words of its headlines.
_AIR = r"(?i)\b(air ?-?strikes?|air ?raids?|drones?|jets?)\b"
_SHELLS = r"(?i)\b(shell(s|ed|ing)?|mortars?|artillery|rockets?)\b"

EXACT_PLACE = 3
"""where_prec from 4 on is a province, a stretch or a country: its point, which all such events
share, is no place of theirs (GED codebook)."""
_PLACES = dict(enumerate(PLACES, start=1))

# 0 is what real files say now and then: not known
_PRECISIONS = {"0": "month", "1": "day", "2": "week", "3": "week", "4": "month", "5": "month"}
_UNPRINTED = r"\s*[\x00-\x1f\x7f-\x{9f}\x{2028}\x{2029}]+\s*"


def numbers(table: pa.Table) -> pd.DataFrame:
    """What the sums by month are made of, a row an event; low and high take in the best figure.

    UCDP's own rows break low <= best <= high now and then: the span is then widened.
    """
    low, best, high = (ints(table[name]) for name in ("low", "best", "high"))
    end = days(table["date_end"])
    return pd.DataFrame(
        {
            "event_id": table["id"].to_pandas(),
            "country": ints(table["country_id"]),
            "dyad": ints(table["dyad_new_id"]),
            "name": table["dyad_name"].to_pandas(),
            "gwno_a": _states(table["gwnoa"]),
            "gwno_b": _states(table["gwnob"]),
            "month": end.astype("datetime64[M]"),
            "violence": ints(table["type_of_violence"]),
            "events": np.ones(table.num_rows, np.int64),
            "deaths_low": np.minimum(low, np.minimum(best, high)),
            "deaths_best": best,
            "deaths_high": np.maximum(high, np.maximum(best, low)),
            "deaths_civilians": ints(table["deaths_civilians"]),
        }
    )


def _states(column: pa.ChunkedArray) -> "pd.Series[str]":
    states: pd.Series[str] = pc.replace_substring_regex(column, r"\.0+", "").to_pandas()
    return states


def events(table: pa.Table, rows: pd.DataFrame, border: Border, codes: Codes) -> pd.DataFrame:
    """The theatre's events: in either country, within the belt, or between the two states."""
    actors = codes.actors("gleditsch_ward")
    states = np.full(len(rows), "", object)
    for number, actor in actors.items():
        states[(rows["country"] == int(number)).to_numpy()] = actor
    lat, lon = floats(table["latitude"]), floats(table["longitude"])
    placed = ints(table["where_prec"]) <= EXACT_PLACE
    pair = _pair(table, rows, codes)
    between = pair["between"].to_numpy()
    inside = states != ""
    near = border.is_near(lat, lon)
    at = np.flatnonzero(inside | between | (near & placed))
    # A point that stands for a region says nothing of the border.
    point_lat, point_lon = (np.where(placed, degrees, np.nan)[at] for degrees in (lat, lon))
    country = np.where(inside[at], states[at], "XXX").tolist()
    segments, km = border.locate(point_lat, point_lon, country)
    segments = np.where(placed[at], segments, [border.inland(code) for code in country])
    belted: Bools = inside[at] | between[at] | (km <= border.belt_km)
    frame = _frame(table.take(pa.array(at)), rows.iloc[at], pair.iloc[at], segments, km, codes)
    return frame.loc[belted].reset_index(drop=True)


def _which(states: "pd.Series[str]", actors: Iterable[str]) -> npt.NDArray[np.int64]:
    """Which of the actors each is, -1 where none."""
    found = pc.fill_null(pc.index_in(pa.array(states), pa.array(list(actors))), -1)
    return np.asarray(found, np.int64)


def _pair(table: pa.Table, rows: pd.DataFrame, codes: Codes) -> pd.DataFrame:
    """Of each row whether its sides are the two states (`between`), and else whose force it is on
    the other's soil (`actor`, `target`; empty where it is none).

    UCDP books force by its dyad: what a state does across the border against a group, or
    civilians, stands under the state and the group, in the country where it lies. It does not tell
    who began: a group's attack on the state's people abroad stands there too.
    """
    actors = codes.actors("gleditsch_ward")
    names = np.array([*actors.values(), ""], object)
    a, b = (_which(rows[side], actors) for side in ("gwno_a", "gwno_b"))
    where = _which(rows["country"].astype(str), actors)
    since = np.array([*(codes.states[name].alone_since for name in names[:-1]), date.max])
    alone = days(table["date_start"]) >= since.astype("datetime64[D]")[a]
    abroad = (a >= 0) & (where >= 0) & (a != where) & (rows["gwno_b"] == "").to_numpy() & alone
    return pd.DataFrame(
        {
            "between": (a >= 0) & (b >= 0) & (a != b),
            "actor": names[np.where(abroad, a, -1)],
            "target": names[np.where(abroad, where, -1)],
        }
    )


def _frame(
    table: pa.Table, rows: pd.DataFrame, pair: pd.DataFrame, segments: Any, km: Any, codes: Codes
) -> pd.DataFrame:
    kinds = _kinds(table, pair)
    start, end = days(table["date_start"]), days(table["date_end"])
    named = _clean(table["where_coordinates"])
    where = pc.binary_join_element_wise(named, _clean(_district(table)), ", ")
    said = pa.array(pd.Series(kinds).map(_SAID), pa.string())
    summary = pc.binary_join_element_wise(
        pc.binary_join_element_wise(said, _clean(table["dyad_name"]), ": "), where, "; "
    )
    count = len(rows)
    columns = {
        "event_id": table["id"].to_pandas(),
        "source": [SOURCE] * count,
        "version": np.ones(count, np.int64),
        "occurred_on": start,
        "ended_on": end,
        "date_precision": table["date_prec"].to_pandas().map(_PRECISIONS),
        "known_at": (end.astype("datetime64[M]") + 1).astype("datetime64[D]") + 19,
        "type": kinds,
        "actor": _either(pair["actor"], _sides(table["side_a"], rows["gwno_a"], codes)),
        "target": _either(pair["target"], _sides(table["side_b"], rows["gwno_b"], codes)),
        "mediators": [""] * count,
        "place": named.to_pandas(),
        "segment": segments,
        "lat": floats(table["latitude"]),
        "lon": floats(table["longitude"]),
        **{name: rows[name].to_numpy() for name in ("deaths_low", "deaths_best", "deaths_high")},
        "summary": pc.utf8_slice_codeunits(summary, 0, 500).to_pandas(),
        "url": [""] * count,
        "confidence": _confidence(table),
        "retracted": np.zeros(count, bool),
        "border_km": km,
        "mentions": np.full(count, np.nan),
        "known_simulated": np.ones(count, bool),
        "place_precision": pd.Series(ints(table["where_prec"])).map(_PLACES),
    }
    return pd.DataFrame({name: np.asarray(columns[name]) for name in COLUMNS}).astype(DTYPES)


def _clean(column: pa.ChunkedArray | pa.Array) -> Any:
    return pc.utf8_slice_codeunits(
        pc.utf8_trim_whitespace(pc.replace_substring_regex(column, _UNPRINTED, " ")), 0, 300
    )


def _either(some: "pd.Series[str]", other: "pd.Series[str]") -> "pd.Series[str]":
    """Each of some that says anything, else the other."""
    return some.reset_index(drop=True).where(lambda each: each != "", other)


def _district(table: pa.Table) -> Any:
    """The district, or the province where no district is told."""
    district = table["adm_2"]
    return pc.if_else(pc.equal(district, ""), table["adm_1"], district)


def _kinds(table: pa.Table, pair: pd.DataFrame) -> npt.NDArray[np.object_]:
    kinds = np.asarray(table["type_of_violence"].to_pandas().map(VIOLENCE), object)
    between = pair["between"].to_numpy() & (kinds == "battle")
    abroad = (pair["actor"] != "").to_numpy()
    headline = table["source_headline"]
    shells = pc.match_substring_regex(headline, _SHELLS).to_numpy()
    air = pc.match_substring_regex(headline, _AIR).to_numpy()
    kinds[between], kinds[abroad] = "border_clash", "incursion"
    state = between | abroad
    kinds[state & shells] = "shelling"
    kinds[state & air] = "airstrike"
    return kinds


def _sides(names: pa.ChunkedArray, gwnos: "pd.Series[str]", codes: Codes) -> "pd.Series[str]":
    pairs = pd.DataFrame({"name": names.to_pandas().to_numpy(), "gwno": gwnos.to_numpy()})
    code = {
        (name, gwno): code_of(name, gwno, codes)
        for name, gwno in pairs.drop_duplicates().itertuples(index=False)
    }
    return pd.Series([code[pair] for pair in pairs.itertuples(index=False, name=None)], dtype="str")


def code_of(name: str, gwno: str, codes: Codes) -> str:
    """The code of a side: a state's by its number, else a group's by its name.

    GOV is another government, ARM another armed group.
    """
    if gwno:
        states = codes.actors("gleditsch_ward") | codes.ucdp_states
        return states.get(re.split("[;,]", gwno)[0], "GOV")
    groups = {group.casefold(): code for group, code in codes.ucdp_groups.items()}
    return ({"civilians": "CIV"} | groups).get(name.strip().casefold(), "ARM")


def _confidence(table: pa.Table) -> npt.NDArray[np.object_]:
    unclear = (ints(table["event_clarity"]) == 2) | ~matches(table, "code_status", "Clear")
    sure = (ints(table["number_of_sources"]) >= 2) & (ints(table["where_prec"]) <= 2)
    return np.where(unclear, "low", np.where(sure, "high", "medium")).astype(object)
