"""A country's region comes from a public table, and an unknown code is refused."""

import pytest

from streams.places.regions import RegionError, iso3_of, region


def test_region_of_the_two_states() -> None:
    assert {region("PAK"), region("AFG")} == {"Southern Asia"}
    assert region("NAM", "continent") == "Africa"


def test_region_of_an_unknown_code_is_refused() -> None:
    with pytest.raises(RegionError, match="XXX"):
        region("XXX")


def test_iso3_of_a_state_number() -> None:
    assert [iso3_of(770), iso3_of(700), iso3_of(99999)] == ["PAK", "AFG", ""]
