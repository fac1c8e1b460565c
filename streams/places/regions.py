"""Where a country lies: its continent and its subregion in the United Nations' M49 scheme."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from errors import DyadcastError


class RegionError(DyadcastError):
    """A country that the table of regions does not know."""


@cache
def _table() -> pd.DataFrame:
    # The package's class does not start under pandas 3; its table is all that is needed.
    found = find_spec("country_converter")
    if found is None or found.origin is None:
        raise RegionError("country_converter is not installed", do="install the project anew")
    path = Path(found.origin).with_name("country_data.tsv")
    return pd.read_csv(path, sep="\t", keep_default_na=False, encoding="utf-8").set_index("ISO3")


def region(iso3: str, scheme: str = "UNregion") -> str:
    """The country's subregion (`UNregion`) or `continent`; RegionError for an unknown code."""
    table = _table()
    if iso3 not in table.index:
        raise RegionError("unknown country", found=iso3, expected="a code of ISO 3166-1 alpha-3")
    return str(table.loc[iso3, scheme])


@cache
def _by_number() -> dict[int, str]:
    table = _table()
    numbered = table[table["GWcode"].astype(str).str.fullmatch(r"\d+(\.0)?")]
    return {int(float(code)): str(iso3) for iso3, code in numbered["GWcode"].items()}


def iso3_of(number: int) -> str:
    """The ISO 3166 code of a state's Gleditsch-Ward number; empty for one that is no more."""
    return _by_number().get(int(number), "")
