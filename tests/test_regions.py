"""A country's region comes from a public table, and an unknown code is refused."""

import pytest

from streams.regions import RegionError, region


def test_region_of_the_two_states() -> None:
    assert {region("PAK"), region("AFG")} == {"Southern Asia"}
    assert region("NAM", "continent") == "Africa"


def test_region_of_an_unknown_code_is_refused() -> None:
    with pytest.raises(RegionError, match="XXX"):
        region("XXX")
