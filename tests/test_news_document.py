"""A file's article, whatever form it has; what is no text is told in one line."""

from datetime import date
from pathlib import Path

import pytest
from fpdf import FPDF

from errors import StreamError
from streams.sources.news.document import BYTES_MAX, read_bytes, read_file

SENTENCE = "Russia offered to mediate between Pakistan and Afghanistan."
HEAD = """<title>An offer</title>
<meta property="article:published_time" content="2025-11-15T08:00:00Z">"""
BODY = f"""<nav><a href="/">Home</a><a href="/sport">Sport</a></nav>
<article><h1>An offer</h1><p>{SENTENCE}
The statement came on Saturday, after weeks of tension along the border, and was welcomed
in both capitals by people who want trade again.</p>
<p>Neither side has answered so far, officials in the two capitals said in the evening.</p>
</article><script>alert("{SENTENCE}")</script>"""
PAGE = f"<!doctype html><html><head>{HEAD}</head><body>{BODY}</body></html>"


def pdf_of(text: str) -> bytes:
    """A PDF with that text, its lines wrapped."""
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica", size=12)
    pdf.multi_cell(60, 6, text)
    return bytes(pdf.output())


def test_html_gives_the_article_its_title_and_its_day() -> None:
    page = read_bytes(PAGE.encode(), "page")

    assert SENTENCE in page.text
    assert (page.title, page.published) == ("An offer", date(2025, 11, 15))
    assert "Sport" not in page.text
    assert "alert" not in page.text


def test_pdf_gives_its_text_with_lines_joined() -> None:
    assert SENTENCE in " ".join(read_bytes(pdf_of(SENTENCE), "a.pdf").text.split())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_is_read_in_any_usual_encoding(encoding: str) -> None:
    text = "Türkiye’s minister said: “talks”\r\nin Doha"

    page = read_bytes(text.encode(encoding), "a.txt")

    assert page.text == "Türkiye’s minister said: “talks”\nin Doha"


def test_day_is_the_files_names_or_the_texts(tmp_path: Path) -> None:
    named = tmp_path / "2025-11-15-offer.txt"
    named.write_text(SENTENCE)

    assert read_file(named).published == date(2025, 11, 15)
    assert read_bytes(b"Published: 3 March 2026\n" + SENTENCE.encode(), "-").published == date(
        2026, 3, 3
    )
    assert read_bytes(SENTENCE.encode(), "-").published is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7\nnothing", "a PDF that cannot be read"),
        (bytes(range(32)) * 40, "not a text"),
        (b"x" * (BYTES_MAX + 1), "too long"),
    ],
)
def test_what_is_no_text_is_refused_in_one_line(content: bytes, said: str) -> None:
    with pytest.raises(StreamError, match=said) as raised:
        read_bytes(content, "a file")

    assert "\n" not in str(raised.value)


def test_empty_pdf_is_refused() -> None:
    with pytest.raises(StreamError, match="a PDF without text"):
        read_bytes(pdf_of(" "), "a.pdf")


def test_missing_file_and_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(StreamError, match="no such file"):
        read_file(tmp_path / "none.txt")
    with pytest.raises(StreamError, match="a folder"):
        read_file(tmp_path)


def test_markup_of_which_nothing_can_be_made_gives_its_bare_words() -> None:
    nested = b"<div>" * 3000 + SENTENCE.encode() + b"</div>" * 3000

    assert SENTENCE in read_bytes(b"<html>" + nested, "deep").text


def test_entities_that_multiply_are_not_expanded() -> None:
    bomb = '<!DOCTYPE html [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY c "&b;&b;">]>'
    page = read_bytes(f"{bomb}<html><body><p>{SENTENCE} &c;</p></body></html>".encode(), "bomb")

    assert SENTENCE in page.text
    assert "hahahaha" not in page.text
