"""The border as a small map: each segment's stretch, its number's place and its crossings."""

from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import cos, hypot, radians
from typing import Final

from theatres import Point, Theatre

WIDTH: Final = 560.0
MARGIN: Final = 34.0
OFFSET: Final = 25.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """A segment on the map: its line as SVG points, where its number stands, its crossings.

    Numbers stand on both sides in turn, so that none covers the next: `side` is 1 or -1.
    """

    name: str
    number: int
    points: str
    label: Point
    side: int
    crossings: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True, slots=True)
class Sketch:
    """The map in SVG units, north above: the stretches in order, and where each state's name is."""

    width: float
    height: float
    stretches: tuple[Stretch, ...]
    names: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True, slots=True)
class _Plane:
    """Degrees to SVG units: a plate carrée, true to scale on the middle parallel."""

    north: float
    west: float
    squeeze: float
    scale: float

    def place(self, lat: float, lon: float) -> Point:
        x = MARGIN + self.scale * self.squeeze * (lon - self.west)
        return round(x, 1), round(MARGIN + self.scale * (self.north - lat), 1)


def sketch_of(theatre: Theatre) -> Sketch:
    """The map of the theatre's border."""
    lats = [lat for line in theatre.border.values() for lat, _ in line]
    lons = [lon for line in theatre.border.values() for _, lon in line]
    squeeze = cos(radians((max(lats) + min(lats)) / 2))
    scale = (WIDTH - 2 * MARGIN) / (squeeze * (max(lons) - min(lons)))
    plane = _Plane(max(lats), min(lons), squeeze, scale)
    height = plane.place(min(lats), min(lons))[1] + MARGIN
    names = tuple((s.name, *plane.place(s.lat, s.lon)) for s in theatre.sides.values())
    return Sketch(WIDTH, height, _stretches(theatre, plane), names)


def _stretches(theatre: Theatre, plane: _Plane) -> tuple[Stretch, ...]:
    stretches = []
    for number, segment in enumerate(theatre.segments, 1):
        points = [plane.place(lat, lon) for lat, lon in theatre.border[segment.name]]
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        crossings = tuple((c.name, *plane.place(c.lat, c.lon)) for c in segment.crossings)
        side = 1 if number % 2 else -1
        label = _label(points, side)
        stretches.append(Stretch(segment.name, number, path, label, side, crossings))
    return tuple(stretches)


def _label(points: list[Point], side: int) -> Point:
    """Beside the middle of the stretch: to its left along the way, or to its right for -1."""
    lengths = [hypot(x1 - x0, y1 - y0) for (x0, y0), (x1, y1) in pairwise(points)]
    passed = list(accumulate(lengths, initial=0.0))
    x, y = points[min(range(len(points)), key=lambda n: abs(passed[n] - passed[-1] / 2))]
    (x0, y0), (x1, y1) = points[0], points[-1]
    away = side * OFFSET / (hypot(x1 - x0, y1 - y0) or 1.0)
    return round(x + away * (y1 - y0), 1), round(y - away * (x1 - x0), 1)
