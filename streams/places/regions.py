"""Where a country lies: its continent and its subregion in the United Nations' M49 scheme.

`countries.csv` holds for each code of ISO 3166-1 the number by which UCDP knows the state. That is
Gleditsch and Ward's (1999), but a state that took another in is told under its own: Yemen is 678,
Vietnam 816 (680 and 817 are the states that are no more), the Czech Republic 316. Serbia stays 340:
345, under which UCDP tells of it, is Yugoslavia's too.
"""

from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from errors import DyadcastError
from theatres.tables import read_rows

TABLE: Final = Path(__file__).with_name("countries.csv")


class Country(NamedTuple):
    """A line of the table; `number` is empty for a territory that is no state to UCDP."""

    iso3: str
    number: str
    name: str
    subregion: str
    continent: str


class RegionError(DyadcastError):
    """A country that the table of regions does not know."""


@cache
def countries() -> dict[str, Country]:
    """Every country by its ISO 3166-1 alpha-3 code."""
    rows = read_rows(TABLE, Country._fields, lambda row: Country(**row))
    return {country.iso3: country for country in rows}


@cache
def _by_number() -> dict[int, str]:
    return {int(each.number): each.iso3 for each in countries().values() if each.number}


def region(iso3: str, scheme: str = "subregion") -> str:
    """The country's `subregion` or `continent`; RegionError for an unknown code."""
    country = countries().get(iso3)
    if country is None:
        raise RegionError("unknown country", found=iso3, expected="a code of ISO 3166-1 alpha-3")
    return country.continent if scheme == "continent" else country.subregion


def iso3_of(number: int) -> str:
    """The ISO 3166 code of the state of that UCDP number; empty for one that is no more."""
    return _by_number().get(int(number), "")
