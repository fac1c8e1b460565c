"""A country's region comes from our own table, and an unknown code is refused."""

import subprocess
import sys

import pytest

from streams.places.regions import RegionError, countries, iso3_of, region


def test_region_of_the_two_states() -> None:
    assert {region("PAK"), region("AFG")} == {"Southern Asia"}
    assert region("NAM", "continent") == "Africa"


def test_region_of_an_unknown_code_is_refused() -> None:
    with pytest.raises(RegionError, match="XXX"):
        region("XXX")


def test_iso3_of_a_state_number() -> None:
    assert [iso3_of(770), iso3_of(700), iso3_of(99999)] == ["PAK", "AFG", ""]


def test_state_that_took_another_in_is_known_by_its_own_number() -> None:
    assert [iso3_of(678), iso3_of(816), iso3_of(316)] == ["YEM", "VNM", "CZE"]
    assert [iso3_of(680), iso3_of(817), iso3_of(345)] == ["", "", ""]


def test_every_state_has_a_number_of_its_own_and_a_region() -> None:
    states = [country for country in countries().values() if country.number]

    assert len({country.number for country in states}) == len(states) == 195
    assert all(country.subregion and country.continent for country in states)


@pytest.mark.parametrize("module", ["streams.net.retry", "streams.net.transport", "errors"])
def test_retry_and_errors_are_imported_without_a_database(module: str) -> None:
    code = f"import sys, {module}; print({{'sqlalchemy', 'pandas'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
