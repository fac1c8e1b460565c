"""Numbers, days and sources in words."""

from datetime import date

import pytest

from publish.text.words import band, begun, cut, day, headed, percent, signed, sources


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0%"),
        (0.0001, "<0.1%"),
        (0.0005, "0.1%"),
        (0.042, "4.2%"),
        (0.0994, "9.9%"),
        (0.0996, "10%"),
        (0.3, "30%"),
        (0.99, "99%"),
        (0.996, "99.6%"),
        (0.9999, ">99.9%"),
        (1.0, "100%"),
    ],
)
def test_percent_is_short_and_never_rounded_to_certainty(value: float, said: str) -> None:
    assert percent(value) == said


def test_band_has_no_sign_of_its_own() -> None:
    assert band(0.22, 0.39) == "22–39"


@pytest.mark.parametrize(
    ("value", "said"), [(2.14, "+2.1"), (-0.36, "−0.4"), (0.04, "0.0"), (-0.04, "0.0")]
)
def test_signed_number_bears_no_sign_where_it_rounds_to_zero(value: float, said: str) -> None:
    assert signed(value) == said


def test_day_is_told_in_english_whatever_the_locale() -> None:
    assert day(date(2026, 3, 1)) == "1 Mar 2026"


def test_names_of_the_data_become_words() -> None:
    assert headed("north-waziristan") == "North Waziristan"
    assert begun("a state of PAK") == "A state of PAK"


def test_long_text_is_cut_and_says_so() -> None:
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abcde…"


def test_sources_are_split_and_told_by_their_host() -> None:
    assert sources("https://www.dawn.com/news/1 | a file, page 3") == (
        ("dawn.com", "https://www.dawn.com/news/1"),
        ("a file, page 3", ""),
    )


def test_address_with_a_note_behind_it_is_linked_without_the_note() -> None:
    assert sources("https://example.org/a file b.json") == (
        ("example.org", "https://example.org/a"),
    )


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "http:no-host", "https://[broken", "//example.org/a"]
)
def test_what_is_no_web_address_is_text(text: str) -> None:
    assert sources(text) == ((text, ""),)


def test_no_source_is_none() -> None:
    assert sources("") == ()
