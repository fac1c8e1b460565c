"""The charts of the page as SVG texts, drawn ahead; colours and fonts are left to the page's CSS.

They hold numbers and dates alone, no text of the data: they can stand in a page as they are.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

import altair as alt
import vl_convert
from markupsafe import Markup, escape

from publish.contract.context import Bin, Past

# Stand-ins that vl-convert writes into the SVG, and the CSS that takes their place.
INK, MUTED, GRID, LINE, BASE = (f"#00000{n}" for n in range(1, 6))
COLOURS: Final = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    GRID: "var(--rule)",
    LINE: "var(--line)",
    BASE: "var(--base)",
}
PAINT: Final = re.compile("|".join(COLOURS))
SEMANTICS: Final = re.compile(r' (?:role|aria-[a-z]+|pointer-events|class)="[^"]*"')
DIGITS: Final = re.compile(r"(\d\.\d\d)\d+(?=[^\d%])")
OPENING: Final = re.compile(r"<svg[^>]*>(<rect[^>]*/>)?")


@dataclass(frozen=True, slots=True)
class Canvas:
    """A chart's size in SVG units, the margins around the plot, and how its axes are marked."""

    name: str
    width: int
    height: int
    left: int
    right: int
    month_step: int
    font: int


WIDE: Final = Canvas("wide", 1000, 300, 92, 46, 3, 12)
PHONE: Final = Canvas("phone", 360, 250, 46, 42, 6, 12)
BELOW: Final = 26
ABOVE: Final = 12


def history_svg(
    history: Sequence[Past], start: date, end: date, canvas: Canvas, title: str, alternative: str
) -> Markup:
    """The probability and its baseline from `start` to `end` as one SVG element.

    A line joins all points; those of issues bear dots. The band is an area where the record has
    one, an upright stroke at an issue. `title` and `told` are read by a screen reader.
    """
    values = [_point(past) for past in history]
    chart = alt.LayerChart(layer=_history_layers(values, _time_axis(start, end, canvas)))
    return _svg(_sized(chart, canvas), f"history-{canvas.name}", title, alternative)


def reliability_svg(bins: Sequence[Bin], title: str, alternative: str) -> Markup:
    """Observed frequency over mean forecast by bin, the larger the more forecasts; the diagonal."""
    canvas = Canvas("square", 376, 340, 62, 14, 0, 12)
    ends = alt.Chart(alt.InlineData([{"f": 0, "o": 0}, {"f": 1, "o": 1}]))
    dots = alt.Chart(
        alt.InlineData([{"f": b.forecast, "o": b.observed, "n": b.count} for b in bins])
    )
    x = alt.X("f:Q", scale=_unit(), axis=_percent_axis("Forecast"))
    y = alt.Y("o:Q", scale=_unit(), axis=_percent_axis("Came true"))
    size = alt.Size("n:Q", scale=alt.Scale(range=[40, 260], zero=True), legend=None)
    layers = [
        ends.mark_line(color=BASE, strokeDash=[5, 4], strokeWidth=1.5).encode(x=x, y=y),
        dots.mark_circle(color=LINE, opacity=0.85).encode(x=x, y=y, size=size),
    ]
    chart = alt.LayerChart(layer=layers)
    return _svg(_sized(chart, canvas, below=42), "reliability", title, alternative)


def _history_layers(values: list[dict[str, Any]], x: alt.X) -> list[alt.Chart]:
    def those(source: str, band: bool = False) -> alt.Chart:
        kept = [v for v in values if v["source"] == source and (not band or v["low"] is not None)]
        return alt.Chart(alt.InlineData(kept))

    every = alt.Chart(alt.InlineData(values))
    y = alt.Y("p:Q", scale=_unit(), axis=_percent_axis(None))
    low, high = alt.Y("low:Q"), alt.Y2("high:Q")
    label = alt.TextValue(values[-1]["label"]) if values else alt.TextValue("")
    return [
        those("record").mark_area(color=LINE, opacity=0.16).encode(x=x, y=low, y2=high),
        those("issue", band=True)
        .mark_rule(color=LINE, opacity=0.4, strokeWidth=3)
        .encode(x=x, y=low, y2=high),
        every.mark_line(color=BASE, strokeDash=[5, 4], strokeWidth=1.6).encode(x=x, y="base:Q"),
        every.mark_line(color=LINE, strokeWidth=1.9).encode(x=x, y=y),
        those("issue").mark_circle(color=LINE, size=46, opacity=1).encode(x=x, y=y),
        alt.Chart(alt.InlineData(values[-1:]))
        .mark_text(color=LINE, align="left", dx=8, fontSize=13, fontWeight="bold")
        .encode(x=x, y=y, text=label),
    ]


def _point(past: Past) -> dict[str, Any]:
    return {
        "t": _milliseconds(past.as_of),
        "p": past.probability,
        "low": past.low,
        "high": past.high,
        "base": past.baseline,
        "source": past.source,
        "label": f"{100 * past.probability:.0f}%",
    }


def _milliseconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


def _time_axis(start: date, end: date, canvas: Canvas) -> alt.X:
    months = [date(start.year + n // 12, n % 12 + 1, 1) for n in range(start.month, 12 * 30)]
    kept = [m for m in months if start < m <= end and (m.month - 1) % canvas.month_step == 0]
    axis = alt.Axis(
        values=[_milliseconds(month) for month in kept],
        format="%b %Y",
        title=None,
        labelOverlap="greedy",
    )
    domain = [_milliseconds(start), _milliseconds(end)]
    return alt.X("t:T", scale=alt.Scale(type="utc", domain=domain, nice=False), axis=axis)


def _unit() -> alt.Scale:
    return alt.Scale(domain=[0, 1], nice=False)


def _percent_axis(title: str | None) -> alt.Axis:
    return alt.Axis(values=[0, 0.25, 0.5, 0.75, 1], format="%", title=title)


def _sized(chart: alt.LayerChart, canvas: Canvas, below: int = BELOW) -> alt.LayerChart:
    shown: alt.LayerChart = chart.properties(
        width=canvas.width - canvas.left - canvas.right,
        height=canvas.height - ABOVE - below,
        padding={"left": canvas.left, "right": canvas.right, "top": ABOVE, "bottom": below},
        autosize="none",
        background="transparent",
    ).configure(font="inherit")
    shown = shown.configure_view(stroke=None)
    styled: alt.LayerChart = shown.configure_axis(
        gridColor=GRID,
        domain=False,
        tickColor=GRID,
        labelColor=MUTED,
        titleColor=MUTED,
        labelFontSize=canvas.font,
        titleFontSize=canvas.font,
        titleFontWeight="normal",
    ).configure_axisX(grid=False)
    return styled


def _svg(chart: alt.LayerChart, name: str, title: str, alternative: str) -> Markup:
    """The chart's SVG, its marks silent to a screen reader, which reads title and description."""
    text = vl_convert.vegalite_to_svg(chart.to_dict())
    size = re.search(r'viewBox="[^"]*"', text)
    body = DIGITS.sub(r"\1", SEMANTICS.sub("", OPENING.sub("", text, count=1)))
    body = PAINT.sub(lambda match: COLOURS[match.group()], body)
    box = size.group() if size else ""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart {name}" {box}'
        f' role="img" aria-labelledby="{name}-title {name}-told"><title id="{name}-title">'
        f'{escape(title)}</title><desc id="{name}-told">{escape(alternative)}</desc>'
    )
    return Markup(head + body)  # noqa: S704 (numbers and dates alone, see above)
